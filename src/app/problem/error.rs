//! Why no report of a problem could be made.

use std::{fmt, path::PathBuf};

/// A mistake of whoever asked for the report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProblemError {
    /// The lab has no attempt of this number.
    NoAttempt {
        lab: String,
        number: u32,
        last: Option<u32>,
    },
    /// Something stands in the folder that was named.
    InTheWay { path: PathBuf },
}

impl ProblemError {
    /// What to do next.
    pub fn hints(&self) -> Vec<String> {
        match self {
            Self::NoAttempt { lab, last, .. } => vec![match last {
                Some(_) => format!("`mastery progress {lab}` shows how far it is."),
                None => format!("`mastery grade {lab}` makes the first."),
            }],
            Self::InTheWay { .. } => {
                vec!["Name a folder that is not there yet, or leave `--output` out.".to_owned()]
            }
        }
    }
}

impl fmt::Display for ProblemError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoAttempt {
                lab,
                number,
                last: Some(last),
            } => write!(f, "`{lab}` has no attempt {number}; the last is {last}."),
            Self::NoAttempt {
                lab, last: None, ..
            } => {
                write!(f, "`{lab}` has no attempts yet.")
            }
            Self::InTheWay { path } => write!(f, "{} holds something already.", path.display()),
        }
    }
}

impl std::error::Error for ProblemError {}
