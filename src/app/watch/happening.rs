//! The words of the machine that says when a save is graded: what happens, and what is to be done.

use std::path::PathBuf;

use crate::workspace::Saved;

/// How saves are noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The system tells of them.
    Events,
    /// The folder is looked at every now and then.
    Poll,
    /// Not at all: only a word grades.
    Manual,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happening {
    /// The system told that something stirs in the folder.
    Stir,
    /// The system can tell nothing any more.
    Deaf,
    /// [`Deed::Look`] was done.
    Looked(Sight),
    /// [`Deed::Start`] was done and is over.
    Ended(End),
    /// The learner asked for a run now.
    Asked,
    /// ^C: once winds a run down, twice kills it.
    Interrupted,
    /// Nobody is there any more who could ask.
    Hushed,
}

/// What a look at the folder shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sight {
    /// What was saved since the look before; perhaps nothing.
    There(Vec<Saved>),
    /// There is no folder.
    Gone,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// To its end, told or refused with a reason.
    Over,
    /// Somebody else runs in this workspace: try again.
    Busy,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    Look,
    /// Grade; these were saved since the last run.
    Start(Vec<PathBuf>),
    /// Tell the run to end: once winds down, twice kills.
    Stop,
    Tell(Said),
    /// It is over; whether a run was cut off.
    End {
        cut: bool,
    },
}

/// What the learner is told between runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// The next save is waited for.
    Waiting,
    /// These were saved while a run went on: it ends, and they are graded.
    Newer(Vec<PathBuf>),
    /// ^C: the run ends now.
    Stopping,
    /// The folder was deleted.
    Gone,
    /// It is there again.
    Back,
    /// Events do not come; the folder is looked at instead.
    Deaf,
    /// This is written by the program whenever it runs, so it counts as a save only between runs.
    Own(PathBuf),
}
