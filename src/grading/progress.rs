//! What is known of a run so far: a pure fold of its events, read by every view.

use std::collections::BTreeMap;

use mastery_kit::verdict::{BenchError, Verdict};

use super::event::{BuildResult, GradeEvent, PlannedCheck, RunKind, RunStarted, Tally};

/// The state of a run after the events seen so far.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    pub run: Option<RunStarted>,
    /// Every check of the run, in order.
    pub checks: Vec<CheckState>,
    /// Why no check could run: a failed build, a program that never was ready.
    pub stopped_before: Option<Obstacle>,
    /// Every build is behind us: a program is being started.
    pub builds_done: bool,
    /// Services that were ready, with the version each reported.
    pub services: BTreeMap<String, String>,
    /// Where they run.
    pub backend: Option<String>,
    pub finished: Option<Finished>,
}

/// One check and how far it is.
#[derive(Clone, Debug)]
pub struct CheckState {
    pub check: PlannedCheck,
    pub step: Step,
}

/// How far a check is.
#[derive(Clone, Debug)]
pub enum Step {
    Waiting,
    Running,
    Settled { verdict: Verdict, took_ms: u64 },
}

/// What kept the checks from running.
#[derive(Clone, Debug)]
pub enum Obstacle {
    Build {
        program: String,
        result: BuildResult,
    },
    Program {
        program: String,
        verdict: Verdict,
    },
    Service {
        service: String,
        error: BenchError,
    },
    Setup {
        result: BuildResult,
    },
}

/// The end of a run.
#[derive(Clone, Copy, Debug)]
pub struct Finished {
    pub kind: RunKind,
    pub tally: Tally,
    pub build_ms: u64,
    pub start_ms: u64,
    pub checks_ms: u64,
    pub stop_ms: u64,
}

/// What a run comes to; the exit code follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conclusion {
    Passed,
    Failed,
    Unsettled,
    Interrupted,
}

impl Progress {
    /// Takes one event in.
    pub fn apply(&mut self, event: &GradeEvent) {
        match event {
            GradeEvent::RunStarted(run) => {
                self.checks = run
                    .checks
                    .iter()
                    .map(|check| CheckState {
                        check: check.clone(),
                        step: Step::Waiting,
                    })
                    .collect();
                self.run = Some(run.as_ref().clone());
            }
            GradeEvent::BuildFinished { .. }
            | GradeEvent::SetupFinished { .. }
            | GradeEvent::ServiceReady { .. }
            | GradeEvent::ServiceLost { .. }
            | GradeEvent::ProgramReady { .. }
            | GradeEvent::ProgramNotReady { .. } => self.before_the_checks(event),
            GradeEvent::CheckStarted { check } => self.step(check, Step::Running),
            GradeEvent::CheckFinished {
                check,
                verdict,
                took_ms,
            } => {
                self.step(
                    check,
                    Step::Settled {
                        verdict: verdict.clone(),
                        took_ms: *took_ms,
                    },
                );
            }
            GradeEvent::RunFinished {
                kind,
                tally,
                build_ms,
                start_ms,
                checks_ms,
                stop_ms,
            } => {
                self.finished = Some(Finished {
                    kind: *kind,
                    tally: *tally,
                    build_ms: *build_ms,
                    start_ms: *start_ms,
                    checks_ms: *checks_ms,
                    stop_ms: *stop_ms,
                });
            }
            GradeEvent::ProgramStarting { .. } => self.builds_done = true,
            GradeEvent::BuildStarted { .. }
            | GradeEvent::ServiceStarting { .. }
            | GradeEvent::ServiceStopped { .. }
            | GradeEvent::SetupStarted { .. }
            | GradeEvent::ProgramOutput { .. }
            | GradeEvent::ProgramStopped { .. }
            | GradeEvent::Note { .. }
            | GradeEvent::Held { .. }
            | GradeEvent::Interrupted { .. }
            | GradeEvent::Unknown => {}
        }
    }

    /// What the checks stand on: there, or in the way.
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "whoever calls has chosen the events of interest"
    )]
    fn before_the_checks(&mut self, event: &GradeEvent) {
        match event {
            GradeEvent::BuildFinished {
                program, result, ..
            } => match result {
                BuildResult::Cached | BuildResult::Built => {}
                BuildResult::Failed { .. } | BuildResult::Unsettled { .. } => {
                    self.stopped_before = Some(Obstacle::Build {
                        program: program.clone(),
                        result: result.clone(),
                    });
                }
            },
            // A second one follows a service that was lost under the first.
            GradeEvent::SetupFinished { result, .. } => match result {
                BuildResult::Cached | BuildResult::Built => self.stopped_before = None,
                BuildResult::Failed { .. } | BuildResult::Unsettled { .. } => {
                    let result = result.clone();
                    self.stopped_before = Some(Obstacle::Setup { result });
                }
            },
            GradeEvent::ServiceReady {
                service,
                backend,
                version,
                ..
            } => {
                self.services.insert(service.clone(), version.clone());
                self.backend = Some(backend.clone());
                // Lost, it was started anew.
                if let Some(Obstacle::Service { service: lost, .. }) = &self.stopped_before
                    && lost == service
                {
                    self.stopped_before = None;
                }
            }
            // One that dies later is replaced: the check it died in is unsettled by itself.
            GradeEvent::ServiceLost {
                service,
                why,
                unlock,
                ..
            } if !self.has_begun() => {
                let (why, unlock) = (why.clone(), unlock.clone());
                self.stopped_before = Some(Obstacle::Service {
                    service: service.clone(),
                    error: BenchError { why, unlock },
                });
            }
            // It was not while a service of it had died.
            GradeEvent::ProgramReady { program, .. } => {
                if let Some(Obstacle::Program { program: late, .. }) = &self.stopped_before
                    && late == program
                {
                    self.stopped_before = None;
                }
            }
            GradeEvent::ProgramNotReady {
                program, verdict, ..
            } => {
                // Started anew for a check, it fails that check and no other.
                let fresh = self.run.as_ref().is_some_and(|run| run.fresh);
                if !fresh || !self.has_begun() {
                    self.stopped_before = Some(Obstacle::Program {
                        program: program.clone(),
                        verdict: verdict.clone(),
                    });
                }
            }
            _ => {}
        }
    }

    /// Every settled check with its verdict, in order.
    pub fn settled(&self) -> impl Iterator<Item = (&PlannedCheck, &Verdict, u64)> {
        self.checks.iter().filter_map(|state| match &state.step {
            Step::Settled { verdict, took_ms } => Some((&state.check, verdict, *took_ms)),
            Step::Waiting | Step::Running => None,
        })
    }

    /// What the run comes to (decision 2): a required failure, else a required unsettled; a badge
    /// never changes it. A run that is not over is interrupted.
    pub fn conclusion(&self) -> Conclusion {
        if self
            .finished
            .is_none_or(|finished| finished.kind == RunKind::Interrupted)
        {
            return Conclusion::Interrupted;
        }
        match &self.stopped_before {
            Some(
                Obstacle::Build {
                    result: BuildResult::Unsettled { .. },
                    ..
                }
                | Obstacle::Setup {
                    result: BuildResult::Unsettled { .. },
                }
                | Obstacle::Service { .. }
                | Obstacle::Program {
                    verdict: Verdict::Unsettled(_),
                    ..
                },
            ) => return Conclusion::Unsettled,
            Some(Obstacle::Build { .. } | Obstacle::Setup { .. } | Obstacle::Program { .. }) => {
                return Conclusion::Failed;
            }
            None => {}
        }
        let required = || self.settled().filter(|(check, ..)| !check.badge);
        if required().any(|(_, verdict, _)| matches!(verdict, Verdict::Failed(_))) {
            Conclusion::Failed
        } else if required().any(|(_, verdict, _)| matches!(verdict, Verdict::Unsettled(_)))
            || self.settled().count() < self.checks.len()
        {
            // What nobody decided is never a pass.
            Conclusion::Unsettled
        } else if required().any(|(_, verdict, _)| matches!(verdict, Verdict::Skipped { .. })) {
            Conclusion::Failed
        } else {
            Conclusion::Passed
        }
    }

    /// A check has run or runs.
    fn has_begun(&self) -> bool {
        let waits = |state: &CheckState| matches!(state.step, Step::Waiting);
        !self.checks.iter().all(waits)
    }

    fn step(&mut self, id: &str, step: Step) {
        if let Some(state) = self.checks.iter_mut().find(|state| state.check.id == id) {
            state.step = step;
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn after(events: &[Value]) -> Conclusion {
        let check = json!({"id": "holds", "title": "It holds", "hints": 0, "limit_ms": 1});
        let begun = json!({
            "event": "run-started", "format": 1, "mastery": "", "lab": "", "title": "", "revision": 1,
            "contract": "", "seed": "", "language": "", "backend": null, "services": {}, "fresh": true,
            "kind": "full", "checks": [check], "of": 1, "began_at": 0,
        });
        let settled = json!({
            "event": "check-finished", "check": "holds", "verdict": {"is": "passed"}, "took_ms": 1,
        });
        let tally = json!({"passed": 1, "failed": 0, "unsettled": 0, "skipped": 0});
        let over = json!({
            "event": "run-finished", "kind": "full", "tally": tally,
            "build_ms": 0, "start_ms": 0, "checks_ms": 0, "stop_ms": 0,
        });
        let mut progress = Progress::default();
        for event in [&begun].into_iter().chain(events).chain([&settled, &over]) {
            progress.apply(&serde_json::from_value(event.clone()).unwrap());
        }
        progress.conclusion()
    }

    #[test]
    fn what_was_lost_and_is_there_again_stands_in_nobodys_way() {
        let lost = json!({"event": "service-lost", "service": "postgres", "why": "", "took_ms": 0});
        let ready = |service: &str| {
            json!({
                "event": "service-ready", "service": service, "backend": "native", "version": "",
                "address": "", "took_ms": 0,
            })
        };
        let set_up =
            |result: Value| json!({"event": "setup-finished", "result": result, "took_ms": 0});
        let under_it = set_up(json!({"is": "unsettled", "why": "", "unlock": null}));
        let built = set_up(json!({"is": "built"}));
        assert_eq!(after(&[]), Conclusion::Passed);
        assert_eq!(after(std::slice::from_ref(&lost)), Conclusion::Unsettled);
        assert_eq!(
            after(&[lost.clone(), ready("kafka")]),
            Conclusion::Unsettled
        );
        assert_eq!(
            after(&[lost.clone(), under_it.clone()]),
            Conclusion::Unsettled
        );
        assert_eq!(
            after(&[lost, under_it, ready("postgres"), built]),
            Conclusion::Passed
        );
    }
}
