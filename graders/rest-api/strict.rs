//! Members that nobody knows: v1 has always ignored them, v2 refuses them.

use mastery_kit::{bench::Bench, probe::http::Answer, random::Random, verdict::Outcome};
use serde_json::{Value, json};

use crate::rest_api::{
    acts::Api,
    conditional::{etag, expect_untouched},
    drafts::{Accounts, V1Draft, V2Draft, key},
    frozen::{Frozen, V1Status},
};

/// What clients of v1 are known to send beside what v1 reads, as the tail of a body.
const TAILS: [&str; 6] = [
    r#""note":"sent by the app""#,
    r#""tags":["a","b"],"nothing":null"#,
    r#""status":"filled""#,
    r#""time_in_force":"gtc","client_order_id":"c-7""#,
    r#""limit_price":{"amount":"1.5","currency":"EUR"}"#,
    r#""qty_unit":"lots""#,
];

pub(crate) async fn v1_ignores_unknown_members(bench: &mut Bench) -> Outcome {
    let (api, frozen) = (Api::of(bench)?, Frozen::read(bench)?);
    let random = bench.random();
    let account = Accounts::of("v1_ignores_unknown_members")?.draw(random);
    let mut tails = TAILS;
    random.shuffle(&mut tails);
    for tail in tails {
        let draft = V1Draft::draw(random, &account);
        let body = draft.body();
        let longer = format!("{},{tail}}}", &body[..body.len() - 1]);
        let request = api.http.post("/v1/orders");
        let answer = request.body("application/json", longer).send().await?;
        let what = format!("an order of v1 that also has {tail}, which v1 ignores");
        answer.expect_status_to(&what, &[201])?;
        let order = frozen.order(&answer)?;
        order.expect(&answer, "", &draft, V1Status::Open)?;
        let read = api.read_v1(&order.id).await?;
        frozen
            .order(&read)?
            .expect(&read, "", &draft, V1Status::Open)?;
    }
    Ok(())
}

/// Where a member can be too much, as a JSON pointer, and what it is called.
const TYPOS: [(&str, &str); 8] = [
    ("", "limit_prcie"),
    ("", "clientOrderId"),
    ("", "stop_price"),
    ("/instrument", "isin"),
    ("/instrument", "Symbol"),
    ("/limit_price", "ammount"),
    ("/limit_price", "scale"),
    ("", "status"),
];

pub(crate) async fn v2_refuses_unknown_members(bench: &mut Bench) -> Outcome {
    let api = Api::of(bench)?;
    let random = bench.random();
    let account = Accounts::of("v2_refuses_unknown_members")?.draw(random);
    let mut typos = TYPOS;
    random.shuffle(&mut typos);
    for (place, name) in typos {
        let mut body = V2Draft::draw(random, &account).body();
        let values = [json!("1.5"), json!(null), json!({"amount": "9"})];
        add(&mut body, place, name, random.pick(&values).clone());
        let request = api.http.post("/v2/orders");
        let request = request.header("Idempotency-Key", &key(random)).json(&body);
        let answer = request.send().await?;
        let what = format!("a POST whose {place}/{name} no version knows");
        answer.expect_status_to(&what, &[400, 422])?;
    }
    let (found, list) = api.listed_v2(&account).await?;
    if !found.is_empty() {
        let made = found.len();
        let summary = format!("Every order had an unknown member, and {made} were made.");
        let wrong = list.wrong_at("/orders", summary, "no order", format!("{made} orders"));
        return Err(wrong.into());
    }
    patches(&api, random, &account).await
}

/// A PATCH is as strict, and what it refuses changes nothing.
async fn patches(api: &Api, random: &mut Random, account: &str) -> Outcome {
    let draft = V2Draft::draw(random, account);
    let (_, id) = api.create_v2(random, &draft).await?;
    let seen: Answer = api.read_v2(&id).await?;
    let tag = etag(&seen)?;
    for (place, name) in [
        ("", "quantitty"),
        ("", "comment"),
        ("/limit_price", "price"),
    ] {
        let mut change = json!({"quantity": "4321", "limit_price": {"amount": "43.21"}});
        add(&mut change, place, name, json!("4321"));
        let answer = api.patching(&id, &change, Some(&tag)).send().await?;
        let what = format!("a PATCH whose {place}/{name} no order has");
        answer.expect_status_to(&what, &[400, 422])?;
        let after = api.read_v2(&id).await?;
        expect_untouched(
            &seen,
            &answer,
            &after,
            &format!("{} to {what}", answer.status),
        )?;
    }
    Ok(())
}

fn add(body: &mut Value, place: &str, name: &str, value: Value) {
    if let Some(members) = body.pointer_mut(place).and_then(Value::as_object_mut) {
        members.insert(name.to_owned(), value);
    }
}
