//! The gateway's COMMIT: failed and rolled back, or applied and never answered.

use std::time::Duration;

use mastery_kit::{
    bench::Bench,
    interposer::pg_proxy::{Cycle, When},
    probe::http::Answer,
    verdict::{Failure, Mismatch, Outcome},
    wait::{Look, both},
};

use super::{
    desk::{BACK_AT_WORK, Desk},
    fills::{Fill, Market},
    settled::bench_did,
};

/// How long something that writes may be behind something that only looks.
const BRIEFLY: Duration = Duration::from_secs(1);

pub(crate) async fn rolled_back_fill_is_never_published(bench: &mut Bench) -> Outcome {
    let desk = Desk::of(bench)?;
    let random = bench.random();
    let mut market = Market::draw(random, 0, 3, 2);
    let mut fills = vec![market.fill(random)];
    let (commit, wrote) = learn_commit(&desk, &fills[0]).await?;
    for _ in 0..2 {
        let fill = market.fill(bench.random());
        let proxy = desk.world.postgres("gateway")?;
        let when = When::fingerprint(&commit).and_transaction_has(&wrote);
        let mut statements = proxy.hold_statement(when);
        let posting = desk.post(&fill);
        let failing = async {
            let held = statements.next(BACK_AT_WORK).await?;
            if let Some(held) = held {
                held.fail(
                    "40001",
                    "could not serialize access due to concurrent update",
                );
            }
            drop(statements);
            Ok::<_, Failure>(())
        };
        let (answer, failed) = both(posting, failing).await;
        failed?;
        let accepted = was_accepted(&desk, answer, &[202], "The database rolled the fill back")?;
        let behind = market.fill(bench.random());
        desk.accepted(&behind).await?;
        fills.push(behind);
        desk.until_published(&fills, BACK_AT_WORK).await?;
        if accepted {
            fills.push(fill.clone());
            let published = desk.until_published(&fills, BACK_AT_WORK).await;
            published.map_err(|failure| was_a_lie(&fill, failure))?;
        }
        desk.until_drained(BACK_AT_WORK).await?;
        desk.expect_once(&desk.events().await?, &fills)?;
        if !accepted {
            desk.accepted(&fill).await?;
            fills.push(fill);
        }
    }
    let published = desk.until_published(&fills, BACK_AT_WORK).await?;
    desk.expect_once(&published, &fills)?;
    desk.expect_in_order(&published, false)
}

pub(crate) async fn committed_fill_is_published_whatever_was_answered(
    bench: &mut Bench,
) -> Outcome {
    let desk = Desk::of(bench)?;
    let random = bench.random();
    let mut market = Market::draw(random, 0, 3, 2);
    let mut fills = vec![market.fill(random)];
    let (commit, wrote) = learn_commit(&desk, &fills[0]).await?;
    desk.until_published(&fills, BACK_AT_WORK).await?;
    for _ in 0..2 {
        let fill = market.fill(bench.random());
        fills.push(fill.clone());
        desk.gateway.forgive();
        let when = When::fingerprint(&commit).and_transaction_has(&wrote);
        let mut answers = desk.world.postgres("gateway")?.hold_ready(when);
        let posting = desk.post(&fill);
        let losing = async {
            if let Some(held) = answers.next(BACK_AT_WORK).await? {
                desk.world.timeline.mark(
                    "bench",
                    format!(
                        "closes gateway's session at the COMMIT of {}",
                        fill.event_id
                    ),
                    "applied, and its answer never arrives",
                );
                held.cut();
            }
            // A gateway that looks for itself is not held a second time.
            drop(answers);
            Ok::<_, Failure>(())
        };
        let (answer, lost) = both(posting, losing).await;
        lost?;
        let what = "The database has the fill, and the answer to the COMMIT was lost";
        was_accepted(&desk, answer, &[200, 202], what)?;
        // Nobody asks again: what was committed is published because it was committed.
        desk.until_published(&fills, BACK_AT_WORK).await?;
        desk.until_drained(BACK_AT_WORK).await?;
        bench_did(&desk, format!("posts {} again", fill.event_id));
        asked_until_accepted(&desk, &fill).await?;
    }
    let behind = market.fill(bench.random());
    asked_until_accepted(&desk, &behind).await?;
    fills.push(behind);
    desk.until_published(&fills, BACK_AT_WORK).await?;
    desk.until_drained(BACK_AT_WORK).await?;
    let published = desk.events().await?;
    desk.expect_once(&published, &fills)?;
    desk.expect_in_order(&published, false)
}

/// Whether a fill was accepted whose COMMIT did not go well. A 5xx and a closed connection say that it
/// was not; any answer but those and these is wrong.
fn was_accepted(
    desk: &Desk,
    answer: Result<Answer, Failure>,
    accepting: &[u16],
    what: &str,
) -> Result<bool, Failure> {
    let timeline = &desk.world.timeline;
    let answer = match answer {
        Ok(answer) => answer,
        // A closed connection says as much as a 5xx.
        Err(Failure::Wrong(_)) => {
            timeline.note("gateway", "closes the connection of its client");
            return Ok(false);
        }
        Err(bench @ Failure::Bench(_)) => return Err(bench),
    };
    timeline.note(
        "gateway",
        format!("answers its client: {}", answer.status_text()),
    );
    let accepted = accepting.contains(&answer.status);
    if accepted || (500..600).contains(&answer.status) {
        return Ok(accepted);
    }
    let summary = format!("{what}, and your answer says something else.");
    let expected = "a 5xx, or 202 after you have tried again";
    let wrong = answer.wrong(summary, expected, answer.status_text());
    Err(desk.wrong(wrong).into())
}

/// Says what a missing event means after a COMMIT that failed.
fn was_a_lie(fill: &Fill, failure: Failure) -> Failure {
    match failure {
        Failure::Wrong(mut wrong) => {
            wrong.summary = format!(
                "You answered 202 for {}, whose COMMIT had failed, and no event of it is in the topic.",
                fill.event_id
            );
            Failure::Wrong(wrong)
        }
        bench @ Failure::Bench(_) => bench,
    }
}

/// Posts a fill as a client does that asks again after a 5xx: the session that was closed may be the
/// next one that a pool hands out.
async fn asked_until_accepted(desk: &Desk, fill: &Fill) -> Outcome {
    let expected = format!("{} is answered with 200 or 202", fill.event_id);
    desk.wait(BACK_AT_WORK, &expected, || async {
        let answer = match desk.post(fill).await {
            Ok(answer) => answer,
            Err(Failure::Wrong(wrong)) => return Ok(Look::NotYet(wrong.actual)),
            Err(bench @ Failure::Bench(_)) => return Err(bench),
        };
        if (500..600).contains(&answer.status) {
            return Ok(Look::NotYet(answer.status_text()));
        }
        answer.expect_status_of(&[200, 202])?;
        Ok(Look::Ready(()))
    })
    .await
}

/// Which statement makes a fill visible, and which wrote it, learnt by its effect: frameworks commit
/// in many ways, and a relay commits beside.
async fn learn_commit(desk: &Desk, fill: &Fill) -> Result<(String, String), Failure> {
    let proxy = desk.world.postgres("gateway")?;
    let mut answers = proxy.hold_ready(When::any());
    let posting = desk.accepted(fill);
    let learning = async {
        let mut looked = None;
        loop {
            let patience = if looked.is_some() {
                BRIEFLY
            } else {
                BACK_AT_WORK
            };
            let Some(held) = answers.next(patience).await? else {
                if let Some((learnt, _)) = looked {
                    return Ok(learnt);
                }
                let summary = format!("{} leaves no trace in your database.", fill.event_id);
                let expected = "a row of v_outbox_pending";
                return Err(Failure::from(Mismatch::new(summary, expected, "none")));
            };
            // Not the topic: what a relay is handed too early stands there before any commit.
            let is_there = desk.pending().await?.contains(&fill.event_id);
            let cycle = held.cycle().clone();
            held.release();
            if !is_there {
                continue;
            }
            let learnt = commit_of(&cycle);
            if cycle.wrote {
                drop(answers);
                return Ok(learnt);
            }
            let now = desk.trace.elapsed();
            let (first, since) = looked.get_or_insert((learnt, now));
            if now.saturating_sub(*since) > BRIEFLY {
                drop(answers);
                return Ok(first.clone());
            }
            // A relay that looks meanwhile, or a function that stores: whatever follows will tell.
        }
    };
    let (posted, learnt) = both(posting, learning).await;
    let learnt = learnt?;
    posted?;
    Ok(learnt)
}

/// The statement that ended this transaction, and the one that wrote it.
fn commit_of(cycle: &Cycle) -> (String, String) {
    let commit = cycle.last_fingerprint();
    let is_write = |text: &&String| text.contains("insert");
    let wrote = cycle.transaction.iter().find(is_write).cloned();
    (commit.clone(), wrote.unwrap_or(commit))
}
