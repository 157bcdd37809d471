//! The lines of a plain report about services and the learner's setup.

use mastery_kit::verdict::BenchError;

use super::{
    failure::unsettled,
    program::{COLUMN, built_as, label},
    words::{Line, Style, Tone, duration, hanging},
};
use crate::grading::event::GradeEvent;

/// What is remembered between the events of one service.
#[derive(Debug, Default)]
pub(super) struct Services {
    /// Commands of the setup that is going on.
    setup: Vec<Vec<String>>,
}

impl Services {
    /// The lines of one event; nothing for events of anything else.
    pub(super) fn lines(&mut self, event: &GradeEvent, style: Style) -> Vec<Line> {
        if let GradeEvent::SetupStarted { command } = event {
            self.setup.push(command.clone());
        }
        if let GradeEvent::SetupFinished { result, took_ms } = event {
            let commands = std::mem::take(&mut self.setup);
            return built_as("setup", &commands, result, *took_ms, style);
        }
        if let GradeEvent::ServiceReady {
            service,
            backend,
            version,
            address,
            warm,
            took_ms,
            ..
        } = event
        {
            let how = if *warm {
                format!("warm, joined in {}", duration(*took_ms))
            } else {
                format!("ready in {}", duration(*took_ms))
            };
            let text = format!("{version}, {how} on {address}  ({backend})");
            return about(service, &text, Tone::Plain, style);
        }
        if let GradeEvent::ServiceLost {
            service,
            why,
            unlock,
            took_ms,
        } = event
        {
            let text = format!("lost after {}", duration(*took_ms));
            let mut lines = about(service, &text, Tone::Odd, style);
            let error = BenchError {
                why: why.clone(),
                unlock: unlock.clone(),
            };
            lines.extend(unsettled(&error, COLUMN, None, style));
            return lines;
        }
        Vec::new()
    }
}

fn about(service: &str, text: &str, tone: Tone, style: Style) -> Vec<Line> {
    let name = label("service").then(Tone::Bold, style.show(service));
    let column = name.width() + 2;
    hanging(name, column, text, tone, style)
}
