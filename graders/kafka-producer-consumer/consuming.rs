//! Duplicates, and offsets that run ahead.

use std::{collections::BTreeMap, time::Duration};

use mastery_kit::{
    bench::Bench,
    interposer::{
        kafka_proxy::{Body, Held, HeldFrame, OFFSET_COMMIT, TXN_OFFSET_COMMIT, When},
        pg_proxy,
    },
    verdict::{Failure, Mismatch, Outcome},
};

use super::{
    desk::{BACK_AT_WORK, Desk},
    fills::{Event, Fill, Market, numbered},
    settled::{Shown, Story, bench_did, positions},
};

/// A client that commits on a timer does so every five seconds, unless it is told otherwise.
const A_TIMER: Duration = Duration::from_secs(6);

/// How long a commit is waited for before the database is looked at again.
const A_MOMENT: Duration = Duration::from_millis(20);

pub(crate) async fn duplicates_change_nothing(bench: &mut Bench) -> Outcome {
    let desk = Desk::of(bench)?;
    let random = bench.random();
    let mut market = Market::draw(random, 0, 10, 4);
    let mut fills = market.fills(random, 240);
    // Two fills may be alike in everything but their names; both count.
    for place in (10..fills.len()).step_by(12) {
        let (id, other) = (fills[place].event_id.clone(), fills[place - 1].clone());
        fills[place] = Fill {
            event_id: id,
            ..other
        };
    }
    let events = numbered(random, &fills);
    let mut story = Story::default();
    // Right behind the first, while it may still be under way …
    for chunk in events.chunks(24) {
        story.produce(&desk, chunk).await?;
        let again: Vec<Event> = chunk.iter().filter(|_| random.one_in(8)).cloned().collect();
        story.produce_again(&desk, &again).await?;
    }
    story.settle(&desk, bench.random()).await?;
    // … and long after, when the process that saw the first is gone.
    bench_did(&desk, "restarts positions, then produces duplicates");
    desk.positions.kill().await?;
    desk.come_back().await?;
    let random = bench.random();
    let mut late: Vec<Event> = events
        .iter()
        .filter(|_| random.one_in(10))
        .cloned()
        .collect();
    late.push(events[0].clone());
    story.produce_again(&desk, &late).await?;
    story.settle(&desk, bench.random()).await
}

pub(crate) async fn offset_never_ahead_of_effects(bench: &mut Bench) -> Outcome {
    let desk = Desk::of(bench)?;
    let random = bench.random();
    let mut market = Market::draw(random, 0, 12, 3);
    let fills = market.fills(random, 300);
    let events = numbered(random, &fills);
    let when = When::request(OFFSET_COMMIT)
        .or(TXN_OFFSET_COMMIT)
        .topic(&desk.topic);
    let mut commits = desk.world.wire()?.hold(when);
    let mut story = Story::default();
    let mut chunks = events.chunks(60);
    let mut looked = 0;
    for chunk in chunks.by_ref().take(2) {
        story.produce(&desk, chunk).await?;
        looked += look_at_commits(&desk, &story, &mut commits).await?;
    }
    if let Some(chunk) = chunks.next() {
        looked += look_while_nothing_is_applied(&desk, &mut story, chunk, &mut commits).await?;
    }
    for chunk in chunks {
        story.produce(&desk, chunk).await?;
        looked += look_at_commits(&desk, &story, &mut commits).await?;
    }
    drop(commits);
    if looked == 0 {
        desk.trace
            .note("No offsets are committed to Kafka: nothing could be ahead.");
    }
    story.settle(&desk, bench.random()).await
}

/// Holds each commit of offsets and compares it with what the database shows at that moment, until all
/// that was produced is applied.
async fn look_at_commits(desk: &Desk, story: &Story, commits: &mut Held) -> Result<usize, Failure> {
    let last: BTreeMap<(String, String), i64> = last_seqs(story, |_| true);
    let mut looked = 0;
    let begun = desk.trace.elapsed();
    loop {
        if let Some(held) = commits.next(A_MOMENT).await? {
            looked += 1;
            is_not_ahead(desk, story, held).await?;
            continue;
        }
        let seen = positions(desk).await?;
        let done = last
            .iter()
            .all(|(key, seq)| seen.get(key).is_some_and(|shown| shown.last_seq() >= *seq));
        if done {
            return Ok(looked);
        }
        if desk.trace.elapsed().saturating_sub(begun) > BACK_AT_WORK {
            let summary = "Events are in the topic and are not applied.";
            let wrong = Mismatch::new(summary, "each within 15 s", "some are not");
            return Err(desk.wrong(wrong).into());
        }
    }
}

/// Produces events and keeps the database from hearing of them for as long as a timer takes: whatever
/// the program commits meanwhile cannot cover them. A slow database does the same to it.
async fn look_while_nothing_is_applied(
    desk: &Desk,
    story: &mut Story,
    events: &[Event],
    commits: &mut Held,
) -> Result<usize, Failure> {
    // What gets no answer from its database for so long may end and be started again.
    desk.positions.forgive();
    let proxy = desk.world.postgres("positions")?;
    let mut statements = proxy.hold_statement(pg_proxy::When::any());
    story.produce(desk, events).await?;
    let first = statements.next(BACK_AT_WORK).await?;
    bench_did(desk, "lets the database of positions wait for 6 s");
    let begun = desk.trace.elapsed();
    let mut looked = 0;
    while first.is_some() && desk.trace.elapsed().saturating_sub(begun) < A_TIMER {
        if let Some(held) = commits.next(A_MOMENT).await? {
            looked += 1;
            is_not_ahead(desk, story, held).await?;
        }
    }
    drop(first);
    drop(statements);
    bench_did(desk, "lets it answer again");
    Ok(looked + look_at_commits(desk, story, commits).await?)
}

/// Compares a commit with what the database shows now, and lets it go.
async fn is_not_ahead(desk: &Desk, story: &Story, held: HeldFrame) -> Outcome {
    if let Body::OffsetCommit { offsets, .. } = &held.frame().body {
        let seen = positions(desk).await?;
        let of_the_topic = offsets.iter().filter(|(topic, ..)| *topic == desk.topic);
        for (_, partition, offset) in of_the_topic {
            let below = |place: &(i32, i64)| place.0 == *partition && place.1 < *offset;
            for ((account, symbol), seq) in last_seqs(story, below) {
                let shown = seen.get(&(account.clone(), symbol.clone()));
                let applied = shown.map_or(0, Shown::last_seq);
                if applied < seq {
                    let wrong = ahead(desk, (*partition, *offset), &account, (seq, applied));
                    return Err(wrong.into());
                }
            }
        }
    }
    held.forward();
    Ok(())
}

fn ahead(desk: &Desk, place: (i32, i64), account: &str, seqs: (i64, i64)) -> Mismatch {
    let (partition, offset) = place;
    let (wanted, applied) = seqs;
    let summary = format!(
        "You commit offset {offset} of partition {partition} before the event of {account} with account_seq {wanted} is in the database: a crash now loses it."
    );
    let wrong = Mismatch::new(
        summary,
        format!("last_seq {wanted} for {account}, or a smaller offset"),
        format!("last_seq {applied} at the moment of the commit"),
    );
    let query = format!("SELECT * FROM v_positions WHERE account_id = '{account}'");
    desk.wrong(wrong)
        .reproduce(desk.world.psql(&query))
        .reproduce(desk.world.kcat(&desk.topic, (partition, offset - 1)))
}

/// The last sequence of each position among the events at these places.
fn last_seqs(story: &Story, of: impl Fn(&(i32, i64)) -> bool) -> BTreeMap<(String, String), i64> {
    let mut last = BTreeMap::new();
    for event in &story.events {
        let Some(place) = story.places.get(&event.fill.event_id) else {
            continue;
        };
        if of(place) {
            let key = (event.fill.account.clone(), event.fill.symbol.clone());
            let seq = last.entry(key).or_insert(0);
            *seq = event.seq.max(*seq);
        }
    }
    last
}
