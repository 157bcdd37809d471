//! Entity tags say which version of an order one has seen, and a write on an old one is refused.

use mastery_kit::{
    bench::Bench,
    checker::json::{Extra, first_difference},
    probe::http::Answer,
    random::Random,
    verdict::{Failure, Mismatch, Outcome},
};
use serde_json::{Value, json};

use crate::rest_api::{
    acts::{Api, expect_decimal},
    drafts::{Accounts, V1Draft, V2Draft},
};

/// A strong entity tag (RFC 9110 §8.8.3).
pub(crate) fn etag(answer: &Answer) -> Result<String, Mismatch> {
    let Some(tag) = answer.header("etag") else {
        return Err(answer.wrong(
            format!("Your answer to {} has no ETag.", answer.label()),
            "ETag: \"…\"",
            "no ETag",
        ));
    };
    let inner = tag
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    let is_opaque = |c: char| c > ' ' && c != '"' && c != '\u{7f}';
    if inner.is_some_and(|inner| inner.chars().all(is_opaque)) {
        return Ok(tag.to_owned());
    }
    let summary = if tag.starts_with("W/") {
        format!("Your ETag {tag} is weak: it promises less than the contract asks for.")
    } else {
        format!("Your ETag {tag} is no entity tag: those stand in double quotes.")
    };
    Err(answer.wrong(summary, "a strong ETag: \"…\"", tag))
}

pub(crate) async fn etag_changes_with_the_order(bench: &mut Bench) -> Outcome {
    let api = Api::of(bench)?;
    let random = bench.random();
    let mut accounts = Accounts::of("etag_changes_with_the_order")?;
    let account = accounts.draw(random);
    let neighbour = accounts.draw(random);
    for change in ["patch", "cancel", "hook", "delete"] {
        let draft = V2Draft::draw(random, &account);
        let (_, id) = api.create_v2(random, &draft).await?;
        let before = api.read_v2(&id).await?;
        let old = stays_while_read(&api, &V1Draft::draw(random, &neighbour), &id, &before).await?;
        match change {
            "patch" => {
                let change = json!({"quantity": other_than(random, &draft.quantity)});
                let answer = api.patching(&id, &change, Some(&old)).send().await?;
                answer.expect_status(200)?;
            }
            "cancel" => drop(api.cancel_v2(&id).await?),
            "hook" => api.drive(&id, "new", "accepted").await?,
            _ => drop(api.cancel_v1(&id).await?),
        }
        let after = api.read_v2(&id).await?;
        if etag(&after)? == old {
            return Err(unchanged(&before, &after, &old).into());
        }
        // What was seen before is no longer current.
        let path = format!("/v2/orders/{id}");
        let answer = api
            .http
            .get(&path)
            .header("If-None-Match", &old)
            .send()
            .await?;
        answer.expect_status(200)?;
    }
    Ok(())
}

/// The entity tag of an order that nobody changes, in every answer that shows it.
async fn stays_while_read(
    api: &Api,
    neighbour: &V1Draft,
    id: &str,
    first: &Answer,
) -> Result<String, Failure> {
    let tag = etag(first)?;
    let path = format!("/v2/orders/{id}");
    api.create_v1(neighbour).await?;
    for request in [
        api.http.get(&path),
        api.http.head(&path),
        api.http.get(&path),
    ] {
        let again = request.send().await?;
        again.expect_status(200)?;
        let now = etag(&again)?;
        if now != tag {
            let wrong = Mismatch::new(
                format!("The ETag went from {tag} to {now}, and nobody changed the order."),
                format!("ETag: {tag}"),
                format!("ETag: {now}"),
            );
            return Err(again.show_in(first.show_in(wrong, None), None).into());
        }
    }
    expect_not_modified(api, &path, &tag).await?;
    Ok(tag)
}

/// Whoever has the current order is told so, without a body.
async fn expect_not_modified(api: &Api, path: &str, tag: &str) -> Outcome {
    let answer = api
        .http
        .get(path)
        .header("If-None-Match", tag)
        .send()
        .await?;
    // Bytes behind a 304 belong to no answer: the probe itself would have said so.
    if answer.status != 304 {
        let found = answer.status_text();
        let summary = format!("You answered {found} to If-None-Match {tag}, the current ETag.");
        return Err(answer.wrong(summary, "304 Not Modified", found).into());
    }
    Ok(())
}

fn unchanged(before: &Answer, after: &Answer, tag: &str) -> Mismatch {
    let wrong = Mismatch::new(
        format!("The order changed, and its ETag is still {tag}."),
        format!("another ETag than {tag}"),
        format!("ETag: {tag}"),
    );
    after.show_in(before.show_in(wrong, None), None)
}

/// Another whole quantity.
pub(crate) fn other_than(random: &mut Random, quantity: &str) -> String {
    loop {
        let other = random.between(1, 5000).to_string();
        if other != quantity {
            return other;
        }
    }
}

pub(crate) async fn stale_write_is_refused(bench: &mut Bench) -> Outcome {
    let api = Api::of(bench)?;
    let random = bench.random();
    let account = Accounts::of("stale_write_is_refused")?.draw(random);
    for _ in 0..4 {
        let mut draft = V2Draft::draw(random, &account);
        let (_, id) = api.create_v2(random, &draft).await?;
        let seen = api.read_v2(&id).await?;
        let old = etag(&seen)?;
        let quantity = other_than(random, &draft.quantity);
        refused(&api, &seen, &id, &quantity, None).await?;
        let never = format!("\"{}\"", random.word(20));
        refused(&api, &seen, &id, &quantity, Some(&never)).await?;

        applied(&api, &id, &json!({"quantity": quantity}), &old).await?;
        draft.quantity = quantity;
        let seen = api.read_v2(&id).await?;
        expect_decimal(&seen, "/quantity", &draft.quantity)?;
        expect_decimal(&seen, "/limit_price/amount", &draft.amount)?;
        let quantity = other_than(random, &draft.quantity);
        refused(&api, &seen, &id, &quantity, Some(&old)).await?;

        let amount = format!("{}.25", random.between(10_000, 99_999));
        let change = json!({"limit_price": {"amount": amount, "currency": "USD"}});
        applied(&api, &id, &change, &etag(&seen)?).await?;
        let seen = api.read_v2(&id).await?;
        expect_decimal(&seen, "/quantity", &draft.quantity)?;
        expect_decimal(&seen, "/limit_price/amount", &amount)?;
    }
    Ok(())
}

/// A write by somebody who has seen the order as it is.
async fn applied(api: &Api, id: &str, change: &Value, etag: &str) -> Outcome {
    let answer = api.patching(id, change, Some(etag)).send().await?;
    if answer.status == 200 {
        return Ok(());
    }
    let status = answer.status_text();
    let summary = format!("You answered {status} to a PATCH with the current ETag {etag}.");
    Err(answer.wrong(summary, "200 OK", status).into())
}

/// A write by somebody who has not: it is refused and leaves the order, and its tag, as they were.
async fn refused(
    api: &Api,
    seen: &Answer,
    id: &str,
    quantity: &str,
    etag_sent: Option<&str>,
) -> Outcome {
    let change = json!({"quantity": quantity});
    let answer = api.patching(id, &change, etag_sent).send().await?;
    let (status, manner) = match etag_sent {
        None => (428, "a PATCH without If-Match".to_owned()),
        Some(tag) => (
            412,
            format!("a PATCH with If-Match {tag}, which is not current"),
        ),
    };
    if answer.status != status {
        let found = answer.status_text();
        let wanted = if status == 428 {
            "428 Precondition Required"
        } else {
            "412 Precondition Failed"
        };
        let summary = format!("You answered {found} to {manner}.");
        return Err(answer.wrong(summary, wanted, found).into());
    }
    let after = api.read_v2(id).await?;
    expect_untouched(seen, &answer, &after, &format!("{status} to {manner}"))
}

/// After a refusal, `refusal`, the order reads as it did before.
pub(crate) fn expect_untouched(
    seen: &Answer,
    answer: &Answer,
    after: &Answer,
    refusal: &str,
) -> Outcome {
    let (before, now) = (seen.json()?, after.json()?);
    if let Some(difference) = first_difference(before, now, Extra::Tolerated) {
        let text = |value: Option<Value>| value.map_or("nothing".to_owned(), |v| v.to_string());
        let pointer = difference.pointer;
        let wrong = Mismatch::new(
            format!("You answered {refusal}, and changed {pointer} all the same."),
            text(difference.expected),
            text(difference.actual),
        );
        return Err(after
            .show_in(answer.show_in(wrong, None), Some(&pointer))
            .into());
    }
    if etag(after)? == etag(seen)? {
        return Ok(());
    }
    let wrong = Mismatch::new(
        format!("You answered {refusal}, and the ETag changed all the same."),
        format!("ETag: {}", etag(seen)?),
        format!("ETag: {}", etag(after)?),
    );
    Err(after.show_in(answer.show_in(wrong, None), None).into())
}
