//! Fills that come again, that contradict what is stored, or that are none.

use mastery_kit::{
    bench::Bench,
    verdict::{Evidence, Outcome},
};
use serde_json::{Value, json};

use super::{
    desk::{BACK_AT_WORK, Desk},
    fills::{Fill, Market, ONE, decimal},
};

pub(crate) async fn repeated_post_makes_no_second_event(bench: &mut Bench) -> Outcome {
    let desk = Desk::of(bench)?;
    let random = bench.random();
    let mut market = Market::draw(random, 0, 3, 2);
    let mut fills = market.fills(random, 8);
    desk.post_all(&fills).await?;
    for fill in &fills {
        let mut body = fill.body();
        // The same number, written with a zero behind it.
        let price = decimal(fill.price);
        if price.contains('.') && price.split('.').nth(1).is_some_and(|rest| rest.len() < 8) {
            body["price"] = json!(format!("{price}0"));
        }
        let again = desk.http()?.post("/fills").json(&body).send().await?;
        again.expect_status_of(&[200, 202])?;
    }
    let raced = market.fill(random);
    let http = desk.http()?;
    let requests = (0..6).map(|_| http.post("/fills").json(&raced.body()));
    for answer in http.race(requests.collect()).await?.answers {
        answer.expect_status_of(&[200, 202])?;
    }
    fills.push(raced);
    once_and_drained(&desk, bench, market, fills).await
}

/// A last fill behind all others is published; then each is there once and nothing is left to do.
async fn once_and_drained(
    desk: &Desk,
    bench: &mut Bench,
    mut market: Market,
    mut fills: Vec<Fill>,
) -> Outcome {
    for account in market.accounts().to_vec() {
        let last = market.fill_of(bench.random(), &account);
        desk.accepted(&last).await?;
        fills.push(last);
    }
    desk.until_published(&fills, BACK_AT_WORK).await?;
    desk.until_drained(BACK_AT_WORK).await?;
    let published = desk.events().await?;
    desk.expect_once(&published, &fills)
}

pub(crate) async fn other_body_under_one_id_is_refused(bench: &mut Bench) -> Outcome {
    let desk = Desk::of(bench)?;
    let random = bench.random();
    let mut market = Market::draw(random, 0, 3, 3);
    let fill = market.fill(random);
    desk.accepted(&fill).await?;
    let other_account = market
        .accounts()
        .iter()
        .find(|other| **other != fill.account);
    let other_symbol = if fill.symbol == "ZZZZ" {
        "YYYY"
    } else {
        "ZZZZ"
    };
    let changes = [
        ("quantity", json!(decimal(fill.quantity + ONE))),
        ("price", json!(decimal(fill.price + 1))),
        ("side", json!(if fill.is_buy { "sell" } else { "buy" })),
        ("symbol", json!(other_symbol)),
        ("order_id", json!(format!("{}x", fill.order_id))),
        ("account_id", json!(other_account)),
        ("client_order_id", json!("another-one")),
    ];
    for (member, value) in changes {
        let mut body = fill.body();
        body[member] = value;
        let answer = desk.http()?.post("/fills").json(&body).send().await?;
        if answer.status != 409 {
            let summary = format!(
                "Under {} another fill is stored, of another {member}, and you answered {}.",
                fill.event_id,
                answer.status_text()
            );
            let stored = format!("The fill that is stored:\n  {}", fill.body());
            let wrong = answer.wrong(summary, "409 Conflict", answer.status_text());
            return Err(wrong.with(Evidence::Text { text: stored }).into());
        }
    }
    once_and_drained(&desk, bench, market, vec![fill]).await
}

pub(crate) async fn invalid_fill_is_refused_and_stores_nothing(bench: &mut Bench) -> Outcome {
    let desk = Desk::of(bench)?;
    let random = bench.random();
    let mut market = Market::draw(random, 0, 3, 2);
    let fill = market.fill(random);
    let mut bodies: Vec<(String, String)> = ["{", "[]", ""]
        .into_iter()
        .map(|body| ("no JSON object".to_owned(), body.to_owned()))
        .collect();
    for (member, value) in unfit() {
        let mut body = fill.body();
        body[member] = value;
        bodies.push((format!("an invalid {member}"), body.to_string()));
    }
    for member in [
        "event_id",
        "order_id",
        "account_id",
        "symbol",
        "side",
        "quantity",
        "price",
    ] {
        let mut body = fill.body();
        if let Some(members) = body.as_object_mut() {
            members.remove(member);
        }
        bodies.push((format!("no {member}"), body.to_string()));
    }
    random.shuffle(&mut bodies);
    for (what, body) in bodies {
        let request = desk.http()?.post("/fills").body("application/json", body);
        let answer = request.send().await?;
        if ![400, 422].contains(&answer.status) {
            let summary = format!(
                "A fill with {what} is none, and you answered {}.",
                answer.status_text()
            );
            let expected = "400 Bad Request or 422 Unprocessable Entity";
            let wrong = answer.wrong(summary, expected, answer.status_text());
            return Err(wrong.into());
        }
    }
    // The id is still free, and no number was used up.
    let answer = desk.post(&fill).await?;
    if answer.status != 202 {
        let summary = format!(
            "{} came with bodies that are not valid, then with one that is, and you answered {}.",
            fill.event_id,
            answer.status_text()
        );
        let wrong = answer.wrong(summary, "202 Accepted", answer.status_text());
        return Err(wrong.into());
    }
    let published = desk
        .until_published(std::slice::from_ref(&fill), BACK_AT_WORK)
        .await?;
    desk.expect_in_order(&published, false)?;
    once_and_drained(&desk, bench, market, vec![fill]).await
}

fn unfit() -> Vec<(&'static str, Value)> {
    vec![
        ("event_id", json!("")),
        ("event_id", json!("x".repeat(65))),
        ("event_id", json!("a b")),
        ("event_id", json!(7)),
        ("account_id", json!("ACC-12345")),
        ("account_id", json!("acc-123456")),
        ("symbol", json!("qxvb")),
        ("symbol", json!("A")),
        ("side", json!("BUY")),
        ("side", json!("hold")),
        ("quantity", json!("0")),
        ("quantity", json!("-1")),
        ("quantity", json!("1e3")),
        ("quantity", json!(10)),
        ("quantity", json!("01")),
        ("quantity", json!("1.")),
        ("quantity", json!("1.123456789")),
        ("quantity", json!("1234567890123456789")),
        ("price", json!("0.00")),
        ("price", json!(101.25)),
        ("price", json!("NaN")),
        ("client_order_id", json!("")),
    ]
}
