//! What every start has in common: a deadline, a port that may be taken, an end that explains itself.

use std::{io, time::Duration};

use tokio::time::Instant;

use super::{
    Native,
    cache::Part,
    found::{FETCH, Found, oldest},
    held::died,
};
use crate::{
    process::{Launch, Program, StartError, ports::free_port},
    service::Request,
    verdict::BenchError,
    wait::{Look, WaitError, until},
};

/// Between our look for a free port and the server's use of it another process may take it.
const TRIES: usize = 3;
const LAST_LINES: usize = 8;

/// One start of one service.
pub(crate) struct Starting<'a> {
    pub(crate) native: &'a Native,
    pub(crate) request: &'a Request,
    pub(crate) found: &'a Found,
    pub(crate) deadline: Instant,
}

impl Starting<'_> {
    /// What is left of the limit.
    pub(crate) fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// Starts a server on a port that was free a moment ago, again on another one if it was taken
    /// meanwhile, and waits for what `look` finds when it is ready.
    pub(crate) async fn on_a_port<T>(
        &self,
        launch: impl Fn(u16) -> Launch,
        look: impl AsyncFn(u16, &Program) -> Result<T, String>,
    ) -> Result<(u16, Program, T), BenchError> {
        let name = self.request.kind.name();
        for _ in 1..TRIES {
            let port = free_port().map_err(|error| no_port(name, &error))?;
            let program = self.begin(launch(port)).await?;
            match self.ready(&program, || look(port, &program)).await {
                Ok(seen) => return Ok((port, program, seen)),
                Err(error) if !taken(&program) => return Err(self.give_up(program, error).await),
                Err(_) => {}
            }
        }
        let port = free_port().map_err(|error| no_port(name, &error))?;
        let program = self.begin(launch(port)).await?;
        match self.ready(&program, || look(port, &program)).await {
            Ok(seen) => Ok((port, program, seen)),
            Err(error) => Err(self.give_up(program, error).await),
        }
    }

    pub(crate) async fn begin(&self, mut launch: Launch) -> Result<Program, BenchError> {
        launch.logs = Some(self.request.logs.clone());
        let started = self.native.supervisor.start(launch).await;
        started.map_err(|error| not_started(self.request.kind.name(), error))
    }

    /// Looks until the service is ready; the error tells its state.
    pub(crate) async fn ready<T, Fut>(
        &self,
        program: &Program,
        look: impl Fn() -> Fut,
    ) -> Result<T, BenchError>
    where
        Fut: Future<Output = Result<T, String>>,
    {
        let limit = self.left();
        ready(self.request.kind.name(), program, limit, look).await
    }

    /// Ends what did not become ready.
    pub(crate) async fn give_up(&self, program: Program, error: BenchError) -> BenchError {
        program.stop(Duration::from_secs(2)).await;
        error
    }
}

/// Looks until a service is ready, it has ended, or the limit is over.
pub(crate) async fn ready<T, Fut>(
    name: &str,
    program: &Program,
    limit: Duration,
    look: impl Fn() -> Fut,
) -> Result<T, BenchError>
where
    Fut: Future<Output = Result<T, String>>,
{
    let looked = until(limit, || {
        let seen = look();
        async {
            if program.has_ended() {
                return Look::Never(());
            }
            match seen.await {
                Ok(seen) => Look::Ready(seen),
                Err(why) => Look::NotYet(why),
            }
        }
    });
    looked.await.map_err(|error| match error {
        WaitError::Never(()) => BenchError::new(died(name, program)).unlock(FETCH),
        WaitError::TooLong { waited, last_seen } => {
            let seen = last_seen.unwrap_or_else(|| "it did not answer".to_owned());
            let lines = program.last_lines(LAST_LINES).join("\n");
            let ms = waited.as_millis();
            BenchError::new(format!(
                "{name} was not ready within {ms} ms: {seen}. Its last lines:\n{lines}"
            ))
            .unlock("close what keeps this machine busy and try again")
        }
    })
}

/// Why a server's process could not be started.
pub(crate) fn not_started(name: &str, error: StartError) -> BenchError {
    if let StartError::Bench(error) = error {
        return error;
    }
    BenchError::new(format!("{name} cannot be started: {error}")).unlock(FETCH)
}

fn no_port(name: &str, error: &io::Error) -> BenchError {
    BenchError::new(format!("There is no free port for {name}: {error}."))
        .unlock("close programs that hold many connections")
}

/// Whether a server ended because another process had its port.
fn taken(program: &Program) -> bool {
    let lines = program.last_lines(usize::MAX);
    let says = |line: &String| line.contains("Address already in use");
    program.has_ended() && lines.iter().any(says)
}

/// Why there is no program of a part, as a sentence; `refused` are those that cannot be used.
pub(crate) fn none_of(part: Part, refused: &[String]) -> String {
    let what = match part {
        Part::Kafka => "Kafka",
        Part::Jre => "Kafka needs Java, and Java",
        Part::Postgres => "Postgres",
        Part::Redis => "Redis",
    };
    let range = match oldest(part) {
        0 => String::new(),
        oldest => format!(" in version {oldest} or newer"),
    };
    if refused.is_empty() {
        return format!("{what}{range} is neither in the cache nor installed.");
    }
    let refused = refused.join("; ");
    format!("{what}{range} is neither in the cache nor installed: {refused}.")
}
