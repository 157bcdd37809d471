//! A client that asks the gateway again, or asks for something else under a name that is taken.

use mastery_kit::{
    bench::Bench,
    checker::json::{Extra, first_difference},
    probe::http::Answer,
    verdict::{Failure, Mismatch, Outcome},
};
use serde_json::{Value, json};

use super::{
    desk::{BACK_AT_WORK, Desk, charge},
    fills::{Fill, Market, ONE, decimal},
    orders::{commission, named},
    outside::amount,
    settled::Story,
};

pub(crate) async fn retry_gets_the_first_answer(bench: &mut Bench) -> Outcome {
    let desk = Desk::of(bench)?;
    let random = bench.random();
    let mut market = Market::draw(random, 0, 4, 3);
    let mut firsts = Vec::new();
    for place in 0..6 {
        let mut fill = market.fill(random);
        if place == 5 {
            fill.client_order_id = None;
        } else {
            named(random, &mut fill);
        }
        let answer = desk.created(&fill).await?;
        says_what_is_due(&answer, &fill)?;
        firsts.push((fill, answer));
    }
    for (fill, first) in &firsts {
        let body = retry(fill, &bench.random().word(12));
        same_answer(&desk, &body, first).await?;
    }
    let (raced, first) = race(&desk, bench, &mut market).await?;
    firsts.push((raced, first));
    desk.did("restarts gateway, then asks again");
    desk.gateway.kill().await?;
    desk.fence("gateway").await?;
    desk.gateway.start().await?;
    for (fill, first) in &firsts {
        let body = retry(fill, &bench.random().word(12));
        same_answer(&desk, &body, first).await?;
    }
    Ok(())
}

/// Six requests of one order at the same moment: one is new, the others are its retries.
async fn race(
    desk: &Desk,
    bench: &mut Bench,
    market: &mut Market,
) -> Result<(Fill, Answer), Failure> {
    let random = bench.random();
    let mut fill = market.fill(random);
    named(random, &mut fill);
    let http = desk.http()?;
    let requests = (0..6).map(|_| http.post("/charges").json(&charge(&fill)));
    let answers = http.race(requests.collect()).await?.answers;
    for answer in &answers {
        answer.expect_status_of(&[200, 201])?;
    }
    let created: Vec<&Answer> = answers.iter().filter(|one| one.status == 201).collect();
    let [first] = created.as_slice() else {
        let summary = "Six requests of one order arrived at the same moment.";
        let actual = format!("{} answers of 201", created.len());
        let wrong = Mismatch::new(summary, "one answer of 201, the others 200", actual);
        let shown = answers.iter().take(2);
        let wrong = shown.fold(wrong, |wrong, answer| answer.show_in(wrong, None));
        return Err(wrong.into());
    };
    for answer in answers.iter().filter(|one| one.status == 200) {
        equals(answer, first)?;
    }
    Ok((fill, (*first).clone()))
}

/// The same order in another message: where it has a name, the message has another.
fn retry(fill: &Fill, word: &str) -> Value {
    let mut body = charge(fill);
    if fill.client_order_id.is_some() {
        body["event_id"] = json!(format!("r-{word}"));
    }
    for member in ["quantity", "price"] {
        let text = body[member].as_str().unwrap_or_default().to_owned();
        let digits = text.split_once('.').map_or(0, |(_, rest)| rest.len());
        // The same number, with a zero behind it.
        if digits < 8 && text.len() < 17 {
            let point = if digits == 0 { "." } else { "" };
            body[member] = json!(format!("{text}{point}0"));
        }
    }
    body
}

fn says_what_is_due(answer: &Answer, fill: &Fill) -> Outcome {
    let event_id = answer.text_at("/event_id")?;
    if event_id != fill.event_id {
        let summary = "The answer's event_id is not the request's.";
        return Err(answer
            .wrong_at("/event_id", summary, &fill.event_id, event_id)
            .into());
    }
    let text = answer.text_at("/amount")?;
    if amount(&text) != Some(commission(fill)) {
        let summary = "The answer's amount is not the commission.";
        let due = decimal(commission(fill));
        return Err(answer.wrong_at("/amount", summary, due, text).into());
    }
    Ok(())
}

async fn same_answer(desk: &Desk, body: &Value, first: &Answer) -> Outcome {
    let answer = desk.post(body).await?;
    if answer.status != 200 {
        let summary = format!(
            "A retry states the same symbol, side, quantity and price as the first request, and you answered {}.",
            answer.status_text()
        );
        let expected = "200 OK with the body of the first answer";
        let wrong = answer.wrong(summary, expected, answer.status_text());
        return Err(first.show_in(wrong, None).into());
    }
    equals(&answer, first)
}

fn equals(answer: &Answer, first: &Answer) -> Outcome {
    let difference = first_difference(first.json()?, answer.json()?, Extra::Counts);
    let Some(found) = difference else {
        return Ok(());
    };
    let shown = |value: Option<Value>| value.map_or_else(|| "absent".to_owned(), |v| v.to_string());
    let summary = format!(
        "A retry is told something else than the first request: {} differs.",
        found.pointer
    );
    let mismatch = Mismatch::new(summary, shown(found.expected), shown(found.actual));
    let mismatch = first.show_in(mismatch, Some(&found.pointer));
    Err(answer.show_in(mismatch, Some(&found.pointer)).into())
}

pub(crate) async fn other_amount_under_one_identity_is_refused(bench: &mut Bench) -> Outcome {
    let desk = Desk::of(bench)?;
    let random = bench.random();
    let mut market = Market::draw(random, 0, 4, 3);
    let mut story = Story::default();
    for place in 0..2 {
        let random = bench.random();
        let mut fill = market.fill(random);
        (fill.quantity, fill.price) = (10 * ONE, 20 * ONE + ONE / 2);
        if place == 0 {
            named(random, &mut fill);
        } else {
            fill.client_order_id = None;
        }
        let first = desk.created(&fill).await?;
        for (what, body) in others(&fill, &random.word(8)) {
            let answer = desk.post(&body).await?;
            if answer.status != 409 {
                let summary = format!(
                    "Under the identity of {} another order is stored, of {what}, and you answered {}.",
                    fill.event_id,
                    answer.status_text()
                );
                let wrong = answer.wrong(summary, "409 Conflict", answer.status_text());
                return Err(first.show_in(wrong, None).into());
            }
            // Nothing has changed: an honest retry is still one.
            same_answer(&desk, &retry(&fill, &bench.random().word(12)), &first).await?;
        }
        story.posted(std::slice::from_ref(&fill));
        desk.until_published(std::slice::from_ref(&fill), BACK_AT_WORK)
            .await?;
    }
    take_published(&mut story, &desk).await?;
    story.settle(&desk, bench.random()).await
}

/// Other orders under this one's name. The last costs the same.
fn others(fill: &Fill, word: &str) -> Vec<(&'static str, Value)> {
    let symbol = if fill.symbol == "ZZZZ" {
        "YYYY"
    } else {
        "ZZZZ"
    };
    let side = if fill.is_buy { "sell" } else { "buy" };
    let changes = [
        (
            "another quantity",
            json!({"quantity": decimal(fill.quantity + ONE)}),
        ),
        ("another price", json!({"price": decimal(fill.price + 1)})),
        ("another symbol", json!({"symbol": symbol})),
        ("another side", json!({"side": side})),
        (
            "quantity and price exchanged, which costs the same",
            json!({"quantity": decimal(fill.price), "price": decimal(fill.quantity)}),
        ),
    ];
    let changes = changes.into_iter().enumerate();
    let bodies = changes.map(|(place, (what, change))| {
        let mut body = charge(fill);
        if fill.client_order_id.is_some() && place % 2 == 0 {
            body["event_id"] = json!(format!("r-{word}-{place}"));
        }
        for (member, value) in change.as_object().into_iter().flatten() {
            body[member] = value.clone();
        }
        (what, body)
    });
    bodies.collect()
}

/// A gateway may publish a retry as an event of its own: its ids are as good as the first one's.
async fn take_published(story: &mut Story, desk: &Desk) -> Outcome {
    for event in desk.events().await? {
        let client = event.value.pointer("/data/client_order_id");
        let client = client.and_then(Value::as_str);
        let identity = super::orders::identity(event.account(), client, event.event_id());
        if let Some(order) = story.orders.by_identity.get_mut(&identity) {
            let place = Some(event.place());
            order.events.push((event.event_id().to_owned(), place));
        }
    }
    Ok(())
}
