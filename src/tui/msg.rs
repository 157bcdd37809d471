//! What comes in, and what is to be done.

use std::time::Duration;

use crossterm::event::{KeyEvent, MouseEvent};

use super::model::{Course, Kept, LabTexts};
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
    Started {
        lab: String,
        told: Result<Vec<String>, Trouble>,
    },
    /// An event of the run that is going on, with its time since the run began.
    Grade {
        at: Duration,
        event: Box<GradeEvent>,
    },
    /// The run is over; the attempt is kept, or it never began.
    Graded(Result<Kept, Trouble>),
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
    /// Something could not be done that nothing waits for.
    Failed(Trouble),
}

/// Something to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cmd {
    ReadCourse,
    ReadLab(String),
    Start(String),
    Edit {
        lab: String,
        /// A file of the lab; none: what the program is started from.
        file: Option<String>,
    },
    Grade(String),
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
