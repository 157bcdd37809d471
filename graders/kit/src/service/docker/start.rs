//! One start: the container is created and started, its server waited for, and made usable. Whatever
//! goes wrong, nothing of it stays, and the error says why.

use std::{
    collections::HashMap,
    net::{Ipv4Addr, SocketAddr},
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use testcontainers::{ContainerAsync, core::ContainerPort, runners::AsyncRunner as _};
use tokio::time::timeout;

use super::{
    Kind,
    engine::Engine,
    error,
    held::{Held, ended, exited},
    image::{Recipe, Reference},
    kafka, label, postgres, redis, sweep,
    tail::{Sign, Tail},
};
use crate::{
    service::{Endpoint, Kafka, Postgres, Redis, Request, Role, warm},
    verdict::BenchError,
};

/// Lines of a server that did not start.
const LINES: usize = 20;
/// Coordinators need 0.2 s on a quiet machine.
const WARM_LIMIT: Duration = Duration::from_secs(20);

/// What is started.
struct Plan {
    kind: Kind,
    /// The port that a Kafka advertises.
    advertised: u16,
    recipe: Recipe,
    ready: Sign,
    /// The superuser of a Postgres.
    bench: Option<Role>,
}

pub(super) async fn start(
    engine: &Engine,
    kind: Kind,
    image: Reference,
    request: &Request,
) -> Result<Held, BenchError> {
    let plan = Plan::new(kind, image, request.advertised);
    let tail = Tail::new(plan.ready, &request.logs, &kind.name().to_lowercase());
    let id = this_start();
    let labels = label::labels(&request.owner, &id);
    let started = match timeout(request.limit, run(engine, plan, labels, &tail)).await {
        Ok(started) => started,
        Err(_) => Err(too_slow(kind, request.limit, &tail)),
    };
    if started.is_err() {
        // What stands in the way of removing it stood in the way of the start, too.
        drop(sweep::of_start(engine, &id).await);
    }
    started
}

async fn run(
    engine: &Engine,
    plan: Plan,
    labels: HashMap<String, String>,
    tail: &Tail,
) -> Result<Held, BenchError> {
    let doing = format!("starting {}", plan.kind.name());
    let failed =
        |cause: testcontainers::TestcontainersError| error::explain(&doing, &cause, &engine.at);
    // In a task of its own: a request in flight that nobody waits for any more is seen through, and
    // the container it made is removed by being dropped.
    let creating = tokio::spawn(plan.recipe.request(labels, tail.clone()).start());
    let created = creating
        .await
        .map_err(|error| BenchError::new(format!("{error}, {doing}.")))?;
    let container = created.map_err(&failed)?;
    if plan.kind == Kind::Kafka {
        let port = container
            .get_host_port_ipv4(kafka::BENCH)
            .await
            .map_err(&failed)?;
        if let Err(cause) = container.exec(kafka::tell(port)).await {
            let died = ended(engine, container.id(), plan.kind).await;
            return Err(died.unwrap_or_else(|| failed(cause)));
        }
    }
    tokio::select! {
        () = tail.ready() => {}
        () = exited(engine, container.id()) => {
            let died = ended(engine, container.id(), plan.kind).await;
            return Err(died.unwrap_or_else(|| BenchError::new(format!("It ended, {doing}."))));
        }
    }
    let ports = Ports {
        engine,
        doing: &doing,
        container: &container,
    };
    let (kind, advertised, bench) = (plan.kind, plan.advertised, plan.bench);
    let endpoint = ports.endpoint(kind, advertised, bench, tail).await?;
    Ok(Held::new(kind, endpoint, container, tail.clone()))
}

/// Where a container's ports are reached.
struct Ports<'a> {
    engine: &'a Engine,
    doing: &'a str,
    container: &'a ContainerAsync<Recipe>,
}

impl Ports<'_> {
    /// Always on loopback: the library's own answer is the bridge where it believes to be in a
    /// container.
    async fn of(&self, inside: ContainerPort) -> Result<SocketAddr, BenchError> {
        let port = self.container.get_host_port_ipv4(inside).await;
        let port = port.map_err(|cause| error::explain(self.doing, &cause, &self.engine.at))?;
        Ok((Ipv4Addr::LOCALHOST, port).into())
    }

    /// Makes a server that is ready usable, and asks it for its version.
    async fn endpoint(
        &self,
        kind: Kind,
        advertised: u16,
        bench: Option<Role>,
        tail: &Tail,
    ) -> Result<Endpoint, BenchError> {
        Ok(match kind {
            Kind::Kafka => {
                let bench = self.of(kafka::BENCH).await?;
                warm::warm(bench, WARM_LIMIT).await?;
                Endpoint::Kafka(Kafka {
                    bench,
                    behind: self.of(kafka::BEHIND).await?,
                    advertised,
                    version: tail.version().unwrap_or_else(|| "unknown".into()),
                })
            }
            Kind::Postgres => {
                let address = self.of(postgres::PORT).await?;
                let bench = bench.expect("the plan of a Postgres has one");
                let (program, version) = postgres::prepare(address, &bench).await?;
                let Role { user, password } = bench;
                Endpoint::Postgres(Postgres {
                    address,
                    user,
                    password,
                    program,
                    version,
                })
            }
            Kind::Redis => {
                let address = self.of(redis::PORT).await?;
                let version = redis::version(address).await?;
                Endpoint::Redis(Redis { address, version })
            }
        })
    }
}

impl Plan {
    fn new(kind: Kind, image: Reference, advertised: u16) -> Self {
        let mut bench = None;
        let (recipe, ready) = match kind {
            Kind::Kafka => (kafka::recipe(image, advertised), kafka::READY),
            Kind::Postgres => {
                let role = bench.insert(postgres::bench());
                (postgres::recipe(image, role), postgres::READY)
            }
            Kind::Redis => (redis::recipe(image), redis::READY),
        };
        Self {
            kind,
            advertised,
            recipe,
            ready,
            bench,
        }
    }
}

/// A name that no other start on this machine has.
fn this_start() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let since = std::time::SystemTime::UNIX_EPOCH
        .elapsed()
        .unwrap_or_default();
    format!("{}-{}-{number}", std::process::id(), since.as_nanos())
}

fn too_slow(kind: Kind, limit: Duration, tail: &Tail) -> BenchError {
    let mut why = format!(
        "{} was not ready within {} s.",
        kind.name(),
        limit.as_secs()
    );
    let last = tail.last_lines(LINES);
    if last.is_empty() {
        why.push_str(" It said nothing.");
    } else {
        why.push_str(" It said last:\n");
        why.push_str(&last.join("\n"));
    }
    BenchError::new(why).unlock("the same command again, on a machine with less to do")
}
