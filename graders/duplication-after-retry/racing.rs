//! Two processes that take events of one order at the same moment.

use std::time::Duration;

use mastery_kit::{
    bench::Bench,
    stub::Gate,
    verdict::{Failure, Outcome},
    wait::Look,
};

use super::{
    desk::{BACK_AT_WORK, Desk, PARTITIONS, misplaced},
    fills::{Event, Market, numbered},
    orders::{identity_of, named, retried},
    outside::Fault,
    settled::Story,
};

/// Races in one check, each about an order of its own: on a busy machine not every one is a race.
const RACES: usize = 6;

/// How long the first call is held for the other process to come: an answer within 1.5 s counts. Who
/// lets the other wait instead is right as well.
const OTHER: Duration = Duration::from_secs(1);

pub(crate) async fn racing_duplicates_charge_once(bench: &mut Bench) -> Outcome {
    let desk = Desk::of(bench)?;
    let random = bench.random();
    let mut market = Market::draw(random, 0, 4, 2);
    let mut story = Story::default();
    let second = desk.ledger.start_second().await?;
    desk.did("starts a second ledger");
    desk.until_members(2).await?;
    // Both are at work before it counts.
    story.settle(&desk, bench.random()).await?;
    for _ in 0..RACES {
        let random = bench.random();
        let mut fill = market.fill(random);
        named(random, &mut fill);
        let first = numbered(random, std::slice::from_ref(&fill)).remove(0);
        // One event in each partition, so that each process has some, however they share.
        let mut events: Vec<Event> = vec![first.clone()];
        while events.len() < usize::try_from(PARTITIONS).unwrap_or(1) {
            events.push(retried(random, &first));
        }
        random.shuffle(&mut events);
        let gate = Gate::default();
        let identity = identity_of(&fill);
        desk.outside.fail(&identity, [Fault::Held(gate.clone())]);
        let records = (0..PARTITIONS)
            .zip(&events)
            .map(|(partition, event)| (event, misplaced(event, partition)));
        story.produce_as(&desk, records.collect()).await?;
        until_asked(&desk, &identity, 1, BACK_AT_WORK).await?;
        match until_asked(&desk, &identity, 2, OTHER).await {
            // Whoever waits for the other process calls once.
            Ok(()) | Err(Failure::Wrong(_)) => {}
            bench @ Err(Failure::Bench(_)) => return bench,
        }
        gate.open();
    }
    story.settle(&desk, bench.random()).await?;
    drop(second);
    Ok(())
}

/// Waits until the outside ledger was called for this order so often.
pub(crate) async fn until_asked(
    desk: &Desk,
    identity: &str,
    times: usize,
    limit: Duration,
) -> Outcome {
    let expected = format!("a call to the outside ledger for {identity}");
    desk.wait(limit, &expected, || async {
        if let Some(wrong) = desk.outside.wrong() {
            return Ok(Look::Never(desk.wrong(wrong).into()));
        }
        let asked = desk.outside.asked_of(identity).len();
        Ok(if asked >= times {
            Look::Ready(())
        } else {
            Look::NotYet(format!("{asked} calls for {identity}"))
        })
    })
    .await
}
