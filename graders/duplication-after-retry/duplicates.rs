//! Three sources of duplicates: clients that ask again, Kafka that delivers again, producers that write
//! again. And orders that only look like duplicates.

use std::time::Duration;

use mastery_kit::{
    bench::Bench,
    interposer::kafka_proxy::{Held, HeldFrame, OFFSET_COMMIT, PRODUCE, TXN_OFFSET_COMMIT, When},
    probe::kafka::{Produced, Stored},
    verdict::{Failure, Mismatch, Outcome},
};

use super::{
    charged::rows,
    desk::{BACK_AT_WORK, Desk, PARTITIONS, keyed, misplaced},
    fills::{Event, Fill, Market, numbered},
    orders::{named, retried},
    settled::Story,
};

/// For how long a commit is waited for between two looks.
const A_MOMENT: Duration = Duration::from_millis(20);

pub(crate) async fn retried_order_is_charged_once(bench: &mut Bench) -> Outcome {
    let desk = Desk::of(bench)?;
    let random = bench.random();
    let mut fills = Market::draw(random, 0, 8, 4).fills(random, 60);
    for fill in &mut fills {
        named(random, fill);
    }
    let events = numbered(random, &fills);
    let mut story = Story::default();
    let mut late = Vec::new();
    // Right behind the first, while it may still be under way …
    for chunk in events.chunks(15) {
        story.produce(&desk, chunk).await?;
        let again: Vec<Event> = chunk.iter().map(|event| retried(random, event)).collect();
        let (soon, rest) = again.split_at(5);
        story.produce(&desk, soon).await?;
        late.extend_from_slice(rest);
    }
    story.settle(&desk, bench.random()).await?;
    // … and after it, some by a producer that uses no key.
    let random = bench.random();
    random.shuffle(&mut late);
    let records = late.iter().enumerate().map(|(place, event)| {
        let partition = i32::try_from(place).unwrap_or(0) % PARTITIONS;
        let is_keyed = place % 3 != 0;
        let record = if is_keyed {
            keyed(event)
        } else {
            misplaced(event, partition)
        };
        (event, record)
    });
    story.produce_as(&desk, records.collect()).await?;
    story.settle(&desk, bench.random()).await
}

pub(crate) async fn look_alikes_are_all_charged(bench: &mut Bench) -> Outcome {
    let desk = Desk::of(bench)?;
    let random = bench.random();
    let mut market = Market::draw(random, 0, 6, 3);
    let mut fills = Vec::new();
    for _ in 0..3 {
        let mut first = market.fill(random);
        named(random, &mut first);
        let name = first.client_order_id.clone().unwrap_or_default();
        let other = market
            .accounts()
            .iter()
            .find(|other| **other != first.account)
            .cloned()
            .unwrap_or_default();
        let mut alike = |event_id: String, account: &str, client: Option<String>| Fill {
            event_id,
            order_id: format!("o-{}", random.word(10)),
            account: account.to_owned(),
            client_order_id: client,
            ..first.clone()
        };
        let account = first.account.as_str();
        let id = |what: &str| format!("{}-{what}", first.event_id);
        let group = [
            alike(id("another"), account, Some(format!("{name}2"))),
            alike(id("case"), account, Some(name.to_uppercase())),
            alike(id("account"), &other, Some(name.clone())),
            alike(id("none"), account, None),
            alike(id("none-again"), account, None),
            // An event's name that reads like an order's.
            alike(name.clone(), account, None),
        ];
        fills.push(first.clone());
        fills.extend(group);
    }
    random.shuffle(&mut fills);
    let events = numbered(random, &fills);
    let mut story = Story::default();
    for chunk in events.chunks(7) {
        story.produce(&desk, chunk).await?;
    }
    story.settle(&desk, bench.random()).await
}

pub(crate) async fn redelivered_event_is_charged_once(bench: &mut Bench) -> Outcome {
    let desk = Desk::of(bench)?;
    let random = bench.random();
    let mut market = Market::draw(random, 0, 6, 3);
    let mut story = Story::default();
    for _ in 0..2 {
        // No commit of an offset arrives once a new order is charged, so that it is delivered again.
        let when = When::request(OFFSET_COMMIT).or(TXN_OFFSET_COMMIT);
        let mut commits = desk.world.wire()?.hold(when.topic(&desk.topic));
        let fills = market.fills(bench.random(), 18);
        let events = numbered(bench.random(), &fills);
        story.produce(&desk, &events).await?;
        let mut held = until_one_is_charged(&desk, &fills, &mut commits).await?;
        let why = "charged, and the offset is not committed";
        desk.world.timeline.mark("bench", "SIGKILL to ledger", why);
        desk.ledger.kill().await?;
        held.extend(all_that_wait(&mut commits, Duration::ZERO).await?);
        held.into_iter().for_each(HeldFrame::swallow);
        drop(commits);
        desk.come_back().await?;
        story.settle(&desk, bench.random()).await?;
    }
    Ok(())
}

/// Waits until one of the orders is charged. Commits that came before are of what was charged earlier,
/// and go on: whoever waits for the answer takes new orders only then. Returns those that may be of these.
async fn until_one_is_charged(
    desk: &Desk,
    fills: &[Fill],
    commits: &mut Held,
) -> Result<Vec<HeldFrame>, Failure> {
    desk.trace.waiting_for("one of the new orders is charged");
    let begun = desk.trace.elapsed();
    loop {
        let before = all_that_wait(commits, A_MOMENT).await?;
        let seen = rows(desk).await?;
        if fills
            .iter()
            .any(|fill| seen.iter().any(|row| row.is_of(fill)))
        {
            return Ok(before);
        }
        before.into_iter().for_each(HeldFrame::forward);
        if desk.trace.elapsed().saturating_sub(begun) > BACK_AT_WORK {
            let summary = "Orders are in the topic, and 15 s later none of them is charged.";
            let wrong = Mismatch::new(summary, "a row of v_charges within 15 s", "none");
            return Err(desk.wrong(wrong).into());
        }
    }
}

/// The commits that are held, once one is or a moment is over.
async fn all_that_wait(commits: &mut Held, moment: Duration) -> Result<Vec<HeldFrame>, Failure> {
    let mut all = Vec::new();
    all.extend(commits.next(moment).await?);
    while let Some(held) = commits.next(Duration::ZERO).await? {
        all.push(held);
    }
    Ok(all)
}

pub(crate) async fn lost_ack_charges_once(bench: &mut Bench) -> Outcome {
    let desk = Desk::of(bench)?;
    let random = bench.random();
    let mut market = Market::draw(random, 0, 4, 3);
    let mut story = Story::default();
    // Your gateway's acknowledgement is lost: whether it writes again is its affair.
    let acks = When::response(PRODUCE).topic(&desk.topic);
    let swallowed = desk.world.wire()?.swallow(acks, 1);
    let fills = market.fills(random, 6);
    for fill in &fills {
        desk.created(fill).await?;
    }
    story.posted(&fills);
    let published = desk.until_published(&fills, BACK_AT_WORK).await?;
    drop(swallowed);
    // And so is another gateway's, which does write again, the same bytes.
    let written: Vec<Produced> = published.iter().map(|one| again(&one.record)).collect();
    desk.did("writes the records of the gateway once more");
    let places = desk.produce_records(written).await?;
    for (one, again) in published.iter().zip(places) {
        story.orders.stands_at(one.event_id(), one.place());
        story.orders.stands_at(one.event_id(), again);
    }
    let fills = market.fills(bench.random(), 18);
    let events = numbered(bench.random(), &fills);
    story.produce(&desk, &events).await?;
    desk.did("writes its own records once more");
    story.produce(&desk, &events).await?;
    story.settle(&desk, bench.random()).await
}

/// A record of the topic, as a producer that heard nothing writes it again.
pub(crate) fn again(record: &Stored) -> Produced {
    Produced {
        partition: record.partition,
        key: record.key.clone(),
        value: record.value.clone(),
        headers: record.headers.clone(),
    }
}
