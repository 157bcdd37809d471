//! The keeper itself: `mastery __keep WORKSPACE`, a process in a session of its own.
//!
//! SIGHUP means that the orders have changed, SIGTERM that it is to end. It ends by itself when its
//! note is gone (the workspace was deleted, or is another one now), when nothing is left to hold, and
//! when nobody has used what it holds for [`UNUSED`]. Killed, it takes its servers with it: they hang
//! on its life-lines.

use std::{
    fs, io,
    path::Path,
    time::{Duration, Instant},
};

use futures_util::{StreamExt as _, stream::FuturesUnordered};
use mastery_kit::{
    process::{Supervisor, own_session},
    service::{Owner, Running},
    verdict::{BenchError, millis},
};
use tokio::{
    runtime::Builder,
    signal::unix::{Signal, SignalKind, signal},
    time::{MissedTickBehavior, interval},
};

use super::service::{Asked, KeptService, Standing};
use crate::{
    app::{
        AppError,
        clock::now,
        keep::{Held, Wanted, start, stop_all},
        supply::{BackendChoice, Supply},
    },
    workspace::{KeeperFile, KeeperFolder, KeeperLock, ProcessMark, Workspace},
};

/// After so long without a run, an `up` or a look at the logs, nobody needs them.
pub const UNUSED: Duration = Duration::from_hours(4);
/// How often it looks whether it is still needed and whether its servers still run.
const LOOK: Duration = Duration::from_secs(1);
/// An engine is asked about its containers only at every so many looks.
const LOOKS_OF_ENGINE: u64 = 15;

/// Keeps services for the workspace in `root` until it is told to end or nobody needs them.
pub fn keep(root: &Path, supervisor: Supervisor) -> Result<(), AppError> {
    own_session().map_err(AppError::Runtime)?;
    let workspace = Workspace::discover(root)?;
    let folder = KeeperFolder::create(&workspace)?;
    let Some(lock) = folder.keeper_lock()? else {
        let why = "Another keeper holds the services of this workspace.";
        return Err(AppError::Bench(BenchError::new(why)));
    };
    // What an earlier one left is of no use to anybody.
    fs::remove_dir_all(folder.scratch()).ok();
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(AppError::Runtime)?;
    runtime.block_on(async {
        let mut keeper = Keeper {
            file: KeeperFile::of_this_process(now()),
            supply: Supply::here(BackendChoice::Auto, supervisor),
            workspace: workspace.root.display().to_string(),
            running: Vec::new(),
            starts: 0,
            folder,
            lock,
        };
        let signals = Signals::new().map_err(AppError::Runtime)?;
        // From now on orders are heard.
        keeper.write()?;
        keeper.until_over(signals).await;
        keeper.end().await;
        Ok(())
    })
}

struct Keeper {
    folder: KeeperFolder,
    lock: KeeperLock,
    file: KeeperFile<KeptService>,
    running: Vec<(Asked, Held)>,
    supply: Supply,
    workspace: String,
    /// Each start has a folder of its own.
    starts: u32,
}

/// What to do next.
enum Next {
    Orders,
    End,
}

impl Keeper {
    async fn until_over(&mut self, mut signals: Signals) {
        loop {
            let heard = tokio::select! {
                biased;
                next = signals.next() => Some(next),
                () = self.carry_out() => None,
            };
            let next = if let Some(next) = heard {
                next
            } else {
                tokio::select! {
                    biased;
                    next = signals.next() => next,
                    () = self.watch() => Next::End,
                }
            };
            if let Next::End = next {
                return;
            }
        }
    }

    /// Stops what is no longer wanted and starts what is missing. Dropped half-way, what was being
    /// started is ended.
    async fn carry_out(&mut self) {
        let wanted = self.folder.wanted::<Asked>();
        let (stay, go) = std::mem::take(&mut self.running)
            .into_iter()
            .partition(|(asked, _)| wanted.contains(asked));
        self.running = stay;
        let kept = |service: &KeptService| match &service.standing {
            // Whatever was being started when new orders came is started again.
            Standing::Starting => false,
            Standing::Ready { .. } | Standing::Failed { .. } => wanted.contains(&service.asked),
        };
        self.file.services.retain(kept);
        let missing: Vec<Asked> = (wanted.iter().copied())
            .filter(|asked| self.file.services.iter().all(|one| one.asked != *asked))
            .collect();
        let starting = missing.iter().map(|asked| KeptService {
            asked: *asked,
            standing: Standing::Starting,
        });
        self.file.services.extend(starting);
        // First of all nobody joins any more what is about to end.
        self.note();
        stop_all(go.into_iter().map(|(_, held)| held).collect()).await;
        let mut starts: FuturesUnordered<_> = (missing.into_iter())
            .map(|asked| self.start(asked))
            .collect();
        while let Some((asked, took, outcome)) = starts.next().await {
            let standing = match outcome {
                Ok(held) => {
                    let ready = ready(&held.running, took);
                    self.running.push((asked, held));
                    ready
                }
                Err(error) => Standing::failed(&error),
            };
            self.stands(asked, standing);
        }
    }

    /// One start; it holds on to nothing of ours.
    fn start(
        &mut self,
        asked: Asked,
    ) -> impl Future<Output = (Asked, Duration, Result<Held, BenchError>)> + use<> {
        self.starts += 1;
        let backend = asked.backend.backend(&self.supply);
        let wanted = Wanted {
            services: Vec::new(),
            scratch: self.folder.scratch().join(self.starts.to_string()),
            logs: self.folder.logs(),
            owner: Owner {
                run: "warm".to_owned(),
                workspace: self.workspace.clone(),
            },
        };
        async move {
            let begun = Instant::now();
            let outcome = start(&wanted, asked.kind, &backend).await;
            (asked, begun.elapsed(), outcome)
        }
    }

    /// Returns when nobody needs what is held any more; notes servers that end meanwhile.
    async fn watch(&mut self) {
        let mut ticks = interval(LOOK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        for look in 0.. {
            ticks.tick().await;
            if self.file.services.is_empty() || !self.is_noted() || self.is_unused() {
                return;
            }
            self.look_for_ended(look % LOOKS_OF_ENGINE == 0).await;
        }
    }

    /// Whether the note in the workspace still is ours.
    fn is_noted(&self) -> bool {
        let noted = self.folder.read::<KeptService>();
        noted.is_some_and(|file| file.keeper == self.file.keeper)
    }

    fn is_unused(&self) -> bool {
        let used = self.folder.used_at().and_then(|at| at.elapsed().ok());
        used.is_some_and(|ago| ago > UNUSED)
    }

    /// May be dropped half-way: what runs stays where it is.
    async fn look_for_ended(&mut self, ask_engine: bool) {
        let mut ended = Vec::new();
        for (at, (_, held)) in self.running.iter().enumerate() {
            let running = &held.running;
            if (ask_engine || running.container().is_none())
                && let Some(error) = running.ended().await
            {
                ended.push((at, error));
            }
        }
        for (at, error) in ended.into_iter().rev() {
            // Nothing of it runs; what is left of it goes as it is dropped.
            let (asked, _) = self.running.remove(at);
            self.stands(asked, Standing::failed(&error));
        }
    }

    fn stands(&mut self, asked: Asked, standing: Standing) {
        let mut all = self.file.services.iter_mut();
        if let Some(service) = all.find(|service| service.asked == asked) {
            service.standing = standing;
        }
        self.note();
    }

    /// Writes down what is held. Where that cannot be, the workspace has gone, which the next look sees.
    fn note(&self) {
        self.write().ok();
    }

    fn write(&self) -> Result<(), AppError> {
        Ok(self.folder.write(&self.lock, &self.file)?)
    }

    async fn end(self) {
        if self.is_noted() {
            self.folder.forget(&self.lock);
        }
        stop_all(self.running.into_iter().map(|(_, held)| held).collect()).await;
        fs::remove_dir_all(self.folder.scratch()).ok();
    }
}

fn ready(running: &Running, took: Duration) -> Standing {
    Standing::Ready {
        endpoint: running.endpoint().clone(),
        since: now(),
        took_ms: millis(took),
        supervisor: running.supervisor_pid().map(ProcessMark::of),
        container: running.container().map(str::to_owned),
    }
}

/// What a keeper listens to.
struct Signals {
    orders: Signal,
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self {
            orders: signal(SignalKind::hangup())?,
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) -> Next {
        tokio::select! {
            biased;
            _ = self.terminate.recv() => Next::End,
            _ = self.interrupt.recv() => Next::End,
            _ = self.orders.recv() => Next::Orders,
        }
    }
}
