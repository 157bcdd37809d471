//! What became of a run once it was over.

use crate::grading::event::Tally;

/// What became of the attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    /// Its number; else `unkept` or `troubles` say why there is none.
    pub(crate) attempt: Option<u32>,
    pub(crate) unkept: Option<Unkept>,
    pub(crate) was: Option<Tally>,
    /// It passes the lab.
    pub(crate) passes: bool,
    pub(crate) troubles: Vec<String>,
}

/// Why a run is no attempt, where nothing went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unkept {
    /// Its verdicts are those of the last attempt.
    Same,
    /// A watch ended it, for a newer save or for good.
    CutOff,
    /// Nothing was checked.
    Served,
}

impl Kept {
    /// No attempt, and nothing went wrong.
    pub(crate) fn none(why: Unkept) -> Self {
        Self {
            attempt: None,
            unkept: Some(why),
            was: None,
            passes: false,
            troubles: Vec::new(),
        }
    }
}
