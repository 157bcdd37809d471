//! What a check is and what it is handed: the table of checks, and the bench one check runs on.

use std::{
    collections::BTreeMap,
    ops::RangeInclusive,
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::time::Instant;

use crate::{
    probe::http::Http,
    random::Random,
    stage::{Control, Stage},
    verdict::{BenchError, Outcome},
    world::World,
};

/// A future that may be sent between threads, without a crate for one alias.
pub type BoxFuture<'b, T> = Pin<Box<dyn Future<Output = T> + Send + 'b>>;

/// One hidden test: a fact about the program, in the present tense. Its title and hints stand in
/// the curriculum under the same id.
pub struct Check {
    /// Stable, `snake_case`; also the hint's key and the flag's value.
    pub id: &'static str,
    /// Everything it waits for ends sooner; reaching this is the bench's fault, not the learner's.
    pub limit: Duration,
    /// Checks that must have passed for this one to mean anything.
    pub needs: &'static [&'static str],
    /// Variables of the contract that its programs get: each a whole number of its range, by the seed.
    pub env: &'static [(&'static str, RangeInclusive<u32>)],
    pub kind: CheckKind,
    pub run: for<'b> fn(&'b mut Bench) -> BoxFuture<'b, Outcome>,
}

/// Whether a check decides over the lab.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckKind {
    /// Must pass for the lab to pass.
    Required,
    /// Verified on a real component where there is one; never changes the exit code.
    Badge,
}

/// The checks of one lab, in the order in which they run.
pub struct Grader {
    pub lab: &'static str,
    pub checks: &'static [Check],
}

/// Writes one row of a grader's table: `check!(name, secs)`, `check!(name, secs, needs: [a, b])`,
/// `check!(name, secs, needs: [a], env: [("LIMIT", 100..=200)])`.
///
/// `name` is both the id and the function, so that the two cannot drift apart.
#[macro_export]
macro_rules! check {
    ($name:ident, $secs:literal
        $(, needs: [$($need:ident),* $(,)?])?
        $(, env: [$($env:expr),* $(,)?])?
        $(,)?
    ) => {
        $crate::bench::Check {
            id: stringify!($name),
            limit: ::std::time::Duration::from_secs($secs),
            needs: &[$($(stringify!($need)),*)?],
            env: &[$($($env),*)?],
            kind: $crate::bench::CheckKind::Required,
            run: |bench| ::std::boxed::Box::pin($name(bench)),
        }
    };
}

/// The tool's own copy of a lab's `contract/`: path → bytes. What is graded against, whatever
/// became of the learner's copy.
#[derive(Clone, Debug, Default)]
pub struct Contract(Arc<BTreeMap<String, Vec<u8>>>);

impl Contract {
    /// A contract of these files, by their path below `contract/`.
    pub fn new(files: BTreeMap<String, Vec<u8>>) -> Self {
        Self(Arc::new(files))
    }

    /// The file at `path`; its absence is a bug of ours.
    pub fn file(&self, path: &str) -> Result<&[u8], BenchError> {
        self.0.get(path).map(Vec::as_slice).ok_or_else(|| {
            BenchError::new(format!("The curriculum's contract has no file `{path}`."))
        })
    }
}

/// What everything that happens in one check shares: its clock, its deadline, its counter of
/// requests, what it is waiting for and what it noted.
#[derive(Clone, Debug)]
pub struct Trace(Arc<TraceInner>);

#[derive(Debug)]
struct TraceInner {
    begun: Instant,
    limit: Duration,
    exchanges: AtomicU64,
    waiting: Mutex<Option<String>>,
    notes: Mutex<Vec<String>>,
}

/// Between the end of the last wait and the check's limit, so that a probe decides, not the clock.
const MARGIN: Duration = Duration::from_secs(1);

impl Trace {
    /// A trace that begins now.
    pub fn begin(limit: Duration) -> Self {
        Self(Arc::new(TraceInner {
            begun: Instant::now(),
            limit,
            exchanges: AtomicU64::new(0),
            waiting: Mutex::default(),
            notes: Mutex::default(),
        }))
    }

    /// Since the check began.
    pub fn elapsed(&self) -> Duration {
        self.0.begun.elapsed()
    }

    /// How long a wait may still take: always less than what is left until the check's limit.
    pub fn left(&self) -> Duration {
        self.0
            .limit
            .saturating_sub(MARGIN)
            .saturating_sub(self.0.begun.elapsed())
    }

    /// How long all waits of the check may take together.
    pub fn allowed(&self) -> Duration {
        self.0.limit.saturating_sub(MARGIN)
    }

    /// The number of the next request, from 1.
    pub fn next_exchange(&self) -> u64 {
        self.0.exchanges.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Says what is being waited for, in case the limit is reached.
    pub fn waiting_for(&self, what: impl Into<String>) {
        *self
            .0
            .waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(what.into());
    }

    /// What was waited for last.
    pub fn last_wait(&self) -> Option<String> {
        self.0
            .waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Notes something worth telling whatever the verdict.
    pub fn note(&self, text: impl Into<String>) {
        self.0
            .notes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(text.into());
    }

    /// Takes what was noted since the last call.
    pub fn take_notes(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.notes.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What one check is handed. Handles it gives are owned and can be cloned into racing tasks.
pub struct Bench {
    trace: Trace,
    random: Random,
    contract: Contract,
    stage: Stage,
    world: Option<Arc<World>>,
}

impl Bench {
    /// A bench for one check, whose programs are on this stage, in this world where it has one.
    pub fn new(
        trace: Trace,
        random: Random,
        contract: Contract,
        stage: Stage,
        world: Option<Arc<World>>,
    ) -> Self {
        Self {
            trace,
            random,
            contract,
            stage,
            world,
        }
    }

    /// This check's own stream of chance.
    pub fn random(&mut self) -> &mut Random {
        &mut self.random
    }

    /// The tool's own copy of a contract file.
    pub fn contract(&self, path: &str) -> Result<&[u8], BenchError> {
        self.contract.file(path)
    }

    /// The check's clock, counter and notes.
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// What may be done to the program of this name.
    pub fn program(&self, name: &str) -> Control {
        self.stage.control(name)
    }

    /// Speaks HTTP to the program of this name, where it listens now.
    pub fn http(&self, program: &str) -> Result<Http, BenchError> {
        let address = self.program(program).address()?;
        Ok(Http::new(address, self.trace.clone()))
    }

    /// What the check has for itself: database, topics, group, and what stands before them.
    pub fn world(&self) -> Result<Arc<World>, BenchError> {
        self.world.clone().ok_or_else(|| {
            BenchError::new("The check asked for a world, and its lab has no services.")
        })
    }
}
