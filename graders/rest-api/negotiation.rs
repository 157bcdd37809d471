//! Bodies of another type, answers of another type, and bodies that are no JSON.

use mastery_kit::{
    bench::Bench,
    probe::http::{Answer, Request},
    random::Random,
    verdict::{Failure, Outcome},
};
use serde_json::json;

use crate::rest_api::{
    acts::Api,
    conditional::etag,
    drafts::{Accounts, V1Draft, V2Draft, key, unknown_like},
    frozen::Frozen,
};

/// A request that makes an order in one version, with this body and type.
fn making(
    api: &Api,
    random: &mut Random,
    path: &str,
    kind: &str,
    body: impl Into<Vec<u8>>,
) -> Request {
    let request = api.http.post(path).body(kind, body.into());
    if path.starts_with("/v2") {
        request.header("Idempotency-Key", &key(random))
    } else {
        request
    }
}

/// A valid body of the version at this path.
fn valid(random: &mut Random, path: &str, account: &str) -> String {
    if path.starts_with("/v2") {
        V2Draft::draw(random, account).body().to_string()
    } else {
        V1Draft::draw(random, account).body()
    }
}

/// The account has this many orders, in either version.
async fn has_made(api: &Api, account: &str, wanted: usize, what: &str) -> Outcome {
    let (found, list) = api.listed_v2(account).await?;
    if found.len() == wanted {
        return Ok(());
    }
    let found = found.len();
    let summary = format!("{what}, and all the same the account has {found} orders.");
    let (expected, actual) = (format!("{wanted} orders"), format!("{found} orders"));
    Err(list.wrong_at("/orders", summary, expected, actual).into())
}

pub(crate) async fn other_media_types_are_415(bench: &mut Bench) -> Outcome {
    let api = Api::of(bench)?;
    let random = bench.random();
    let account = Accounts::of("other_media_types_are_415")?.draw(random);
    let mut made = 0;
    for path in ["/v1/orders", "/v2/orders"] {
        for kind in [
            "text/plain",
            "application/xml",
            "application/x-www-form-urlencoded",
            "text/json; charset=utf-8",
        ] {
            let body = valid(random, path, &account);
            let answer = making(&api, random, path, kind, body).send().await?;
            let what = format!("a POST {path} of the type `{kind}`");
            answer.expect_status_to(&what, &[415])?;
        }
        for kind in ["application/json; charset=utf-8", "Application/JSON"] {
            let body = valid(random, path, &account);
            let answer = making(&api, random, path, kind, body).send().await?;
            let what = format!("a POST {path} of the type `{kind}`, which is application/json");
            answer.expect_status_to(&what, &[201])?;
            made += 1;
        }
    }
    let draft = V2Draft::draw(random, &account);
    let (_, id) = api.create_v2(random, &draft).await?;
    patches(&api, &id).await?;
    has_made(
        &api,
        &account,
        made + 1,
        "Bodies of other types were refused",
    )
    .await
}

async fn patches(api: &Api, id: &str) -> Outcome {
    let tag = etag(&api.read_v2(id).await?)?;
    let patching = |kind: &str| {
        let request = api.http.patch(&format!("/v2/orders/{id}"));
        let body = json!({"quantity": "4242"}).to_string();
        request.header("If-Match", &tag).body(kind, body)
    };
    for kind in ["text/plain", "application/xml"] {
        let answer = patching(kind).send().await?;
        let what = format!("a PATCH of the type `{kind}`");
        answer.expect_status_to(&what, &[415])?;
    }
    let kind = "application/merge-patch+json; charset=utf-8";
    let answer = patching(kind).send().await?;
    answer.expect_status_to(&format!("a PATCH of the type `{kind}`"), &[200])?;
    Ok(())
}

pub(crate) async fn unacceptable_is_406(bench: &mut Bench) -> Outcome {
    let api = Api::of(bench)?;
    let random = bench.random();
    let account = Accounts::of("unacceptable_is_406")?.draw(random);
    let draft = V2Draft::draw(random, &account);
    let (_, id) = api.create_v2(random, &draft).await?;
    let mut made = 1;
    for path in ["/v1/orders", "/v2/orders"] {
        for (accept, is_fine) in [
            ("text/html", false),
            ("application/xml, image/*", false),
            ("text/html, application/json;q=0", false),
            ("application/*", true),
            ("text/html, application/json;q=0.5", true),
            ("text/html, */*;q=0.1", true),
        ] {
            let (read, create) = if is_fine { (200, 201) } else { (406, 406) };
            for path in [
                format!("{path}/{id}"),
                format!("{path}?account_id={account}"),
            ] {
                let answer = api.http.get(&path).header("Accept", accept).send().await?;
                let what = format!("a GET {path} with Accept: {accept}");
                answer.expect_status_to(&what, &[read])?;
            }
            let body = valid(random, path, &account);
            let request = making(&api, random, path, "application/json", body);
            let answer = request.header("Accept", accept).send().await?;
            let what = format!("a POST {path} with Accept: {accept}");
            answer.expect_status_to(&what, &[create])?;
            made += usize::from(is_fine);
        }
    }
    has_made(&api, &account, made, "You answered 406 to a POST").await?;
    let unknown = unknown_like(random, &id);
    let request = api.http.get(&format!("/v2/orders/{unknown}"));
    let answer = request.header("Accept", "application/json").send().await?;
    let what = "an unknown order with Accept: application/json, which a problem may answer";
    answer.expect_status_to(what, &[404])?;
    Ok(())
}

/// Bodies that are no JSON, made of one that is.
fn malformed(valid: &str, symbol: &str) -> Vec<(Vec<u8>, &'static str)> {
    let cut = &valid[..valid.len() - 1];
    let (before, after) = valid.split_once(symbol).unwrap_or((valid, ""));
    let with_bad_byte = [before.as_bytes(), b"\xff", after.as_bytes()].concat();
    vec![
        (Vec::new(), "an empty body"),
        (cut.into(), "a body whose last brace is missing"),
        (
            format!("{cut},}}").into(),
            "a body with a comma before its last brace",
        ),
        (format!("{valid}{valid}").into(), "a body of two objects"),
        (valid.replace('"', "'").into(), "a body with single quotes"),
        ("side=buy&quantity=1".into(), "a form in place of JSON"),
        (
            with_bad_byte,
            "a body with the byte 0xFF, which is no UTF-8",
        ),
    ]
}

async fn refuse_malformed(
    api: &Api,
    random: &mut Random,
    path: &str,
    account: &str,
) -> Result<Vec<Answer>, Failure> {
    let text = valid(random, path, account);
    let symbol = text
        .split_once("symbol\":\"")
        .and_then(|(_, rest)| rest.split_once('"'))
        .map_or("", |(symbol, _)| symbol)
        .to_owned();
    let mut bodies = malformed(&text, &symbol);
    random.shuffle(&mut bodies);
    let mut answers = Vec::new();
    for (body, what) in bodies {
        let answer = making(api, random, path, "application/json", body)
            .send()
            .await?;
        answer.expect_status_to(&format!("a POST {path} with {what}"), &[400])?;
        answers.push(answer);
    }
    Ok(answers)
}

pub(crate) async fn v1_refuses_malformed_json(bench: &mut Bench) -> Outcome {
    let (api, frozen) = (Api::of(bench)?, Frozen::read(bench)?);
    let random = bench.random();
    let account = Accounts::of("v1_refuses_malformed_json")?.draw(random);
    for answer in refuse_malformed(&api, random, "/v1/orders", &account).await? {
        frozen.error(&answer, 400)?;
    }
    let path = format!("/v1/orders?account_id={account}");
    let answer = api.http.get(&path).send().await?;
    answer.expect_status(200)?;
    let total = frozen.list(&answer)?.total;
    if total == 0 {
        return Ok(());
    }
    let summary = format!("{total} orders were made of bodies that are no JSON.");
    let wrong = answer.wrong_at("/total", summary, "0", total.to_string());
    Err(wrong.into())
}

pub(crate) async fn malformed_json_is_400(bench: &mut Bench) -> Outcome {
    let api = Api::of(bench)?;
    let random = bench.random();
    let account = Accounts::of("malformed_json_is_400")?.draw(random);
    refuse_malformed(&api, random, "/v2/orders", &account).await?;
    has_made(&api, &account, 0, "No body was JSON").await?;
    let draft = V2Draft::draw(random, &account);
    let (_, id) = api.create_v2(random, &draft).await?;
    let tag = etag(&api.read_v2(&id).await?)?;
    for body in [
        "",
        "{\"quantity\":\"7\"",
        "{\"quantity\":\"7\"} {}",
        "quantity=7",
    ] {
        let request = api.http.patch(&format!("/v2/orders/{id}"));
        let request = request.header("If-Match", &tag);
        let request = request.body("application/merge-patch+json", body);
        let answer = request.send().await?;
        answer.expect_status_to(&format!("a PATCH with the body `{body}`"), &[400])?;
    }
    Ok(())
}
