//! What is known of a run so far: a pure fold of its events, read by every view.

use mastery_kit::verdict::Verdict;

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
            GradeEvent::ProgramNotReady {
                program, verdict, ..
            } => {
                self.stopped_before = Some(Obstacle::Program {
                    program: program.clone(),
                    verdict: verdict.clone(),
                });
            }
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
            | GradeEvent::ProgramReady { .. }
            | GradeEvent::ProgramOutput { .. }
            | GradeEvent::ProgramStopped { .. }
            | GradeEvent::Note { .. }
            | GradeEvent::Held { .. }
            | GradeEvent::Interrupted { .. }
            | GradeEvent::Unknown => {}
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
                | Obstacle::Program {
                    verdict: Verdict::Unsettled(_),
                    ..
                },
            ) => return Conclusion::Unsettled,
            Some(Obstacle::Build { .. } | Obstacle::Program { .. }) => return Conclusion::Failed,
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

    fn step(&mut self, id: &str, step: Step) {
        if let Some(state) = self.checks.iter_mut().find(|state| state.check.id == id) {
            state.step = step;
        }
    }
}
