//! The engine itself: reached, asked, and made to pull, each within a limit of our own. The client
//! would wait two minutes for an engine that hangs.

use std::{collections::BTreeMap, pin::pin, time::Duration};

use futures_util::StreamExt as _;
use testcontainers::{
    bollard::{self, errors::Error, query_parameters::CreateImageOptionsBuilder},
    core::client::docker_client_instance,
};
use tokio::time::timeout;

use super::{error, image::Reference, surroundings};
use crate::verdict::BenchError;

/// An engine that has not answered a ping by then is not going to start anything.
const PING_LIMIT: Duration = Duration::from_secs(2);
/// For questions it answers from its memory, on a loaded machine.
const QUESTION_LIMIT: Duration = Duration::from_secs(10);

/// An engine that answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunningEngine {
    /// As it reports it: `28.3.0`.
    pub version: String,
    /// Where it was reached: `unix:///var/run/docker.sock`.
    pub at: String,
}

/// How far a pull has come, in bytes; `total` grows while layers are discovered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pulled {
    pub done: u64,
    pub total: u64,
}

/// The way to an engine.
pub(super) struct Engine {
    pub(super) client: bollard::Docker,
    pub(super) at: String,
}

impl Engine {
    /// The engine that testcontainers would take. Nothing is asked of it yet.
    pub(super) async fn connect() -> Result<Self, BenchError> {
        let at = surroundings::host()?;
        let client = docker_client_instance()
            .await
            .map_err(|client_error| error::explain("reaching Docker", &client_error, &at))?;
        Ok(Self { client, at })
    }

    pub(super) async fn ping(&self) -> Result<RunningEngine, BenchError> {
        let answer = async {
            self.client.ping().await?;
            self.client.version().await
        };
        let version = self.within(PING_LIMIT, "reaching Docker", answer).await?;
        Ok(RunningEngine {
            version: version.version.unwrap_or_else(|| "unknown".into()),
            at: self.at.clone(),
        })
    }

    pub(super) async fn has(&self, image: &Reference) -> Result<bool, BenchError> {
        let name = image.full();
        let found = async {
            match self.client.inspect_image(&name).await {
                Ok(_) => Ok(true),
                Err(Error::DockerResponseServerError {
                    status_code: 404, ..
                }) => Ok(false),
                Err(other) => Err(other),
            }
        };
        self.ask("looking for an image", found).await
    }

    pub(super) async fn pull(
        &self,
        image: &Reference,
        mut progress: impl FnMut(Pulled),
        limit: Duration,
    ) -> Result<(), BenchError> {
        let options = CreateImageOptionsBuilder::new()
            .from_image(&image.name)
            .tag(&image.tag)
            .build();
        let pulling = async {
            let mut layers = BTreeMap::new();
            let mut said = pin!(self.client.create_image(Some(options), None, None));
            while let Some(line) = said.next().await {
                let line = line?;
                let (Some(layer), Some(detail)) = (line.id, line.progress_detail) else {
                    continue;
                };
                let bytes = |number: Option<i64>| number.and_then(|n| u64::try_from(n).ok());
                if let (Some(done), Some(total)) = (bytes(detail.current), bytes(detail.total)) {
                    // Unpacking counts the same layer again.
                    if line.status.as_deref() == Some("Downloading") {
                        layers.insert(layer, Pulled { done, total });
                        progress(sum(&layers));
                    }
                } else if let (Some("Download complete"), Some(known)) =
                    (line.status.as_deref(), layers.get_mut(&layer))
                {
                    known.done = known.total;
                    progress(sum(&layers));
                }
            }
            Ok(())
        };
        match timeout(limit, pulling).await {
            Ok(pulled) => pulled.map_err(|cause: Error| error::pull(image, &cause)),
            Err(_) => Err(error::pull_too_slow(image, limit)),
        }
    }

    /// A question that the engine answers at once, if it answers at all.
    pub(super) async fn ask<T>(
        &self,
        doing: &str,
        answer: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, BenchError> {
        self.within(QUESTION_LIMIT, doing, answer).await
    }

    async fn within<T>(
        &self,
        limit: Duration,
        doing: &str,
        answer: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, BenchError> {
        match timeout(limit, answer).await {
            Ok(answer) => answer.map_err(|cause| error::explain(doing, &cause, &self.at)),
            Err(_) => Err(error::silent(&self.at)),
        }
    }
}

fn sum(layers: &BTreeMap<String, Pulled>) -> Pulled {
    layers
        .values()
        .fold(Pulled::default(), |sum, layer| Pulled {
            done: sum.done + layer.done,
            total: sum.total + layer.total,
        })
}

#[cfg(test)]
mod tests;
