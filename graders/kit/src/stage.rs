//! The learner's programs on the stage: started, awaited, killed, frozen and started again, and ended by
//! the scope that owns the [`Stage`], whatever became of the check that used it.
//!
//! A check holds [`Control`]s, which own nothing. Everything that happens is told as [`StageEvent`]s.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::task::JoinHandle;

use crate::{
    bench::BoxFuture,
    process::{Deed, Ending, Limits, OutputChunk, Program, ProgramHandle, Supervisor, ports},
    spec::RunSpec,
    stop::{StopLevel, StopWatch},
    verdict::{BenchError, Death, Verdict, millis},
};

mod control;
mod start;
mod trouble;

pub use self::control::Control;

/// Something that happened on the stage.
#[derive(Clone, Debug)]
pub enum StageEvent {
    Starting {
        program: String,
        command: Vec<String>,
        env: Vec<(String, String)>,
    },
    Ready {
        program: String,
        address: Option<SocketAddr>,
        pid: u32,
        supervisor: u32,
        looked_at: String,
        took_ms: u64,
    },
    NotReady {
        program: String,
        verdict: Verdict,
        took_ms: u64,
    },
    Output(OutputChunk),
    Stopped {
        program: String,
        forced: bool,
        survivors: Vec<String>,
        took_ms: u64,
    },
    Note(String),
}

/// Whoever is told what happens; awaited, so that events stay in order.
pub type Teller = Arc<dyn Fn(StageEvent) -> BoxFuture<'static, ()> + Send + Sync>;

/// How programs are started: what is the same for all of them.
#[derive(Clone)]
pub struct Cast {
    pub specs: Vec<RunSpec>,
    /// Where they run. Absolute.
    pub directory: PathBuf,
    /// The same, as the learner knows it.
    pub shown_directory: String,
    pub logs: PathBuf,
    pub limits: Limits,
    pub supervisor: Supervisor,
    /// Variables of the contract, the same for all programs.
    pub environment: BTreeMap<String, String>,
    /// Variables of one program, which win: its own way to a service.
    pub own: BTreeMap<String, BTreeMap<String, String>>,
    /// Ports to take before the system is asked: how a proof holds one itself.
    pub given: Vec<u16>,
    pub tell: Teller,
}

/// The programs of one run or one check. Cheap to clone; [`Stage::end`] is what ends them.
#[derive(Clone)]
pub struct Stage(Arc<Inner>);

struct Inner {
    cast: Cast,
    actors: Mutex<Vec<Actor>>,
    given: Mutex<std::vec::IntoIter<u16>>,
    tasks: Mutex<Vec<JoinHandle<()>>>,
    /// By name on the stage, who is started again when it ends by itself.
    kept: Mutex<BTreeMap<String, Kept>>,
}

/// A program that is started again.
#[derive(Default)]
struct Kept {
    /// How often it may still be.
    left: u32,
    /// The process that a task waits for. One at most: of two, the one that comes second would find
    /// the program gone, and give up.
    waits_for: Option<u32>,
}

/// One running program.
struct Actor {
    /// Its name on the stage: the program's, or `positions#2` for a second one.
    name: String,
    program: Program,
    address: Option<SocketAddr>,
    ports: BTreeMap<String, u16>,
    grace: Duration,
    /// A fault was injected: that it ends by itself is no failure.
    forgiven: bool,
}

impl Stage {
    /// A stage on which nothing runs yet.
    pub fn new(cast: Cast) -> Self {
        let given = cast.given.clone().into_iter();
        Self(Arc::new(Inner {
            cast,
            actors: Mutex::default(),
            given: Mutex::new(given),
            tasks: Mutex::default(),
            kept: Mutex::default(),
        }))
    }

    /// Starts every program that has a way to be ready, one after the other; false when one is not
    /// ready, which was told.
    pub async fn start_all(&self) -> bool {
        let specs = &self.0.cast.specs;
        for spec in specs.iter().filter(|spec| spec.ready.is_some()) {
            if self.start(&spec.name, &spec.name).await.is_err() {
                return false;
            }
        }
        true
    }

    /// The same side by side: each check starts them, so nobody should wait for one after the other.
    pub async fn start_together(&self) -> bool {
        let specs = self.0.cast.specs.iter().filter(|spec| spec.ready.is_some());
        let starts = specs.map(|spec| self.start(&spec.name, &spec.name));
        let ready = futures_util::future::join_all(starts).await;
        ready.iter().all(Result::is_ok)
    }

    /// What a check uses to act on the program of this name.
    pub fn control(&self, name: &str) -> Control {
        Control::new(self.clone(), name)
    }

    /// Ends every program that still runs, in reverse order, within its grace unless somebody is in
    /// a hurry, and tells what each left behind.
    pub async fn end(&self, stop: &mut StopWatch) {
        self.end_within(None, stop).await;
    }

    /// Ends every program at once: between checks nobody waits for a grace.
    pub async fn clear(&self, stop: &mut StopWatch) {
        self.end_within(Some(Duration::ZERO), stop).await;
    }

    /// The address of each program that has one.
    pub fn addresses(&self) -> BTreeMap<String, SocketAddr> {
        self.actors()
            .iter()
            .filter_map(|actor| Some((actor.name.clone(), actor.address?)))
            .collect()
    }

    /// `PORT` → `127.0.0.1:41873`, for people who want to look. With several programs the variable
    /// is named with its program: `gateway PORT`.
    pub fn addresses_by_variable(&self) -> BTreeMap<String, String> {
        let actors = self.actors();
        let several = actors.len() > 1;
        let all = actors.iter().flat_map(|actor| {
            let ports = actor.ports.iter();
            ports.map(|(name, port)| {
                let name = if several {
                    format!("{} {name}", actor.name)
                } else {
                    name.clone()
                };
                (name, format!("127.0.0.1:{port}"))
            })
        });
        all.collect()
    }

    /// The handles of those that run.
    pub fn handles(&self) -> Vec<ProgramHandle> {
        let actors = self.actors();
        actors.iter().map(|actor| actor.program.handle()).collect()
    }

    /// The handles of those whose end by itself would be a failure.
    pub fn unforgiven(&self) -> Vec<ProgramHandle> {
        let actors = self.actors();
        let accountable = actors.iter().filter(|actor| !actor.forgiven);
        accountable.map(|actor| actor.program.handle()).collect()
    }

    /// The name of the program that holds a connection from this local port.
    pub fn whose(&self, port: u16) -> Option<String> {
        let handles: Vec<(String, ProgramHandle)> = self
            .actors()
            .iter()
            .map(|actor| (actor.name.clone(), actor.program.handle()))
            .collect();
        let holds = |handle: &ProgramHandle| ports::connected_from(handle).contains(&port);
        let found = handles.into_iter().find(|(_, handle)| holds(handle));
        found.map(|(name, _)| name)
    }

    fn actors(&self) -> MutexGuard<'_, Vec<Actor>> {
        self.0.actors.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn tell(&self, event: StageEvent) {
        (self.0.cast.tell)(event).await;
    }

    fn kept(&self) -> MutexGuard<'_, BTreeMap<String, Kept>> {
        self.0.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a program off the stage, so that one end of it is told once.
    fn take(&self, name: &str) -> Option<Actor> {
        let mut actors = self.actors();
        let place = actors.iter().position(|actor| actor.name == name)?;
        Some(actors.remove(place))
    }

    fn spec(&self, program: &str) -> Result<RunSpec, BenchError> {
        let specs = &self.0.cast.specs;
        let found = specs.iter().find(|spec| spec.name == program);
        found
            .cloned()
            .ok_or_else(|| BenchError::new(format!("The submission names no program `{program}`.")))
    }

    async fn end_within(&self, grace: Option<Duration>, stop: &mut StopWatch) {
        // Whatever starts programs again ends first.
        let tasks =
            std::mem::take(&mut *self.0.tasks.lock().unwrap_or_else(PoisonError::into_inner));
        for task in tasks {
            task.abort();
            task.await.ok();
        }
        self.kept().clear();
        loop {
            let last = self.actors().pop();
            let Some(actor) = last else { break };
            let grace = grace.unwrap_or(actor.grace);
            let ending = end(actor.program, grace, stop).await;
            self.tell_ending(actor.name, ending).await;
        }
    }

    async fn tell_ending(&self, program: String, ending: Ending) {
        if !ending.left.is_empty() {
            let left = ending.left.join(", ");
            self.tell(StageEvent::Note(format!("Not even SIGKILL ended {left}.")))
                .await;
        }
        self.tell(StageEvent::Stopped {
            program,
            forced: ending.forced,
            survivors: ending.survivors,
            took_ms: millis(ending.took),
        })
        .await;
    }
}

/// The first death among these, given a moment to show.
pub async fn settled_death(handles: &[ProgramHandle], limit: Duration) -> Option<Death> {
    for handle in handles {
        if let Some(death) = handle.settle(limit).await {
            return Some(death);
        }
    }
    None
}

/// Ends a program: its grace, unless somebody is in a hurry.
async fn end(program: Program, grace: Duration, stop: &mut StopWatch) -> Ending {
    if grace.is_zero() || stop.level() == StopLevel::Kill {
        // Nobody asked it to end by itself, so nothing is said of its grace.
        let ending = program.kill().await;
        return Ending {
            forced: false,
            ..ending
        };
    }
    let handle = program.handle();
    let stopping = program.stop(grace);
    tokio::pin!(stopping);
    tokio::select! {
        ending = &mut stopping => ending,
        () = stop.at_least(StopLevel::Kill) => {
            if handle.signal(Deed::Kill).is_err() {
                // It is gone already: the ending below says so.
            }
            stopping.await
        }
    }
}
