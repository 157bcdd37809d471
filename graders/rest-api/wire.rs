//! What a client of v1 sees of one order is what it has always seen.

use mastery_kit::{bench::Bench, random::Random, verdict::Outcome};
use serde_json::{Value, json};

use crate::rest_api::{
    acts::{Api, expect_equal, expect_location},
    drafts::{Accounts, V1Draft, unknown_like},
    frozen::{Frozen, V1Status},
};

pub(crate) async fn v1_wire_is_frozen(bench: &mut Bench) -> Outcome {
    let (api, frozen) = (Api::of(bench)?, Frozen::read(bench)?);
    let random = bench.random();
    let account = Accounts::of("v1_wire_is_frozen")?.draw(random);
    let mut known = String::new();
    let count = random.between(8, 12);
    for _ in 0..count {
        let draft = V1Draft::draw(random, &account);
        known = create_and_read(&api, &frozen, &draft).await?;
    }
    let answer = api
        .http
        .get(&format!("/v1/orders?account_id={account}"))
        .send()
        .await?;
    answer.expect_status(200)?;
    let list = frozen.list(&answer)?;
    expect_equal(
        &answer,
        "/total",
        &i64::try_from(count).unwrap_or(0),
        &list.total,
    )?;
    refusals(&api, &frozen, random, (&account, &known)).await
}

async fn create_and_read(
    api: &Api,
    frozen: &Frozen,
    draft: &V1Draft,
) -> Result<String, mastery_kit::verdict::Failure> {
    let (made, id) = api.create_v1(draft).await?;
    let order = frozen.order(&made)?;
    order.expect(&made, "", draft, V1Status::Open)?;
    expect_location(&made, &format!("orders/{id}"))?;
    let read = api.read_v1(&id).await?;
    let shown = frozen.order(&read)?;
    shown.expect(&read, "", draft, V1Status::Open)?;
    expect_equal(&read, "/id", &id, &shown.id)?;
    expect_equal(
        &read,
        "/created_at",
        &made.text_at("/created_at")?,
        &read.text_at("/created_at")?,
    )?;
    Ok(id)
}

/// The errors of v1 have the frozen form, too.
async fn refusals(
    api: &Api,
    frozen: &Frozen,
    random: &mut Random,
    (account, known): (&str, &str),
) -> Outcome {
    let unknown = unknown_like(random, known);
    let answer = api
        .http
        .get(&format!("/v1/orders/{unknown}"))
        .send()
        .await?;
    frozen.error(&answer, 404)?;
    let answer = api.http.get("/v1/orders").send().await?;
    frozen.error(&answer, 400)?;
    for body in invalid_bodies(random, account) {
        let request = api.http.post("/v1/orders").body("application/json", body);
        frozen.error(&request.send().await?, 400)?;
    }
    Ok(())
}

fn invalid_bodies(random: &mut Random, account: &str) -> Vec<String> {
    let draft = V1Draft::draw(random, account).body();
    let mut bodies = vec![draft[..draft.len() - 1].to_owned()];
    for (member, value) in [
        ("account_id", json!("ACC-12")),
        ("symbol", json!("qxvb")),
        ("side", json!("HOLD")),
        ("qty", json!(0)),
        ("qty", json!("12")),
        ("qty", json!(1.5)),
        ("price", json!(0)),
        ("price", json!("101.25")),
    ] {
        let mut body: Value = serde_json::from_str(&draft).unwrap_or_default();
        body[member] = value;
        bodies.push(body.to_string());
    }
    let mut missing: Value = serde_json::from_str(&draft).unwrap_or_default();
    if let Some(members) = missing.as_object_mut() {
        members.remove(*random.pick(&["account_id", "symbol", "side", "qty", "price"]));
    }
    bodies.push(missing.to_string());
    random.shuffle(&mut bodies);
    bodies
}
