//! One key, one order.

use std::time::Duration;

use mastery_kit::{
    bench::Bench,
    probe::http::Answer,
    random::Random,
    verdict::{Failure, Mismatch, Outcome},
    wait::{self, Look, WaitError},
};
use serde_json::{Map, Value};

use crate::rest_api::{
    acts::{Api, order_id},
    drafts::{Accounts, V2Draft, key},
};

const ROUNDS: usize = 15;
const AT_ONCE: usize = 24;

pub(crate) async fn same_key_same_body_replays(bench: &mut Bench) -> Outcome {
    let api = Api::of(bench)?;
    let random = bench.random();
    let mut accounts = Accounts::of("same_key_same_body_replays")?;
    let account = accounts.draw(random);
    let earlier = random.between(1, 4);
    for _ in 0..earlier {
        let draft = V2Draft::draw(random, &account);
        api.create_v2(random, &draft).await?;
    }
    let (draft, key) = (V2Draft::draw(random, &account), key(random));
    let first = api.posting_v2(&draft, &key).send().await?;
    first.expect_status(201)?;
    let id = order_id(&first, "/id")?;
    let (before, _) = api.listed_v2(&account).await?;

    let again = api.posting_v2(&draft, &key).send().await?;
    expect_replay(&first, &id, &again)?;
    let other_text = reordered(&draft.body());
    let request = api.http.post("/v2/orders").header("Idempotency-Key", &key);
    let again = request.body("application/json", other_text).send().await?;
    expect_replay(&first, &id, &again)?;
    expect_count(&api, &account, before.len(), &first, &again).await?;

    let mine = unrelated(&api, random, &mut accounts, &account).await?;
    let again = api.posting_v2(&draft, &key).send().await?;
    expect_replay(&first, &id, &again)?;
    expect_count(&api, &account, before.len() + mine, &first, &again).await
}

/// The status of the first answer, 201, or 200; and the first answer's order.
fn expect_replay(first: &Answer, id: &str, again: &Answer) -> Result<(), Mismatch> {
    again.expect_status_of(&[201, 200])?;
    let other = order_id(again, "/id")?;
    if other == id {
        return Ok(());
    }
    let wrong = Mismatch::new(
        format!(
            "The same request with the same key was answered with order {id}, then with {other}."
        ),
        format!("order {id} again"),
        format!("order {other}"),
    );
    Err(again.show_in(first.show_in(wrong, Some("/id")), Some("/id")))
}

/// The account has this many orders.
async fn expect_count(
    api: &Api,
    account: &str,
    wanted: usize,
    first: &Answer,
    again: &Answer,
) -> Outcome {
    let (found, list) = api.listed_v2(account).await?;
    if found.len() == wanted {
        return Ok(());
    }
    let wrong = Mismatch::new(
        format!(
            "The account has {} orders after a replay, where {wanted} belong.",
            found.len()
        ),
        format!("{wanted} orders: a replay makes none"),
        format!("{} orders", found.len()),
    );
    let wrong = again.show_in(first.show_in(wrong, None), None);
    Err(list.show_in(wrong, Some("/orders")).into())
}

/// The same JSON value in another text: members in reverse, blanks between.
fn reordered(body: &Value) -> String {
    fn turned(value: &Value) -> Value {
        match value {
            Value::Object(members) => {
                let members = members.iter().rev();
                Value::Object(
                    members
                        .map(|(name, value)| (name.clone(), turned(value)))
                        .collect::<Map<_, _>>(),
                )
            }
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_) => value.clone(),
        }
    }
    format!("{:#}", turned(body))
}

/// Fifty orders with other keys; how many of them belong to the account.
async fn unrelated(
    api: &Api,
    random: &mut Random,
    accounts: &mut Accounts,
    account: &str,
) -> Result<usize, Failure> {
    let mut mine = 0;
    for _ in 0..50 {
        let owner = if random.one_in(5) {
            mine += 1;
            account.to_owned()
        } else {
            accounts.draw(random)
        };
        let draft = V2Draft::draw(random, &owner);
        api.create_v2(random, &draft).await?;
    }
    Ok(mine)
}

pub(crate) async fn concurrent_same_key_creates_one(bench: &mut Bench) -> Outcome {
    let api = Api::of(bench)?;
    let random = bench.random();
    let mut accounts = Accounts::of("concurrent_same_key_creates_one")?;
    let mut width = AT_ONCE;
    for _ in 0..ROUNDS {
        let account = accounts.draw(random);
        let (draft, key) = (V2Draft::draw(random, &account), key(random));
        let at_once = one_round(&api, &draft, &key, width).await?;
        // A program that takes fewer connections at a time is raced with as many as it takes.
        width = at_once.clamp(2, width);
    }
    Ok(())
}

/// One key, many requests at the same moment; how many connections stood ready together.
async fn one_round(api: &Api, draft: &V2Draft, key: &str, width: usize) -> Result<usize, Failure> {
    let (before, _) = api.listed_v2(&draft.account).await?;
    let requests = (0..width).map(|_| api.posting_v2(draft, key)).collect();
    let race = api.http.race(requests).await?;
    let mut winner: Option<(&Answer, String)> = None;
    for answer in &race.answers {
        answer.expect_status_of(&[201, 200, 409])?;
        if answer.status == 409 {
            continue;
        }
        let id = order_id(answer, "/id")?;
        match &winner {
            None => winner = Some((answer, id)),
            Some((first, known)) if *known != id => {
                return Err(two_orders(first, known, answer, &id, width).into());
            }
            Some(_) => {}
        }
    }
    let Some((first, id)) = winner else {
        return Err(nobody_won(&race.answers).into());
    };
    if race.answers.iter().any(|answer| answer.status == 409) {
        let again = once_settled(api, draft, key).await?;
        expect_replay(first, &id, &again)?;
    }
    let (found, list) = api.listed_v2(&draft.account).await?;
    if found.len() == before.len() + 1 && found.contains(&id) {
        return Ok(race.at_once);
    }
    let made = found.len().saturating_sub(before.len());
    let wrong = Mismatch::new(
        format!("{width} requests with the key {key} at the same moment made {made} orders."),
        format!("1 new order: {id}"),
        format!("{made} new orders"),
    );
    Err(list
        .show_in(first.show_in(wrong, Some("/id")), Some("/orders"))
        .into())
}

fn two_orders(first: &Answer, known: &str, other: &Answer, id: &str, width: usize) -> Mismatch {
    let wrong = Mismatch::new(
        format!(
            "{width} requests with one key at the same moment made the orders {known} and {id}."
        ),
        format!("order {known}, or 409"),
        format!("order {id}"),
    );
    let mut wrong = other.show_in(first.show_in(wrong, Some("/id")), Some("/id"));
    wrong.reproduce = vec![at_the_same_moment(first, width)];
    wrong
}

/// A line that sends a request many times at once.
fn at_the_same_moment(answer: &Answer, width: usize) -> String {
    let line = answer.reproduce();
    format!("for i in $(seq {width}); do {line} & done; wait")
}

fn nobody_won(answers: &[Answer]) -> Mismatch {
    let count = answers.len();
    let wrong = Mismatch::new(
        format!("All {count} requests with one key were answered 409: none made the order."),
        "one 201, each of the others the same order or 409",
        format!("{count} times 409"),
    );
    match answers.first() {
        Some(answer) => answer.show_in(wrong, None),
        None => wrong,
    }
}

/// Asks again until the first request is no longer under way.
async fn once_settled(api: &Api, draft: &V2Draft, key: &str) -> Result<Answer, Failure> {
    const SETTLES: Duration = Duration::from_secs(2);
    let ask = || async {
        match api.posting_v2(draft, key).send().await {
            Err(error) => Look::Never(Failure::from(error)),
            Ok(answer) if answer.status == 409 => Look::NotYet(answer.status_text()),
            Ok(answer) => Look::Ready(answer),
        }
    };
    match wait::until(SETTLES, ask).await {
        Ok(answer) => Ok(answer),
        Err(WaitError::Never(failure)) => Err(failure),
        Err(WaitError::TooLong { .. }) => {
            let answer = api.posting_v2(draft, key).send().await?;
            let summary =
                "A key still answers 409, two seconds after its first request was answered.";
            Err(answer
                .wrong(summary, "the order again", answer.status_text())
                .into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reordered_body_is_the_same_value_in_another_text() {
        let mut random = Random::new(mastery_kit::random::Seed(4), "body");
        let body = V2Draft::draw(&mut random, "ACC-000001").body();
        let text = reordered(&body);
        assert_ne!(text, body.to_string());
        let read: Value = serde_json::from_str(&text).expect("a test's own input");
        assert_eq!(read, body);
        assert_ne!(
            read.as_object().expect("a test's own input").keys().next(),
            body.as_object().expect("a test's own input").keys().next()
        );
    }
}
