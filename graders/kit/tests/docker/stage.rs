//! What every trial stands on: images, a folder, the look for what was left.

use std::{env, process::ExitCode};

use libtest_mimic::Trial;
use mastery_kit::{
    service::{
        Owner, Request,
        docker::{Docker, Held, Images},
    },
    spec::ServiceKind,
};
use tempfile::TempDir;
use testcontainers::{
    bollard::query_parameters::{ListContainersOptionsBuilder, ListVolumesOptions},
    core::client::docker_client_instance,
};

pub(crate) const ALL: [ServiceKind; 3] = [
    ServiceKind::Kafka,
    ServiceKind::Postgres,
    ServiceKind::Redis,
];

/// A port that nobody listens on: no trial connects to what a broker advertises.
pub(crate) const ADVERTISED: u16 = 9;

pub(crate) struct Stage {
    pub(crate) docker: Docker,
    pub(crate) folder: TempDir,
}

impl Stage {
    fn new() -> Self {
        Self {
            docker: docker(),
            folder: TempDir::new().unwrap(),
        }
    }

    pub(crate) fn request(&self, kind: ServiceKind) -> Request {
        Request {
            kind,
            advertised: ADVERTISED,
            scratch: self.folder.path().to_owned(),
            logs: self.folder.path().to_owned(),
            limit: 2 * Docker::start_limit(kind),
            owner: Owner {
                run: "trial".into(),
                workspace: self.folder.path().display().to_string(),
            },
        }
    }

    pub(crate) async fn start(&self, kind: ServiceKind) -> Held {
        let started = self.docker.start(&self.request(kind)).await;
        started.unwrap_or_else(|error| panic!("{error}"))
    }
}

pub(crate) fn docker() -> Docker {
    let official = Images::default();
    let image = |name: &str, other: String| env::var(name).unwrap_or(other);
    Docker {
        images: Images {
            kafka: image("MASTERY_IMAGE_KAFKA", official.kafka),
            postgres: image("MASTERY_IMAGE_POSTGRES", official.postgres),
            redis: image("MASTERY_IMAGE_REDIS", official.redis),
        },
    }
}

/// Why there can be no trials here.
pub(crate) fn missing() -> Result<(), String> {
    run(async {
        let docker = docker();
        docker.ping().await.map_err(|error| error.why)?;
        for kind in ALL {
            if !docker.is_local(kind).await.map_err(|error| error.why)? {
                return Err(format!("the image of {kind:?} is not here"));
            }
        }
        Ok(())
    })
}

pub(crate) fn trial<Fut: Future<Output = ()>>(
    name: &str,
    act: impl FnOnce(Stage) -> Fut + Send + 'static,
) -> Trial {
    Trial::test(name, move || {
        run(async {
            let before = (ours().await, volumes().await);
            act(Stage::new()).await;
            assert_eq!(
                (ours().await, volumes().await),
                before,
                "containers, volumes"
            );
        });
        Ok(())
    })
}

fn run<T>(act: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().build().unwrap().block_on(act)
}

/// Containers that carry our label, in any state.
pub(crate) async fn ours() -> Vec<String> {
    let client = docker_client_instance().await.unwrap();
    let filters = [("label".to_owned(), vec!["dev.mastery.owner".to_owned()])].into();
    let options = ListContainersOptionsBuilder::new()
        .all(true)
        .filters(&filters)
        .build();
    let found = client.list_containers(Some(options)).await.unwrap();
    found
        .into_iter()
        .filter_map(|container| container.id)
        .collect()
}

async fn volumes() -> usize {
    let client = docker_client_instance().await.unwrap();
    let listed = client
        .list_volumes(None::<ListVolumesOptions>)
        .await
        .unwrap();
    listed.volumes.unwrap_or_default().len()
}

/// Plays a process that starts Redis and Postgres, says so, and lives on.
pub(crate) fn owner() -> ExitCode {
    run(async {
        let stage = Stage::new();
        let redis = stage.start(ServiceKind::Redis).await;
        let postgres = stage.start(ServiceKind::Postgres).await;
        println!("started {} {}", redis.container(), postgres.container());
        std::future::pending::<()>().await;
    });
    ExitCode::SUCCESS
}
