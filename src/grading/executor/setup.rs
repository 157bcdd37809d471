//! The learner's setup: run once, on the database that every check gets a copy of.

use std::{collections::BTreeMap, time::Instant};

use mastery_kit::{
    stop::StopWatch,
    verdict::{BenchError, millis},
    world::Site,
};

use super::{build, services::Services};
use crate::grading::{
    event::{BuildResult, GradeEvent},
    plan::Plan,
    sink::Sink,
};

/// How the setup ended; all of it was told.
pub(super) enum SetUp {
    Done,
    /// The learner's failed, ours did, or ^C came.
    Over,
    /// It failed, and a service is gone: nobody knows whose doing that is.
    Lost(BenchError),
}

/// Makes the template and runs the setup on it.
pub(super) async fn set_up(
    plan: &Plan,
    services: &mut Services<'_>,
    site: &mut Site,
    sink: &Sink,
    stop: &mut StopWatch,
) -> SetUp {
    let begun = Instant::now();
    let result = match site.make_template().await {
        Ok(_) if plan.setup.is_empty() => return SetUp::Done,
        Ok(variables) => match run(plan, variables, sink, stop).await {
            Some(result) => result,
            None => return SetUp::Over,
        },
        Err(error) => unsettled(error),
    };
    let failed = !matches!(result, BuildResult::Built);
    if failed && let Some(error) = services.lost_under_it().await {
        let lost = BenchError::new("A service ended under it; it is run again on a fresh one.");
        tell(sink, unsettled(lost), begun).await;
        return SetUp::Lost(error);
    }
    tell(sink, result, begun).await;
    if failed { SetUp::Over } else { SetUp::Done }
}

/// The learner's commands one after the other, up to the first that fails; `None` after ^C.
async fn run(
    plan: &Plan,
    variables: BTreeMap<String, String>,
    sink: &Sink,
    stop: &mut StopWatch,
) -> Option<BuildResult> {
    let mut set: BTreeMap<String, String> = plan.environment.clone();
    set.extend(variables);
    for command in &plan.setup {
        sink.send(GradeEvent::SetupStarted {
            command: command.clone(),
        })
        .await;
        let result = build::once(plan, "setup", command, &set, stop).await?;
        if !matches!(result, BuildResult::Built) {
            return Some(result);
        }
    }
    Some(BuildResult::Built)
}

async fn tell(sink: &Sink, result: BuildResult, begun: Instant) {
    let took_ms = millis(begun.elapsed());
    sink.send(GradeEvent::SetupFinished { result, took_ms })
        .await;
}

fn unsettled(error: BenchError) -> BuildResult {
    BuildResult::Unsettled {
        why: error.why,
        unlock: error.unlock,
    }
}
