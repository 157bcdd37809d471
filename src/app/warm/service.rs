//! What a keeper is asked for and what it says of each service: what stands in its files.

use mastery_kit::{
    service::{Backend, Endpoint},
    spec::ServiceKind,
    verdict::BenchError,
};
use serde::{Deserialize, Serialize};

use crate::{
    app::supply::{BackendChoice, Supply},
    workspace::ProcessMark,
};

/// Where a warm service runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WarmBackend {
    Native,
    Docker,
}

/// One service that is to be held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Asked {
    pub(super) kind: ServiceKind,
    pub(super) backend: WarmBackend,
    /// Another turn is another instance: how one is replaced.
    pub(super) turn: u32,
}

/// A service of a keeper.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct KeptService {
    #[serde(flatten)]
    pub(super) asked: Asked,
    pub(super) standing: Standing,
}

/// How far a service is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Standing {
    Starting,
    Ready {
        endpoint: Endpoint,
        /// Seconds since 1970.
        since: i64,
        took_ms: u64,
        /// The process that owns it, where it is one of ours.
        supervisor: Option<ProcessMark>,
        container: Option<String>,
    },
    /// It did not start, or ended by itself.
    Failed {
        why: String,
        unlock: Option<String>,
    },
}

impl WarmBackend {
    /// `native` or `docker`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Docker => "docker",
        }
    }

    pub(super) fn of(backend: &Backend) -> Self {
        match backend {
            Backend::Docker(_) => Self::Docker,
            Backend::Native(_) => Self::Native,
        }
    }

    /// Whether somebody who chose so is content with it.
    pub fn is_meant_by(self, choice: BackendChoice) -> bool {
        match choice {
            BackendChoice::Auto => true,
            BackendChoice::Docker => self == Self::Docker,
            BackendChoice::Native => self == Self::Native,
        }
    }

    /// What starts it on this machine.
    pub fn backend(self, supply: &Supply) -> Backend {
        match self {
            Self::Native => Backend::Native(supply.programs()),
            Self::Docker => Backend::Docker(supply.docker.clone()),
        }
    }
}

impl Standing {
    pub(super) fn failed(error: &BenchError) -> Self {
        Self::Failed {
            why: error.why.clone(),
            unlock: error.unlock.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kept_service_is_read_back_as_it_was_written() {
        let asked = Asked {
            kind: ServiceKind::Redis,
            backend: WarmBackend::Docker,
            turn: 2,
        };
        let service = KeptService {
            asked,
            standing: Standing::Starting,
        };
        let text = serde_json::to_string(&service).unwrap();
        assert_eq!(
            text,
            r#"{"kind":"redis","backend":"docker","turn":2,"standing":"starting"}"#
        );
        assert_eq!(serde_json::from_str::<KeptService>(&text).unwrap(), service);
    }

    #[test]
    fn auto_is_content_with_either_backend() {
        for backend in [WarmBackend::Native, WarmBackend::Docker] {
            assert!(backend.is_meant_by(BackendChoice::Auto));
            let own = backend.name().parse().unwrap();
            assert!(backend.is_meant_by(own));
        }
        assert!(!WarmBackend::Native.is_meant_by(BackendChoice::Docker));
        assert!(!WarmBackend::Docker.is_meant_by(BackendChoice::Native));
    }
}
