//! What git calls an object, named without libgit2.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// The id of a commit or tree in the learner's repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ObjectId(pub(super) git2::Oid);

impl ObjectId {
    /// Its first eight digits, as people write it.
    pub fn short(self) -> String {
        let mut text = self.to_string();
        text.truncate(8);
        text
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for ObjectId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // libgit2 would take a prefix and fill it with zeros.
        if text.len() == 40 && text.bytes().all(|b| b.is_ascii_hexdigit()) {
            git2::Oid::from_str(text)
                .map(Self)
                .map_err(|error| error.message().to_owned())
        } else {
            Err(format!("`{text}` is no object id: 40 hex digits"))
        }
    }
}

impl TryFrom<String> for ObjectId {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<ObjectId> for String {
    fn from(id: ObjectId) -> Self {
        id.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_forty_hex_digits_and_no_prefix() {
        let id: ObjectId = "8ff1e85b5a1d0f3c5f4c7bbd2c2c1d6f0a9e8d7c".parse().unwrap();
        assert_eq!(id.short(), "8ff1e85b");
        assert_eq!(id.to_string().parse::<ObjectId>(), Ok(id));
        for bad in ["8ff1e85b", "", &"g".repeat(40)] {
            assert!(bad.parse::<ObjectId>().is_err(), "{bad:?} was taken");
        }
    }
}
