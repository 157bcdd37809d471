//! What comes in, and what is to be done.

use std::time::Duration;

use crossterm::event::{KeyEvent, MouseEvent};
use mastery_kit::verdict::Stream;

use super::model::{Course, Kept, LabTexts, Services};
use crate::{
    grading::event::{GradeEvent, Stamped},
    report::{comparison::Comparison, hint::Hint, history::History},
};

/// Something that happened.
#[derive(Debug)]
pub(crate) enum Msg {
    Key(KeyEvent),
    Mouse(MouseEvent),
    Paste(String),
    Resize {
        columns: u16,
        rows: u16,
    },
    /// Time went on: since the tutor was opened, and in seconds since 1970.
    Tick {
        at: Duration,
        now: i64,
    },
    /// A signal asks us to end.
    Ended,
    Course(Result<Box<Course>, Trouble>),
    Lab {
        lab: String,
        texts: Box<LabTexts>,
    },
    Services(Services),
    Started {
        lab: String,
        told: Result<Vec<String>, Trouble>,
    },
    /// An event of the run that is going on, with its time since the run began.
    Grade {
        at: Duration,
        event: Box<GradeEvent>,
    },
    /// A service of the run that is going on said these whole lines.
    Said {
        service: String,
        stream: Stream,
        text: String,
    },
    /// The run is over; the attempt is kept, or it never began.
    Graded(Result<Kept, Trouble>),
    /// A watch goes on.
    Watch(Watched),
    Hint(Result<Box<Hint>, Trouble>),
    History(Result<Box<History>, Trouble>),
    Comparison(Result<Box<Comparison>, Trouble>),
    Tape {
        lab: String,
        attempt: u32,
        tape: Result<Vec<Stamped>, Trouble>,
    },
    Restored {
        lab: String,
        told: Result<Vec<String>, Trouble>,
    },
    /// The editor has given the terminal back, or was never there.
    Edited(Result<(), Trouble>),
    /// An address was opened; or this one was not, for nothing here does it.
    Opened(Result<(), String>),
    /// Something could not be done that nothing waits for.
    Failed(Trouble),
}

/// What a watch tells. Its runs are told as every run is.
#[derive(Debug)]
pub(crate) enum Watched {
    /// What services do that come up first.
    Warming(String),
    /// A run begins; these were saved since the last one began.
    Begins(Vec<String>),
    /// The next save is waited for.
    Waits,
    /// These were saved during the run: it ends.
    Newer(Vec<String>),
    /// Another command has the workspace; the run waits for it.
    Busy,
    /// The folder is not there any more.
    Gone,
    /// It is there again.
    Back,
    /// Something worth knowing that changes nothing.
    Aside(String),
    Over(Result<(), Trouble>),
}

/// Something to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cmd {
    ReadCourse,
    ReadLab(String),
    /// What is kept up of the services.
    ReadServices,
    Start(String),
    Edit {
        lab: String,
        /// A file of the lab; none: what the program is started from.
        file: Option<String>,
    },
    Grade(String),
    /// Services and programs, until they are stopped.
    Serve(String),
    /// A run at once and one for each save, until it is stopped.
    Watch(String),
    /// Grades what is watched now, without a save.
    Nudge,
    /// Ends the watch: in a run once winds down, twice kills.
    StopWatch,
    /// Once winds the run down, twice kills.
    Stop,
    TakeHint {
        lab: String,
        check: String,
    },
    ReadHistory(String),
    Compare {
        lab: String,
        from: u32,
        /// None: the folder as it is.
        to: Option<u32>,
    },
    ReadTape {
        lab: String,
        attempt: u32,
    },
    Restore {
        lab: String,
        attempt: u32,
    },
    /// An address, in the learner's browser.
    OpenLink(String),
    /// Into the clipboard of whoever sits before the terminal.
    Copy(String),
    Quit,
}

/// What went wrong, and what to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Trouble {
    pub(crate) text: String,
    pub(crate) hints: Vec<String>,
}
