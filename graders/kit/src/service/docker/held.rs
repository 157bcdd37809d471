//! A service that runs in a container and is ours to stop.

use std::{pin::pin, time::Duration};

use futures_util::StreamExt as _;
use testcontainers::{
    ContainerAsync, TestcontainersError,
    bollard::{
        errors::Error,
        query_parameters::{InspectContainerOptions, LogsOptionsBuilder},
    },
    core::error::ClientError,
};
use tokio::time::timeout;

use super::{Kind, engine::Engine, error, image::Recipe, surroundings, tail::Tail};
use crate::{service::Endpoint, verdict::BenchError};

/// Lines of a server that died.
const LINES: usize = 20;
/// Bytes of them that are read.
const SAID: usize = 64 << 10;
/// An engine on a loaded machine removes a container within a second.
const STOP_LIMIT: Duration = Duration::from_secs(20);

/// A running service. Stop it; dropping it removes the container too, but nobody waits for that.
pub struct Held {
    kind: Kind,
    endpoint: Endpoint,
    container: ContainerAsync<Recipe>,
    tail: Tail,
}

impl Held {
    pub(super) fn new(
        kind: Kind,
        endpoint: Endpoint,
        container: ContainerAsync<Recipe>,
        tail: Tail,
    ) -> Self {
        Self {
            kind,
            endpoint,
            container,
            tail,
        }
    }

    /// How it is reached.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// The engine's name for the container.
    pub fn container(&self) -> &str {
        self.container.id()
    }

    /// The last lines it said, of both streams.
    pub fn last_lines(&self, count: usize) -> Vec<String> {
        self.tail.last_lines(count)
    }

    /// How it ended, with its last lines; `None` while it runs. An engine that cannot say counts as
    /// an end: nothing more can be decided with this service.
    pub async fn ended(&self) -> Option<BenchError> {
        match Engine::connect().await {
            Ok(engine) => ended(&engine, self.container.id(), self.kind).await,
            Err(error) => Some(error),
        }
    }

    /// Removes the container with its data.
    pub async fn stop(self) -> Result<(), BenchError> {
        let doing = format!("stopping {}", self.kind.name());
        let at = surroundings::host()?;
        match timeout(STOP_LIMIT, self.container.rm()).await {
            Ok(Err(error)) if !is_gone(&error) => Err(error::explain(&doing, &error, &at)),
            Ok(_) => Ok(()),
            Err(_) => Err(error::silent(&at)),
        }
    }
}

/// Somebody else removed it, or is about to.
fn is_gone(error: &TestcontainersError) -> bool {
    matches!(
        error,
        TestcontainersError::Client(ClientError::RemoveContainer(
            Error::DockerResponseServerError {
                status_code: 404 | 409,
                ..
            }
        ))
    )
}

/// Waits until a container has ended, for whatever reason; for ever where the engine cannot say.
pub(super) async fn exited(engine: &Engine, id: &str) {
    let mut waited = pin!(engine.client.wait_container(id, None));
    // A status other than 0 comes as an error: both are an end.
    if waited.next().await.is_none() {
        std::future::pending::<()>().await;
    }
}

/// How a container ended; `None` while it runs.
pub(super) async fn ended(engine: &Engine, id: &str, kind: Kind) -> Option<BenchError> {
    let options = None::<InspectContainerOptions>;
    let inspected = engine.client.inspect_container(id, options);
    let state = match engine.ask("looking at a container", inspected).await {
        Ok(inspected) => inspected.state.unwrap_or_default(),
        Err(error) => return Some(error),
    };
    if state.running == Some(true) {
        return None;
    }
    let name = kind.name();
    // The exit code of what the kernel killed for its memory can be 0: a child was killed.
    let mut why = if state.oom_killed == Some(true) {
        format!("{name} ended: its container needed more memory than it may have.")
    } else {
        let code = state.exit_code.unwrap_or(-1);
        format!("{name} ended: its container exited with code {code}.")
    };
    let said = last_said(engine, id).await;
    if !said.is_empty() {
        why.push_str(" It said last:\n");
        why.push_str(&said);
    }
    Some(BenchError::new(why))
}

/// The last lines of both streams from the engine, which has all of them once a container has ended:
/// a reader that follows may lag behind its death.
async fn last_said(engine: &Engine, id: &str) -> String {
    let options = LogsOptionsBuilder::new()
        .stdout(true)
        .stderr(true)
        .tail(&LINES.to_string())
        .build();
    let reading = async {
        let mut said = String::new();
        let mut frames = pin!(engine.client.logs(id, Some(options)));
        while let Some(frame) = frames.next().await {
            said.push_str(&frame?.to_string());
            if said.len() > SAID {
                break;
            }
        }
        Ok(said)
    };
    let said = engine.ask("reading a container's output", reading).await;
    said.map_or_else(|error| error.why, |said| said.trim_end().to_owned())
}
