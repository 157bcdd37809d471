//! What every trial stands on: a folder, services started in it, and the look for what was left.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use libtest_mimic::Trial;
use mastery_kit::{
    process::Supervisor,
    service::{
        Endpoint, Owner, Request,
        native::{Held, Machine, Missing, Native},
    },
    spec::ServiceKind,
    verdict::BenchError,
    wait::{Look, until},
};
use tempfile::TempDir;
use tokio_postgres::{Client, Config, NoTls};

/// Long enough for a loaded machine; reached only by a failure.
pub(crate) const LONG: Duration = Duration::from_mins(1);

pub(crate) struct Stage {
    pub(crate) folder: TempDir,
    pub(crate) native: Native,
}

impl Stage {
    fn new() -> Self {
        Self {
            folder: TempDir::new().unwrap(),
            native: Native::new(cache_root(), supervisor()),
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn request(&self, kind: ServiceKind, name: &str) -> Request {
        let scratch = self.path(name);
        fs::create_dir(&scratch).unwrap();
        request(kind, scratch)
    }

    pub(crate) async fn start(&self, kind: ServiceKind, name: &str) -> Held {
        self.start_of(&self.native, kind, name).await
    }

    pub(crate) async fn start_of(&self, native: &Native, kind: ServiceKind, name: &str) -> Held {
        let held = native.start(&self.request(kind, name)).await;
        held.unwrap_or_else(|error| panic!("{error}"))
    }

    /// Waits until no process says in its command or environment that it belongs here.
    pub(crate) async fn nothing_left(&self) {
        let mark = self.folder.path().to_str().unwrap();
        let looked = until::<(), String, _, _>(LONG, || async {
            match processes_of(mark) {
                left if left.is_empty() => Look::Ready(()),
                left => Look::NotYet(left.join(", ")),
            }
        });
        looked.await.unwrap_or_else(|why| panic!("left: {why}"));
    }
}

pub(crate) fn request(kind: ServiceKind, scratch: PathBuf) -> Request {
    Request {
        kind,
        advertised: 9,
        logs: scratch.join("logs"),
        scratch,
        limit: LONG,
        owner: Owner {
            run: "trial".into(),
            workspace: "/".into(),
        },
    }
}

pub(crate) fn supervisor() -> Supervisor {
    Supervisor::new(std::env::current_exe().unwrap())
}

/// Where `.ci/services` puts it.
pub(crate) fn cache_root() -> PathBuf {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let home = || PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(".cache");
    cache.unwrap_or_else(home).join("mastery/services")
}

fn processes_of(mark: &str) -> Vec<String> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    processes
        .filter(|entry| {
            ["cmdline", "environ"].iter().any(|file| {
                let bytes = fs::read(entry.path().join(file)).unwrap_or_default();
                String::from_utf8_lossy(&bytes).contains(mark)
            })
        })
        .map(|entry| {
            let name = fs::read_to_string(entry.path().join("comm")).unwrap_or_default();
            format!("{} {}", entry.file_name().display(), name.trim())
        })
        .collect()
}

/// A trial that needs these services, skipped aloud where there are none.
#[expect(
    clippy::print_stdout,
    reason = "who reads the log must see what was not tried"
)]
pub(crate) fn trial<F, Fut>(name: &str, needs: &'static [ServiceKind], act: F) -> Trial
where
    F: FnOnce(Arc<Stage>) -> Fut + Send + 'static,
    Fut: Future<Output = ()>,
{
    let shown = name.to_owned();
    Trial::test(name, move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let stage = Arc::new(Stage::new());
            for kind in needs {
                if let Err(Missing { why, .. }) = stage.native.found(*kind).await {
                    println!("skipped: {shown}: {why}");
                    return;
                }
            }
            act(Arc::clone(&stage)).await;
            stage.nothing_left().await;
        });
        Ok(())
    })
}

/// A machine on which nothing is installed.
pub(crate) fn bare() -> Machine {
    let mut machine = Machine::this();
    machine.env.clear();
    machine.debian_postgres = "/nowhere".into();
    machine
}

/// A cache with the programs of the real one and nothing made yet.
pub(crate) fn fresh_cache(at: &Path) {
    fs::create_dir_all(at).unwrap();
    for part in ["kafka", "jre", "postgres", "redis"] {
        let part_of_real = cache_root().join(part);
        if part_of_real.exists() {
            std::os::unix::fs::symlink(part_of_real, at.join(part)).unwrap();
        }
    }
}

pub(crate) async fn client(
    address: SocketAddr,
    user: &str,
    password: &str,
    database: &str,
) -> Result<Client, tokio_postgres::Error> {
    let mut config = Config::new();
    config.host("127.0.0.1").port(address.port());
    config.user(user).password(password).dbname(database);
    let (client, connection) = config.connect(NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

pub(crate) fn error_of(started: Result<Held, BenchError>) -> BenchError {
    match started {
        Ok(held) => panic!("it started: {:?}", held.endpoint()),
        Err(error) => error,
    }
}

pub(crate) fn postgres(held: &Held) -> &mastery_kit::service::Postgres {
    match held.endpoint() {
        Endpoint::Postgres(postgres) => postgres,
        other @ (Endpoint::Kafka(_) | Endpoint::Redis(_)) => panic!("{other:?}"),
    }
}
