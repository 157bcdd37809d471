//! What programs and services of a run say, with what the bench did to them between.

use mastery_kit::verdict::Stream;

use super::{Log, Pane, Run};
use crate::{grading::event::GradeEvent, report::words::duration};

impl Log {
    /// Takes what was printed; how many lines that made it longer.
    fn grown_by(&mut self, stream: Stream, text: &str, dropped: u64) -> usize {
        let before = self.len();
        self.print(stream, text, dropped);
        self.len().saturating_sub(before)
    }
}

impl Run {
    /// The log of a program, else of a service.
    pub(crate) fn log(&self, name: &str) -> Option<&Log> {
        self.logs.get(name).or_else(|| self.services.get(name))
    }

    /// A program prints.
    pub(super) fn printed(&mut self, program: &str, stream: Stream, text: &str, dropped: u64) {
        let log = self.logs.entry(program.to_owned()).or_default();
        let more = log.grown_by(stream, text, dropped);
        self.stay(program, more);
    }

    /// A service says something.
    pub(crate) fn said(&mut self, service: &str, stream: Stream, text: &str) {
        let log = self.services.entry(service.to_owned()).or_default();
        let more = log.grown_by(stream, text, 0);
        if !self.logs.contains_key(service) {
            self.stay(service, more);
        }
    }

    /// Whoever has scrolled up goes on reading the same lines.
    fn stay(&mut self, name: &str, more: usize) {
        if self.view.up > 0 && self.pane == Pane::Log(name.to_owned()) {
            self.view.up += more;
        }
    }

    /// What the bench did to the programs, and what became of services, stands between what they printed.
    pub(super) fn note_in_logs(&mut self, event: &GradeEvent) {
        if let GradeEvent::CheckStarted { check } = event {
            for log in self.logs.values_mut().chain(self.services.values_mut()) {
                log.mark(check);
            }
        }
        if let GradeEvent::ProgramReady {
            program,
            pid,
            took_ms,
            ..
        } = event
        {
            let text = format!("ready in {}, pid {pid}", duration(*took_ms));
            self.logs.entry(program.clone()).or_default().mark(&text);
        }
        if let GradeEvent::ProgramStopped { program, .. } = event
            && let Some(log) = self.logs.get_mut(program)
        {
            log.mark("stopped");
        }
        if let Some((service, text)) = of_service(event) {
            self.services.entry(service).or_default().mark(&text);
        }
    }
}

/// What became of a service: its state, its version, and where a person would connect.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "four events are of services, and the others are not"
)]
fn of_service(event: &GradeEvent) -> Option<(String, String)> {
    match event {
        GradeEvent::ServiceStarting { service, backend } => {
            Some((service.clone(), format!("starting ({backend})")))
        }
        GradeEvent::ServiceReady {
            service,
            backend,
            version,
            address,
            warm,
            took_ms,
            ..
        } => {
            let how = if *warm { "warm, joined" } else { "ready" };
            let text = format!(
                "{version}, {how} in {} on {address} ({backend})",
                duration(*took_ms)
            );
            Some((service.clone(), text))
        }
        GradeEvent::ServiceLost { service, why, .. } => {
            Some((service.clone(), format!("lost: {why}")))
        }
        GradeEvent::ServiceStopped { service, .. } => Some((service.clone(), "stopped".to_owned())),
        _ => None,
    }
}
