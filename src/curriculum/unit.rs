//! A lab or a challenge: what it teaches, what it needs, and what is read about each of its checks.

use std::{collections::BTreeMap, fmt, str::FromStr};

use mastery_kit::{id::LabId, spec::ServiceKind};
use serde::{Deserialize, Serialize};

use super::{NameError, resolve_name, suggest};

/// A lab or a challenge.
#[derive(Clone, Debug)]
pub struct Unit {
    pub id: LabId,
    pub kind: UnitKind,
    /// The week it belongs to, which is also the folder around it.
    pub week: LabId,
    pub title: String,
    pub goal: String,
    pub status: Status,
    /// What it becomes in the capstone: `api/orders`.
    pub component: Option<String>,
    /// Those with a starter.
    pub languages: Vec<Language>,
    pub services: Vec<ServiceKind>,
    pub isolation: Isolation,
    /// Checks the starter already passes.
    pub smoke: Vec<String>,
    /// Raised when the contract or the meaning of a check changes.
    pub revision: u32,
    /// Old check id → new one.
    pub renamed: BTreeMap<String, String>,
    /// Keys of `[options]` in a submission that only this unit knows.
    pub options: Vec<String>,
    /// Variables of the contract that are the same in every run (`MASTERY_TEST_HOOKS = "1"`).
    pub env: BTreeMap<String, String>,
    /// Kafka topics that exist for each check, by the variable that holds the name (`TOPIC`).
    pub topics: BTreeMap<String, Topic>,
    /// Variables that hold, in each check, the URL of a service which the bench plays (`LEDGER_URL`).
    pub outside: Vec<String>,
    /// In the order in which they run. Empty while the unit is planned.
    pub checks: Vec<CheckText>,
}

/// Whether a unit is one of a week's labs or its challenge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnitKind {
    Lab,
    Challenge,
}

/// Whether a unit can be started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    Open,
    /// Opens in a later release.
    Planned,
}

/// How often programs are started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Isolation {
    /// Once; checks use fresh accounts and names.
    #[default]
    Run,
    /// Anew for each check, with services of its own.
    Check,
}

/// A topic that the bench makes for each check.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Topic {
    /// The contract's name; a check's own topic begins with it.
    pub name: String,
    pub partitions: i32,
}

/// What a learner reads about a check; the grader has the check of the same id.
#[derive(Clone, Debug)]
pub struct CheckText {
    pub id: String,
    pub title: String,
    pub rule: Rule,
    /// The concept, the pointer, the sketch.
    pub hints: Vec<String>,
    /// Where it stands in `lab.toml`.
    pub(super) line: usize,
}

/// The sentence of the contract a check holds the program to.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    pub text: String,
    /// Where it stands: `contract/orders.v2.md#money`.
    pub source: String,
}

/// A language there are starters in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Language {
    Python,
    Go,
    Typescript,
    Rust,
}

/// A text that is no [`Language`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LanguageError(String);

impl Unit {
    pub fn is_open(&self) -> bool {
        self.status == Status::Open
    }

    /// The check of exactly this id.
    pub fn check(&self, id: &str) -> Option<&CheckText> {
        self.checks.iter().find(|check| check.id == id)
    }

    /// The check that `text` names: whole or by a unique beginning, with dashes or underscores, or
    /// by a name it had before.
    pub fn find_check(&self, text: &str) -> Result<&CheckText, NameError> {
        let names: Vec<&str> = self.checks.iter().map(|check| check.id.as_str()).collect();
        let old = text.replace('-', "_");
        let name = match resolve_name(text, &names) {
            Err(NameError::Unknown { .. }) if self.check(self.current_name(&old)).is_some() => {
                self.current_name(&old)
            }
            other => other?,
        };
        Ok(self.check(name).expect("the name is one of these"))
    }

    /// The present id of a check that may have been renamed since an attempt was kept.
    pub fn current_name<'u>(&'u self, id: &'u str) -> &'u str {
        let mut name = id;
        // A chain of renames is no longer than their number, however they are written.
        for _ in 0..self.renamed.len() {
            match self.renamed.get(name) {
                Some(next) => name = next,
                None => break,
            }
        }
        name
    }
}

impl Language {
    pub const ALL: [Self; 4] = [Self::Python, Self::Go, Self::Typescript, Self::Rust];

    /// Its folder's name, and what the learner types.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Python => "python",
            Self::Go => "go",
            Self::Typescript => "typescript",
            Self::Rust => "rust",
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Language {
    type Err = LanguageError;

    fn from_str(text: &str) -> Result<Self, LanguageError> {
        Self::ALL
            .into_iter()
            .find(|language| language.as_str() == text)
            .ok_or_else(|| LanguageError(text.to_owned()))
    }
}

impl fmt::Display for LanguageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = Language::ALL.map(Language::as_str);
        write!(f, "`{}` is none of {}", self.0, names.join(", "))?;
        match suggest(&self.0, names) {
            Some(meant) => write!(f, "; did you mean `{meant}`?"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for LanguageError {}
