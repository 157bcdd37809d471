//! A merge patch changes what it names, and may name two members alone.

use mastery_kit::{
    bench::Bench,
    random::Random,
    verdict::{Failure, Outcome},
};
use serde_json::{Value, json};

use crate::rest_api::{
    acts::{Api, expect_v2},
    conditional::{etag, expect_untouched},
    drafts::{Accounts, V2Draft},
};

pub(crate) async fn patch_merges_two_members_alone(bench: &mut Bench) -> Outcome {
    let api = Api::of(bench)?;
    let random = bench.random();
    let account = Accounts::of("patch_merges_two_members_alone")?.draw(random);
    let mut draft = V2Draft::draw(random, &account);
    draft.client_order_id = Some(format!("c-{}", random.word(8)));
    let (_, id) = api.create_v2(random, &draft).await?;
    for change in merged(random) {
        let tag = etag(&api.read_v2(&id).await?)?;
        let answer = api.patching(&id, &change, Some(&tag)).send().await?;
        answer.expect_status_to(&format!("the PATCH {change}"), &[200])?;
        if let Some(quantity) = change["quantity"].as_str() {
            quantity.clone_into(&mut draft.quantity);
        }
        if let Some(amount) = change.pointer("/limit_price/amount") {
            amount
                .as_str()
                .unwrap_or_default()
                .clone_into(&mut draft.amount);
        }
        expect_v2(&answer, &draft, "new")?;
        expect_v2(&api.read_v2(&id).await?, &draft, "new")?;
    }
    let mut changes = refused();
    random.shuffle(&mut changes);
    for change in changes {
        not_merged(&api, &id, &change).await?;
    }
    Ok(())
}

/// Changes of one member, of a part of one, and of both.
fn merged(random: &mut Random) -> Vec<Value> {
    let mut number = || random.between(6000, 9999).to_string();
    vec![
        json!({"limit_price": {"amount": number()}}),
        json!({"quantity": number()}),
        json!({"limit_price": {"currency": "USD"}, "quantity": number()}),
        json!({"limit_price": {"amount": number(), "currency": "USD"}}),
    ]
}

/// Changes of what cannot be changed, and to what no order can be.
fn refused() -> Vec<Value> {
    vec![
        json!({"quantity": null}),
        json!({"limit_price": null}),
        json!({"quantity": "77", "limit_price": {"amount": null}}),
        json!({"quantity": "77", "limit_price": {"currency": "EUR"}}),
        json!({"quantity": "0"}),
        json!({"quantity": 77}),
        json!({"limit_price": {"amount": "7.123456789"}}),
        json!({"limit_price": "77"}),
        json!({"quantity": "77", "side": "sell"}),
        json!({"quantity": "77", "status": "filled"}),
        json!({"quantity": "77", "account_id": "ACC-000001"}),
        json!({"quantity": "77", "time_in_force": "gtc"}),
        json!({"quantity": "77", "client_order_id": "c-77"}),
        json!({"quantity": "77", "instrument": {"symbol": "QXVB"}}),
        json!(["77"]),
    ]
}

async fn not_merged(api: &Api, id: &str, change: &Value) -> Result<(), Failure> {
    let seen = api.read_v2(id).await?;
    let tag = etag(&seen)?;
    let answer = api.patching(id, change, Some(&tag)).send().await?;
    let what = format!("the PATCH {change}");
    answer.expect_status_to(&what, &[400, 422])?;
    let after = api.read_v2(id).await?;
    let refusal = format!("{} to {what}", answer.status);
    expect_untouched(&seen, &answer, &after, &refusal)
}
