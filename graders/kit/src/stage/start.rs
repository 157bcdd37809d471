//! From a program's lines to one that is ready.

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddr},
    sync::PoisonError,
    time::Instant,
};

use tokio::sync::mpsc;

use super::{
    Actor, Stage, StageEvent, Teller,
    trouble::{Trouble, cannot_start, trouble},
};
use crate::{
    process::{
        Launch, OutputChunk, ProgramHandle, StartError, environment, ports, ready::await_ready,
    },
    spec::{Ready, RunSpec},
    verdict::{BenchError, Failure, Verdict, millis},
};

/// Other ports to try when somebody took the first between its choice and the program's start.
const TRIES: u32 = 3;

/// How many chunks of output may wait; more are counted as dropped, the whole stands in the log.
const CHUNKS: usize = 64;

impl Stage {
    /// Starts a program under a name and waits until it is ready. The error was told; it is the
    /// learner's or the bench's, as `?` says.
    pub(super) async fn start(&self, program: &str, name: &str) -> Result<(), Failure> {
        let spec = self.spec(program)?;
        let mut tries = TRIES;
        loop {
            tries -= 1;
            let began = Instant::now();
            let verdict = match self.start_once(&spec, name).await {
                Ok(()) => return Ok(()),
                Err(Trouble::PortTaken(_)) if tries > 0 && self.0.cast.given.is_empty() => continue,
                Err(Trouble::PortTaken(verdict) | Trouble::Verdict(verdict)) => verdict,
            };
            let failure = failure(&verdict);
            self.tell(StageEvent::NotReady {
                program: name.to_owned(),
                verdict,
                took_ms: millis(began.elapsed()),
            })
            .await;
            return Err(failure);
        }
    }

    async fn start_once(&self, spec: &RunSpec, name: &str) -> Result<(), Trouble> {
        let ports = self.choose_ports(spec)?;
        let launch = self.launch(spec, name, &ports);
        self.tell(StageEvent::Starting {
            program: name.to_owned(),
            command: spec.command.clone(),
            env: launch.environment.shown(),
        })
        .await;
        let began = Instant::now();
        let started = self.0.cast.supervisor.start(launch).await;
        let program = started.map_err(|error| match error {
            StartError::Bench(error) => Trouble::Verdict(Verdict::Unsettled(error)),
            error @ (StartError::NotFound { .. }
            | StartError::NotExecutable { .. }
            | StartError::NoDirectory { .. }
            | StartError::NoCommand) => Trouble::Verdict(cannot_start(spec, &error)),
        })?;
        let first = spec.ports.first().and_then(|name| ports.get(name)).copied();
        let address = first.map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
        let handle = program.handle();
        // On the stage before it is ready: whoever ends the stage meanwhile ends it too.
        self.actors().push(Actor {
            name: name.to_owned(),
            program,
            address,
            ports,
            grace: spec.grace,
            forgiven: false,
        });
        if let Err(trouble) = self.until_ready(spec, &handle, first).await {
            if let Some(actor) = self.take(name) {
                let ending = actor.program.kill().await;
                let ending = crate::process::Ending {
                    forced: false,
                    ..ending
                };
                self.tell_ending(name.to_owned(), ending).await;
            }
            return Err(trouble);
        }
        self.tell(StageEvent::Ready {
            program: name.to_owned(),
            address,
            pid: handle.pid(),
            supervisor: handle.supervisor_pid(),
            looked_at: spec.ready.as_ref().map(Ready::describe).unwrap_or_default(),
            took_ms: millis(began.elapsed()),
        })
        .await;
        Ok(())
    }

    async fn until_ready(
        &self,
        spec: &RunSpec,
        program: &ProgramHandle,
        port: Option<u16>,
    ) -> Result<(), Trouble> {
        let Some(ready) = &spec.ready else {
            return Ok(());
        };
        let (told, mut notes) = mpsc::channel(4);
        let waiting = await_ready(program, ready, port, spec.start_limit, |note| {
            if told.try_send(note).is_err() {
                // Four notes wait already; one more says nothing new.
            }
        });
        tokio::pin!(waiting);
        loop {
            tokio::select! {
                result = &mut waiting => {
                    return result.map(drop).map_err(|why| trouble(spec, program, why));
                }
                Some(note) = notes.recv() => self.tell(StageEvent::Note(note)).await,
            }
        }
    }

    fn choose_ports(&self, spec: &RunSpec) -> Result<BTreeMap<String, u16>, Trouble> {
        let free = ports::free_ports(spec.ports.len()).map_err(|error| {
            let why = format!("The system gives no free port on 127.0.0.1: {error}.");
            Trouble::Verdict(Verdict::Unsettled(BenchError::new(why)))
        })?;
        let mut given = self.0.given.lock().unwrap_or_else(PoisonError::into_inner);
        let chosen = free.into_iter().map(|free| given.next().unwrap_or(free));
        Ok(spec.ports.iter().cloned().zip(chosen).collect())
    }

    fn launch(&self, spec: &RunSpec, name: &str, ports: &BTreeMap<String, u16>) -> Launch {
        let cast = &self.0.cast;
        let mut set = cast.environment.clone();
        set.extend(cast.own.get(&spec.name).cloned().unwrap_or_default());
        set.extend(spec.env.clone());
        set.extend(
            ports
                .iter()
                .map(|(name, port)| (name.clone(), port.to_string())),
        );
        let mut launch = Launch::new(name, spec.command.clone(), cast.directory.clone());
        launch.shown_directory.clone_from(&cast.shown_directory);
        launch.environment = environment(std::env::vars_os(), &set);
        launch.logs = Some(cast.logs.clone());
        launch.limits = cast.limits;
        launch.output = Some(forward(cast.tell.clone()));
        launch
    }
}

fn failure(verdict: &Verdict) -> Failure {
    match verdict {
        Verdict::Failed(mismatch) => mismatch.clone().into(),
        Verdict::Unsettled(error) => error.clone().into(),
        Verdict::Passed | Verdict::Skipped { .. } => {
            BenchError::new("A program that is not ready was called ready.").into()
        }
    }
}

/// Tells a program's chunks as they come.
fn forward(tell: Teller) -> mpsc::Sender<OutputChunk> {
    let (sender, mut chunks) = mpsc::channel::<OutputChunk>(CHUNKS);
    tokio::spawn(async move {
        while let Some(chunk) = chunks.recv().await {
            tell(StageEvent::Output(chunk)).await;
        }
    });
    sender
}
