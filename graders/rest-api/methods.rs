//! What is not there, what cannot be done to what is there, and HEAD.

use mastery_kit::{
    bench::Bench,
    probe::http::{Answer, Request},
    random::Random,
    verdict::{Failure, Mismatch, Outcome},
};
use serde_json::json;

use crate::rest_api::{
    acts::Api,
    drafts::{Accounts, V1Draft, V2Draft, unknown_like},
};

pub(crate) async fn unknown_paths_are_404(bench: &mut Bench) -> Outcome {
    let api = Api::of(bench)?;
    let random = bench.random();
    let account = Accounts::of("unknown_paths_are_404")?.draw(random);
    let draft = V2Draft::draw(random, &account);
    let (_, id) = api.create_v2(random, &draft).await?;
    let unknown = unknown_like(random, &id);
    let http = &api.http;
    let change = json!({"quantity": "1"});
    let mut requests: Vec<(Request, &str)> = [
        format!("/v1/{}", random.word(6)),
        format!("/v1/orders/{id}/{}", random.word(6)),
        format!("/v2/{}", random.word(6)),
        format!("/v2/orders/{id}/{}", random.word(6)),
        format!("/v3/orders/{id}"),
        format!("/{}", random.word(6)),
    ]
    .iter()
    .map(|path| (http.get(path), "a path that is not there"))
    .collect();
    requests.extend([
        (
            http.get(&format!("/v2/orders/{unknown}")),
            "an order that does not exist",
        ),
        (
            http.delete(&format!("/v1/orders/{unknown}")),
            "the DELETE of an order that does not exist",
        ),
        (
            http.post(&format!("/v2/orders/{unknown}/cancel")),
            "the cancel of an order that does not exist",
        ),
        (
            api.patching(&unknown, &change, Some("\"1\"")),
            "a PATCH of an order that does not exist",
        ),
        (
            api.patching(&unknown, &change, None),
            "a PATCH of an order that does not exist, without If-Match: 404 comes before 428",
        ),
    ]);
    random.shuffle(&mut requests);
    for (request, what) in requests {
        request.send().await?.expect_status_to(what, &[404])?;
    }
    Ok(())
}

/// The paths of the contract below `/v1/orders` or `/v2/orders`, and the methods they have.
const METHODS: [(&str, &[&str]); 5] = [
    ("/v1/orders", &["GET", "POST"]),
    ("/v1/orders/{id}", &["DELETE", "GET"]),
    ("/v2/orders", &["GET", "POST"]),
    ("/v2/orders/{id}", &["GET", "PATCH"]),
    ("/v2/orders/{id}/cancel", &["POST"]),
];

pub(crate) async fn unknown_methods_are_405(bench: &mut Bench) -> Outcome {
    let api = Api::of(bench)?;
    let random = bench.random();
    let account = Accounts::of("unknown_methods_are_405")?.draw(random);
    let draft = V2Draft::draw(random, &account);
    let (_, id) = api.create_v2(random, &draft).await?;
    for (path, has) in METHODS {
        let path = path.replace("{id}", &id);
        let mut others = ["PUT", "PATCH", "DELETE", "POST", "GET"];
        random.shuffle(&mut others);
        for method in others.into_iter().filter(|method| !has.contains(method)) {
            let answer = api.http.request(method, &path).send().await?;
            let what = format!("{method}, which {path} does not have");
            answer.expect_status_to(&what, &[405])?;
            expect_allow(&answer, method, has)?;
        }
    }
    // None of it touched the order.
    api.read_v2(&id).await?;
    Ok(())
}

/// `Allow` names what the path has, and not what was refused.
fn expect_allow(answer: &Answer, refused: &str, has: &[&str]) -> Result<(), Mismatch> {
    let expected = format!("Allow: {}", has.join(", "));
    let Some(allow) = answer.field("allow") else {
        let summary = format!("Your 405 to {} has no Allow.", answer.label());
        return Err(answer.wrong(summary, expected, "no Allow"));
    };
    let named: Vec<&str> = allow.split(',').map(str::trim).collect();
    let label = answer.label();
    let summary = if let Some(missing) = has.iter().find(|method| !named.contains(method)) {
        format!("Your Allow on {label} does not name {missing}, which is there.")
    } else if named.contains(&refused) {
        format!("Your Allow on {label} names {refused}, which you refused.")
    } else {
        return Ok(());
    };
    Err(answer.wrong(summary, expected, format!("Allow: {allow}")))
}

pub(crate) async fn head_is_get_without_a_body(bench: &mut Bench) -> Outcome {
    let api = Api::of(bench)?;
    let random = bench.random();
    let account = Accounts::of("head_is_get_without_a_body")?.draw(random);
    let (_, one) = api.create_v1(&V1Draft::draw(random, &account)).await?;
    let draft = V2Draft::draw(random, &account);
    let (_, other) = api.create_v2(random, &draft).await?;
    let mut paths = heads(random, &account, &one, &other);
    random.shuffle(&mut paths);
    for path in paths {
        let get = api.http.get(&path).send().await?;
        let head = api.http.head(&path).send().await?;
        // Bytes behind the head of an answer to HEAD would have been the probe's to tell.
        compare(&get, &head)?;
    }
    Ok(())
}

fn heads(random: &mut Random, account: &str, one: &str, other: &str) -> Vec<String> {
    let unknown = unknown_like(random, one);
    vec![
        format!("/v1/orders/{one}"),
        format!("/v1/orders/{other}"),
        format!("/v1/orders/{unknown}"),
        format!("/v1/orders?account_id={account}"),
        format!("/v2/orders/{one}"),
        format!("/v2/orders/{other}"),
        format!("/v2/orders/{unknown}"),
        format!("/v2/orders?account_id={account}"),
        "/openapi.json".to_owned(),
    ]
}

/// The headers that are the same in both, as far as GET has them.
const SAME: [&str; 6] = [
    "content-type",
    "etag",
    "deprecation",
    "sunset",
    "link",
    "content-length",
];

fn compare(get: &Answer, head: &Answer) -> Result<(), Failure> {
    if head.status != get.status {
        let (found, wanted) = (head.status_text(), get.status_text());
        let summary = format!(
            "You answered {found} to {}, and {wanted} to its GET.",
            head.label()
        );
        return Err(both(get, head, summary, wanted, found).into());
    }
    for name in SAME {
        let (wanted, found) = (get.field(name), head.field(name));
        // The length of what was not sent may be left out, and a GET in chunks tells none.
        let may_differ = name == "content-length" && (found.is_none() || wanted.is_none());
        if wanted == found || may_differ {
            continue;
        }
        let told = |value: Option<String>| match value {
            Some(value) => format!("{name}: {value}"),
            None => format!("no {name}"),
        };
        let summary = format!("The {name} of {} is not that of its GET.", head.label());
        return Err(both(get, head, summary, told(wanted), told(found)).into());
    }
    Ok(())
}

fn both(get: &Answer, head: &Answer, summary: String, wanted: String, found: String) -> Mismatch {
    let wrong = Mismatch::new(summary, wanted, found);
    head.show_in(get.show_in(wrong, None), None)
}
