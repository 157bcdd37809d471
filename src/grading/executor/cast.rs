//! The learner's programs of a plan, and what happens to them as events of the run.

use std::{collections::BTreeMap, sync::Arc};

use mastery_kit::{
    process::OutputChunk,
    stage::{Cast, StageEvent},
};

use crate::grading::{
    event::GradeEvent,
    plan::{Plan, PortChoice},
    sink::Sink,
};

/// How the plan's programs are started; `own` are the variables that one program has for itself.
pub(super) fn cast(
    plan: &Plan,
    sink: &Sink,
    shared: &BTreeMap<String, String>,
    own: BTreeMap<String, BTreeMap<String, String>>,
) -> Cast {
    let mut environment = plan.environment.clone();
    environment.extend(shared.clone());
    let (sink, directory) = (sink.clone(), plan.shown_directory.clone());
    Cast {
        specs: plan.programs.clone(),
        directory: plan.directory.clone(),
        shown_directory: plan.shown_directory.clone(),
        logs: plan.logs.clone(),
        limits: plan.limits,
        supervisor: plan.supervisor.clone(),
        environment,
        own,
        given: match &plan.ports {
            PortChoice::System => Vec::new(),
            PortChoice::Given(ports) => ports.clone(),
        },
        tell: Arc::new(move |event| {
            let (sink, told) = (sink.clone(), told(event, &directory));
            Box::pin(async move { sink.send(told).await })
        }),
    }
}

fn told(event: StageEvent, directory: &str) -> GradeEvent {
    match event {
        StageEvent::Starting {
            program,
            command,
            env,
        } => GradeEvent::ProgramStarting {
            program,
            command,
            directory: directory.to_owned(),
            env,
        },
        StageEvent::Ready {
            program,
            address,
            pid,
            supervisor,
            looked_at,
            took_ms,
        } => GradeEvent::ProgramReady {
            program,
            address: address.map(|at| at.to_string()).unwrap_or_default(),
            pid,
            supervisor,
            looked_at,
            took_ms,
        },
        StageEvent::NotReady {
            program,
            verdict,
            took_ms,
        } => GradeEvent::ProgramNotReady {
            program,
            verdict,
            took_ms,
        },
        StageEvent::Output(chunk) => output(chunk),
        StageEvent::Stopped {
            program,
            forced,
            survivors,
            took_ms,
        } => GradeEvent::ProgramStopped {
            program,
            forced,
            survivors,
            took_ms,
        },
        StageEvent::Note(text) => GradeEvent::Note { text, check: None },
    }
}

fn output(chunk: OutputChunk) -> GradeEvent {
    let text = String::from_utf8_lossy(&chunk.bytes);
    let lossy = matches!(text, std::borrow::Cow::Owned(_));
    GradeEvent::ProgramOutput {
        program: chunk.program,
        stream: chunk.stream,
        text: text.into_owned(),
        lossy,
        dropped: chunk.dropped,
    }
}
