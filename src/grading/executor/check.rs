//! One check: its bench, its limit, and whose fault its end is.

use std::time::Duration;

use mastery_kit::{
    bench::{Bench, Check, Trace},
    process::ProgramHandle,
    random::Random,
    stage::settled_death,
    stall::StallMeter,
    stop::{StopLevel, StopWatch},
    verdict::{BenchError, Death, Evidence, Failure, Mismatch, Outcome, Verdict},
};

use super::scene::Scene;
use crate::grading::{catch::CatchUnwind, plan::Plan};

/// How long an exit may take to show after the connection broke: sockets close before the process
/// can be waited for.
const SETTLE: Duration = Duration::from_millis(150);

/// A stall beyond this may have eaten a probe's whole wait: the failure is no verdict yet.
const WORTH_A_REPEAT: Duration = Duration::from_secs(1);

/// How a check ended.
pub(super) struct CheckEnd {
    pub(super) verdict: Verdict,
    pub(super) notes: Vec<String>,
    /// The program ended by itself in it.
    pub(super) died: bool,
    /// It failed while the machine stood still for so long that it should be run once more.
    pub(super) stalled: Option<Duration>,
}

impl CheckEnd {
    /// The verdict of a check that failed twice on a machine that stood still twice.
    pub(super) fn unsettle(&mut self) {
        if let Some(stalled) = self.stalled {
            let why = format!(
                "The machine stood still for {} ms in this check, twice.",
                stalled.as_millis()
            );
            self.verdict = Verdict::Unsettled(
                BenchError::new(why).unlock("Grade again when the machine is less busy."),
            );
        }
    }
}

/// Runs one check; `None` when ^C ended it.
pub(super) async fn run(
    plan: &Plan,
    check: &'static Check,
    scene: &Scene,
    stop: &mut StopWatch,
    meter: &StallMeter,
) -> Option<CheckEnd> {
    for handle in &scene.stage.handles() {
        handle.mark();
    }
    meter.take_worst();
    let (mut verdict, notes) = once(plan, check, scene, stop).await?;
    let worst = meter.take_worst();
    let accountable = scene.stage.unforgiven();
    let death = match verdict {
        Verdict::Failed(_) => settled_death(&accountable, SETTLE).await,
        Verdict::Passed | Verdict::Unsettled(_) | Verdict::Skipped { .. } => {
            accountable.iter().find_map(ProgramHandle::death)
        }
    };
    let died = death.is_some();
    if let Some(death) = death {
        verdict = Verdict::Failed(died_within(death, verdict));
    }
    let failed = matches!(verdict, Verdict::Failed(_)) && !died;
    let stalled = Some(worst).filter(|worst| failed && *worst >= WORTH_A_REPEAT);
    Some(CheckEnd {
        verdict,
        notes,
        died,
        stalled,
    })
}

async fn once(
    plan: &Plan,
    check: &'static Check,
    scene: &Scene,
    stop: &mut StopWatch,
) -> Option<(Verdict, Vec<String>)> {
    let trace = Trace::begin(check.limit);
    let random = Random::new(plan.seed, check.id);
    let mut bench = Bench::new(
        trace.clone(),
        random,
        plan.contract.clone(),
        scene.stage.clone(),
        scene.world.clone(),
    );
    let act = CatchUnwind::new((check.run)(&mut bench));
    let verdict = tokio::select! {
        ended = tokio::time::timeout(check.limit, act) => match ended {
            Ok(Ok(outcome)) => of(outcome),
            Ok(Err(panic)) => Verdict::Unsettled(panicked(&panic)),
            Err(_) => Verdict::Unsettled(over_limit(check, &trace)),
        },
        () = stop.at_least(StopLevel::WindDown) => return None,
    };
    Some((verdict, trace.take_notes()))
}

fn of(outcome: Outcome) -> Verdict {
    match outcome {
        Ok(()) => Verdict::Passed,
        Err(Failure::Wrong(mismatch)) => Verdict::Failed(*mismatch),
        Err(Failure::Bench(error)) => Verdict::Unsettled(error),
    }
}

fn panicked(words: &str) -> BenchError {
    BenchError::new(format!("The check itself broke: {words}."))
        .unlock("This is a bug of mastery's; report it with the seed of this run.")
}

fn over_limit(check: &Check, trace: &Trace) -> BenchError {
    let last = trace
        .last_wait()
        .map(|wait| format!("; it waited for {wait} last"));
    BenchError::new(format!(
        "The check reached its own limit of {} s{}.",
        check.limit.as_secs(),
        last.unwrap_or_default()
    ))
    .unlock("Grade again; if it stays so, report it with the seed of this run.")
}

/// A program that dies in a check fails it with the crash report; what the probe saw stays evidence.
fn died_within(death: Death, seen: Verdict) -> Mismatch {
    let summary = format!(
        "Your program `{}` {} in this check.",
        death.program,
        death.exit.describe()
    );
    let actual = death.exit.describe();
    let mut mismatch = Mismatch::new(summary, "it answers and goes on running", actual)
        .with(Evidence::Death(death));
    if let Verdict::Failed(seen) = seen {
        let last_exchange = seen
            .evidence
            .into_iter()
            .rev()
            .find(|piece| matches!(piece, Evidence::Exchange(_)));
        mismatch.evidence.extend(last_exchange);
        mismatch.reproduce = seen.reproduce;
    }
    mismatch
}
