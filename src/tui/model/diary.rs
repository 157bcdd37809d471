//! The attempts on a lab, and the one that is looked at.

use crate::report::history::{AttemptRow, History};

/// The diary's screen.
#[derive(Debug)]
pub(crate) struct Diary {
    pub(crate) lab: String,
    /// None while it is being read.
    pub(crate) history: Option<Box<History>>,
    pub(crate) selected: usize,
    /// The attempt that others are compared with.
    pub(crate) marked: Option<u32>,
}

impl Diary {
    pub(crate) fn new(lab: String) -> Self {
        Self {
            lab,
            history: None,
            selected: 0,
            marked: None,
        }
    }

    pub(crate) fn rows(&self) -> &[AttemptRow] {
        self.history
            .as_ref()
            .map_or(&[], |history| history.rows.as_slice())
    }

    pub(crate) fn here(&self) -> Option<&AttemptRow> {
        self.rows().get(self.selected)
    }

    /// The two attempts that Enter compares: the marked one, else the one before, and the selected.
    pub(crate) fn pair(&self) -> Option<(u32, u32)> {
        let here = self.here()?.attempt;
        let other = match self.marked {
            Some(marked) if marked != here => marked,
            Some(_) => return None,
            None => here.checked_sub(1).filter(|before| *before > 0)?,
        };
        Some((other.min(here), other.max(here)))
    }
}
