//! Which statements and answers a fault is meant for.

use super::{held::Cycle, sql};

/// Which statements and answers a breakpoint or a fault is meant for.
#[derive(Clone, Debug)]
pub struct When {
    what: What,
    transaction_has: Vec<String>,
}

#[derive(Clone, Debug)]
enum What {
    Any,
    Wrote,
    Fingerprint(String),
    Commits,
}

/// What is known of a statement before it runs.
pub(super) struct Candidate<'a> {
    pub fingerprint: &'a str,
    pub transaction: &'a [String],
    /// The session's open transaction has written.
    pub wrote: bool,
    pub in_transaction: bool,
}

impl When {
    fn of(what: What) -> Self {
        let transaction_has = Vec::new();
        Self {
            what,
            transaction_has,
        }
    }

    /// Every one.
    pub fn any() -> Self {
        Self::of(What::Any)
    }

    /// The cycle or its transaction wrote at least one row, by the database's own tags.
    pub fn wrote() -> Self {
        Self::of(What::Wrote)
    }

    /// Statements of this fingerprint; an answer when its cycle ran one.
    pub fn fingerprint(of: &str) -> Self {
        Self::of(What::Fingerprint(sql::fingerprint(of)))
    }

    /// Statements that would commit: `COMMIT` or `END`, or one that may write outside of a transaction
    /// (a `COPY` into a table is one).
    pub fn commits() -> Self {
        Self::of(What::Commits)
    }

    /// Only if the session's open transaction (this flight included) ran a statement of this fingerprint.
    #[must_use]
    pub fn and_transaction_has(mut self, fingerprint: &str) -> Self {
        self.transaction_has.push(sql::fingerprint(fingerprint));
        self
    }

    pub(super) fn meets(&self, one: &Candidate<'_>) -> bool {
        let what = match &self.what {
            What::Any => true,
            What::Wrote => one.wrote,
            What::Fingerprint(of) => of == one.fingerprint,
            What::Commits => would_commit(one.fingerprint, one.in_transaction),
        };
        what && self.has(one.transaction)
    }

    pub(super) fn meets_cycle(&self, cycle: &Cycle) -> bool {
        let what = match &self.what {
            What::Any => true,
            What::Wrote => cycle.wrote,
            What::Fingerprint(of) => cycle.fingerprints.contains(of),
            What::Commits => {
                let own = cycle.transaction.len() - cycle.fingerprints.len();
                let mut within = own > 0;
                cycle.fingerprints.iter().any(|one| {
                    let commits = would_commit(one, within);
                    within = stays_within(one, within);
                    commits
                })
            }
        };
        what && self.has(&cycle.transaction)
    }

    fn has(&self, transaction: &[String]) -> bool {
        self.transaction_has
            .iter()
            .all(|one| transaction.contains(one))
    }
}

fn first_word(fingerprint: &str) -> &str {
    fingerprint.split([' ', '(', ';']).next().unwrap_or("")
}

/// Whether a statement only prepares the ground: a cycle of nothing else is never held.
pub(super) fn is_preparation(fingerprint: &str) -> bool {
    matches!(
        first_word(fingerprint),
        "begin" | "start" | "set" | "show" | ""
    )
}

/// Whether a transaction is open after a statement that found one open or not.
pub(super) fn stays_within(fingerprint: &str, within: bool) -> bool {
    match first_word(fingerprint) {
        "begin" | "start" => true,
        "commit" | "end" | "abort" => false,
        "rollback" => within && fingerprint.contains(" to "),
        _ => within,
    }
}

fn would_commit(fingerprint: &str, in_transaction: bool) -> bool {
    match first_word(fingerprint) {
        "commit" => !fingerprint.starts_with("commit prepared"),
        "end" => true,
        "insert" | "update" | "delete" | "merge" | "call" | "do" => !in_transaction,
        "with" => !in_transaction && writes_within(fingerprint),
        // What is copied from a query goes out; what is copied into a table comes in.
        "copy" => {
            let table = fingerprint.trim_start_matches("copy").trim_start();
            !in_transaction && !table.starts_with('(') && table.contains(" from ")
        }
        _ => false,
    }
}

/// Whether a `WITH` holds a statement that writes.
fn writes_within(fingerprint: &str) -> bool {
    let verbs = ["insert", "update", "delete", "merge"];
    let mut words = fingerprint.split(|one: char| !(one.is_alphanumeric() || one == '_'));
    words.any(|word| verbs.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_commit_depends_on_the_open_transaction() {
        for (sql, outside, inside) in [
            ("COMMIT", true, true),
            ("END", true, true),
            ("insert into a values (1)", true, false),
            (
                "WITH x AS (INSERT INTO a VALUES (1) RETURNING id) SELECT * FROM x",
                true,
                false,
            ),
            ("with x as (select inserted from a) select 1", false, false),
            ("call apply(1)", true, false),
            ("do $$ begin end $$", true, false),
            ("select 1", false, false),
            ("COPY a (id) FROM STDIN", true, false),
            ("copy a to stdout", false, false),
            ("copy (select id from a) to stdout", false, false),
        ] {
            let shape = sql::fingerprint(sql);
            let found = (would_commit(&shape, false), would_commit(&shape, true));
            assert_eq!(found, (outside, inside), "{sql}");
        }
    }

    #[test]
    fn a_statement_can_be_tied_to_what_its_transaction_ran() {
        let when = When::commits().and_transaction_has("insert into fills values ($1)");
        let own = [
            "begin".to_owned(),
            "insert into fills values (?)".to_owned(),
        ];
        let one = |transaction| Candidate {
            fingerprint: "commit",
            transaction,
            wrote: true,
            in_transaction: true,
        };
        assert!(when.meets(&one(&own)));
        assert!(!when.meets(&one(&own[..1])));
    }
}
