//! What the tutor knows: everything that is drawn, and nothing else.

mod course;
mod diary;
mod kept;
mod lab;
mod log;
mod logs;
mod run;
mod services;
mod watch;

use std::time::Duration;

pub(crate) use self::{
    course::{Course, Entry, Tried, UnitText},
    diary::Diary,
    kept::{Kept, Unkept},
    lab::{CheckTold, Lab, LabTab, LabTexts, Leads, Link},
    log::{Log, LogView, Said},
    run::{Aim, Pane, Run},
    services::{Services, Warmth},
    watch::{Standing, Watch},
};
use super::msg::{Cmd, Trouble};
use crate::report::{comparison::Comparison, words::Style};

/// The whole of it.
#[derive(Debug)]
pub(crate) struct Model {
    /// What the terminal can show; its width is the terminal's.
    pub(crate) style: Style,
    pub(crate) rows: u16,
    /// Since the tutor was opened.
    pub(crate) clock: Duration,
    /// Seconds since 1970.
    pub(crate) now: i64,
    pub(crate) screen: Screen,
    /// Where Escape leads back to, the nearest last.
    pub(crate) behind: Vec<Screen>,
    pub(crate) course: Course,
    /// Which unit is selected on the map, counted over all weeks.
    pub(crate) selected: usize,
    pub(crate) lab: Option<Lab>,
    pub(crate) run: Option<Run>,
    /// A lab is graded at each save.
    pub(crate) watch: Option<Watch>,
    /// None while it was not read.
    pub(crate) services: Option<Services>,
    pub(crate) diary: Option<Diary>,
    pub(crate) comparison: Option<Comparison>,
    /// How far the text of the screens without a state of their own is scrolled.
    pub(crate) top: usize,
    pub(crate) prompt: Option<Prompt>,
    pub(crate) question: Option<Question>,
    pub(crate) notice: Option<Notice>,
    /// Left as soon as the run is over.
    pub(crate) is_leaving: bool,
}

/// What fills the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Screen {
    Map,
    Lab,
    Run,
    History,
    Comparison,
    Progress,
    Help,
}

/// A line that is being typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Prompt {
    pub(crate) text: String,
    /// Which of the things found is selected, where there is a list.
    pub(crate) selected: usize,
}

/// Something that is not done before it is confirmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Question {
    Restore { lab: String, attempt: u32 },
    LeaveRun,
}

/// What is told beside everything else, until the next key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Notice {
    Told(Vec<String>),
    Trouble(Trouble),
}

impl Model {
    /// The tutor as it opens: the map, before anything of the record was read.
    pub(crate) fn new(course: Course, style: Style, rows: u16, lab: Option<&str>) -> Self {
        let selected = lab.and_then(|lab| course.position(lab));
        Self {
            style,
            rows,
            clock: Duration::ZERO,
            now: 0,
            screen: Screen::Map,
            behind: Vec::new(),
            selected: selected.unwrap_or(0),
            course,
            lab: None,
            run: None,
            watch: None,
            services: None,
            diary: None,
            comparison: None,
            top: 0,
            prompt: None,
            question: None,
            notice: None,
            is_leaving: false,
        }
    }

    /// Goes to a screen; Escape leads back.
    pub(crate) fn go(&mut self, screen: Screen) {
        if self.screen != screen {
            self.behind.retain(|one| *one != screen);
            self.behind.push(self.screen);
            self.screen = screen;
        }
        self.top = 0;
    }

    /// Goes back; on the map there is nowhere to go to.
    pub(crate) fn back(&mut self) {
        if let Some(screen) = self.behind.pop() {
            self.screen = screen;
            self.top = 0;
        }
    }

    /// The lab that the screen is about.
    pub(crate) fn lab_here(&self) -> Option<&str> {
        match self.screen {
            Screen::Map | Screen::Progress | Screen::Help => self
                .course
                .unit_at(self.selected)
                .map(|unit| unit.id.as_str()),
            Screen::Lab => self.lab.as_ref().map(|lab| lab.id.as_str()),
            Screen::Run => self.run.as_ref().map(|run| run.lab.as_str()),
            Screen::History | Screen::Comparison => {
                self.diary.as_ref().map(|diary| diary.lab.as_str())
            }
        }
    }

    /// What a lab needs, and how it stands where that is known.
    pub(crate) fn services_of(&self, lab: &str) -> Option<String> {
        let needed = &self.course.texts.get(lab)?.services;
        if needed.is_empty() {
            return None;
        }
        Some(match &self.services {
            Some(services) => services.told(needed),
            None => format!("needs {}", needed.join(", ")),
        })
    }

    /// A run is going on, of checks or of programs alone: of the bench, not a tape that is played.
    pub(crate) fn is_grading(&self) -> bool {
        self.run.as_ref().is_some_and(Run::is_live)
    }

    /// Something of ours goes on that has to be ended before we leave.
    pub(crate) fn is_busy(&self) -> bool {
        self.is_grading() || self.watch.is_some()
    }

    /// Something moves by itself, so time has to be told.
    pub(crate) fn moves(&self) -> bool {
        self.run
            .as_ref()
            .is_some_and(|run| run.is_live() || run.replay.is_some())
    }

    /// Tells how something ended; what follows is done only where it ended well.
    pub(crate) fn ended(&mut self, told: Result<Vec<String>, Trouble>, then: Vec<Cmd>) -> Vec<Cmd> {
        match told {
            Ok(told) => {
                self.notice = Some(Notice::Told(told));
                then
            }
            Err(trouble) => {
                self.trouble(trouble);
                Vec::new()
            }
        }
    }

    /// Tells what went wrong until the next key.
    pub(crate) fn trouble(&mut self, trouble: Trouble) {
        self.notice = Some(Notice::Trouble(trouble));
    }

    /// Tells a sentence until the next key.
    pub(crate) fn tell(&mut self, text: impl Into<String>) {
        self.notice = Some(Notice::Told(vec![text.into()]));
    }
}
