//! What a check holds in its hands: answers and statements that wait for its decision.

use std::time::Duration;

use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};

use crate::verdict::BenchError;

/// What a session did between one `ReadyForQuery` and the next.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cycle {
    /// Which session of the proxy, counted from 1.
    pub session: u64,
    pub statements: Vec<String>,
    pub fingerprints: Vec<String>,
    /// Fingerprints since the transaction began, this cycle's included.
    pub transaction: Vec<String>,
    /// The tags of `CommandComplete`, such as `INSERT 0 1`.
    pub tags: Vec<String>,
    /// A tag of the cycle or of its transaction told of rows written, and nothing rolled them back.
    pub wrote: bool,
}

impl Cycle {
    /// The fingerprint of the statement that ended the transaction or the cycle; empty if none ran.
    pub fn last_fingerprint(&self) -> String {
        let last = self.fingerprints.iter().rev().find(|one| !one.is_empty());
        last.cloned().unwrap_or_default()
    }
}

/// What a check decided; a decision dropped is [`Decision::Release`].
#[derive(Debug)]
pub(super) enum Decision {
    Release,
    Cut,
    Fail { sqlstate: String, why: String },
}

/// Answers of a breakpoint, in the order in which the database gave them; dropped, nothing is held more.
#[derive(Debug)]
pub struct Answers(pub(super) mpsc::Receiver<HeldReady>);

impl Answers {
    /// The next held answer; `None` when there is none within `limit`. An error when the breakpoint was
    /// taken off: the check's own fault.
    pub async fn next(&mut self, limit: Duration) -> Result<Option<HeldReady>, BenchError> {
        next(&mut self.0, limit).await
    }
}

/// Statements of a breakpoint, in the order of their coming; dropped, nothing is held more.
#[derive(Debug)]
pub struct Statements(pub(super) mpsc::Receiver<HeldStatement>);

impl Statements {
    /// The next held statement; as [`Answers::next`].
    pub async fn next(&mut self, limit: Duration) -> Result<Option<HeldStatement>, BenchError> {
        next(&mut self.0, limit).await
    }
}

async fn next<T: Waiting>(
    from: &mut mpsc::Receiver<T>,
    limit: Duration,
) -> Result<Option<T>, BenchError> {
    let first = async {
        loop {
            match from.recv().await {
                Some(held) if held.is_over() => {}
                other => return other,
            }
        }
    };
    match timeout(limit, first).await {
        Err(_) => Ok(None),
        Ok(Some(held)) => Ok(Some(held)),
        Ok(None) => Err(BenchError::new(
            "A check waited at a breakpoint of the database's proxy that had been taken off.",
        )),
    }
}

/// Whether the session still waits: what a closed session left in the queue is no use to a check.
trait Waiting {
    fn is_over(&self) -> bool;
}

impl Waiting for HeldReady {
    fn is_over(&self) -> bool {
        self.decide.is_closed()
    }
}

impl Waiting for HeldStatement {
    fn is_over(&self) -> bool {
        self.decide.is_closed()
    }
}

/// The database has answered, the program does not know it yet. Dropped, the answer is let go.
#[derive(Debug)]
pub struct HeldReady {
    pub(super) cycle: Cycle,
    pub(super) decide: oneshot::Sender<Decision>,
}

impl HeldReady {
    pub fn cycle(&self) -> &Cycle {
        &self.cycle
    }

    /// The program gets its answer.
    pub fn release(self) {
        decide(self.decide, Decision::Release);
    }

    /// The answer is swallowed and both connections are closed, the program's by a reset.
    pub fn cut(self) {
        decide(self.decide, Decision::Cut);
    }
}

/// A statement that has not reached the database yet. Dropped, it is forwarded.
#[derive(Debug)]
pub struct HeldStatement {
    pub(super) text: String,
    pub(super) fingerprint: String,
    pub(super) transaction: Vec<String>,
    pub(super) decide: oneshot::Sender<Decision>,
}

impl HeldStatement {
    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// Fingerprints since the transaction began, this flight's included.
    pub fn transaction(&self) -> &[String] {
        &self.transaction
    }

    /// The statement goes on to the database.
    pub fn release(self) {
        decide(self.decide, Decision::Release);
    }

    /// The statement is never forwarded; both connections are closed, so the database rolls back.
    pub fn cut(self) {
        decide(self.decide, Decision::Cut);
    }

    /// The statement never reaches the database: an open transaction is rolled back there, and the
    /// program is told this error, outside of a transaction.
    pub fn fail(self, sqlstate: &str, message: &str) {
        let (sqlstate, why) = (sqlstate.to_owned(), message.to_owned());
        decide(self.decide, Decision::Fail { sqlstate, why });
    }
}

fn decide(to: oneshot::Sender<Decision>, decision: Decision) {
    // A session that ended meanwhile has no use for it.
    drop(to.send(decision));
}
