//! A run as it is watched: live, or played from its tape. Everything is folded from its events.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use mastery_kit::verdict::Verdict;

use super::{Log, LogView};
use crate::{
    grading::{
        event::{GradeEvent, PlannedCheck, Stamped, Tally},
        progress::{CheckState, Progress, Step},
    },
    report::{failure, hint::Hint, words::duration},
    tui::msg::Trouble,
};

/// The run's screen.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) lab: String,
    /// Played from this attempt's tape.
    pub(crate) replay: Option<Replay>,
    /// The attempt whose tape this is.
    pub(crate) attempt: Option<u32>,
    /// Everything but what programs printed.
    pub(crate) events: Vec<Stamped>,
    pub(crate) progress: Progress,
    pub(crate) logs: BTreeMap<String, Log>,
    /// The clock when the run began.
    pub(crate) began: Duration,
    /// Since it began, as far as is known.
    pub(crate) at: Duration,
    /// When the check that is running was started.
    pub(crate) check_began: Duration,
    pub(crate) selected: usize,
    pub(crate) pane: Pane,
    /// The pane beside the checks, where there is room for both.
    pub(crate) beside: Pane,
    /// How far the text of the pane is scrolled.
    pub(crate) top: usize,
    pub(crate) view: LogView,
    /// How often it was asked to stop.
    pub(crate) stops: u32,
    /// None while it goes on.
    pub(crate) over: Option<Result<Kept, Trouble>>,
    pub(crate) hint: Option<Box<Hint>>,
}

/// What a part of the run's screen shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Pane {
    Checks,
    /// The check that is selected, in full.
    Check,
    Hint,
    /// What happened so far, as the plain report tells it.
    Report,
    Log(String),
}

/// The rest of a tape that is being played.
#[derive(Debug)]
pub(crate) struct Replay {
    pub(crate) rest: VecDeque<Stamped>,
}

/// What became of the attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    /// Its number; none where it could not be kept, and `troubles` says why.
    pub(crate) attempt: Option<u32>,
    pub(crate) was: Option<Tally>,
    /// It passes the lab.
    pub(crate) passes: bool,
    pub(crate) troubles: Vec<String>,
}

impl Run {
    /// A run that was asked for.
    pub(crate) fn new(lab: String, clock: Duration) -> Self {
        Self {
            lab,
            replay: None,
            attempt: None,
            events: Vec::new(),
            progress: Progress::default(),
            logs: BTreeMap::new(),
            began: clock,
            at: Duration::ZERO,
            check_began: Duration::ZERO,
            selected: 0,
            pane: Pane::Checks,
            beside: Pane::Report,
            top: 0,
            view: LogView::default(),
            stops: 0,
            over: None,
            hint: None,
        }
    }

    /// A tape to be played.
    pub(crate) fn of_tape(lab: String, attempt: u32, tape: Vec<Stamped>, clock: Duration) -> Self {
        Self {
            replay: Some(Replay { rest: tape.into() }),
            attempt: Some(attempt),
            ..Self::new(lab, clock)
        }
    }

    /// The bench is at work.
    pub(crate) fn is_live(&self) -> bool {
        self.attempt.is_none() && self.over.is_none()
    }

    /// Takes one event in.
    pub(crate) fn apply(&mut self, at: Duration, event: GradeEvent) {
        self.at = self.at.max(at);
        self.progress.apply(&event);
        self.note_in_logs(&event);
        if let GradeEvent::ProgramOutput {
            program,
            stream,
            text,
            dropped,
            ..
        } = event
        {
            let log = self.logs.entry(program).or_default();
            let before = log.len();
            log.print(stream, &text, dropped);
            let more = log.len().saturating_sub(before);
            // Whoever has scrolled up goes on reading the same lines.
            if self.view.up > 0 && self.shows_log_that_grew(before) {
                self.view.up += more;
            }
            return;
        }
        if let GradeEvent::CheckStarted { check } = &event {
            self.check_began = at;
            if !self.has_looked()
                && let Some(place) = self.place_of(check)
            {
                self.selected = place;
            }
        }
        let is_end = matches!(event, GradeEvent::RunFinished { .. });
        self.events.push(Stamped::new(at, event));
        if is_end {
            self.look_at_first_failure();
        }
    }

    fn shows_log_that_grew(&self, before: usize) -> bool {
        let Pane::Log(program) = &self.pane else {
            return false;
        };
        self.logs.get(program).is_some_and(|log| log.len() > before)
    }

    /// What the bench did to the programs stands between what they printed.
    fn note_in_logs(&mut self, event: &GradeEvent) {
        if let GradeEvent::CheckStarted { check } = event {
            for log in self.logs.values_mut() {
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
    }

    fn place_of(&self, check: &str) -> Option<usize> {
        let mut checks = self.progress.checks.iter();
        checks.position(|state| state.check.id == check)
    }

    /// The selection stays where a person has put it.
    fn has_looked(&self) -> bool {
        self.pane != Pane::Checks
    }

    fn look_at_first_failure(&mut self) {
        let first = self.failures().next();
        if let Some(first) = first.filter(|_| !self.has_looked()) {
            self.selected = first;
            self.beside = Pane::Check;
        }
    }

    pub(crate) fn state_here(&self) -> Option<&CheckState> {
        self.progress.checks.get(self.selected)
    }

    /// The check that is selected with its verdict, where that is told in full.
    pub(crate) fn failure_here(&self) -> Option<(&PlannedCheck, &Verdict)> {
        let state = self.state_here()?;
        verdict_in_full(state).map(|verdict| (&state.check, verdict))
    }

    /// The places of the checks whose verdicts are told in full.
    pub(crate) fn failures(&self) -> impl DoubleEndedIterator<Item = usize> {
        let checks = self.progress.checks.iter().enumerate();
        checks
            .filter(|(_, state)| verdict_in_full(state).is_some())
            .map(|(place, _)| place)
    }

    /// The line that shows the selected failure again.
    pub(crate) fn reproduce(&self) -> Option<String> {
        let (check, _) = self.failure_here()?;
        let run = self.progress.run.as_ref()?;
        Some(failure::reproduce(run, check))
    }

    /// The panes there are, in the order of Tab.
    pub(crate) fn panes(&self) -> Vec<Pane> {
        let mut panes = vec![Pane::Checks, Pane::Check];
        if self.hint.is_some() {
            panes.push(Pane::Hint);
        }
        panes.push(Pane::Report);
        panes.extend(self.logs.keys().cloned().map(Pane::Log));
        panes
    }

    /// Shows a pane.
    pub(crate) fn show(&mut self, pane: Pane) {
        if pane != Pane::Checks {
            self.beside = pane.clone();
        }
        self.pane = pane;
        self.top = 0;
        self.view.up = 0;
        self.view.search = None;
    }

    /// What is going on before the checks, between and behind them; nothing while a check runs.
    pub(crate) fn doing(&self) -> Option<String> {
        let last = self
            .events
            .iter()
            .rev()
            .find_map(|stamped| doing(&stamped.event));
        let words = last.unwrap_or_else(|| "planning".to_owned());
        Some(words).filter(|words| !words.is_empty())
    }
}

fn verdict_in_full(state: &CheckState) -> Option<&Verdict> {
    let Step::Settled { verdict, .. } = &state.step else {
        return None;
    };
    matches!(verdict, Verdict::Failed(_) | Verdict::Unsettled(_)).then_some(verdict)
}

/// What an event says of what is going on: empty where nothing is, none where it does not say.
fn doing(event: &GradeEvent) -> Option<String> {
    match event {
        GradeEvent::BuildStarted { program, .. } => Some(format!("building {program}")),
        GradeEvent::ServiceStarting { service, .. } => Some(format!("starting {service}")),
        GradeEvent::SetupStarted { .. } => Some("setup".to_owned()),
        GradeEvent::ProgramStarting { program, .. } => Some(format!("starting {program}")),
        GradeEvent::Interrupted { kill: false } => Some("stopping".to_owned()),
        GradeEvent::Interrupted { kill: true } => Some("killing".to_owned()),
        GradeEvent::Held { check, .. } => Some(format!("held at {check}")),
        GradeEvent::CheckStarted { .. }
        | GradeEvent::ProgramReady { .. }
        | GradeEvent::RunFinished { .. } => Some(String::new()),
        GradeEvent::RunStarted(_)
        | GradeEvent::BuildFinished { .. }
        | GradeEvent::ServiceReady { .. }
        | GradeEvent::ServiceLost { .. }
        | GradeEvent::ServiceStopped { .. }
        | GradeEvent::SetupFinished { .. }
        | GradeEvent::ProgramNotReady { .. }
        | GradeEvent::ProgramOutput { .. }
        | GradeEvent::ProgramStopped { .. }
        | GradeEvent::CheckFinished { .. }
        | GradeEvent::Note { .. }
        | GradeEvent::Unknown => None,
    }
}
