//! The faults that are set, shared by all sessions of a proxy.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU32, AtomicUsize, Ordering},
};

use tokio::sync::{mpsc, oneshot, watch};

use super::{
    held::{Answers, Cycle, Decision, HeldReady, HeldStatement, Statements},
    when::{Candidate, When},
};

/// A session waits at one breakpoint at a time: more than this are not held.
const SESSIONS: usize = 1024;

/// How a statement fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fail {
    /// An error of this SQLSTATE; the session lives on, outside of a transaction.
    Error(&'static str),
    /// A fatal error of this SQLSTATE, then the connection is closed.
    Fatal(&'static str),
    /// The connection is reset; nothing is forwarded.
    Reset,
}

/// What all sessions are told.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Control {
    /// Raised by `clear`: what is held is let go.
    pub releases: u64,
    /// Raised by `down`: sessions end.
    pub cuts: u64,
    pub down: bool,
    pub closed: bool,
}

#[derive(Debug)]
struct Failure {
    when: When,
    how: Fail,
    left: u32,
    count: Arc<AtomicU32>,
}

#[derive(Debug, Default)]
struct Set {
    answers: Vec<(When, mpsc::Sender<HeldReady>)>,
    statements: Vec<(When, mpsc::Sender<HeldStatement>)>,
    failures: Vec<Failure>,
}

/// The faults that are set.
#[derive(Debug)]
pub(super) struct Registry {
    set: Mutex<Set>,
    pub(super) control: watch::Sender<Control>,
    pub(super) sessions: AtomicUsize,
}

/// Statements fail while this lives.
#[derive(Debug)]
pub struct Failing {
    registry: Arc<Registry>,
    count: Arc<AtomicU32>,
}

impl Failing {
    /// How many statements failed so far.
    pub fn count(&self) -> u32 {
        self.count.load(Ordering::Relaxed)
    }
}

impl Drop for Failing {
    fn drop(&mut self) {
        let mut set = self.registry.set();
        set.failures
            .retain(|one| !Arc::ptr_eq(&one.count, &self.count));
    }
}

impl Registry {
    pub(super) fn new() -> Self {
        Self {
            set: Mutex::default(),
            control: watch::Sender::new(Control::default()),
            sessions: AtomicUsize::new(0),
        }
    }

    fn set(&self) -> MutexGuard<'_, Set> {
        let mut set = self.set.lock().unwrap_or_else(PoisonError::into_inner);
        set.answers.retain(|(_, to)| !to.is_closed());
        set.statements.retain(|(_, to)| !to.is_closed());
        set
    }

    pub(super) fn hold_ready(&self, when: When) -> Answers {
        let (to, from) = mpsc::channel(SESSIONS);
        self.set().answers.push((when, to));
        Answers(from)
    }

    pub(super) fn hold_statement(&self, when: When) -> Statements {
        let (to, from) = mpsc::channel(SESSIONS);
        self.set().statements.push((when, to));
        Statements(from)
    }

    pub(super) fn fail(self: &Arc<Self>, when: When, how: Fail, left: u32) -> Failing {
        let count = Arc::<AtomicU32>::default();
        let registry = Arc::clone(self);
        self.set().failures.push(Failure {
            when,
            how,
            left,
            count: Arc::clone(&count),
        });
        Failing { registry, count }
    }

    pub(super) fn clear(&self) {
        *self.set() = Set::default();
        self.control.send_modify(|control| control.releases += 1);
    }

    /// Whether any answer may be held, so that answers are kept back until it is known.
    pub(super) fn holds_answers(&self) -> bool {
        !self.set().answers.is_empty()
    }

    /// Gives a cycle to the first breakpoint it meets; the decision to wait for.
    pub(super) fn offer(&self, cycle: &Cycle) -> Option<oneshot::Receiver<Decision>> {
        let set = self.set();
        let (_, to) = set
            .answers
            .iter()
            .find(|(when, _)| when.meets_cycle(cycle))?;
        let (decide, decision) = oneshot::channel();
        let cycle = cycle.clone();
        to.try_send(HeldReady { cycle, decide }).ok()?;
        Some(decision)
    }

    /// Gives a statement to the first breakpoint it meets.
    pub(super) fn offer_statement(
        &self,
        text: &str,
        one: &Candidate<'_>,
    ) -> Option<oneshot::Receiver<Decision>> {
        let set = self.set();
        let (_, to) = set.statements.iter().find(|(when, _)| when.meets(one))?;
        let (decide, decision) = oneshot::channel();
        let held = HeldStatement {
            text: text.to_owned(),
            fingerprint: one.fingerprint.to_owned(),
            transaction: one.transaction.to_vec(),
            decide,
        };
        to.try_send(held).ok()?;
        Some(decision)
    }

    /// How a statement is to fail, counted.
    pub(super) fn failure(&self, one: &Candidate<'_>) -> Option<Fail> {
        let mut set = self.set();
        let mut open = set.failures.iter_mut();
        let failure = open.find(|failure| failure.left > 0 && failure.when.meets(one))?;
        failure.left -= 1;
        failure.count.fetch_add(1, Ordering::Relaxed);
        Some(failure.how)
    }
}
