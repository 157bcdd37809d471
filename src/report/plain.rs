//! A run for people, line by line: what is settled stays, failures stand in full at the end.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::PathBuf,
    time::Duration,
};

use indicatif::ProgressDrawTarget;
use mastery_kit::verdict::Verdict;

use super::{
    Reporter, failure,
    live::Live,
    output::Output,
    program::{self, Start},
    redact::Redactor,
    services::Services,
    settled::{check_line, closing, header, not_run, note_line},
    words::{Line, Style, Tone, duration, hanging, width},
};
use crate::grading::{
    event::{GradeEvent, Stamped},
    progress::{Progress, Step},
};

/// The report of a run as far as these events tell it, as lines: for views that draw it themselves.
pub fn lines_of(events: &[Stamped], style: Style) -> Vec<Line> {
    let mut plain = Plain::new(io::sink(), style);
    let mut lines = Vec::new();
    for Stamped { event, at_ms } in events {
        plain.progress.apply(event);
        lines.extend(plain.lines(Duration::from_millis(*at_ms), event));
    }
    lines
}

/// The plain report. Not watched, it holds only what is settled; watched, the running check stands
/// on a line of its own at the bottom.
pub struct Plain<W> {
    out: W,
    style: Style,
    live: Option<Live>,
    verbose: bool,
    redactor: Redactor,
    root: Option<PathBuf>,
    progress: Progress,
    /// Commands of the build that is going on.
    building: Vec<Vec<String>>,
    starts: BTreeMap<String, Start>,
    was_ready: BTreeSet<String>,
    /// Notes of checks that are not settled yet.
    notes: BTreeMap<String, Vec<String>>,
    /// Failures that stand in the report already.
    told: BTreeSet<String>,
    output: Output,
    checks_begun: bool,
    services: Services,
}

impl<W: io::Write + Send> Plain<W> {
    /// A report of settled lines.
    pub fn new(out: W, style: Style) -> Self {
        Self {
            out,
            style,
            live: None,
            verbose: false,
            redactor: Redactor::default(),
            root: None,
            progress: Progress::default(),
            building: Vec::new(),
            starts: BTreeMap::new(),
            was_ready: BTreeSet::new(),
            notes: BTreeMap::new(),
            told: BTreeSet::new(),
            output: Output::new(style),
            checks_begun: false,
            services: Services::default(),
        }
    }

    /// With a line at the bottom that says what is running, drawn on `target`.
    #[must_use]
    pub fn watched(mut self, target: ProgressDrawTarget) -> Self {
        self.live = Some(Live::new(target, self.style));
        self
    }

    /// With the programs' own output, each line behind the program's name.
    #[must_use]
    pub fn verbose(mut self, yes: bool) -> Self {
        self.verbose = yes;
        self
    }

    /// With what differs between runs replaced.
    #[must_use]
    pub fn redacted(mut self, with: Redactor) -> Self {
        self.redactor = with;
        self
    }

    /// With links to the files of the lab in this folder, where the style has links.
    #[must_use]
    pub fn linked(mut self, root: PathBuf) -> Self {
        self.root = Some(root);
        self
    }

    /// Ends the report and gives back what it was written to.
    pub fn into_inner(self) -> W {
        self.out
    }

    /// Writes a line that is no part of the run, in between.
    pub fn aside(&mut self, line: &Line) -> io::Result<()> {
        self.say(std::slice::from_ref(line))
    }

    fn say(&mut self, lines: &[Line]) -> io::Result<()> {
        if lines.is_empty() {
            return Ok(());
        }
        let mut text = String::new();
        for line in lines {
            text.push_str(&line.render(self.style));
            text.push('\n');
        }
        let text = self.redactor.text(&text);
        let out = &mut self.out;
        let mut write = || {
            out.write_all(text.as_bytes())?;
            out.flush()
        };
        match &self.live {
            Some(live) => live.above(write),
            None => write(),
        }
    }

    fn lines(&mut self, at: Duration, event: &GradeEvent) -> Vec<Line> {
        match event {
            GradeEvent::RunStarted(run) => header(run, self.style),
            GradeEvent::BuildStarted { .. }
            | GradeEvent::BuildFinished { .. }
            | GradeEvent::ProgramStarting { .. }
            | GradeEvent::ProgramReady { .. }
            | GradeEvent::ProgramNotReady { .. }
            | GradeEvent::ProgramOutput { .. }
            | GradeEvent::ProgramStopped { .. } => self.of_programs(event),
            GradeEvent::ServiceStarting { .. }
            | GradeEvent::ServiceReady { .. }
            | GradeEvent::ServiceLost { .. }
            | GradeEvent::ServiceStopped { .. }
            | GradeEvent::SetupStarted { .. }
            | GradeEvent::SetupFinished { .. } => self.services.lines(event, self.style),
            GradeEvent::CheckFinished {
                check,
                verdict,
                took_ms,
            } => self.settled(check, verdict, *took_ms),
            GradeEvent::Note { text, check } => self.note(text, check.as_deref()),
            GradeEvent::Held { check, addresses } => self.held(check, addresses),
            GradeEvent::Interrupted { kill } => {
                let text = if *kill {
                    "Killing."
                } else {
                    "Stopping. ^C again kills at once."
                };
                hanging(Line::new(), 0, text, Tone::Odd, self.style)
            }
            GradeEvent::RunFinished { .. } => self.end(at),
            GradeEvent::CheckStarted { .. } | GradeEvent::Unknown => Vec::new(),
        }
    }

    fn of_programs(&mut self, event: &GradeEvent) -> Vec<Line> {
        match event {
            GradeEvent::BuildStarted { command, .. } => {
                self.building.push(command.clone());
                Vec::new()
            }
            GradeEvent::BuildFinished {
                result, took_ms, ..
            } => {
                let commands = std::mem::take(&mut self.building);
                program::built(&commands, result, *took_ms, self.style)
            }
            GradeEvent::ProgramStarting {
                program,
                command,
                directory,
                env,
            } => {
                let start = Start {
                    command: command.clone(),
                    directory: directory.clone(),
                    env: env.clone(),
                };
                self.starts.insert(program.clone(), start);
                Vec::new()
            }
            GradeEvent::ProgramReady {
                program,
                address,
                looked_at,
                took_ms,
                ..
            } => {
                if self.is_no_news(program) {
                    Vec::new()
                } else if self.was_ready.insert(program.clone()) {
                    program::ready(program, address, looked_at, *took_ms, self.style)
                } else {
                    let text = format!("{program} started again, ready in {}", duration(*took_ms));
                    hanging(Line::new(), 4, &text, Tone::Dim, self.style)
                }
            }
            GradeEvent::ProgramNotReady {
                program,
                verdict,
                took_ms,
            } if self.progress.stopped_before.is_some() => {
                let start = self.starts.get(program);
                program::not_ready(program, start, verdict, *took_ms, self.style)
            }
            GradeEvent::ProgramOutput {
                program,
                stream,
                text,
                dropped,
                ..
            } if self.verbose => self.output.take(program, *stream, text, *dropped),
            GradeEvent::ProgramStopped {
                program,
                forced,
                survivors,
                ..
            } => self.stopped(program, *forced, survivors),
            // One that is started for a check is told by that check.
            GradeEvent::ProgramOutput { .. }
            | GradeEvent::ProgramNotReady { .. }
            | GradeEvent::RunStarted(_)
            | GradeEvent::ServiceStarting { .. }
            | GradeEvent::ServiceReady { .. }
            | GradeEvent::ServiceLost { .. }
            | GradeEvent::ServiceStopped { .. }
            | GradeEvent::SetupStarted { .. }
            | GradeEvent::SetupFinished { .. }
            | GradeEvent::CheckStarted { .. }
            | GradeEvent::CheckFinished { .. }
            | GradeEvent::Note { .. }
            | GradeEvent::Held { .. }
            | GradeEvent::Interrupted { .. }
            | GradeEvent::RunFinished { .. }
            | GradeEvent::Unknown => Vec::new(),
        }
    }

    /// Each check starts its programs anew, and some a second process: told once is enough.
    fn is_no_news(&self, program: &str) -> bool {
        let fresh = self.progress.run.as_ref().is_some_and(|run| run.fresh);
        let known = self.was_ready.contains(program) || program.contains('#');
        fresh && known && !self.verbose
    }

    fn settled(&mut self, id: &str, verdict: &Verdict, took_ms: u64) -> Vec<Line> {
        // One line at the end says it for all of them.
        let obvious = self.progress.stopped_before.is_some();
        if obvious && matches!(verdict, Verdict::Skipped { .. }) {
            return Vec::new();
        }
        let mut lines = Vec::new();
        if !std::mem::replace(&mut self.checks_begun, true) {
            lines.push(Line::new());
        }
        let badge = self
            .progress
            .checks
            .iter()
            .any(|state| state.check.id == id && state.check.badge);
        lines.extend(check_line(id, badge, verdict, took_ms, self.style));
        for note in self.notes.remove(id).unwrap_or_default() {
            lines.extend(note_line(4, &note, self.style));
        }
        lines
    }

    fn note(&mut self, text: &str, check: Option<&str>) -> Vec<Line> {
        let open = check.filter(|id| {
            self.progress
                .checks
                .iter()
                .any(|state| state.check.id == **id && !matches!(state.step, Step::Settled { .. }))
        });
        match open {
            Some(id) => {
                let notes = self.notes.entry(id.to_owned()).or_default();
                notes.push(text.to_owned());
                Vec::new()
            }
            None => note_line(if check.is_some() { 4 } else { 2 }, text, self.style),
        }
    }

    fn stopped(&mut self, program: &str, forced: bool, survivors: &[String]) -> Vec<Line> {
        let mut lines = self.output.close(program);
        if forced {
            let text =
                format!("{program} did not end within its grace after SIGTERM; it was killed");
            lines.extend(note_line(2, &text, self.style));
        }
        if !survivors.is_empty() {
            let text = format!(
                "{program} left processes behind, which were ended: {}",
                survivors.join(", ")
            );
            lines.extend(note_line(2, &text, self.style));
        }
        lines
    }

    fn held(&mut self, id: &str, addresses: &BTreeMap<String, String>) -> Vec<Line> {
        let style = self.style;
        let mut lines = self.failures();
        lines.push(Line::plain(style.rule()));
        let text = if id.is_empty() {
            "Everything is up. ^C ends it.".to_owned()
        } else {
            format!("Held at {id}: everything stays up. ^C ends it.")
        };
        lines.extend(hanging(Line::new(), 0, &text, Tone::Bold, style));
        let names = addresses.keys().map(|name| width(&style.show(name)));
        let column = 2 + names.max().unwrap_or(0) + 2;
        for (name, address) in addresses {
            let label = Line::plain("  ").then(Tone::Dim, style.show(name));
            lines.extend(failure::command(label, column, address, style));
        }
        let verdict = self.progress.settled().find(|(check, ..)| check.id == id);
        if let Some((_, Verdict::Failed(mismatch), _)) = verdict {
            for text in &mismatch.reproduce {
                lines.extend(failure::command(Line::new(), 2, text, style));
            }
        }
        lines
    }

    /// Every failure in full that was not told yet.
    fn failures(&mut self) -> Vec<Line> {
        let mut lines = Vec::new();
        let Some(run) = &self.progress.run else {
            return lines;
        };
        for (check, verdict, _) in self.progress.settled() {
            let in_full = matches!(verdict, Verdict::Failed(_) | Verdict::Unsettled(_));
            if in_full && self.told.insert(check.id.clone()) {
                lines.push(Line::plain(self.style.rule()));
                let root = self.root.as_deref();
                lines.extend(failure::told(run, check, verdict, self.style, root));
            }
        }
        lines
    }

    fn end(&mut self, at: Duration) -> Vec<Line> {
        let mut lines = self.output.close_all();
        let run = self.progress.run.as_ref();
        if run.is_some_and(|run| run.checks.is_empty()) {
            // Nothing was checked, so there is nothing to count.
            return lines;
        }
        lines.extend(self.failures());
        lines.extend(not_run(&self.progress, self.style));
        if let Some(finished) = &self.progress.finished {
            lines.push(Line::new());
            lines.extend(closing(finished, at, self.style));
        }
        lines
    }
}

impl<W: io::Write + Send> Reporter for Plain<W> {
    fn on_event(&mut self, at: Duration, event: &GradeEvent) -> io::Result<()> {
        let event = &*self.redactor.event(event);
        self.progress.apply(event);
        let lines = self.lines(at, event);
        if let Some(live) = &self.live {
            live.follow(event, &self.progress);
        }
        self.say(&lines)
    }
}

#[cfg(test)]
#[path = "plain_tests.rs"]
mod tests;
