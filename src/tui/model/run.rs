//! A run as it is watched: live, or played from its tape. Everything is folded from its events.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use mastery_kit::verdict::Verdict;

use super::{Kept, Log, LogView};
use crate::{
    grading::{
        event::{GradeEvent, PlannedCheck, Stamped},
        progress::{CheckState, Progress, Step},
    },
    report::{failure, hint::Hint},
    tui::msg::Trouble,
};

/// The run's screen.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) lab: String,
    pub(crate) aim: Aim,
    /// Played from this attempt's tape.
    pub(crate) replay: Option<Replay>,
    /// The attempt whose tape this is.
    pub(crate) attempt: Option<u32>,
    /// Everything but what programs printed.
    pub(crate) events: Vec<Stamped>,
    pub(crate) progress: Progress,
    pub(crate) logs: BTreeMap<String, Log>,
    /// What services said, and what became of them.
    pub(crate) services: BTreeMap<String, Log>,
    /// The clock when the run began.
    pub(crate) began: Duration,
    /// Since it began, as far as is known.
    pub(crate) at: Duration,
    /// When the check that is running was started.
    pub(crate) check_began: Duration,
    pub(crate) selected: usize,
    /// The program whose log was looked at last.
    last_log: Option<String>,
    /// The check to be selected as soon as the plan is known.
    wanted: Option<String>,
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

/// What a run is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Aim {
    /// Checks, and an attempt.
    Grade,
    /// Services and programs are up to be looked at; nothing is checked.
    Serve,
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

impl Run {
    /// A run that was asked for.
    pub(crate) fn new(lab: String, clock: Duration) -> Self {
        Self {
            lab,
            aim: Aim::Grade,
            replay: None,
            attempt: None,
            events: Vec::new(),
            progress: Progress::default(),
            logs: BTreeMap::new(),
            services: BTreeMap::new(),
            began: clock,
            at: Duration::ZERO,
            check_began: Duration::ZERO,
            selected: 0,
            last_log: None,
            wanted: None,
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

    /// Services and programs alone.
    pub(crate) fn served(lab: String, clock: Duration) -> Self {
        Self {
            aim: Aim::Serve,
            beside: Pane::Report,
            ..Self::new(lab, clock)
        }
    }

    /// The run after this one in a watch: looked at as this one is.
    pub(crate) fn again(&self, clock: Duration) -> Self {
        let mut next = Self::new(self.lab.clone(), clock);
        // Why there was no run is no place to stay at.
        if matches!(self.over, Some(Err(_))) {
            return next;
        }
        next.pane = self.pane.clone();
        if next.pane == Pane::Hint {
            next.pane = Pane::Check;
        }
        if let Pane::Log(_) = next.pane {
            next.beside = next.pane.clone();
            let empty = |logs: &BTreeMap<String, Log>| {
                let names = logs.keys().cloned();
                names.map(|name| (name, Log::default())).collect()
            };
            next.logs = empty(&self.logs);
            next.services = empty(&self.services);
        }
        if next.has_looked() {
            next.wanted = self.state_here().map(|state| state.check.id.clone());
        }
        next.view.wraps = self.view.wraps;
        next.last_log.clone_from(&self.last_log);
        next
    }

    /// The bench is at work.
    pub(crate) fn is_live(&self) -> bool {
        self.attempt.is_none() && self.over.is_none()
    }

    /// It is over, and an attempt of the diary.
    pub(crate) fn is_kept(&self) -> bool {
        let kept = self.over.as_ref().and_then(|over| over.as_ref().ok());
        kept.is_some_and(|kept| kept.attempt.is_some())
    }

    /// Takes one event in.
    pub(crate) fn apply(&mut self, at: Duration, event: GradeEvent) {
        self.at = self.at.max(at);
        self.progress.apply(&event);
        if matches!(event, GradeEvent::RunStarted(_))
            && let Some(check) = self.wanted.take()
        {
            self.selected = self.place_of(&check).unwrap_or(0);
        }
        self.note_in_logs(&event);
        if let GradeEvent::ProgramOutput {
            program,
            stream,
            text,
            dropped,
            ..
        } = event
        {
            self.printed(&program, stream, &text, dropped);
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
    fn reproduce(&self) -> Option<String> {
        let (check, _) = self.failure_here()?;
        let run = self.progress.run.as_ref()?;
        Some(failure::reproduce(run, check))
    }

    /// Where everything is that is up, and lines to type, each by its name.
    pub(crate) fn addresses(&self) -> Option<&BTreeMap<String, String>> {
        let events = self.events.iter().rev();
        let mut held = events.filter_map(|stamped| {
            let GradeEvent::Held { addresses, .. } = &stamped.event else {
                return None;
            };
            Some(addresses)
        });
        held.next()
    }

    /// What can be selected in the first pane.
    pub(crate) fn rows(&self) -> usize {
        match self.aim {
            Aim::Grade => self.progress.checks.len(),
            Aim::Serve => self.addresses().map_or(0, BTreeMap::len),
        }
    }

    /// What is to be copied: the line that shows the selected failure again, or the selected address.
    pub(crate) fn to_copy(&self) -> Option<String> {
        match self.aim {
            Aim::Grade => self.reproduce(),
            Aim::Serve => self.addresses()?.values().nth(self.selected).cloned(),
        }
    }

    /// The panes there are, in the order of Tab.
    pub(crate) fn panes(&self) -> Vec<Pane> {
        let mut panes = match self.aim {
            Aim::Grade => vec![Pane::Checks, Pane::Check],
            Aim::Serve => vec![Pane::Checks],
        };
        if self.hint.is_some() {
            panes.push(Pane::Hint);
        }
        panes.push(Pane::Report);
        panes.extend(self.logs.keys().cloned().map(Pane::Log));
        let services = self.services.keys();
        let services = services.filter(|name| !self.logs.contains_key(*name));
        panes.extend(services.cloned().map(Pane::Log));
        panes
    }

    /// The program or service whose log stands below the pane: the one that was looked at last, else the first.
    pub(crate) fn log_below(&self) -> Option<&str> {
        let looked_at = self
            .last_log
            .as_ref()
            .filter(|name| self.log(name).is_some());
        looked_at
            .or_else(|| self.logs.keys().next())
            .map(String::as_str)
    }

    /// Shows a pane.
    pub(crate) fn show(&mut self, pane: Pane) {
        if let Pane::Log(program) = &pane {
            self.last_log = Some(program.clone());
        }
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
        GradeEvent::Held { check, .. } if check.is_empty() => Some("everything is up".to_owned()),
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
