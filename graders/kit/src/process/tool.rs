//! Programs that are run to their end: builds, and tools that are judged by their exit code.

use std::{
    fs::{self, OpenOptions},
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::PathBuf,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use tokio::time::{Instant, timeout};

use super::{
    captured::Output,
    client::Supervisor,
    launch::{Launch, StartError},
    program::{End, Ending},
};
use crate::verdict::{BenchError, Exit};

/// A command that has run to its end.
#[derive(Clone, Debug)]
pub struct Finished {
    pub how: How,
    pub took: Duration,
    /// Beginning and end of both streams.
    pub output: Output,
    /// Of both streams, as they came.
    pub last_lines: Vec<String>,
    /// What it left running, ended by us.
    pub survivors: Vec<String>,
    /// The log that tells most.
    pub log: Option<String>,
}

/// How a command came to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum How {
    Exited(Exit),
    /// It was ended at its limit.
    TooLong {
        limit: Duration,
    },
    /// Unknown: the bench lost it.
    Lost(BenchError),
}

impl Finished {
    /// Whether it said that all went well.
    pub fn success(&self) -> bool {
        self.how == How::Exited(Exit::Code { code: 0 })
    }
}

impl Supervisor {
    /// Runs a command to its end, at most for `limit`. `input` is its standard input (a file: it
    /// need not be read); without one it is empty.
    pub async fn run(
        &self,
        launch: Launch,
        input: Option<Vec<u8>>,
        limit: Duration,
    ) -> Result<Finished, StartError> {
        let input = input.map(|bytes| Input::write(&bytes)).transpose()?;
        let begun = Instant::now();
        let path = input.as_ref().map(|input| input.0.as_path());
        let program = self.start_with(launch, path).await?;
        drop(input); // it is open by now, its name is not needed
        let handle = program.handle();
        let in_time = timeout(limit, handle.gone()).await;
        let ending = match in_time {
            Ok(ending) => ending,
            Err(_) => program.kill().await,
        };
        Ok(Finished {
            took: begun.elapsed(),
            output: handle.output(),
            last_lines: handle.last_lines(usize::MAX),
            log: handle.core().log(),
            how: how(&ending, limit),
            survivors: ending.survivors,
        })
    }
}

fn how(ending: &Ending, limit: Duration) -> How {
    match &ending.end {
        End::Died(death) => How::Exited(death.exit.clone()),
        End::Stopped(_) => How::TooLong { limit },
        End::Lost(error) => How::Lost(error.clone()),
    }
}

/// Standard input as a file that vanishes with its owner.
struct Input(PathBuf);

impl Input {
    fn write(bytes: &[u8]) -> Result<Self, StartError> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("mastery-input-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        let written = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)
            .and_then(|mut file| file.write_all(bytes));
        let input = Self(path);
        written.map_err(|error| {
            StartError::Bench(BenchError::new(format!(
                "Standard input cannot be kept in {}: {error}.",
                input.0.display()
            )))
        })?;
        Ok(input)
    }
}

impl Drop for Input {
    fn drop(&mut self) {
        fs::remove_file(&self.0).ok();
    }
}
