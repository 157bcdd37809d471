//! Services without a container: the real servers as our own processes, each under a supervisor, in
//! a scratch folder, on loopback ports that the system chose. Never the machine's own instance.

pub mod cache;
mod found;
mod ground;
mod held;
mod kafka;
mod machine;
mod made;
mod orphan;
mod postgres;
mod redis;
mod segment;
mod starting;
mod tree;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::time::Instant;

use self::{
    cache::{Cache, Part, Version},
    found::{candidates, java_release, oldest},
    starting::Starting,
};
pub use self::{
    found::{Found, Java, Missing, Origin},
    held::Held,
    machine::Machine,
};
use super::Request;
use crate::{
    process::{Finished, Launch, Limits, Supervisor, environment},
    spec::ServiceKind,
    verdict::BenchError,
};

/// A program that is asked for its version and says none in this time does not run here.
const VERSION_LIMIT: Duration = Duration::from_secs(10);

/// Starts services from programs in the cache or on the machine.
#[derive(Clone, Debug)]
pub struct Native {
    cache: Cache,
    supervisor: Supervisor,
    machine: Machine,
}

impl Native {
    /// `cache_root` is the folder of the cache of services, which may be missing or read-only.
    pub fn new(cache_root: PathBuf, supervisor: Supervisor) -> Self {
        Self {
            cache: Cache::new(cache_root),
            supervisor,
            machine: Machine::this(),
        }
    }

    /// The same on another machine than this one.
    #[must_use]
    pub fn on(mut self, machine: Machine) -> Self {
        self.machine = machine;
        self
    }

    /// The cache it takes programs from.
    pub fn cache(&self) -> &Cache {
        &self.cache
    }

    /// Which program would be started: the newest in the cache, else what is installed in range.
    pub async fn found(&self, kind: ServiceKind) -> Result<Found, Missing> {
        match kind {
            ServiceKind::Kafka => {
                let mut found = self.pick(kind, Part::Kafka).await?;
                let java = self.pick(kind, Part::Jre).await?;
                found.java = Some(Java {
                    program: java.program,
                    version: java.version,
                    origin: java.origin,
                });
                Ok(found)
            }
            ServiceKind::Postgres => self.pick(kind, Part::Postgres).await,
            ServiceKind::Redis => self
                .pick(kind, Part::Redis)
                .await
                .map_err(|missing| Missing {
                    // Its makers publish no program that runs anywhere.
                    unlock: "sudo apt-get install redis-server (macOS: brew install redis)"
                        .to_owned(),
                    ..missing
                }),
            ServiceKind::Qdrant
            | ServiceKind::Envoy
            | ServiceKind::Prometheus
            | ServiceKind::Grafana
            | ServiceKind::Kubernetes
            | ServiceKind::Workerd
            | ServiceKind::Helm => Err(not_here(kind)),
        }
    }

    async fn pick(&self, kind: ServiceKind, part: Part) -> Result<Found, Missing> {
        let mut refused = Vec::new();
        for candidate in candidates(part, &self.cache, &self.machine) {
            let version = match &candidate.version {
                Some(version) => Some(version.clone()),
                None => self.version_of(part, &candidate.program).await,
            };
            match (candidate.refuse(version.as_ref(), oldest(part)), version) {
                (None, Some(version)) => {
                    return Ok(Found {
                        kind,
                        program: candidate.program,
                        version,
                        origin: candidate.origin,
                        java: None,
                    });
                }
                (why, _) => refused.extend(why),
            }
        }
        Err(Missing::new(kind, starting::none_of(part, &refused)))
    }

    async fn version_of(&self, part: Part, program: &Path) -> Option<Version> {
        let (program, flag) = match part {
            // The folder of its jars would have told.
            Part::Kafka => return None,
            Part::Jre => match java_release(program) {
                Some(version) => return Some(version),
                None => (program.to_owned(), "-version"),
            },
            Part::Postgres => (program.join("bin/postgres"), "--version"),
            Part::Redis => (program.to_owned(), "--version"),
        };
        let command = vec![program.display().to_string(), flag.to_owned()];
        let launch = self.launch("version", command, Path::new("/"));
        let said = self.supervisor.run(launch, None, VERSION_LIMIT).await.ok();
        let said = said.filter(Finished::success)?;
        said.last_lines
            .iter()
            .find_map(|line| Version::within(line))
    }

    /// Starts a service and waits until it can be used, at most for the request's limit.
    pub async fn start(&self, request: &Request) -> Result<Held, BenchError> {
        let deadline = Instant::now() + request.limit;
        let found = self.found(request.kind).await?;
        let starting = Starting {
            native: self,
            request,
            found: &found,
            deadline,
        };
        match request.kind {
            ServiceKind::Kafka => kafka::start(&starting).await,
            ServiceKind::Postgres => postgres::start(&starting).await,
            ServiceKind::Redis => redis::start(&starting).await,
            ServiceKind::Qdrant
            | ServiceKind::Envoy
            | ServiceKind::Prometheus
            | ServiceKind::Grafana
            | ServiceKind::Kubernetes
            | ServiceKind::Workerd
            | ServiceKind::Helm => Err(not_here(request.kind).into()),
        }
    }

    /// Makes what is made once from a service's programs and kept in the cache, so that later starts
    /// are quick. It takes some seconds; without it they take longer.
    pub async fn prepare(&self, kind: ServiceKind) -> Result<(), BenchError> {
        let found = self.found(kind).await?;
        match kind {
            ServiceKind::Kafka => kafka::prepare(self, &found).await,
            ServiceKind::Postgres => postgres::prepare(self, &found).await,
            ServiceKind::Redis
            | ServiceKind::Qdrant
            | ServiceKind::Envoy
            | ServiceKind::Prometheus
            | ServiceKind::Grafana
            | ServiceKind::Kubernetes
            | ServiceKind::Workerd
            | ServiceKind::Helm => Ok(()),
        }
    }

    /// A launch with nothing of the machine's settings but `PATH`.
    fn launch(&self, name: &str, command: Vec<String>, directory: &Path) -> Launch {
        self.launch_in("C", name, command, directory)
    }

    /// The same in another locale.
    fn launch_in(
        &self,
        locale: &str,
        name: &str,
        command: Vec<String>,
        directory: &Path,
    ) -> Launch {
        let path = self.machine.variable("PATH").unwrap_or_default();
        let set = BTreeMap::from([
            ("HOME".to_owned(), directory.display().to_string()),
            ("LC_ALL".to_owned(), locale.to_owned()),
            ("TZ".to_owned(), "UTC".to_owned()),
        ]);
        let mut launch = Launch::new(name, command, directory.to_owned());
        launch.environment = environment([("PATH".into(), path.to_owned())], &set);
        launch.limits = Limits {
            open_files: 16 * 1024,
            ..Limits::default()
        };
        launch
    }
}

/// Why a kind is not among those that run here.
fn not_here(kind: ServiceKind) -> Missing {
    Missing {
        kind,
        why: format!("{} is not started without a container.", kind.name()),
        unlock: "mastery doctor".to_owned(),
    }
}
