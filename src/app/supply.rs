//! Where each service of a lab comes from, decided before anything is started.

use std::{fmt, path::PathBuf, str::FromStr};

use mastery_kit::{
    process::Supervisor,
    service::{
        Backend,
        docker::{Docker, Images},
        native::Native,
    },
    spec::ServiceKind,
    verdict::BenchError,
};
use tokio::runtime::Builder;

use super::{
    AppError,
    services::cache_of,
    warm::{self, Joinable},
};
use crate::{
    curriculum::suggest,
    grading::plan::{PlannedService, ServiceSource},
    workspace::{Using, Workspace},
};

/// What the learner asked for: `--backend`, or `backend` in `mastery.toml`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BackendChoice {
    /// Whatever is there: what is kept warm, an engine with its images, programs of this machine.
    #[default]
    Auto,
    Docker,
    Native,
}

/// A text that is no [`BackendChoice`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackendChoiceError(String);

impl BackendChoice {
    const NAMES: [&'static str; 3] = ["auto", "docker", "native"];
}

impl FromStr for BackendChoice {
    type Err = BackendChoiceError;

    fn from_str(text: &str) -> Result<Self, BackendChoiceError> {
        match text {
            "auto" => Ok(Self::Auto),
            "docker" => Ok(Self::Docker),
            "native" => Ok(Self::Native),
            _ => Err(BackendChoiceError(text.to_owned())),
        }
    }
}

impl fmt::Display for BackendChoiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = BackendChoice::NAMES;
        write!(f, "`{}` is none of {}", self.0, names.join(", "))?;
        match suggest(&self.0, names) {
            Some(meant) => write!(f, "; did you mean `{meant}`?"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for BackendChoiceError {}

/// Where services may come from on this machine.
#[derive(Clone)]
pub struct Supply {
    pub choice: BackendChoice,
    pub cache: PathBuf,
    pub supervisor: Supervisor,
    pub docker: Docker,
    /// What a keeper holds for the workspace: taken first, where it runs as was chosen.
    pub warm: Vec<Joinable>,
}

impl Supply {
    /// What this machine's environment says, with this choice.
    pub fn here(choice: BackendChoice, supervisor: Supervisor) -> Self {
        let folder = |name| std::env::var_os(name).map(PathBuf::from);
        let cache = cache_of(folder("XDG_CACHE_HOME"), folder("HOME"));
        Self {
            choice,
            cache: cache.unwrap_or_else(|| std::env::temp_dir().join("mastery/services")),
            supervisor,
            docker: Docker {
                images: images(|name| std::env::var(name).ok()),
            },
            warm: Vec::new(),
        }
    }

    /// What starts programs of this machine.
    pub fn programs(&self) -> Native {
        Native::new(self.cache.clone(), self.supervisor.clone())
    }

    /// Decides for each of these kinds.
    pub fn plan(&self, kinds: &[ServiceKind]) -> Result<Vec<PlannedService>, AppError> {
        if kinds.is_empty() {
            return Ok(Vec::new());
        }
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(AppError::Runtime)?;
        Ok(runtime.block_on(self.decide(kinds)))
    }

    /// The same for a run in a workspace: what is kept warm there is taken first, and noted to be used for
    /// as long as the second answer lives.
    pub fn plan_in(
        mut self,
        workspace: &Workspace,
        kinds: &[ServiceKind],
    ) -> Result<(Vec<PlannedService>, Option<Using>), AppError> {
        if kinds.is_empty() {
            return Ok((Vec::new(), None));
        }
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(AppError::Runtime)?;
        let planned = runtime.block_on(async {
            // What stays of a dead keeper stands in nobody's way: this run starts its own services.
            warm::clear_dead(workspace, &self).await.ok();
            self.warm = warm::joinable(workspace);
            self.decide(kinds).await
        });
        let joins = |one: &PlannedService| matches!(one.source, ServiceSource::Warm { .. });
        let using = if planned.iter().any(joins) {
            Some(warm::begin_use(workspace)?)
        } else {
            None
        };
        Ok((planned, using))
    }

    /// The same for whoever has a runtime.
    pub(super) async fn decide(&self, kinds: &[ServiceKind]) -> Vec<PlannedService> {
        let warm: Vec<Option<ServiceSource>> =
            kinds.iter().map(|kind| self.joined(*kind)).collect();
        let native = self.programs();
        let engine = match self.choice {
            // Nobody waits for an engine that is not needed.
            _ if warm.iter().all(Option::is_some) => Err(BenchError::new("")),
            BackendChoice::Native => Err(BenchError::new("")),
            BackendChoice::Docker | BackendChoice::Auto => self.docker.ping().await.map(drop),
        };
        if engine.is_ok() {
            // What killed runs left, of any workspace. What stands in its way stands in that of a
            // start, too, which tells it.
            self.docker.sweep().await.ok();
        }
        let mut planned = Vec::new();
        for (kind, warm) in kinds.iter().zip(warm) {
            let source = match (warm, self.choice) {
                (Some(warm), _) => warm,
                (None, BackendChoice::Native) => self.native(&native, *kind).await,
                (None, BackendChoice::Docker) => self.container(&engine, *kind).await,
                (None, BackendChoice::Auto) => self.whatever(&engine, &native, *kind).await,
            };
            planned.push(PlannedService {
                kind: *kind,
                source,
            });
        }
        planned
    }

    /// What is kept warm of this kind, where it runs as was chosen. Should it be of no use, a fresh one is
    /// started in the same way; whether that can be is found out then.
    fn joined(&self, kind: ServiceKind) -> Option<ServiceSource> {
        let mut warm = self.warm.iter();
        let found = warm.find(|one| one.kind == kind && one.backend.is_meant_by(self.choice))?;
        Some(ServiceSource::Warm {
            endpoint: found.endpoint.clone(),
            backend: found.backend.name(),
            otherwise: Some(found.backend.backend(self)),
            alone: true,
        })
    }

    /// Docker where its engine answers and the image is local, else this machine's programs, else
    /// what would help.
    async fn whatever(
        &self,
        engine: &Result<(), BenchError>,
        native: &Native,
        kind: ServiceKind,
    ) -> ServiceSource {
        let in_docker = self.container(engine, kind).await;
        if matches!(in_docker, ServiceSource::Start(_)) {
            return in_docker;
        }
        self.native(native, kind).await
    }

    async fn native(&self, native: &Native, kind: ServiceKind) -> ServiceSource {
        match native.found(kind).await {
            Ok(_) => ServiceSource::Start(Backend::Native(native.clone())),
            Err(missing) => ServiceSource::Absent(BenchError::from(missing)),
        }
    }

    async fn container(&self, engine: &Result<(), BenchError>, kind: ServiceKind) -> ServiceSource {
        if let Err(error) = engine {
            return ServiceSource::Absent(error.clone());
        }
        match self.docker.is_local(kind).await {
            Ok(true) => ServiceSource::Start(Backend::Docker(self.docker.clone())),
            Ok(false) => {
                let image = self.docker.image(kind);
                let why = format!(
                    "The image {image} of {} is not on this machine.",
                    kind.name()
                );
                ServiceSource::Absent(BenchError::new(why).unlock(format!("docker pull {image}")))
            }
            Err(error) => ServiceSource::Absent(error),
        }
    }
}

/// The images of services: the official ones, unless `MASTERY_IMAGE_KAFKA` and the like name others.
fn images(variable: impl Fn(&str) -> Option<String>) -> Images {
    let official = Images::default();
    let named = |name: &str, official: String| {
        let set = variable(&format!("MASTERY_IMAGE_{name}"));
        set.filter(|image| !image.is_empty()).unwrap_or(official)
    };
    Images {
        kafka: named("KAFKA", official.kafka),
        postgres: named("POSTGRES", official.postgres),
        redis: named("REDIS", official.redis),
    }
}
