//! What both programs do when nothing goes wrong.

use mastery_kit::{
    bench::Bench,
    random::Random,
    verdict::{Mismatch, Outcome},
};

use super::{
    desk::{BACK_AT_WORK, Desk, charge},
    fills::{Fill, Market, ONE, numbered},
    settled::Story,
};
use crate::streaming::{
    envelope::{SLACK, follows, header, now_nanos},
    ground::Ground,
    records::Published,
};

/// Charges that are posted, and events that other gateways publish beside them.
const POSTED: usize = 40;
const PRODUCED: usize = 120;

pub(crate) async fn charges_follow_the_fills(bench: &mut Bench) -> Outcome {
    let desk = Desk::of(bench)?;
    let random = bench.random();
    let mut fills = Market::draw(random, 0, 8, 4).fills(random, POSTED);
    let mut others = Market::draw(random, 1, 12, 6).fills(random, PRODUCED);
    hard_to_round(random, &mut fills);
    hard_to_round(random, &mut others);
    let others = numbered(random, &others);
    let mut story = Story::default();
    story.produce(&desk, &others).await?;
    for fill in &fills {
        desk.created(fill).await?;
    }
    story.posted(&fills);
    desk.until_published(&fills, BACK_AT_WORK).await?;
    story.settle(&desk, bench.random()).await
}

/// Some of the fills cost what is hard to compute: exact halves with an even and an odd neighbour, next
/// to nothing, and more digits than a double holds.
fn hard_to_round(random: &mut Random, fills: &mut [Fill]) {
    for (place, fill) in fills.iter_mut().enumerate() {
        // Each 2000 hundred-millionths at a price of 1 are one of the commission; 1000 are a half.
        let whole = i128::from(random.between(1, 400_000));
        let (quantity, price) = match place % 10 {
            0 => (1_000, ONE),
            1 => (3_000, ONE),
            2 => (whole * 4_000 + 1_000, ONE),
            3 => (whole * 4_000 + 3_000, ONE),
            4 => (123_456_789_123_456_780 + whole, 9 * ONE + 1),
            5 => (i128::from(random.between(1, 999)), ONE),
            _ => continue,
        };
        (fill.quantity, fill.price) = (quantity, price);
    }
}

pub(crate) async fn events_follow_the_contract(bench: &mut Bench) -> Outcome {
    let desk = Desk::of(bench)?;
    let random = bench.random();
    let fills = Market::draw(random, 0, 5, 3).fills(random, 24);
    let from = now_nanos() - SLACK;
    let mut traces = Vec::new();
    for (place, fill) in fills.iter().enumerate() {
        let own = (place % 3 == 0).then(|| traceparent(random));
        let mut request = desk.http()?.post("/charges").json(&charge(fill));
        if let Some(own) = &own {
            request = request.header("traceparent", own);
        }
        request.send().await?.expect_status(201)?;
        traces.push(own);
    }
    let until = now_nanos() + SLACK;
    let published = desk.until_published(&fills, BACK_AT_WORK).await?;
    for event in &published {
        let place = fills
            .iter()
            .position(|fill| fill.event_id == event.event_id());
        let Some(place) = place else { continue };
        follows(&desk, event, &fills[place], (from, until), false)?;
        of_its_gateway(&desk, event, traces[place].as_deref())?;
    }
    Ok(())
}

/// What no fill says: the order's id, its number, and the request's trace.
fn of_its_gateway(desk: &Ground, event: &Published, trace: Option<&str>) -> Outcome {
    let order_id = event.value.get("order_id").and_then(|id| id.as_str());
    let is_id = |id: &&str| {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        (1..=64).contains(&id.len()) && id.bytes().all(fits)
    };
    let carried = header(event, "traceparent").unwrap_or_default();
    let (summary, expected, actual) = if order_id.as_ref().is_none_or(|id| !is_id(id)) {
        let summary = "The event's /order_id is not what the contract says.";
        let actual = event.value.get("order_id").map(ToString::to_string);
        (summary, "1–64 of A-Z a-z 0-9 - . _ ~".to_owned(), actual)
    } else if event.seq() < 1 {
        let summary = "The event's /account_seq is not what the contract says.";
        let actual = event.value.get("account_seq").map(ToString::to_string);
        (summary, "an integer from 1".to_owned(), actual)
    } else if let Some(trace) = trace.filter(|trace| *trace != carried) {
        let summary = "The record does not carry the request's traceparent.";
        (summary, trace.to_owned(), Some(carried))
    } else {
        return Ok(());
    };
    let actual = actual.unwrap_or_else(|| "absent".to_owned());
    let wrong = Mismatch::new(summary, expected, actual).with(event.evidence());
    Err(wrong
        .reproduce(desk.world.kcat(&desk.topic, event.place()))
        .into())
}

fn traceparent(random: &mut Random) -> String {
    let mut hex = |length: usize| -> String {
        let digits = (0..length).map(|_| char::from(*random.pick(b"123456789abcdef")));
        digits.collect()
    };
    format!("00-{}-{}-01", hex(32), hex(16))
}
