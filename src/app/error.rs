//! What can go wrong where the rooms meet.

use std::{fmt, io, path::PathBuf};

use super::scope::ScopeError;
use crate::{
    curriculum::{CurriculumError, NameError},
    workspace::WorkspaceError,
};

/// An error of one of the rooms, or of their meeting.
#[derive(Debug)]
pub enum AppError {
    Workspace(WorkspaceError),
    Curriculum(CurriculumError),
    Scope(ScopeError),
    /// `--only` names no check of this lab.
    Check {
        lab: String,
        error: NameError,
    },
    /// The lab is open in the curriculum and this release has no grader for it.
    NoGrader {
        lab: String,
    },
    /// A `--curriculum` that is not the one the workspace was made for.
    OtherCurriculum {
        wants: String,
        has: String,
    },
    /// No starter in this language.
    NoStarter {
        lab: String,
        language: String,
        there: Vec<String>,
    },
    /// `mastery demo` found none of the toolchains it can use.
    NoToolchain,
    /// The machine: a file or folder of ours.
    Io {
        doing: &'static str,
        path: PathBuf,
        error: io::Error,
    },
    /// No runtime or no signals to be had.
    Runtime(io::Error),
}

impl fmt::Display for AppError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Workspace(error) => error.fmt(f),
            Self::Curriculum(error) => error.fmt(f),
            Self::Scope(error) => error.fmt(f),
            Self::Check {
                lab,
                error: NameError::Unknown { text, did_you_mean },
            } => {
                write!(f, "`{lab}` has no check `{text}`")?;
                match did_you_mean {
                    Some(meant) => write!(f, "; did you mean `{meant}`?"),
                    None => f.write_str("."),
                }
            }
            Self::Check {
                error: error @ NameError::Ambiguous { .. },
                ..
            } => write!(f, "{error}."),
            Self::NoGrader { lab } => {
                write!(
                    f,
                    "The curriculum opens `{lab}`, but this release has no grader for it."
                )
            }
            Self::OtherCurriculum { wants, has } => write!(
                f,
                "This workspace follows the curriculum `{wants}`, and what was opened is `{has}`."
            ),
            Self::NoStarter {
                lab,
                language,
                there,
            } => write!(
                f,
                "`{lab}` has no starter in {language} yet; there is one in {}.",
                there.join(", ")
            ),
            Self::NoToolchain => {
                f.write_str("The demo needs Python 3.10 or Go 1.22, and found neither.")
            }
            Self::Io { doing, path, error } => {
                write!(f, "{doing} `{}` failed: {error}.", path.display())
            }
            Self::Runtime(error) => write!(f, "The run could not be set up: {error}."),
        }
    }
}

impl std::error::Error for AppError {}

impl AppError {
    /// What to do next.
    pub fn hints(&self) -> Vec<String> {
        match self {
            Self::Workspace(error) => error.hints(),
            Self::Scope(error) => error.hints(),
            Self::Check { lab, .. } => {
                vec![format!("`mastery progress {lab}` lists its checks.")]
            }
            Self::NoGrader { .. } => vec!["Update mastery.".to_owned()],
            Self::OtherCurriculum { .. } => {
                vec!["Change `curriculum` in mastery.toml, or leave `--curriculum` out.".to_owned()]
            }
            Self::NoStarter { lab, .. } => vec![format!(
                "`mastery start {lab} --lang other` lays out the contract and a submission.toml for any language."
            )],
            Self::NoToolchain => {
                vec!["`mastery doctor` says what is there and what to do.".to_owned()]
            }
            Self::Io { .. } | Self::Runtime(_) | Self::Curriculum(_) => Vec::new(),
        }
    }
}

impl From<WorkspaceError> for AppError {
    fn from(error: WorkspaceError) -> Self {
        Self::Workspace(error)
    }
}

impl From<CurriculumError> for AppError {
    fn from(error: CurriculumError) -> Self {
        Self::Curriculum(error)
    }
}

impl From<ScopeError> for AppError {
    fn from(error: ScopeError) -> Self {
        Self::Scope(error)
    }
}
