//! Why nothing could be proved. A proof that does not hold is no error but a result.

use std::{fmt, io, path::PathBuf};

use crate::curriculum::{CurriculumError, NameError, rules::Finding};

/// What stood in the way of proving.
#[derive(Debug)]
pub enum ProofError {
    /// Not in the project's source tree.
    NoCheckout { from: PathBuf },
    /// The curriculum cannot be read.
    Curriculum(Box<CurriculumError>),
    /// No lab, or no variant, has this name.
    Name(NameError),
    /// The lab has no grader: it is planned, or only in the texts.
    NoGrader { lab: String },
    /// Heads, folders or names of variants are not as they must be.
    Variants(Vec<Finding>),
    /// What was asked for makes no sense.
    Usage(String),
    /// ^C.
    Interrupted,
    /// Disk, processes: not what is proved.
    Bench { what: String, source: io::Error },
}

/// Whose fault it is that nothing was proved; an exit code follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProofFault {
    User,
    Curriculum,
    Bench,
    Interrupted,
}

impl ProofError {
    pub(super) fn bench(what: impl Into<String>, source: io::Error) -> Self {
        Self::Bench {
            what: what.into(),
            source,
        }
    }

    /// Whose fault it is.
    pub fn fault(&self) -> ProofFault {
        match self {
            Self::NoCheckout { .. } | Self::Name(_) | Self::Usage(_) => ProofFault::User,
            Self::Curriculum(_) | Self::NoGrader { .. } | Self::Variants(_) => {
                ProofFault::Curriculum
            }
            Self::Interrupted => ProofFault::Interrupted,
            Self::Bench { .. } => ProofFault::Bench,
        }
    }
}

impl fmt::Display for ProofError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoCheckout { from } => write!(
                f,
                "{} is in no checkout of mastery. Mutants, unusual variants and bad manners are not \
                 shipped: proving needs the project's source tree.",
                from.display()
            ),
            Self::Curriculum(error) => error.fmt(f),
            Self::Name(error) => error.fmt(f),
            Self::NoGrader { lab } => {
                write!(f, "`{lab}` has no grader, so there is nothing to prove.")
            }
            Self::Variants(findings) => {
                let lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
                f.write_str(&lines.join("\n"))
            }
            Self::Usage(what) => f.write_str(what),
            Self::Interrupted => f.write_str("Interrupted."),
            Self::Bench { what, source } => write!(f, "{what}: {source}."),
        }
    }
}

impl std::error::Error for ProofError {}

impl From<NameError> for ProofError {
    fn from(error: NameError) -> Self {
        Self::Name(error)
    }
}
