//! Members that join, leave, freeze and wake up again.

use std::{collections::BTreeMap, time::Duration};

use mastery_kit::{
    bench::Bench,
    interposer::pg_proxy::When,
    process::End,
    verdict::{Exit, Failure, Mismatch, Outcome},
};

use super::{
    crashing::until_effect,
    desk::Desk,
    fills::{Event, Market, numbered},
    settled::{Story, bench_did, positions},
};

/// How long a successor may take to its first record, without anybody's help.
const FIRST_RECORD: Duration = Duration::from_secs(10);

/// A load in pieces: the next events of all accounts.
struct Load {
    events: std::vec::IntoIter<Event>,
}

impl Load {
    fn draw(bench: &mut Bench, count: usize) -> Self {
        let random = bench.random();
        let mut market = Market::draw(random, 0, 12, 4);
        let fills = market.fills(random, count);
        Self {
            events: numbered(random, &fills).into_iter(),
        }
    }

    async fn some(&mut self, desk: &Desk, story: &mut Story, count: usize) -> Outcome {
        let events: Vec<Event> = self.events.by_ref().take(count).collect();
        story.produce(desk, &events).await
    }
}

pub(crate) async fn rebalance_loses_nothing(bench: &mut Bench) -> Outcome {
    let desk = Desk::of(bench)?;
    let mut load = Load::draw(bench, 540);
    let mut story = Story::default();
    load.some(&desk, &mut story, 40).await?;
    story.settle(&desk, bench.random()).await?;
    for _ in 0..2 {
        load.some(&desk, &mut story, 60).await?;
        let before = desk.members().await?;
        let second = desk.positions.start_second().await?;
        bench_did(&desk, "starts a second positions");
        load.some(&desk, &mut story, 60).await?;
        desk.until_members(2).await?;
        load.some(&desk, &mut story, 60).await?;
        // Whoever is new has changed positions that the other one knew, and is at work when it leaves.
        story.settle(&desk, bench.random()).await?;
        load.some(&desk, &mut story, 30).await?;
        bench_did(&desk, "sends SIGTERM to the second positions");
        second.leave().await?;
        // A static member says no farewell (KIP-345): nobody waits for its session to expire.
        desk.remove(|member| !before.contains(&member.id)).await?;
        load.some(&desk, &mut story, 40).await?;
        desk.until_members(1).await?;
    }
    story.settle(&desk, bench.random()).await
}

pub(crate) async fn frozen_member_changes_nothing(bench: &mut Bench) -> Outcome {
    let desk = Desk::of(bench)?;
    let mut load = Load::draw(bench, 300);
    let mut story = Story::default();
    load.some(&desk, &mut story, 40).await?;
    story.settle(&desk, bench.random()).await?;
    // It freezes with records in its hands: after a commit of some, before the rest.
    let mut answers = desk.world.postgres("positions")?.hold_ready(When::any());
    let from = story.events.len();
    load.some(&desk, &mut story, 120).await?;
    let held = until_effect(&desk, &mut answers, &story.events[from..]).await?;
    desk.positions.forgive();
    desk.positions.freeze()?;
    desk.world.timeline.mark(
        "bench",
        "SIGSTOP to positions",
        "taken for dead, removed from its group",
    );
    // What it had open in the database goes with its connections, as it does with a machine that is
    // cut off: a successor must not wait for locks of the dead.
    desk.end_open_transactions().await?;
    held.release();
    drop(answers);
    desk.remove(|_| true).await?;
    desk.fence("positions").await?;
    let second = desk.positions.start_second().await?;
    bench_did(&desk, "starts a successor");
    story.settle(&desk, bench.random()).await?;
    desk.positions.thaw()?;
    desk.world.timeline.mark(
        "bench",
        "SIGCONT to positions",
        "it wakes up with old records",
    );
    load.some(&desk, &mut story, 60).await?;
    desk.until_members(2).await?;
    load.some(&desk, &mut story, 80).await?;
    story.settle(&desk, bench.random()).await?;
    drop(second);
    Ok(())
}

pub(crate) async fn leaves_politely(bench: &mut Bench) -> Outcome {
    let desk = Desk::of(bench)?;
    let mut load = Load::draw(bench, 260);
    let mut story = Story::default();
    load.some(&desk, &mut story, 60).await?;
    story.settle(&desk, bench.random()).await?;
    load.some(&desk, &mut story, 100).await?;
    left(&desk, "positions").await?;
    let committed = desk
        .kafka()?
        .committed(desk.world.group(), &desk.topic)
        .await?;
    if !committed.is_empty() {
        nothing_left_behind(&desk, &story, &committed).await?;
    }
    load.some(&desk, &mut story, 100).await?;
    let begun = desk.trace.elapsed();
    // Nobody is removed from the group: whoever left politely left room.
    desk.positions.start().await?;
    bench_did(
        &desk,
        "starts a successor, and removes nobody from the group",
    );
    let first = story.events.last().cloned();
    let before = positions(&desk).await?;
    let expected = "the successor's first record within 10 s of its start";
    let limit = FIRST_RECORD.saturating_sub(desk.trace.elapsed().saturating_sub(begun));
    let last = first.map(|event| (event.fill.account.clone(), event.fill.symbol));
    desk.wait(limit, expected, || async {
        let now = positions(&desk).await?;
        let moved = now.iter().any(|(key, shown)| {
            before.get(key).map_or(0, super::settled::Shown::last_seq) < shown.last_seq()
        });
        Ok(if moved || last.is_none() {
            mastery_kit::wait::Look::Ready(())
        } else {
            mastery_kit::wait::Look::NotYet(
                "the successor has applied nothing, as if its group still missed who was here before"
                    .to_owned(),
            )
        })
    })
    .await?;
    story.settle(&desk, bench.random()).await?;
    left(&desk, "gateway").await
}

/// SIGTERM: it must exit by itself, with code 0, within its grace.
async fn left(desk: &Desk, name: &str) -> Outcome {
    let control = if name == "gateway" {
        &desk.gateway
    } else {
        &desk.positions
    };
    bench_did(desk, format!("sends SIGTERM to {name}"));
    let ending = control.leave().await?;
    let actual = match &ending.end {
        _ if ending.forced => "it still ran after its grace of 10 s and was killed".to_owned(),
        End::Stopped(Exit::Code { code: 0 }) => return Ok(()),
        End::Stopped(exit) => exit.describe(),
        End::Died(death) => death.exit.describe(),
        End::Lost(error) => return Err(Failure::Bench(error.clone())),
    };
    let summary = format!("Your program `{name}` did not leave politely on SIGTERM.");
    let wrong = Mismatch::new(summary, "it exits with code 0 within 10 s", actual);
    Err(desk.wrong(wrong).into())
}

/// What was applied when it left is committed as well: its successor is given nothing again.
async fn nothing_left_behind(
    desk: &Desk,
    story: &Story,
    committed: &BTreeMap<i32, i64>,
) -> Outcome {
    let seen = positions(desk).await?;
    for event in &story.events {
        let Some((partition, offset)) = story.places.get(&event.fill.event_id) else {
            continue;
        };
        let key = (event.fill.account.clone(), event.fill.symbol.clone());
        let is_applied = seen
            .get(&key)
            .is_some_and(|shown| shown.last_seq() >= event.seq);
        let upto = committed.get(partition).copied().unwrap_or(0);
        if is_applied && *offset >= upto {
            let summary = format!(
                "You left with the record at partition {partition} offset {offset} applied and not committed: your successor is given it again."
            );
            let wrong = Mismatch::new(
                summary,
                format!(
                    "offset {} or higher committed for partition {partition}",
                    offset + 1
                ),
                format!("offset {upto} committed"),
            );
            return Err(desk.wrong(wrong).into());
        }
    }
    Ok(())
}
