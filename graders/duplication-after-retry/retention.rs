//! How long an order is known, and how much is kept for it.

use mastery_kit::{
    bench::Bench,
    probe::kafka::Produced,
    verdict::{Mismatch, Outcome},
    wait::Look,
};
use serde_json::json;

use super::{
    charged::kept,
    desk::{BACK_AT_WORK, Desk, keyed, misplaced},
    fills::{Event, Market, numbered},
    orders::{named, retried},
    settled::{Retention, Story},
};
use crate::streaming::ground::{PARTITIONS, record};

/// Orders between the first and its duplicate, more than a cache of a thousand holds; the rest of the
/// ten thousand are records of a type that nobody knows.
const ORDERS_BETWEEN: usize = 1_150;
const RECORDS_BETWEEN: usize = 10_000;
const EARLY: usize = 30;

pub(crate) async fn late_duplicate_is_recognised(bench: &mut Bench) -> Outcome {
    let desk = Desk::of(bench)?;
    let random = bench.random();
    let mut market = Market::draw(random, 0, 12, 6);
    let mut fills = market.fills(random, EARLY + ORDERS_BETWEEN);
    for fill in &mut fills {
        named(random, fill);
    }
    let events = numbered(random, &fills);
    let mut story = Story::default();
    story.produce(&desk, &events).await?;
    let unknown = |place: usize| {
        let value = json!({"event_type": "account.viewed", "n": place});
        let odd = record("ACC-000000", value.to_string().into_bytes());
        let partition = i32::try_from(place).unwrap_or(0) % PARTITIONS;
        Produced { partition, ..odd }
    };
    let filler: Vec<Produced> = (0..RECORDS_BETWEEN - ORDERS_BETWEEN).map(unknown).collect();
    for chunk in filler.chunks(1_000) {
        desk.produce_records(chunk.to_vec()).await?;
    }
    story.settle(&desk, bench.random()).await?;
    desk.crash("ten thousand records were taken").await?;
    let random = bench.random();
    let again = events[..EARLY].iter().enumerate().map(|(place, event)| {
        if place % 2 == 0 {
            event.clone()
        } else {
            retried(random, event)
        }
    });
    let again: Vec<Event> = again.collect();
    desk.did(format!("produces duplicates of the first {EARLY} orders"));
    story.produce(&desk, &again).await?;
    story.settle(&desk, bench.random()).await
}

pub(crate) async fn dedupe_store_stays_bounded(bench: &mut Bench) -> Outcome {
    let desk = Desk::of(bench)?;
    let retention = desk.world.drawn("RETENTION_EVENTS")?;
    let random = bench.random();
    // Who keeps three times as many shows it.
    let fills = Market::draw(random, 0, 12, 4).fills(random, 4 * retention);
    let events = numbered(random, &fills);
    // A chunk is through before the next one begins. So of the newest half none has more than N records
    // behind it, however the partitions are read.
    let surely = retention / 2;
    let mut story = Story {
        retention: Some(Retention {
            events: retention,
            surely,
        }),
        ..Story::default()
    };
    for chunk in events.chunks(surely) {
        story.produce(&desk, chunk).await?;
        story.until_booked(&desk).await?;
    }
    story.settle(&desk, bench.random()).await?;
    let bound = 2 * retention;
    let expected = format!("v_dedupe shows at most {bound}");
    let bounded = desk.wait(BACK_AT_WORK, &expected, || async {
        let rows = kept(&desk).await?;
        Ok(if rows <= bound {
            Look::Ready(())
        } else {
            Look::NotYet(format!("{rows} rows"))
        })
    });
    let Err(failure) = bounded.await else {
        return Ok(());
    };
    let rows = kept(&desk).await?;
    if rows <= bound {
        return Err(failure);
    }
    let taken = story.orders.records;
    let summary = format!(
        "After {taken} records, and 15 s later, you keep {rows} rows to recognise duplicates: with RETENTION_EVENTS={retention} at most {bound} are to be kept."
    );
    let wrong = Mismatch::new(summary, expected, format!("v_dedupe shows {rows}"));
    let look = desk.world.psql("SELECT rows FROM v_dedupe");
    Err(desk.story_of(wrong, &[], &[]).reproduce(look).into())
}

pub(crate) async fn exact_within_retention(bench: &mut Bench) -> Outcome {
    let desk = Desk::of(bench)?;
    let retention = desk.world.drawn("RETENTION_EVENTS")?;
    let random = bench.random();
    let mut market = Market::draw(random, 0, 6, 3);
    // One partition, so that everybody counts the same records between two.
    let mut stream: Vec<(Event, bool)> = Vec::new();
    for place in 0..4 * retention {
        let ago = match place {
            _ if place < retention => 0,
            // At the bound, and somewhere before it.
            _ if place % 5 == 0 => retention,
            _ if place % 11 == 3 => {
                usize::try_from(random.between(1, retention as u64)).unwrap_or(1)
            }
            _ => 0,
        };
        let first = place.checked_sub(ago).and_then(|first| stream.get(first));
        if let Some((event, true)) = first.cloned()
            && ago > 0
        {
            let again = if place % 2 == 0 {
                event
            } else {
                retried(random, &event)
            };
            stream.push((again, false));
            continue;
        }
        let mut fill = market.fill(random);
        named(random, &mut fill);
        let event = numbered(random, &[fill]).remove(0);
        stream.push((event, true));
    }
    let partition = keyed(&stream[0].0).partition;
    let mut story = Story {
        retention: Some(Retention {
            events: retention,
            surely: retention,
        }),
        ..Story::default()
    };
    for chunk in stream.chunks(retention) {
        let records = chunk
            .iter()
            .map(|(event, _)| (event, misplaced(event, partition)));
        story.produce_as(&desk, records.collect()).await?;
    }
    story.settle(&desk, bench.random()).await
}
