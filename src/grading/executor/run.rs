//! The run itself: what comes after what, and what a bad check means for the next.

use std::time::{Duration, Instant};

use mastery_kit::{
    stall::StallMeter,
    verdict::{Verdict, millis},
};

use super::{
    build,
    check::{self, CheckEnd},
    programs::Programs,
};
use crate::grading::{
    event::{FORMAT, GradeEvent, RunKind, RunStarted, Tally},
    plan::{Plan, PlannedRun},
    sink::Sink,
    stop::{StopLevel, StopWatch},
};

/// After this many deaths nothing is learnt from starting the program once more.
const DEATHS: u32 = 3;

/// Runs the plan; returns when everything it started has ended.
pub(in crate::grading) async fn execute(plan: &Plan, sink: Sink, stop: StopWatch) {
    let mut run = Run {
        plan,
        programs: Programs::new(plan, sink.clone()),
        sink,
        stop,
        tally: Tally::default(),
        verdicts: Vec::new(),
        deaths: 0,
        meter: StallMeter::start(),
    };
    run.whole().await;
}

struct Run<'p> {
    plan: &'p Plan,
    programs: Programs<'p>,
    sink: Sink,
    stop: StopWatch,
    tally: Tally,
    verdicts: Vec<(&'static str, bool)>,
    deaths: u32,
    meter: StallMeter,
}

/// How long the parts took.
#[derive(Default)]
struct Times {
    build: Duration,
    start: Duration,
    checks: Duration,
    stop: Duration,
}

impl Run<'_> {
    async fn whole(&mut self) {
        self.sink.send(self.started()).await;
        let mut times = Times::default();
        let begun = Instant::now();
        let built = build::build(self.plan, &self.sink, &mut self.stop).await;
        times.build = begun.elapsed();
        if built {
            let begun = Instant::now();
            let ready = self.programs.start(&mut self.stop).await;
            times.start = begun.elapsed();
            let begun = Instant::now();
            if ready {
                self.checks().await;
            } else {
                self.skip_rest(0, "the program never became ready").await;
            }
            times.checks = begun.elapsed();
        } else {
            self.skip_rest(0, "the build failed").await;
        }
        let begun = Instant::now();
        self.programs.stop(&mut self.stop).await;
        times.stop = begun.elapsed();
        self.sink.send(self.finished(&times)).await;
    }

    async fn checks(&mut self) {
        for (place, planned) in self.plan.checks.iter().enumerate() {
            if self.interrupted() {
                return;
            }
            let id = planned.check.id;
            if let Some(need) = self.unmet_need(planned) {
                self.settle(
                    id,
                    Verdict::Skipped {
                        after: need.to_owned(),
                    },
                    0,
                )
                .await;
                continue;
            }
            let Some(passed) = self.one(planned).await else {
                return;
            };
            let last = place + 1 == self.plan.checks.len();
            if passed {
                continue;
            }
            if self.plan.hold {
                self.hold(id).await;
                self.skip_rest(place + 1, "--hold stopped at the first failure")
                    .await;
                return;
            }
            if self.plan.fail_fast {
                self.skip_rest(place + 1, "--fail-fast stopped at the first failure")
                    .await;
                return;
            }
            if !last && !self.recover(place + 1).await {
                return;
            }
        }
    }

    /// Runs one check; `None` when ^C ended it, else whether it passed.
    async fn one(&mut self, planned: &PlannedRun) -> Option<bool> {
        let id = planned.check.id;
        self.sink
            .send(GradeEvent::CheckStarted {
                check: id.to_owned(),
            })
            .await;
        let begun = Instant::now();
        let mut ended = self.once(planned).await?;
        if let Some(stalled) = ended.stalled {
            let text = format!(
                "The machine stood still for {} ms; run once more.",
                stalled.as_millis()
            );
            self.sink.note(text, Some(id)).await;
            // On a fresh program, so that the same seed means the same inputs.
            self.programs.stop(&mut self.stop).await;
            if !self.programs.start(&mut self.stop).await {
                let after = "the program never became ready again".to_owned();
                self.settle(id, Verdict::Skipped { after }, millis(begun.elapsed()))
                    .await;
                return Some(false);
            }
            ended = self.once(planned).await?;
            ended.unsettle();
        }
        for note in ended.notes {
            self.sink.note(note, Some(id)).await;
        }
        self.deaths += u32::from(ended.died);
        let passed = ended.verdict == Verdict::Passed;
        self.settle(id, ended.verdict, millis(begun.elapsed()))
            .await;
        Some(passed)
    }

    async fn once(&mut self, planned: &PlannedRun) -> Option<CheckEnd> {
        check::run(
            self.plan,
            planned.check,
            &self.programs,
            &mut self.stop,
            &self.meter,
        )
        .await
    }

    /// After a bad check the programs are started anew, so that failures never cascade
    /// (decision 3). False when there is nothing more to run.
    async fn recover(&mut self, next: usize) -> bool {
        if self.deaths >= DEATHS {
            self.skip_rest(next, "the program died three times").await;
            return false;
        }
        self.programs.stop(&mut self.stop).await;
        if self.interrupted() {
            return false;
        }
        if self.programs.start(&mut self.stop).await {
            return true;
        }
        self.skip_rest(next, "the program never became ready again")
            .await;
        false
    }

    fn unmet_need(&self, planned: &PlannedRun) -> Option<&'static str> {
        planned.check.needs.iter().copied().find(|need| {
            planned.obeys_needs
                && self
                    .verdicts
                    .iter()
                    .any(|(id, passed)| id == need && !passed)
        })
    }

    async fn skip_rest(&mut self, from: usize, after: &str) {
        if self.interrupted() {
            return;
        }
        for planned in &self.plan.checks[from..] {
            let verdict = Verdict::Skipped {
                after: after.to_owned(),
            };
            self.settle(planned.check.id, verdict, 0).await;
        }
    }

    async fn settle(&mut self, id: &'static str, verdict: Verdict, took_ms: u64) {
        self.tally.count(&verdict);
        self.verdicts.push((id, verdict == Verdict::Passed));
        self.sink
            .send(GradeEvent::CheckFinished {
                check: id.to_owned(),
                verdict,
                took_ms,
            })
            .await;
    }

    async fn hold(&mut self, check: &str) {
        let addresses = self.programs.addresses_by_variable();
        self.sink
            .send(GradeEvent::Held {
                check: check.to_owned(),
                addresses,
            })
            .await;
        self.stop.at_least(StopLevel::WindDown).await;
    }

    /// ^C ended the run. Held runs end by ^C too, but that is how they are meant to end.
    fn interrupted(&self) -> bool {
        self.stop.level() > StopLevel::Run && !self.held()
    }

    fn held(&self) -> bool {
        self.plan.hold && self.verdicts.iter().any(|(_, passed)| !passed)
    }

    fn started(&self) -> GradeEvent {
        let plan = self.plan;
        GradeEvent::RunStarted(Box::new(RunStarted {
            format: FORMAT,
            mastery: env!("CARGO_PKG_VERSION").to_owned(),
            lab: plan.lab.to_string(),
            title: plan.title.clone(),
            revision: plan.revision,
            contract: plan.contract_hash.clone(),
            seed: plan.seed.to_string(),
            language: plan.language.clone(),
            backend: None,
            services: std::collections::BTreeMap::new(),
            kind: plan.kind,
            checks: plan
                .checks
                .iter()
                .map(|planned| planned.told.clone())
                .collect(),
            of: plan.of,
            began_at: plan.began_at,
        }))
    }

    fn finished(&self, times: &Times) -> GradeEvent {
        GradeEvent::RunFinished {
            kind: if self.interrupted() {
                RunKind::Interrupted
            } else {
                self.plan.kind
            },
            tally: self.tally,
            build_ms: millis(times.build),
            start_ms: millis(times.start),
            checks_ms: millis(times.checks),
            stop_ms: millis(times.stop),
        }
    }
}
