//! The gateway when the broker, its acknowledgements or its own process go away.

use std::time::Duration;

use kafka_wire::{PRODUCE, When as Wire};
use mastery_kit::{
    bench::Bench,
    interposer::kafka_proxy as kafka_wire,
    verdict::{Mismatch, Outcome},
};

use super::{
    desk::{BACK_AT_WORK, Desk},
    fills::{Fill, Market},
    settled::bench_did,
};

/// While the broker is away a fill is answered within this.
const ANSWERED: Duration = Duration::from_secs(5);

/// A client that lost an acknowledgement may pause for five seconds before it asks again.
const AFTER_LOST_ACKS: Duration = Duration::from_secs(25);

pub(crate) async fn lost_ack_makes_no_second_event(bench: &mut Bench) -> Outcome {
    let desk = Desk::of(bench)?;
    let random = bench.random();
    let mut market = Market::draw(random, 0, 4, 3);
    let mut fills = market.fills(random, 4);
    desk.post_all(&fills).await?;
    desk.until_published(&fills, BACK_AT_WORK).await?;
    for round in 0..3 {
        let swallowed = desk
            .world
            .wire()?
            .swallow(Wire::response(PRODUCE).topic(&desk.topic), 1);
        let more = market.fills(bench.random(), 6);
        desk.post_all(&more).await?;
        fills.extend(more);
        desk.until_published(&fills, AFTER_LOST_ACKS).await?;
        desk.until_drained(AFTER_LOST_ACKS).await?;
        if swallowed.count() == 0 && round == 0 {
            let why =
                "No acknowledgement of the topic was seen on the wire, so none could be lost.";
            return Err(mastery_kit::verdict::BenchError::new(why).into());
        }
    }
    let published = desk.events().await?;
    desk.expect_once(&published, &fills)?;
    desk.expect_in_order(&published, false)
}

pub(crate) async fn accepts_fills_while_the_broker_is_away(bench: &mut Bench) -> Outcome {
    let desk = Desk::of(bench)?;
    let random = bench.random();
    let mut market = Market::draw(random, 0, 4, 3);
    let first = market.fills(random, 2);
    desk.post_all(&first).await?;
    desk.until_published(&first, BACK_AT_WORK).await?;
    desk.until_drained(BACK_AT_WORK).await?;
    desk.world.wire()?.down();
    bench_did(&desk, "takes the broker away");
    let fills = market.fills(bench.random(), 12);
    for fill in &fills {
        accepted_in_time(&desk, fill).await?;
    }
    let pending = desk.pending().await?;
    if let Some(lost) = fills.iter().find(|fill| !pending.contains(&fill.event_id)) {
        let summary = format!(
            "You accepted {} while the broker was away, and v_outbox_pending does not have it.",
            lost.event_id
        );
        let wrong = Mismatch::new(
            summary,
            "a row for each of the 12 fills",
            format!("{} rows", pending.len()),
        );
        let look = desk
            .world
            .psql("SELECT * FROM v_outbox_pending ORDER BY created_at");
        return Err(desk.wrong(wrong).reproduce(look).into());
    }
    Ok(())
}

async fn accepted_in_time(desk: &Desk, fill: &Fill) -> Outcome {
    let begun = desk.trace.elapsed();
    let answer = desk.post(fill).await?;
    answer.expect_status(202)?;
    let took = desk.trace.elapsed().saturating_sub(begun);
    if took <= ANSWERED {
        return Ok(());
    }
    let summary = "You answered only after the broker had been asked for a long time.";
    let wrong = answer.wrong(
        summary,
        format!("202 within {} s, broker or not", ANSWERED.as_secs()),
        format!("202 after {:.1} s", took.as_secs_f64()),
    );
    Err(desk.wrong(wrong).into())
}

pub(crate) async fn outbox_drains_when_the_broker_returns(bench: &mut Bench) -> Outcome {
    let desk = Desk::of(bench)?;
    let random = bench.random();
    let mut market = Market::draw(random, 0, 4, 3);
    let mut fills = market.fills(random, 4);
    desk.post_all(&fills).await?;
    desk.until_published(&fills, BACK_AT_WORK).await?;
    desk.world.wire()?.down();
    bench_did(&desk, "takes the broker away");
    desk.gateway.forgive();
    let meanwhile = market.fills(bench.random(), 20);
    for fill in &meanwhile {
        desk.accepted(fill).await?;
    }
    fills.extend(meanwhile);
    desk.world.wire()?.up();
    bench_did(&desk, "gives the broker back");
    let after = market.fills(bench.random(), 4);
    desk.post_all(&after).await?;
    fills.extend(after);
    desk.until_published(&fills, BACK_AT_WORK).await?;
    desk.until_drained(BACK_AT_WORK).await?;
    let published = desk.events().await?;
    desk.expect_once(&published, &fills)?;
    desk.expect_in_order(&published, false)
}

pub(crate) async fn survives_a_crash_before_the_publish(bench: &mut Bench) -> Outcome {
    let desk = Desk::of(bench)?;
    let random = bench.random();
    let mut market = Market::draw(random, 0, 3, 2);
    let mut fills = market.fills(random, 3);
    desk.post_all(&fills).await?;
    desk.until_published(&fills, BACK_AT_WORK).await?;
    for _ in 0..2 {
        let mut frames = desk
            .world
            .wire()?
            .hold(Wire::request(PRODUCE).topic(&desk.topic));
        let fill = market.fill(bench.random());
        desk.accepted(&fill).await?;
        fills.push(fill.clone());
        let Some(held) = frames.next(BACK_AT_WORK).await? else {
            let summary = format!("You accepted {} and publish nothing.", fill.event_id);
            let wrong = Mismatch::new(
                summary,
                "a Produce request for the topic",
                "none within 15 s",
            );
            return Err(desk.wrong(wrong).into());
        };
        desk.world.timeline.mark(
            "bench",
            "SIGKILL to gateway",
            "its first Produce never reaches Kafka",
        );
        desk.gateway.kill().await?;
        held.swallow();
        drop(frames);
        desk.fence("gateway").await?;
        desk.gateway.start().await?;
        bench_did(&desk, "starts gateway again");
        desk.until_published(&fills, BACK_AT_WORK).await?;
        desk.until_drained(BACK_AT_WORK).await?;
    }
    let published = desk.events().await?;
    desk.expect_in_order(&published, true)
}
