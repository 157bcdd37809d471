//! The owner's side of a supervisor: starts one for each program and reads what it says.

use std::{
    io::{self, Write as _},
    os::fd::OwnedFd,
    path::{Path, PathBuf},
    process::Stdio,
    sync::{Arc, Mutex},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tokio::{
    io::AsyncReadExt as _,
    net::unix::pipe,
    process::{Child, Command},
    sync::{
        mpsc::{Sender, error::TrySendError},
        watch,
    },
    time::timeout,
};

use super::{
    RUN,
    frame::{Order, Report, Spec, split_head},
    launch::{Launch, OutputChunk, StartError, explain_refusal},
    program::{Core, Program, ProgramHandle, Shown, State},
    transcript::Transcript,
};
use crate::verdict::{BenchError, Stream};

/// A supervisor that says nothing for so long is none.
const FIRST_WORD: Duration = Duration::from_secs(20);

/// Starts programs, each under a supervisor of its own. Needs a tokio runtime with time and I/O.
#[derive(Clone, Debug)]
pub struct Supervisor {
    exe: PathBuf,
}

impl Supervisor {
    /// `exe` is an executable that calls [`super::supervisor::main`] when its first argument is
    /// [`RUN`]: usually the running one itself.
    pub fn new(exe: PathBuf) -> Self {
        let exe = std::path::absolute(&exe).unwrap_or(exe);
        Self { exe }
    }

    /// Starts a program.
    pub async fn start(&self, launch: Launch) -> Result<Program, StartError> {
        self.start_with(launch, None).await
    }

    pub(crate) async fn start_with(
        &self,
        launch: Launch,
        input: Option<&Path>,
    ) -> Result<Program, StartError> {
        let program = launch.resolve()?;
        let logs = launch.log_paths()?;
        let spec = Order::Start(Box::new(Spec {
            program: program.clone().into(),
            argv: launch.command.iter().map(Into::into).collect(),
            input: input.map(Into::into),
            logs: logs.clone().map(|paths| paths.map(Into::into)),
            memory_mib: launch.limits.memory_mib,
            log_bytes: launch.limits.log_bytes,
            open_files: launch.limits.open_files,
            file_bytes: launch.limits.file_bytes,
            user: launch.user,
            farewell: launch.farewell,
        }));
        let (child, mut orders, mut reports) =
            (self.spawn(&launch)).map_err(|error| self.fault(&error))?;
        let sent = spec.encode().and_then(|bytes| orders.write_all(&bytes));
        let mut body = Vec::new();
        let first = match timeout(FIRST_WORD, read_report(&mut reports, &mut body)).await {
            Ok(first) => sent.and(first),
            Err(_) => Err(io::ErrorKind::TimedOut.into()),
        };
        let started = match first {
            Ok(Some(Report::Started(started))) => started,
            Ok(Some(Report::Refused(refused))) if refused.program => {
                let why = explain_refusal(&program, &refused.why);
                return Err(StartError::NotExecutable { path: program, why });
            }
            Ok(Some(Report::Refused(refused))) => {
                return Err(StartError::Bench(BenchError::new(refused.why)));
            }
            Ok(_) => return Err(self.fault(&io::ErrorKind::UnexpectedEof.into())),
            Err(error) => return Err(self.fault(&error)),
        };
        let core = Arc::new(Core {
            pid: started.pid,
            supervisor_pid: child.id().unwrap_or(0),
            state: watch::Sender::new(State::default()),
            transcript: Mutex::new(Transcript::default()),
            orders: Mutex::new(Some(orders)),
            shown: Shown {
                name: launch.name,
                command: launch.command,
                directory: launch.shown_directory,
                env: launch.environment.shown(),
                logs,
            },
        });
        let listener = Listener {
            core: Arc::clone(&core),
            output: launch.output,
            missed: [0; 2],
        };
        tokio::spawn(listener.listen(child, reports, body));
        Ok(Program::new(ProgramHandle::new(core)))
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the supervisor is ourselves, and owns the process group"
    )]
    fn spawn(&self, launch: &Launch) -> io::Result<(Child, io::PipeWriter, pipe::Receiver)> {
        let (their_orders, orders) = io::pipe()?;
        let (reports, their_reports) = io::pipe()?;
        let reports = pipe::Receiver::from_owned_fd(OwnedFd::from(reports))?;
        // The environment and the directory of the supervisor are those of the program.
        let child = Command::new(&self.exe)
            .arg(RUN)
            .arg(&launch.name) // for who reads `ps`
            .env_clear()
            .envs(launch.environment.all())
            .current_dir(&launch.directory)
            .stdin(Stdio::from(their_orders))
            .stdout(Stdio::from(their_reports))
            .stderr(Stdio::null())
            .spawn()?;
        Ok((child, orders, reports))
    }

    fn fault(&self, error: &io::Error) -> StartError {
        let exe = self.exe.display();
        StartError::Bench(BenchError::new(format!(
            "The supervisor (`{exe} {RUN}`) does not work: {error}."
        )))
    }
}

/// The next report; `None` at the end of the pipe.
async fn read_report(pipe: &mut pipe::Receiver, body: &mut Vec<u8>) -> io::Result<Option<Report>> {
    let mut head = [0; 5];
    match pipe.read_exact(&mut head).await {
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    }
    let (kind, length) = split_head(head)?;
    body.resize(length, 0);
    pipe.read_exact(body).await?;
    Report::decode(kind, body).map(Some)
}

/// Reads what a supervisor says until it has said everything.
struct Listener {
    core: Arc<Core>,
    output: Option<Sender<OutputChunk>>,
    /// Bytes the channel did not take, by stream.
    missed: [u64; 2],
}

impl Listener {
    async fn listen(mut self, mut child: Child, mut reports: pipe::Receiver, mut body: Vec<u8>) {
        while let Ok(Some(report)) = read_report(&mut reports, &mut body).await {
            match report {
                Report::Output {
                    stream,
                    dropped,
                    bytes,
                } => self.on_output(stream, dropped, bytes),
                Report::Exited(exited) => self.core.on_exit(exited),
                Report::Gone(gone) => {
                    self.core.state.send_modify(|state| state.gone = Some(gone));
                }
                // Both are first words, read before this began.
                Report::Started(_) | Report::Refused(_) => {}
            }
        }
        self.core.on_silence();
        // Only so that it leaves no zombie; what it had to say is said.
        child.wait().await.ok();
    }

    fn on_output(&mut self, stream: Stream, dropped: u64, bytes: Vec<u8>) {
        self.core.transcript().push(stream, dropped, &bytes);
        let Some(output) = &self.output else {
            return;
        };
        let missed = &mut self.missed[usize::from(stream == Stream::Stderr)];
        let chunk = OutputChunk {
            program: self.core.shown.name.clone(),
            stream,
            dropped: dropped + *missed,
            bytes,
        };
        match output.try_send(chunk) {
            Ok(()) => *missed = 0,
            Err(TrySendError::Full(chunk)) => *missed = chunk.dropped + chunk.bytes.len() as u64,
            Err(TrySendError::Closed(_)) => self.output = None,
        }
    }
}

/// The last resort when a supervisor does not do its work: SIGKILL to a process and its group.
pub(crate) fn kill_what_is_left(pid: u32) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        // Usually nothing is there any more.
        kill_process_group(pid, Signal::KILL).ok();
        kill_process(pid, Signal::KILL).ok();
    }
}
