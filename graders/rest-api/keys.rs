//! What a key is worth: with which body, for whom, and after a refusal.

use mastery_kit::{
    bench::Bench,
    probe::http::{Answer, Request},
    random::Random,
    verdict::{Failure, Mismatch, Outcome},
};
use serde_json::json;

use crate::rest_api::{
    acts::{Api, order_id},
    drafts::{Accounts, V2Draft, key},
};

pub(crate) async fn same_key_other_body_is_422(bench: &mut Bench) -> Outcome {
    let api = Api::of(bench)?;
    let random = bench.random();
    let account = Accounts::of("same_key_other_body_is_422")?.draw(random);
    let (mut draft, key) = (V2Draft::draw(random, &account), key(random));
    draft.amount = format!("{}.5", random.between(1, 9999));
    draft.client_order_id = None;
    let first = api.posting_v2(&draft, &key).send().await?;
    first.expect_status(201)?;
    let mut others = other_bodies(&draft);
    random.shuffle(&mut others);
    for (other, difference) in others {
        let answer = api.posting_v2(&other, &key).send().await?;
        if answer.status != 422 {
            let found = answer.status_text();
            let summary = format!("You answered {found} to a used key with {difference}.");
            let wrong = Mismatch::new(summary, "422 Unprocessable Content", found);
            let wrong = answer.show_in(first.show_in(wrong, None), None);
            return Err(wrong.into());
        }
    }
    made(&api, &account, 1, "the one key").await?;
    let again = api.posting_v2(&draft, &key).send().await?;
    again.expect_status_to(
        "the first body again, after others with its key were refused",
        &[200, 201],
    )?;
    Ok(())
}

/// Bodies that are other JSON values, and in what they differ.
fn other_bodies(draft: &V2Draft) -> Vec<(V2Draft, &'static str)> {
    let with = |change: fn(&mut V2Draft)| {
        let mut other = draft.clone();
        change(&mut other);
        other
    };
    vec![
        (with(|other| other.amount.push('1')), "another amount"),
        (
            with(|other| other.amount.push('0')),
            "another text of the amount: as JSON, 1.5 and 1.50 are two values",
        ),
        (with(|other| other.quantity.push('7')), "another quantity"),
        (
            with(|other| other.client_order_id = Some("c-1".to_owned())),
            "a client_order_id that the first did not have",
        ),
        (
            with(|other| {
                other.side = if other.side == "buy" { "sell" } else { "buy" };
            }),
            "the other side",
        ),
    ]
}

/// The account has this many orders.
async fn made(api: &Api, account: &str, wanted: usize, by: &str) -> Outcome {
    let (found, list) = api.listed_v2(account).await?;
    if found.len() == wanted {
        return Ok(());
    }
    let found = found.len();
    let summary = format!("The account has {found} orders by {by}, where {wanted} belong.");
    let (expected, actual) = (format!("{wanted} orders"), format!("{found} orders"));
    Err(list.wrong_at("/orders", summary, expected, actual).into())
}

pub(crate) async fn missing_key_is_400(bench: &mut Bench) -> Outcome {
    let api = Api::of(bench)?;
    let random = bench.random();
    let account = Accounts::of("missing_key_is_400")?.draw(random);
    let (long, fits) = (random.word(65), random.word(62));
    let spaced = format!("{} {}", random.word(6), random.word(6));
    for (key, what) in [
        (None, "a POST without Idempotency-Key"),
        (Some(""), "a POST with an empty Idempotency-Key"),
        (Some(long.as_str()), "a POST with a key of 65 characters"),
        (
            Some(spaced.as_str()),
            "a POST with a space in its key, which is no visible character",
        ),
    ] {
        let answer = posting(&api, random, &account, key).send().await?;
        answer.expect_status_to(what, &[400])?;
    }
    made(&api, &account, 0, "requests without a proper key").await?;
    for (key, what) in [
        (format!("~!{fits}"), "a POST with a key of 64 characters"),
        (
            format!("\"{}\"", random.word(8)),
            "a POST with a key in quotes, which are part of it",
        ),
        (
            format!("a,b;c=%{}", random.word(4)),
            "a POST with commas and the like in its key, which are visible characters",
        ),
    ] {
        let answer = posting(&api, random, &account, Some(&key)).send().await?;
        answer.expect_status_to(what, &[201])?;
    }
    Ok(())
}

fn posting(api: &Api, random: &mut Random, account: &str, key: Option<&str>) -> Request {
    let body = V2Draft::draw(random, account).body();
    let request = api.http.post("/v2/orders").json(&body);
    match key {
        Some(key) => request.header("Idempotency-Key", key),
        None => request,
    }
}

pub(crate) async fn a_key_belongs_to_its_account(bench: &mut Bench) -> Outcome {
    let api = Api::of(bench)?;
    let random = bench.random();
    let mut accounts = Accounts::of("a_key_belongs_to_its_account")?;
    let account = accounts.draw(random);
    let mut draft = V2Draft::draw(random, &account);
    let key = key(random);
    let first = api.posting_v2(&draft, &key).send().await?;
    first.expect_status(201)?;
    let id = order_id(&first, "/id")?;
    for _ in 0..3 {
        draft.account = accounts.draw(random);
        let answer = api.posting_v2(&draft, &key).send().await?;
        let other = if answer.status == 201 {
            order_id(&answer, "/id")?
        } else {
            String::new()
        };
        if other.is_empty() || other == id {
            return Err(shared(&first, &answer).into());
        }
        made(&api, &draft.account, 1, "its first request with this key").await?;
    }
    Ok(())
}

fn shared(first: &Answer, answer: &Answer) -> Mismatch {
    let actual = match answer.status {
        201 => "the other account's order".to_owned(),
        _ => answer.status_text(),
    };
    let wrong = Mismatch::new(
        "A key that one account had used was not free for another.",
        "201 Created, an order of its own",
        actual,
    );
    answer.show_in(first.show_in(wrong, Some("/id")), Some("/id"))
}

pub(crate) async fn refused_requests_leave_the_key_free(bench: &mut Bench) -> Outcome {
    let api = Api::of(bench)?;
    let random = bench.random();
    let account = Accounts::of("refused_requests_leave_the_key_free")?.draw(random);
    for (member, value) in [
        ("side", json!("hold")),
        ("quantity", json!("0")),
        ("limit_price", json!({"amount": "1", "currency": "EUR"})),
    ] {
        let (draft, key) = (V2Draft::draw(random, &account), key(random));
        let mut body = draft.body();
        body[member] = value;
        let request = api.http.post("/v2/orders").header("Idempotency-Key", &key);
        let refused = request.json(&body).send().await?;
        let what = format!("an order whose {member} is not valid");
        refused.expect_status_to(&what, &[400, 422])?;
        let answer = api.posting_v2(&draft, &key).send().await?;
        if answer.status != 201 {
            return Err(kept(&refused, &answer));
        }
    }
    made(&api, &account, 3, "three corrected requests").await
}

fn kept(refused: &Answer, answer: &Answer) -> Failure {
    let (first, found) = (refused.status, answer.status_text());
    let summary = format!(
        "You answered {found} to the corrected request: its key was used by the one that you refused with {first}."
    );
    let wrong = Mismatch::new(summary, "201 Created: a refusal leaves the key free", found);
    answer.show_in(refused.show_in(wrong, None), None).into()
}
