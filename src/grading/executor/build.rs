//! The learner's build: its own budget, its own words, before anything is started.

use std::collections::BTreeMap;

use mastery_kit::{
    process::{Finished, How, Launch, StartError, environment},
    stop::{StopLevel, StopWatch},
    verdict::millis,
};

use crate::grading::{
    event::{BuildResult, GradeEvent},
    plan::Plan,
    sink::Sink,
};

/// How many of its last lines a failed build shows.
const LAST_LINES: usize = 30;

/// Builds every program that has something to build. False when one failed or ^C came.
pub(super) async fn build(plan: &Plan, sink: &Sink, stop: &mut StopWatch) -> bool {
    for program in &plan.programs {
        for command in &program.build {
            let started = GradeEvent::BuildStarted {
                program: program.name.clone(),
                command: command.clone(),
            };
            sink.send(started).await;
            let began = std::time::Instant::now();
            let result = if plan.current_builds.contains(&program.name) {
                Some(BuildResult::Cached)
            } else {
                once(
                    plan,
                    &format!("{}.build", program.name),
                    command,
                    &BTreeMap::new(),
                    stop,
                )
                .await
            };
            let Some(result) = result else { return false };
            let good = matches!(result, BuildResult::Cached | BuildResult::Built);
            let took_ms = millis(began.elapsed());
            let program = program.name.clone();
            sink.send(GradeEvent::BuildFinished {
                program,
                result,
                took_ms,
            })
            .await;
            if !good {
                return false;
            }
        }
    }
    true
}

/// One command; `None` when ^C ended it (dropping the future ends the command).
pub(super) async fn once(
    plan: &Plan,
    name: &str,
    command: &[String],
    set: &BTreeMap<String, String>,
    stop: &mut StopWatch,
) -> Option<BuildResult> {
    let mut launch = Launch::new(name, command.to_vec(), plan.directory.clone());
    launch.shown_directory.clone_from(&plan.shown_directory);
    launch.environment = environment(std::env::vars_os(), set);
    launch.logs = Some(plan.logs.clone());
    // Compilers and linkers may hold more than a program under test.
    launch.limits.memory_mib = launch.limits.memory_mib.max(8 * 1024);
    let run = plan.supervisor.run(launch, None, plan.build_limit);
    tokio::select! {
        finished = run => Some(judge(finished)),
        () = stop.at_least(StopLevel::WindDown) => None,
    }
}

fn judge(finished: Result<Finished, StartError>) -> BuildResult {
    let finished = match finished {
        Ok(finished) => finished,
        Err(StartError::Bench(error)) => {
            return BuildResult::Unsettled {
                why: error.why,
                unlock: error.unlock,
            };
        }
        Err(error) => {
            return BuildResult::Failed {
                why: error.to_string(),
                last_lines: Vec::new(),
            };
        }
    };
    if finished.success() {
        return BuildResult::Built;
    }
    let skipped = finished.last_lines.len().saturating_sub(LAST_LINES);
    let last_lines = finished.last_lines[skipped..].to_vec();
    let why = match finished.how {
        How::Exited(exit) => exit.describe(),
        How::TooLong { limit } => {
            format!(
                "not done after {} s, the limit (build_limit_s)",
                limit.as_secs()
            )
        }
        How::Lost(error) => {
            return BuildResult::Unsettled {
                why: error.why,
                unlock: error.unlock,
            };
        }
    };
    BuildResult::Failed { why, last_lines }
}
