//! Names that are written down: a unit's id is its folder, its git ref and what the learner types.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// The id of a lab, challenge, week or capstone: kebab-case, as the course has it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LabId(String);

/// Why a text is no id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadId(String);

impl LabId {
    /// The id as text, safe as a path component and as the last part of a git ref.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for LabId {
    type Err = BadId;

    fn from_str(text: &str) -> Result<Self, BadId> {
        let words_are_good = text.split('-').all(|word| {
            !word.is_empty()
                && word
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        });
        if words_are_good && text.len() <= 64 {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadId(text.to_owned()))
        }
    }
}

impl TryFrom<String> for LabId {
    type Error = BadId;

    fn try_from(text: String) -> Result<Self, BadId> {
        text.parse()
    }
}

impl From<LabId> for String {
    fn from(id: LabId) -> Self {
        id.0
    }
}

impl fmt::Display for LabId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for BadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is no id: lower-case letters and digits in words joined by `-`, 64 characters at most",
            self.0
        )
    }
}

impl std::error::Error for BadId {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_kebab_case_and_nothing_that_leaves_a_folder() {
        assert_eq!("rest-api".parse::<LabId>().unwrap().as_str(), "rest-api");
        for bad in [
            "",
            "Rest",
            "a--b",
            "-a",
            "a-",
            "a_b",
            "../x",
            "a/b",
            "a.b",
            &"x".repeat(65),
        ] {
            assert!(bad.parse::<LabId>().is_err(), "{bad:?} was taken");
        }
    }
}
