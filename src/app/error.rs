//! What can go wrong where the rooms meet.

use std::{fmt, io, path::PathBuf};

use mastery_kit::{service::fetch::FetchError, verdict::BenchError};

use super::{hint::NoHint, problem::ProblemError, scope::ScopeError, sync::SyncError};
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
    /// Nothing was graded yet, so there is nothing to look back on.
    NoAttempts {
        lab: String,
    },
    /// There are fewer attempts than that.
    NoAttempt {
        lab: String,
        number: u32,
        there: u32,
    },
    /// An attempt without its code: its run was killed, and what it graded is gone.
    NoCode {
        lab: String,
        number: u32,
    },
    /// The lab's folder is not there to be compared.
    NoFolder {
        lab: String,
        place: String,
    },
    /// There is no hint to give.
    NoHint {
        lab: String,
        why: NoHint,
    },
    /// Solutions are shown after a pass.
    NotPassed {
        lab: String,
        tried: bool,
    },
    /// No reference in this language.
    NoSolution {
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
    /// There is a file of somebody else's where a page is to go.
    NotOurPage {
        path: PathBuf,
    },
    /// The folder that a page is to go to is not there.
    NoPlace {
        folder: PathBuf,
    },
    /// A service could not be fetched.
    Fetch(FetchError),
    /// No problem report could be made.
    Problem(ProblemError),
    /// Attempts could not travel.
    Sync(SyncError),
    /// A service cannot be had, or another part of the bench.
    Bench(BenchError),
    /// No service was named, and no open lab needs one.
    NoService,
    /// Nothing was ever kept of these services here.
    NoLog {
        what: String,
    },
    /// No runtime or no signals to be had.
    Runtime(io::Error),
}

impl fmt::Display for AppError {
    #[expect(
        clippy::too_many_lines,
        reason = "an arm for each error, and each is a sentence"
    )]
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
            Self::NoAttempts { lab } => write!(f, "`{lab}` has no attempt yet."),
            Self::NoAttempt { lab, number, there } => write!(
                f,
                "`{lab}` has no attempt {number}; the last one is {there}."
            ),
            Self::NoCode { lab, number } => write!(
                f,
                "Attempt {number} on `{lab}` holds no code: its run was killed, and git has cleared away what it graded."
            ),
            Self::NoFolder { place, .. } => write!(f, "{place} is not there."),
            Self::NoHint { lab, why } => why.write(lab, f),
            Self::NotPassed { lab, tried } => {
                let so_far = if *tried {
                    "is not passed yet"
                } else {
                    "has no attempt yet"
                };
                write!(
                    f,
                    "`{lab}` {so_far}, and its solutions are shown after a pass: read before, they take away what you would have learnt."
                )
            }
            Self::NoSolution {
                lab,
                language,
                there,
            } if there.is_empty() => {
                write!(
                    f,
                    "`{lab}` has no solution to show, not even in {language}."
                )
            }
            Self::NoSolution {
                lab,
                language,
                there,
            } => write!(
                f,
                "`{lab}` has no solution in {language}; there is one in {}.",
                there.join(", ")
            ),
            Self::NoToolchain => {
                f.write_str("The demo needs Python 3.10 or Go 1.22, and found neither.")
            }
            Self::Io { doing, path, error } => {
                write!(f, "{doing} `{}` failed: {error}.", path.display())
            }
            Self::NotOurPage { path } => write!(
                f,
                "`{}` is there already and is no page of progress, so it stays as it is.",
                path.display()
            ),
            Self::NoPlace { folder } => write!(
                f,
                "There is no folder `{}` to write into.",
                folder.display()
            ),
            Self::Fetch(error) => error.fmt(f),
            Self::Problem(error) => error.fmt(f),
            Self::Sync(error) => error.fmt(f),
            Self::Bench(error) => f.write_str(&error.why),
            Self::NoService => f.write_str("No open lab needs a service."),
            Self::NoLog { what } => write!(f, "This workspace has no log of {what}."),
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
            Self::NoAttempts { lab } => {
                vec![format!("`mastery grade {lab}` makes the first.")]
            }
            Self::NoAttempt { lab, .. } | Self::NoCode { lab, .. } => {
                vec![format!("`mastery history {lab}` lists its attempts.")]
            }
            Self::NoFolder { lab, .. } => vec![format!(
                "`mastery restore {lab} ATTEMPT` brings one back, `mastery start {lab}` begins anew."
            )],
            Self::NoHint { lab, why } => why.hints(lab),
            Self::NotPassed { lab, .. } => vec![
                format!("`mastery grade {lab}` passes it when every required check holds."),
                format!(
                    "`mastery hint --lab {lab}` gives the next hint on what fails; it costs nothing."
                ),
            ],
            Self::NoSolution { there, .. } if there.is_empty() => Vec::new(),
            Self::NoSolution { lab, there, .. } => vec![format!(
                "`mastery solution {lab} --lang {}` shows that one.",
                there[0]
            )],
            Self::NotOurPage { .. } => vec![
                "Name another file, or take this one away; `--html -` writes to standard output."
                    .to_owned(),
            ],
            Self::NoPlace { folder } => vec![format!("mkdir -p {}", folder.display())],
            Self::Fetch(error) => vec![sentence(&error.deed())],
            Self::Problem(error) => error.hints(),
            Self::Sync(error) => error.hints(),
            Self::Bench(error) => error.unlock.clone().into_iter().collect(),
            Self::NoService => {
                vec!["Name what you want: `mastery services up postgres`.".to_owned()]
            }
            Self::NoLog { .. } => {
                vec!["`mastery services up` starts them, and then they have one.".to_owned()]
            }
            Self::Io { .. } | Self::Runtime(_) | Self::Curriculum(_) => Vec::new(),
        }
    }
}

/// A deed as a sentence of its own.
fn sentence(deed: &str) -> String {
    let mut letters = deed.chars();
    let first = letters
        .next()
        .map(|letter| letter.to_uppercase().to_string());
    format!("{}{}.", first.unwrap_or_default(), letters.as_str())
}

impl From<BenchError> for AppError {
    fn from(error: BenchError) -> Self {
        Self::Bench(error)
    }
}

impl From<FetchError> for AppError {
    fn from(error: FetchError) -> Self {
        Self::Fetch(error)
    }
}

impl From<ProblemError> for AppError {
    fn from(error: ProblemError) -> Self {
        Self::Problem(error)
    }
}

impl From<SyncError> for AppError {
    fn from(error: SyncError) -> Self {
        Self::Sync(error)
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
