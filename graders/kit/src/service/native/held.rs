//! A service that runs.

use std::time::Duration;

use super::{Native, ground::Ground, segment};
use crate::{
    process::{End, Program},
    service::Endpoint,
    verdict::BenchError,
};

/// How many lines a death tells.
const LAST_LINES: usize = 8;

/// A running service. Dropped without [`Held::stop`], it is ended at once and nobody hears how.
pub struct Held {
    endpoint: Endpoint,
    program: Program,
    /// What it has to leave by itself; one whose files nobody needs any more is given none.
    grace: Option<Duration>,
    /// Kept until it has ended.
    ground: Option<(Ground, Native)>,
}

impl Held {
    pub(crate) fn new(endpoint: Endpoint, program: Program) -> Self {
        Self {
            endpoint,
            program,
            grace: None,
            ground: None,
        }
    }

    /// Of a Postgres: where it stands, and what it has to leave by itself.
    pub(crate) fn on(mut self, ground: Ground, native: &Native, grace: Duration) -> Self {
        self.ground = Some((ground, native.clone()));
        self.grace = Some(grace);
        self
    }

    /// How it is reached.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// If it has ended, though nobody asked: how, with its last lines. Never the learner's fault.
    pub fn ended(&self) -> Option<String> {
        (self.program.has_ended()).then(|| died(self.endpoint.kind().name(), &self.program))
    }

    /// The last lines of what it printed.
    pub fn last_lines(&self, most: usize) -> Vec<String> {
        self.program.last_lines(most)
    }

    /// The process that owns it; all of it descends from that one.
    pub fn supervisor_pid(&self) -> u32 {
        self.program.supervisor_pid()
    }

    /// Ends all of it; an error names what could not be ended.
    pub async fn stop(self) -> Result<(), BenchError> {
        let name = self.endpoint.kind().name();
        let ending = match self.grace {
            Some(grace) => self.program.stop(grace).await,
            None => self.program.kill().await,
        };
        if let Some((ground, native)) = self.ground {
            segment::remove(&native, &ground.data()).await;
            // Its folder goes when nothing writes there any more.
            drop(ground);
        }
        if ending.left.is_empty() {
            return Ok(());
        }
        let left = ending.left.join(", ");
        Err(BenchError::new(format!(
            "Processes of {name} cannot be ended: {left}."
        )))
    }
}

/// How a service ended that should run, with its last lines. A sentence.
pub(crate) fn died(name: &str, program: &Program) -> String {
    let how = match program.end() {
        Some(End::Died(death)) => {
            format!("{} after {} ms", death.exit.describe(), death.after_ms)
        }
        Some(End::Stopped(exit)) => exit.describe(),
        Some(End::Lost(error)) => error.why,
        None => "it runs".to_owned(),
    };
    let lines = program.last_lines(LAST_LINES);
    if lines.is_empty() {
        return format!("{name} ended ({how}) and said nothing.");
    }
    format!(
        "{name} ended ({how}). Its last lines:\n{}",
        lines.join("\n")
    )
}
