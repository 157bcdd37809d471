//! What was sent to the database and is answered by one `ReadyForQuery`.

use super::{sql::Statement, when::is_preparation};

/// Whose flight it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Role {
    #[default]
    Program,
    /// The program's, closed by the bench because a statement of it fails.
    Finish,
    /// The bench's own rollback.
    Rollback,
}

/// Messages that one `ReadyForQuery` answers.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is seen by itself, in any order"
)]
#[derive(Debug, Default)]
pub(super) struct Flight {
    pub role: Role,
    pub statements: Vec<Statement>,
    /// `Sync` or a simple query was sent.
    pub closed: bool,
    pub extended: bool,
    /// The program asked for answers before `Sync`: to keep them back would let it wait for ever.
    pub flushed: bool,
    pub tags: Vec<String>,
    pub wrote: bool,
    pub copies_in: bool,
    pub errored: bool,
    /// A `CommandComplete` went through while no breakpoint was set: the program may know already.
    pub told: bool,
}

impl Flight {
    pub(super) fn close(&mut self) {
        self.closed = true;
        self.flushed = false;
    }

    /// Whether it ran more than `BEGIN`, `SET` and `SHOW`.
    pub(super) fn works(&self) -> bool {
        self.statements
            .iter()
            .any(|one| !is_preparation(&one.fingerprint))
    }

    /// Takes a tag of `CommandComplete`; whether it tells of a row written.
    pub(super) fn complete(&mut self, tag: &str) -> bool {
        let wrote = match tag.split_once(' ') {
            Some(("INSERT" | "UPDATE" | "DELETE" | "MERGE", rows)) => counts(rows),
            Some(("COPY", rows)) => self.copies_in && counts(rows),
            _ => false,
        };
        self.wrote |= wrote;
        self.tags.push(tag.to_owned());
        wrote
    }
}

fn counts(rows: &str) -> bool {
    let last = rows.rsplit(' ').next().unwrap_or("");
    last.parse::<u64>().is_ok_and(|rows| rows > 0)
}
