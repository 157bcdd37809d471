//! What a check may do to one of the learner's programs.

use std::{collections::BTreeSet, net::SocketAddr, sync::PoisonError};

use super::{Actor, Stage, StageEvent};
use crate::{
    process::{Deed, End, Ending, ProgramHandle, ports},
    verdict::{BenchError, Failure, millis},
};

/// How often a program that ends after a fault is started again (decision 3).
const RESTARTS: u32 = 3;

/// A program by its name on the stage. Owned and `Clone`, keeps nothing alive.
#[derive(Clone)]
pub struct Control {
    stage: Stage,
    name: String,
}

impl Control {
    pub(super) fn new(stage: Stage, name: &str) -> Self {
        Self {
            stage,
            name: name.to_owned(),
        }
    }

    /// Its name on the stage.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it is on the stage and its main process runs.
    pub fn is_running(&self) -> bool {
        self.handle().is_ok_and(|handle| !handle.has_ended())
    }

    /// Starts it and waits until it is ready; one that ended is taken off first. Does nothing to one
    /// that runs.
    pub async fn start(&self) -> Result<(), Failure> {
        if self.is_running() {
            return Ok(());
        }
        if let Some(ended) = self.stage.take(&self.name) {
            self.off(ended).await;
        }
        self.stage.start(self.program(), &self.name).await
    }

    /// SIGKILL to all of it; returns when the kernel has taken it away, sockets closed.
    pub async fn kill(&self) -> Result<(), BenchError> {
        let actor = self.actor()?;
        self.off(actor).await;
        Ok(())
    }

    /// SIGTERM, and what became of it within its grace: whether it left by itself, and how.
    pub async fn leave(&self) -> Result<Ending, BenchError> {
        let actor = self.actor()?;
        let ending = actor.program.stop(actor.grace).await;
        let told = ending.clone();
        self.stage.tell_ending(actor.name, told).await;
        Ok(ending)
    }

    /// SIGSTOP to all of it: it holds its sockets and says nothing.
    pub fn freeze(&self) -> Result<(), BenchError> {
        self.handle()?.signal(Deed::Stop)
    }

    /// SIGCONT to all of it.
    pub fn thaw(&self) -> Result<(), BenchError> {
        self.handle()?.signal(Deed::Cont)
    }

    /// Another process of the same program beside this one, under the name `NAME#2`.
    pub async fn start_second(&self) -> Result<Self, Failure> {
        let second = Self::new(self.stage.clone(), &format!("{}#2", self.program()));
        second.start().await?;
        Ok(second)
    }

    /// From here on its end by itself is no failure: a fault was injected, and it is started again,
    /// three times at most, until the check is over. What then comes of it decides. Said again at the
    /// next fault, it may be started three times more.
    pub fn forgive(&self) {
        let mut actors = self.stage.actors();
        let actor = actors.iter_mut().find(|actor| actor.name == self.name);
        let now = actor.map(|actor| {
            actor.forgiven = true;
            actor.program.handle()
        });
        drop(actors);
        let mut kept = self.stage.kept();
        let mine = kept.entry(self.name.clone()).or_default();
        mine.left = RESTARTS;
        let Some(handle) = now else {
            // Whoever starts it again just now goes on with that.
            return;
        };
        if mine.waits_for == Some(handle.pid()) {
            return;
        }
        mine.waits_for = Some(handle.pid());
        drop(kept);
        let control = self.clone();
        let task = tokio::spawn(async move { control.keep_up(handle).await });
        let mut tasks = self
            .stage
            .0
            .tasks
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        tasks.push(task);
    }

    /// The local ports of its connections: whose a connection at an interposer is.
    pub fn connected_from(&self) -> Result<BTreeSet<u16>, BenchError> {
        Ok(ports::connected_from(&self.handle()?))
    }

    /// Where it listens.
    pub fn address(&self) -> Result<SocketAddr, BenchError> {
        let addresses = self.stage.addresses();
        addresses
            .get(&self.name)
            .copied()
            .ok_or_else(|| BenchError::new(format!("No program named `{}` is running.", self.name)))
    }

    /// A view of its process as it is now; a restart makes another.
    pub fn handle(&self) -> Result<ProgramHandle, BenchError> {
        let actors = self.stage.actors();
        let actor = actors.iter().find(|actor| actor.name == self.name);
        actor
            .map(|actor| actor.program.handle())
            .ok_or_else(|| BenchError::new(format!("No program named `{}` is running.", self.name)))
    }

    /// The program's name in the submission.
    fn program(&self) -> &str {
        self.name.split('#').next().unwrap_or(&self.name)
    }

    fn actor(&self) -> Result<Actor, BenchError> {
        self.stage
            .take(&self.name)
            .ok_or_else(|| BenchError::new(format!("No program named `{}` is running.", self.name)))
    }

    /// Ends what is left of it and tells so.
    async fn off(&self, actor: Actor) {
        let ending = actor.program.kill().await;
        let took_ms = millis(ending.took);
        self.stage
            .tell(StageEvent::Stopped {
                program: actor.name,
                forced: false,
                survivors: ending.survivors,
                took_ms,
            })
            .await;
    }

    async fn keep_up(&self, mut handle: ProgramHandle) {
        loop {
            let end = handle.ended().await;
            if !matches!(end, End::Died(_)) || !self.may_restart(handle.pid()) {
                break;
            }
            self.stage
                .tell(StageEvent::Note(format!(
                    "`{}` ended after the fault and is started again.",
                    self.name
                )))
                .await;
            if self.start().await.is_err() {
                break;
            }
            let mut actors = self.stage.actors();
            let Some(actor) = actors.iter_mut().find(|actor| actor.name == self.name) else {
                break;
            };
            actor.forgiven = true;
            let next = actor.program.handle();
            drop(actors);
            if !self.waits(handle.pid(), Some(next.pid())) {
                return;
            }
            handle = next;
        }
        self.waits(handle.pid(), None);
    }

    /// Takes one of the restarts that are left, if the process that ended is the one on the stage: one
    /// that was ours to end, or taken off meanwhile, is in the hands of whoever did that.
    fn may_restart(&self, ended: u32) -> bool {
        let is_here = self.handle().is_ok_and(|now| now.pid() == ended);
        let mut kept = self.stage.kept();
        let Some(mine) = kept.get_mut(&self.name) else {
            return false;
        };
        let may = is_here && mine.waits_for == Some(ended) && mine.left > 0;
        mine.left -= u32::from(may);
        may
    }

    /// Says that the task which waited for one process waits for the next, or for none. False where
    /// another task has taken over.
    fn waits(&self, before: u32, now: Option<u32>) -> bool {
        let mut kept = self.stage.kept();
        let mine = kept.get_mut(&self.name);
        let Some(mine) = mine.filter(|mine| mine.waits_for == Some(before)) else {
            return false;
        };
        mine.waits_for = now;
        true
    }
}
