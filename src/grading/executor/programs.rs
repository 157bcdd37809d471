//! The learner's programs while a run needs them: started, awaited, and ended again by this scope.

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddr},
    time::{Duration, Instant},
};

use mastery_kit::{
    process::{
        Deed, Ending, Launch, OutputChunk, Program, ProgramHandle, StartError, environment, ports,
        ready::await_ready,
    },
    spec::{Ready, RunSpec},
    verdict::{BenchError, Verdict, millis},
};
use tokio::sync::mpsc;

use super::trouble::{Trouble, cannot_start, trouble};
use crate::grading::{
    event::GradeEvent,
    plan::{Plan, PortChoice},
    sink::Sink,
    stop::{StopLevel, StopWatch},
};

/// Other ports to try when somebody took the first between its choice and the program's start.
const TRIES: u32 = 3;

/// How many chunks of output may wait; more are counted as dropped, the whole stands in the log.
const CHUNKS: usize = 64;

/// The programs of a run.
pub(super) struct Programs<'p> {
    plan: &'p Plan,
    sink: Sink,
    running: Vec<Running>,
    given: std::vec::IntoIter<u16>,
}

struct Running {
    program: Program,
    address: Option<SocketAddr>,
    ports: BTreeMap<String, u16>,
}

impl<'p> Programs<'p> {
    pub(super) fn new(plan: &'p Plan, sink: Sink) -> Self {
        let given = match &plan.ports {
            PortChoice::System => Vec::new(),
            PortChoice::Given(ports) => ports.clone(),
        };
        Self {
            plan,
            sink,
            running: Vec::new(),
            given: given.into_iter(),
        }
    }

    /// Starts every program and waits until all are ready. On false the reason was told.
    pub(super) async fn start(&mut self, stop: &mut StopWatch) -> bool {
        for spec in self
            .plan
            .programs
            .iter()
            .filter(|spec| spec.ready.is_some())
        {
            let mut tries = TRIES;
            loop {
                tries -= 1;
                let began = Instant::now();
                let verdict = match self.start_one(spec, stop).await {
                    Ok(()) => break,
                    Err(Trouble::Stopped) => return false,
                    Err(Trouble::PortTaken(_)) if tries > 0 && self.may_choose() => continue,
                    Err(Trouble::PortTaken(verdict) | Trouble::Verdict(verdict)) => verdict,
                };
                let program = spec.name.clone();
                let took_ms = millis(began.elapsed());
                self.sink
                    .send(GradeEvent::ProgramNotReady {
                        program,
                        verdict,
                        took_ms,
                    })
                    .await;
                return false;
            }
        }
        true
    }

    /// Ends every program that still runs, in reverse order, and tells what it left behind.
    pub(super) async fn stop(&mut self, stop: &mut StopWatch) {
        while let Some(running) = self.running.pop() {
            let name = running.program.name().to_owned();
            let ending = end(running.program, self.grace(&name), stop).await;
            self.tell_ending(name, ending).await;
        }
    }

    /// The address of each program that has one.
    pub(super) fn addresses(&self) -> BTreeMap<String, SocketAddr> {
        self.running
            .iter()
            .filter_map(|running| Some((running.program.name().to_owned(), running.address?)))
            .collect()
    }

    /// `PORT` → `127.0.0.1:41873`, for people who want to look.
    pub(super) fn addresses_by_variable(&self) -> BTreeMap<String, String> {
        let all = self.running.iter().flat_map(|running| &running.ports);
        all.map(|(name, port)| (name.clone(), format!("127.0.0.1:{port}")))
            .collect()
    }

    /// The handles of those that run.
    pub(super) fn handles(&self) -> Vec<ProgramHandle> {
        self.running
            .iter()
            .map(|running| running.program.handle())
            .collect()
    }

    fn grace(&self, name: &str) -> Duration {
        let spec = self.plan.programs.iter().find(|spec| spec.name == name);
        spec.map_or(Duration::from_secs(10), |spec| spec.grace)
    }

    fn may_choose(&self) -> bool {
        matches!(self.plan.ports, PortChoice::System)
    }

    async fn start_one(&mut self, spec: &RunSpec, stop: &mut StopWatch) -> Result<(), Trouble> {
        let ports = self.choose_ports(spec)?;
        let launch = self.launch(spec, &ports);
        self.sink
            .send(GradeEvent::ProgramStarting {
                program: spec.name.clone(),
                command: spec.command.clone(),
                directory: self.plan.shown_directory.clone(),
                env: launch.environment.shown(),
            })
            .await;
        let began = Instant::now();
        let program = match self.plan.supervisor.start(launch).await {
            Ok(program) => program,
            Err(StartError::Bench(error)) => {
                return Err(Trouble::Verdict(Verdict::Unsettled(error)));
            }
            Err(error) => return Err(Trouble::Verdict(cannot_start(spec, &error))),
        };
        let first = spec.ports.first().and_then(|name| ports.get(name)).copied();
        let ready = self.until_ready(spec, &program, first, stop).await;
        if let Err(trouble) = ready {
            let grace = if stop.level() > StopLevel::Run {
                spec.grace
            } else {
                Duration::ZERO
            };
            let ending = end(program, grace, stop).await;
            self.tell_ending(spec.name.clone(), ending).await;
            return Err(trouble);
        }
        let address = first.map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
        self.sink
            .send(GradeEvent::ProgramReady {
                program: spec.name.clone(),
                address: address
                    .map(|address| address.to_string())
                    .unwrap_or_default(),
                pid: program.pid(),
                supervisor: program.supervisor_pid(),
                looked_at: spec.ready.as_ref().map(Ready::describe).unwrap_or_default(),
                took_ms: millis(began.elapsed()),
            })
            .await;
        self.running.push(Running {
            program,
            address,
            ports,
        });
        Ok(())
    }

    async fn until_ready(
        &self,
        spec: &RunSpec,
        program: &Program,
        port: Option<u16>,
        stop: &mut StopWatch,
    ) -> Result<(), Trouble> {
        let Some(ready) = &spec.ready else {
            return Ok(());
        };
        let (told, mut notes) = mpsc::channel(4);
        let handle = program.handle();
        let waiting = await_ready(&handle, ready, port, spec.start_limit, |note| {
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
                Some(note) = notes.recv() => self.sink.note(note, None).await,
                () = stop.at_least(StopLevel::WindDown) => return Err(Trouble::Stopped),
            }
        }
    }

    fn choose_ports(&mut self, spec: &RunSpec) -> Result<BTreeMap<String, u16>, Trouble> {
        let free = ports::free_ports(spec.ports.len()).map_err(|error| {
            let why = format!("The system gives no free port on 127.0.0.1: {error}.");
            Trouble::Verdict(Verdict::Unsettled(BenchError::new(why)))
        })?;
        let chosen = free
            .into_iter()
            .map(|free| self.given.next().unwrap_or(free));
        Ok(spec.ports.iter().cloned().zip(chosen).collect())
    }

    fn launch(&self, spec: &RunSpec, ports: &BTreeMap<String, u16>) -> Launch {
        let mut set = self.plan.environment.clone();
        set.extend(spec.env.clone());
        set.extend(
            ports
                .iter()
                .map(|(name, port)| (name.clone(), port.to_string())),
        );
        let mut launch = Launch::new(
            spec.name.clone(),
            spec.command.clone(),
            self.plan.directory.clone(),
        );
        launch
            .shown_directory
            .clone_from(&self.plan.shown_directory);
        launch.environment = environment(std::env::vars_os(), &set);
        launch.logs = Some(self.plan.logs.clone());
        launch.limits = self.plan.limits;
        launch.output = Some(forward(self.sink.clone()));
        launch
    }

    async fn tell_ending(&self, program: String, ending: Ending) {
        if !ending.left.is_empty() {
            let left = ending.left.join(", ");
            self.sink
                .note(format!("Not even SIGKILL ended {left}."), None)
                .await;
        }
        let (forced, survivors) = (ending.forced, ending.survivors);
        let took_ms = millis(ending.took);
        self.sink
            .send(GradeEvent::ProgramStopped {
                program,
                forced,
                survivors,
                took_ms,
            })
            .await;
    }
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

/// Turns a program's chunks into events.
fn forward(sink: Sink) -> mpsc::Sender<OutputChunk> {
    let (sender, mut chunks) = mpsc::channel::<OutputChunk>(CHUNKS);
    tokio::spawn(async move {
        while let Some(chunk) = chunks.recv().await {
            let text = String::from_utf8_lossy(&chunk.bytes);
            let lossy = matches!(text, std::borrow::Cow::Owned(_));
            sink.send(GradeEvent::ProgramOutput {
                program: chunk.program,
                stream: chunk.stream,
                text: text.into_owned(),
                lossy,
                dropped: chunk.dropped,
            })
            .await;
        }
    });
    sender
}
