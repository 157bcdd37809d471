//! Crashes of `positions` around the commit of its database.

use std::time::Duration;

use mastery_kit::{
    bench::Bench,
    interposer::pg_proxy::{HeldReady, When},
    random::Random,
    verdict::{Failure, Mismatch, Outcome},
};

use super::{
    desk::{BACK_AT_WORK, Desk},
    fills::{Event, Market, numbered},
    settled::{Story, bench_did, positions},
};

/// Crashes in one check: the second meets a program that was killed before.
const CRASHES: usize = 2;

pub(crate) async fn survives_a_crash_after_the_commit(bench: &mut Bench) -> Outcome {
    let desk = Desk::of(bench)?;
    let mut crashes = Crashes::begin(&desk, bench.random()).await?;
    for _ in 0..CRASHES {
        let events = crashes.next_events(bench.random());
        let proxy = desk.world.postgres("positions")?;
        let mut answers = proxy.hold_ready(When::any());
        crashes.story.produce(&desk, &events).await?;
        let held = until_effect(&desk, &mut answers, &events).await?;
        bench_did(&desk, format!("sees the effect of {}", first_of(&events)));
        desk.world.timeline.mark(
            "bench",
            "SIGKILL to positions",
            "applied, and its answer never arrives",
        );
        desk.positions.kill().await?;
        held.cut();
        drop(answers);
        desk.come_back().await?;
        crashes.story.settle(&desk, bench.random()).await?;
    }
    Ok(())
}

pub(crate) async fn survives_a_crash_before_the_commit(bench: &mut Bench) -> Outcome {
    let desk = Desk::of(bench)?;
    let mut crashes = Crashes::begin(&desk, bench.random()).await?;
    let proxy = desk.world.postgres("positions")?;
    // Which statement makes an effect visible is learnt from one: drivers commit in many ways.
    let events = crashes.next_events(bench.random());
    let mut answers = proxy.hold_ready(When::any());
    crashes.story.produce(&desk, &events).await?;
    let held = until_effect(&desk, &mut answers, &events).await?;
    let statement = held.cycle().last_fingerprint();
    held.release();
    drop(answers);
    crashes.story.settle(&desk, bench.random()).await?;
    for _ in 0..CRASHES {
        let events = crashes.next_events(bench.random());
        let mut statements = proxy.hold_statement(When::fingerprint(&statement));
        crashes.story.produce(&desk, &events).await?;
        let held = statements.next(desk.trace.left().min(BACK_AT_WORK)).await?;
        let Some(held) = held else {
            let summary = "Your program applied nothing after it had applied an event before.";
            let wrong = Mismatch::new(summary, format!("`{statement}` is sent"), "it is not sent");
            return Err(desk.wrong(wrong).into());
        };
        desk.world.timeline.mark(
            "bench",
            "SIGKILL to positions",
            "its commit never arrives at the database",
        );
        desk.positions.kill().await?;
        held.cut();
        drop(statements);
        desk.come_back().await?;
        crashes.story.settle(&desk, bench.random()).await?;
    }
    Ok(())
}

/// What both checks share: accounts whose events lie in one partition, and what was produced.
struct Crashes {
    market: Market,
    story: Story,
    sequences: std::collections::BTreeMap<String, i64>,
}

impl Crashes {
    /// Begins with events that are applied in peace, so that the program is at work.
    async fn begin(desk: &Desk, random: &mut Random) -> Result<Self, Failure> {
        let mut this = Self {
            market: Market::draw(random, 0, 3, 2),
            story: Story::default(),
            sequences: std::collections::BTreeMap::new(),
        };
        let events = this.next_events(random);
        this.story.produce(desk, &events).await?;
        this.story.settle(desk, random).await?;
        Ok(this)
    }

    /// A handful of events; their numbers go on where the last ones ended.
    fn next_events(&mut self, random: &mut Random) -> Vec<Event> {
        let count = usize::try_from(random.between(6, 12)).unwrap_or(6);
        let fills = self.market.fills(random, count);
        let mut events = numbered(random, &fills);
        for event in &mut events {
            let last = self
                .sequences
                .entry(event.fill.account.clone())
                .or_default();
            *last += 1;
            event.seq = *last;
        }
        events
    }
}

/// Holds answers of the database until one of these events is visible on the bench's own connection:
/// that answer is the commit's (decision 42).
pub(crate) async fn until_effect(
    desk: &Desk,
    answers: &mut mastery_kit::interposer::pg_proxy::Answers,
    events: &[Event],
) -> Result<HeldReady, Failure> {
    let begun = desk.trace.elapsed();
    loop {
        let spent = desk.trace.elapsed().saturating_sub(begun);
        let left = BACK_AT_WORK.saturating_sub(spent).min(desk.trace.left());
        let held = if left > Duration::ZERO {
            answers.next(left).await?
        } else {
            None
        };
        let Some(held) = held else {
            let summary = "None of the new events was applied, though nothing stands in the way.";
            let expected = "an effect in v_positions";
            let wrong = Mismatch::new(summary, expected, "no change of v_positions");
            return Err(desk.wrong(wrong).into());
        };
        let now = positions(desk).await?;
        let visible = events.iter().any(|event| {
            let key = (event.fill.account.clone(), event.fill.symbol.clone());
            now.get(&key)
                .is_some_and(|shown| shown.last_seq() >= event.seq)
        });
        if visible {
            return Ok(held);
        }
        held.release();
    }
}

fn first_of(events: &[Event]) -> String {
    events
        .first()
        .map(|event| event.fill.event_id.clone())
        .unwrap_or_default()
}
