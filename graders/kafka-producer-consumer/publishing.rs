//! What the gateway does when nothing goes wrong: one event for each fill, in order, with its headers.

use std::collections::BTreeMap;

use mastery_kit::{
    bench::Bench,
    verdict::{Mismatch, Outcome},
};

use super::{
    desk::{BACK_AT_WORK, Desk},
    fills::{Fill, Market},
    settled::Story,
    topic::as_events,
};
use crate::streaming::envelope::{SLACK, follows, header, is_traceparent, now_nanos};

/// Fills that are posted, and events that other gateways publish beside them.
const POSTED: usize = 300;
const PRODUCED: usize = 1_200;

pub(crate) async fn fills_become_positions(bench: &mut Bench) -> Outcome {
    let desk = Desk::of(bench)?;
    let random = bench.random();
    let fills = Market::draw(random, 0, 12, 6).fills(random, POSTED);
    let others = Market::draw(random, 1, 20, 8).fills(random, PRODUCED);
    let others = super::fills::numbered(random, &others);
    let mut story = Story::default();
    story.produce(&desk, &others).await?;
    desk.post_all(&fills).await?;
    let published = desk.until_published(&fills, BACK_AT_WORK).await?;
    for event in as_events(&published, &fills) {
        story.events.push(event);
    }
    for one in &published {
        story.places.insert(one.event_id().to_owned(), one.place());
    }
    story.settle(&desk, bench.random()).await
}

pub(crate) async fn events_follow_the_contract(bench: &mut Bench) -> Outcome {
    let desk = Desk::of(bench)?;
    let random = bench.random();
    let fills = Market::draw(random, 0, 5, 3).fills(random, 60);
    let from = now_nanos() - SLACK;
    desk.post_all(&fills).await?;
    let until = now_nanos() + SLACK;
    let published = desk.until_published(&fills, BACK_AT_WORK).await?;
    for event in &published {
        let Some(fill) = fills.iter().find(|fill| fill.event_id == event.event_id()) else {
            continue;
        };
        follows(&desk, event, fill, (from, until), true)?;
    }
    Ok(())
}

pub(crate) async fn account_seq_is_dense_in_topic_order(bench: &mut Bench) -> Outcome {
    let desk = Desk::of(bench)?;
    let random = bench.random();
    let mut market = Market::draw(random, 0, 4, 3);
    let fills = market.fills(random, 160);
    desk.post_all(&fills).await?;
    // The last of them race within one account: whoever comes first, the numbers stay dense.
    let account = market.accounts()[0].clone();
    let racing: Vec<Fill> = (0..12).map(|_| market.fill_of(random, &account)).collect();
    let http = desk.http()?;
    let requests = racing
        .iter()
        .map(|fill| http.post("/fills").json(&fill.body()));
    for answer in http.race(requests.collect()).await?.answers {
        answer.expect_status(202)?;
    }
    let all: Vec<Fill> = fills.iter().chain(&racing).cloned().collect();
    let published = desk.until_published(&all, BACK_AT_WORK).await?;
    desk.expect_in_order(&published, false)
}

pub(crate) async fn traceparent_is_carried(bench: &mut Bench) -> Outcome {
    let desk = Desk::of(bench)?;
    let random = bench.random();
    let mut market = Market::draw(random, 0, 3, 2);
    let mut sent = BTreeMap::<String, Option<String>>::new();
    let mut fills = Vec::new();
    for place in 0..9 {
        let fill = market.fill(random);
        let own = format!("00-{}-{}-01", hex(random, 32), hex(random, 16));
        let given = match place % 3 {
            0 => Some(own.clone()),
            1 => None,
            _ => Some(format!("00-{}-xyz-01", hex(random, 32))),
        };
        let mut request = desk.http()?.post("/fills").json(&fill.body());
        if let Some(given) = &given {
            request = request.header("traceparent", given);
        }
        request.send().await?.expect_status(202)?;
        if place % 3 == 0 {
            // Asked again under another trace: the first decides.
            let other = format!("00-{}-{}-01", hex(random, 32), hex(random, 16));
            let again = desk.http()?.post("/fills").json(&fill.body());
            let again = again.header("traceparent", &other).send().await?;
            again.expect_status_of(&[200, 202])?;
        }
        sent.insert(fill.event_id.clone(), (place % 3 == 0).then_some(own));
        fills.push(fill);
    }
    let published = desk.until_published(&fills, BACK_AT_WORK).await?;
    let mut seen = BTreeMap::<String, String>::new();
    for event in &published {
        let actual = header(event, "traceparent").unwrap_or_default();
        let wanted = sent.get(event.event_id()).cloned().flatten();
        let is_right = match &wanted {
            Some(wanted) => *wanted == actual,
            None => is_traceparent(&actual) && !seen.contains_key(&actual),
        };
        if !is_right {
            let summary = match wanted {
                Some(_) => "The event does not carry the request's traceparent.",
                None => {
                    "The request had no traceparent, or a malformed one, and the event has no new valid one."
                }
            };
            let expected =
                wanted.unwrap_or_else(|| "a new one: 00-<32 hex digits>-<16>-<2>".to_owned());
            let wrong = Mismatch::new(summary, expected, actual).with(event.evidence());
            return Err(wrong
                .reproduce(desk.world.kcat(&desk.topic, event.place()))
                .into());
        }
        seen.insert(actual, event.event_id().to_owned());
    }
    Ok(())
}

fn hex(random: &mut mastery_kit::random::Random, length: usize) -> String {
    let digits = (0..length).map(|_| char::from(*random.pick(b"123456789abcdef")));
    digits.collect()
}
