//! A program that runs, as those see it who own it or hold a handle on it.

use std::{
    io::{PipeWriter, Write as _},
    ops::Deref,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{sync::watch, time::timeout};

use super::{
    captured::Output,
    client::kill_what_is_left,
    frame::{Exited, Gone, Order},
    resources::Resources,
    transcript::Transcript,
};
use crate::verdict::{BenchError, Death, Exit};

/// How many lines a death tells.
const LAST_LINES: usize = 20;
/// Beyond the grace: the supervisor gives up after ten seconds of killing; then it is stuck itself.
const SUPERVISOR_LIMIT: Duration = Duration::from_secs(15);

/// A running program, owned by the scope that also stops it. Dropped unstopped, all of it is killed
/// at once, but nobody hears what was left: that is the net, not the way.
pub struct Program(ProgramHandle);

/// A view of a running program that anyone may hold and clone; it keeps nothing alive.
#[derive(Clone)]
pub struct ProgramHandle(Arc<Core>);

/// What can be done to a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// SIGSTOP to all of it.
    Stop,
    /// SIGCONT to all of it.
    Cont,
    /// SIGKILL to all of it. What follows is no death.
    Kill,
    /// SIGTERM (or its own [`super::Farewell`]) to its group, SIGKILL to all of it after the grace. What follows is no death.
    Term { grace: Duration },
}

/// How a program's main process ended.
#[derive(Clone, Debug, PartialEq)]
pub enum End {
    /// By itself, or because it took too much.
    Died(Death),
    /// Because we asked for it.
    Stopped(Exit),
    /// Unknown: the supervisor vanished.
    Lost(BenchError),
}

/// How all of a program ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Ending {
    pub end: End,
    /// It did not leave by itself within the grace, or was not given one.
    pub forced: bool,
    /// Processes that outlived the program or its grace and were ended: `sleep (pid 4711)`.
    pub survivors: Vec<String>,
    /// Processes that not even SIGKILL ended.
    pub left: Vec<String>,
    /// From our first signal, or from its exit, until nothing was left.
    pub took: Duration,
}

/// What is known by now.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    pub(crate) end: Option<End>,
    pub(crate) gone: Option<Gone>,
}

/// What owner, handles and the reader of the supervisor's pipe share.
pub(crate) struct Core {
    pub(crate) shown: Shown,
    pub(crate) pid: u32,
    pub(crate) supervisor_pid: u32,
    pub(crate) state: watch::Sender<State>,
    pub(crate) transcript: Mutex<Transcript>,
    /// The life-line.
    pub(crate) orders: Mutex<Option<PipeWriter>>,
}

/// The part of a launch that a crash report shows.
pub(crate) struct Shown {
    pub(crate) name: String,
    pub(crate) command: Vec<String>,
    pub(crate) directory: String,
    pub(crate) env: Vec<(String, String)>,
    pub(crate) logs: Option<[std::path::PathBuf; 2]>,
}

impl Core {
    pub(crate) fn transcript(&self) -> MutexGuard<'_, Transcript> {
        self.transcript
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn orders(&self) -> MutexGuard<'_, Option<PipeWriter>> {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The log that tells most: standard error, where anything stands in it.
    pub(crate) fn log(&self) -> Option<String> {
        let [out, err] = self.shown.logs.as_ref()?;
        let has_text = |path| std::fs::metadata(path).is_ok_and(|meta| meta.len() > 0);
        let told = if has_text(err) || !has_text(out) {
            err
        } else {
            out
        };
        Some(told.display().to_string())
    }

    pub(crate) fn on_exit(&self, exited: Exited) {
        let end = if exited.asked {
            End::Stopped(exited.exit)
        } else {
            End::Died(Death {
                program: self.shown.name.clone(),
                exit: exited.exit,
                after_ms: exited.after_ms,
                command: self.shown.command.clone(),
                directory: self.shown.directory.clone(),
                env: self.shown.env.clone(),
                last_lines: self.transcript().last_lines(LAST_LINES),
                log: self.log(),
            })
        };
        self.state.send_modify(|state| state.end = Some(end));
    }

    /// The pipe has ended: whatever is unknown now stays so.
    pub(crate) fn on_silence(&self) {
        self.orders().take();
        let lost = || End::Lost(BenchError::new("The supervisor of the program vanished."));
        self.state.send_modify(|state| {
            if state.gone.is_none() {
                state.gone = Some(Gone {
                    forced: true,
                    survivors: Vec::new(),
                    left: Vec::new(),
                    took_us: 0,
                });
                kill_what_is_left(self.pid);
            }
            state.end.get_or_insert_with(lost);
        });
    }
}

impl ProgramHandle {
    pub(crate) fn new(core: Arc<Core>) -> Self {
        Self(core)
    }

    pub(crate) fn core(&self) -> &Core {
        &self.0
    }

    /// The name it is known by.
    pub fn name(&self) -> &str {
        &self.0.shown.name
    }

    /// Its main process, which leads a process group of this number.
    pub fn pid(&self) -> u32 {
        self.0.pid
    }

    /// The process that owns it; all of the program descends from it.
    pub fn supervisor_pid(&self) -> u32 {
        self.0.supervisor_pid
    }

    /// The exit that nobody asked for, if there was one.
    pub fn death(&self) -> Option<Death> {
        match &self.0.state.borrow().end {
            Some(End::Died(death)) => Some(death.clone()),
            Some(End::Stopped(_) | End::Lost(_)) | None => None,
        }
    }

    /// How its main process ended, if it has.
    pub(crate) fn end(&self) -> Option<End> {
        self.0.state.borrow().end.clone()
    }

    /// Whether its main process has ended, for whatever reason.
    pub fn has_ended(&self) -> bool {
        self.0.state.borrow().end.is_some()
    }

    /// Waits for the end of its main process.
    pub async fn ended(&self) -> End {
        let mut state = self.0.state.subscribe();
        let seen = state.wait_for(|state| state.end.is_some()).await;
        let end = seen.ok().and_then(|state| state.end.clone());
        end.expect("the sender lives in the core that this handle holds")
    }

    /// Waits a moment for a death that may just be happening: a connection breaks before the exit
    /// is known.
    pub async fn settle(&self, limit: Duration) -> Option<Death> {
        match timeout(limit, self.ended()).await {
            Ok(End::Died(death)) => Some(death),
            Ok(End::Stopped(_) | End::Lost(_)) | Err(_) => None,
        }
    }

    /// Waits until nothing of it is left.
    pub async fn gone(&self) -> Ending {
        let mut state = self.0.state.subscribe();
        let seen = state
            .wait_for(|state| state.end.is_some() && state.gone.is_some())
            .await;
        let seen = seen.map(|state| (state.end.clone(), state.gone.clone()));
        let Ok((Some(end), Some(gone))) = seen else {
            unreachable!("waited for both, and the sender lives in the core");
        };
        Ending {
            end,
            forced: gone.forced,
            survivors: gone.survivors,
            left: gone.left,
            took: Duration::from_micros(gone.took_us),
        }
    }

    /// Does something to all of it. Nothing happens to one that is gone.
    pub fn signal(&self, deed: Deed) -> Result<(), BenchError> {
        let order = match deed {
            Deed::Stop => Order::Stop,
            Deed::Cont => Order::Cont,
            Deed::Kill => Order::Kill,
            Deed::Term { grace } => Order::Term { grace },
        };
        let sent = match &mut *self.0.orders() {
            Some(pipe) => order.encode().and_then(|bytes| pipe.write_all(&bytes)),
            None => Ok(()),
        };
        match sent {
            Err(error) if !self.has_ended() => {
                let name = self.name();
                Err(BenchError::new(format!(
                    "The supervisor of `{name}` takes no orders: {error}."
                )))
            }
            _ => Ok(()),
        }
    }

    /// Its output since the last [`Self::mark`], beginning and end.
    pub fn output(&self) -> Output {
        self.0.transcript().output()
    }

    /// Begins a new window for [`Self::output`].
    pub fn mark(&self) {
        self.0.transcript().mark();
    }

    /// The last lines of both streams as they came, as raw text: reports make escapes visible.
    pub fn last_lines(&self, most: usize) -> Vec<String> {
        self.0.transcript().last_lines(most)
    }

    /// What all of it uses at this moment.
    pub fn resources(&self) -> Resources {
        Resources::of_tree(self.0.supervisor_pid)
    }

    async fn gone_within(&self, limit: Duration) -> Ending {
        if let Ok(ending) = timeout(limit, self.gone()).await {
            return ending;
        }
        // It does not even obey the loss of its life-line any more.
        self.0.orders().take();
        kill_what_is_left(self.0.supervisor_pid);
        self.0.on_silence();
        self.gone().await
    }
}

impl Program {
    /// Another view of it.
    pub fn handle(&self) -> ProgramHandle {
        self.0.clone()
    }

    /// Asks it to leave, makes it leave after the grace, and ends everything it left behind.
    pub async fn stop(self, grace: Duration) -> Ending {
        // A supervisor that takes no orders has vanished, which is what the ending then says.
        self.signal(Deed::Term { grace }).ok();
        self.gone_within(grace + SUPERVISOR_LIMIT).await
    }

    /// Ends all of it at once.
    pub async fn kill(self) -> Ending {
        self.signal(Deed::Kill).ok();
        self.gone_within(SUPERVISOR_LIMIT).await
    }

    pub(crate) fn new(handle: ProgramHandle) -> Self {
        Self(handle)
    }
}

impl Deref for Program {
    type Target = ProgramHandle;

    fn deref(&self) -> &ProgramHandle {
        &self.0
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Cutting the life-line ends all of it, whoever still holds a handle.
        self.0.0.orders().take();
    }
}
