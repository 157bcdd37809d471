//! Services in containers, on the engine of this machine.
//!
//! testcontainers creates and starts them; what it does not do well is done here: whether the engine
//! answers, whether an image is there, pulling it, waiting until a server is ready or has died, and
//! removing what a dead owner left. Ports are mapped to loopback only, and chosen by the engine.

mod engine;
mod error;
mod held;
mod image;
mod kafka;
mod label;
mod postgres;
mod redis;
mod start;
mod surroundings;
mod sweep;
mod tail;

use std::time::Duration;

pub use engine::{Pulled, RunningEngine};
pub use held::Held;
pub use surroundings::remarks;

use self::{engine::Engine, image::Reference};
use super::Request;
use crate::{spec::ServiceKind, verdict::BenchError};

/// The images that are run; anything that behaves like the official ones does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Images {
    pub kafka: String,
    pub postgres: String,
    pub redis: String,
}

/// The backend that runs services in containers.
#[derive(Clone, Debug, Default)]
pub struct Docker {
    pub images: Images,
}

impl Default for Images {
    fn default() -> Self {
        Self {
            kafka: "apache/kafka:4.4.0".into(),
            postgres: "postgres:18".into(),
            redis: "redis:8".into(),
        }
    }
}

impl Docker {
    /// The image that is run for a service; empty for one that is not run in a container.
    pub fn image(&self, kind: ServiceKind) -> &str {
        match kind {
            ServiceKind::Kafka => &self.images.kafka,
            ServiceKind::Postgres => &self.images.postgres,
            ServiceKind::Redis => &self.images.redis,
            ServiceKind::Qdrant
            | ServiceKind::Envoy
            | ServiceKind::Prometheus
            | ServiceKind::Grafana
            | ServiceKind::Kubernetes
            | ServiceKind::Workerd
            | ServiceKind::Helm => "",
        }
    }

    /// Whether the engine answers, within two seconds; the error says what stands in the way and the
    /// one deed that helps.
    pub async fn ping(&self) -> Result<RunningEngine, BenchError> {
        Engine::connect().await?.ping().await
    }

    /// Whether the image of a service is here, so that a start needs no network.
    pub async fn is_local(&self, kind: ServiceKind) -> Result<bool, BenchError> {
        let image = self.reference(kind)?;
        Engine::connect().await?.has(&image).await
    }

    /// Pulls the image of a service, telling how far it has come; gives up at the limit.
    pub async fn pull(
        &self,
        kind: ServiceKind,
        progress: impl FnMut(Pulled),
        limit: Duration,
    ) -> Result<(), BenchError> {
        let image = self.reference(kind)?;
        Engine::connect().await?.pull(&image, progress, limit).await
    }

    /// Starts a service and waits until it is ready. Never pulls: an image that is not here is an
    /// error that names the command. What a failed start left is removed.
    pub async fn start(&self, request: &Request) -> Result<Held, BenchError> {
        let image = self.reference(request.kind)?;
        let engine = Engine::connect().await?;
        engine.ping().await?;
        if !engine.has(&image).await? {
            return Err(error::missing_image(&image));
        }
        start::start(&engine, Kind::of(request.kind)?, image, request).await
    }

    /// Removes every container of ours whose owner is dead, whatever its state; how many those were.
    pub async fn sweep(&self) -> Result<u32, BenchError> {
        sweep::orphans(&Engine::connect().await?).await
    }

    /// From a start to ready, with room for a loaded machine: for [`Request::limit`].
    pub fn start_limit(kind: ServiceKind) -> Duration {
        Duration::from_secs(match Kind::of(kind) {
            Ok(Kind::Redis) => 10,
            Ok(Kind::Postgres) => 20,
            Ok(Kind::Kafka) | Err(_) => 45,
        })
    }

    fn reference(&self, kind: ServiceKind) -> Result<Reference, BenchError> {
        Ok(Reference::parse(match Kind::of(kind)? {
            Kind::Kafka => &self.images.kafka,
            Kind::Postgres => &self.images.postgres,
            Kind::Redis => &self.images.redis,
        }))
    }
}

/// The services that we have a container for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Kafka,
    Postgres,
    Redis,
}

impl Kind {
    fn of(kind: ServiceKind) -> Result<Self, BenchError> {
        match kind {
            ServiceKind::Kafka => Ok(Self::Kafka),
            ServiceKind::Postgres => Ok(Self::Postgres),
            ServiceKind::Redis => Ok(Self::Redis),
            ServiceKind::Qdrant
            | ServiceKind::Envoy
            | ServiceKind::Prometheus
            | ServiceKind::Grafana
            | ServiceKind::Kubernetes
            | ServiceKind::Workerd
            | ServiceKind::Helm => Err(BenchError::new(format!(
                "The service {kind:?} is not run in a container."
            ))),
        }
    }

    /// As a sentence names it.
    fn name(self) -> &'static str {
        match self {
            Self::Kafka => "Kafka",
            Self::Postgres => "Postgres",
            Self::Redis => "Redis",
        }
    }
}
