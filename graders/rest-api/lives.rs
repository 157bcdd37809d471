//! What an order may still become, and what not.

use mastery_kit::{
    bench::Bench,
    probe::http::Answer,
    random::Random,
    verdict::{Failure, Outcome},
};
use serde_json::json;

use crate::rest_api::{
    acts::Api,
    conditional::{etag, expect_untouched, other_than},
    drafts::{Accounts, V2Draft, unknown_like},
};

/// The statuses that an order can stand in, and a way there.
const WAYS: [&[&str]; 7] = [
    &["new"],
    &["new", "accepted"],
    &["new", "accepted", "partially_filled"],
    &["new", "accepted", "filled"],
    &["new", "rejected"],
    &["new", "cancelled"],
    &["new", "expired"],
];

/// What may follow a status.
fn legal(status: &str) -> &'static [&'static str] {
    match status {
        "new" => &["accepted", "rejected", "cancelled", "expired"],
        "accepted" => &[
            "partially_filled",
            "filled",
            "cancelled",
            "expired",
            "rejected",
        ],
        "partially_filled" => &["partially_filled", "filled", "cancelled", "expired"],
        _ => &[],
    }
}

/// An order of the account in the last of these statuses: its draft, its id.
async fn order_in(
    api: &Api,
    random: &mut Random,
    account: &str,
    way: &[&str],
) -> Result<(V2Draft, String), Failure> {
    let draft = V2Draft::draw(random, account);
    let (_, id) = api.create_v2(random, &draft).await?;
    for step in way.windows(2) {
        api.drive(&id, step[0], step[1]).await?;
    }
    Ok((draft, id))
}

fn untouched(seen: &Answer, answer: &Answer, after: &Answer, what: &str) -> Outcome {
    let refusal = format!("{} to {what}", answer.status);
    expect_untouched(seen, answer, after, &refusal)
}

pub(crate) async fn terminal_orders_stay_as_they_are(bench: &mut Bench) -> Outcome {
    let api = Api::of(bench)?;
    let random = bench.random();
    let account = Accounts::of("terminal_orders_stay_as_they_are")?.draw(random);
    let mut ways = WAYS;
    random.shuffle(&mut ways);
    for way in ways {
        let status = way[way.len() - 1];
        if !legal(status).is_empty() {
            continue;
        }
        let (draft, id) = order_in(&api, random, &account, way).await?;
        let seen = api.read_v2(&id).await?;

        let cancel = format!("/v2/orders/{id}/cancel");
        let answer = api.http.post(&cancel).send().await?;
        let what = format!("the cancel of an order that is {status}");
        answer.expect_status_to(&what, &[409])?;
        untouched(&seen, &answer, &api.read_v2(&id).await?, &what)?;

        let change = json!({"quantity": other_than(random, &draft.quantity)});
        let tag = etag(&seen)?;
        let answer = api.patching(&id, &change, Some(&tag)).send().await?;
        let what = format!("a PATCH of an order that is {status}");
        answer.expect_status_to(&what, &[409])?;
        untouched(&seen, &answer, &api.read_v2(&id).await?, &what)?;

        let answer = api.http.delete(&format!("/v1/orders/{id}")).send().await?;
        let what = format!("the DELETE in v1 of an order that is {status}");
        let wanted = match status {
            "cancelled" | "expired" => 204,
            _ => 409,
        };
        answer.expect_status_to(&what, &[wanted])?;
        untouched(&seen, &answer, &api.read_v2(&id).await?, &what)?;
    }
    Ok(())
}

pub(crate) async fn illegal_transitions_are_refused(bench: &mut Bench) -> Outcome {
    let api = Api::of(bench)?;
    let random = bench.random();
    let account = Accounts::of("illegal_transitions_are_refused")?.draw(random);
    let mut ways = WAYS;
    random.shuffle(&mut ways);
    let mut known = String::new();
    for way in ways {
        let from = way[way.len() - 1];
        let (_, id) = order_in(&api, random, &account, way).await?;
        let seen = api.read_v2(&id).await?;
        let all = WAYS.map(|way| way[way.len() - 1]);
        for to in all.into_iter().filter(|to| !legal(from).contains(to)) {
            let answer = hook(&api, &id, to).await?;
            let what = format!("the transition `{from}` → `{to}`, which is not legal");
            answer.expect_status_to(&what, &[409])?;
        }
        let answer = hook(&api, &id, "on_hold").await?;
        answer.expect_status_to("a transition to `on_hold`, which is no status", &[400])?;
        untouched(&seen, &answer, &api.read_v2(&id).await?, "the test hook")?;
        known = id;
    }
    let unknown = unknown_like(random, &known);
    for status in ["accepted", "on_hold"] {
        let answer = hook(&api, &unknown, status).await?;
        answer.expect_status_to("a transition of an order that does not exist", &[404])?;
    }
    Ok(())
}

async fn hook(api: &Api, id: &str, status: &str) -> Result<Answer, Failure> {
    let path = format!("/internal/orders/{id}/status");
    let request = api.http.post(&path).json(&json!({"status": status}));
    Ok(request.send().await?)
}
