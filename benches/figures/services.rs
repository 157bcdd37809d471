//! Real services without a container: cold starts, joining warm ones, a check's world, and what
//! interposers cost.

use std::{
    collections::BTreeMap,
    fs,
    net::{Ipv4Addr, SocketAddr},
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use mastery::{
    app::{
        keep::{Kept, START_LIMIT, Wanted},
        services::cache_of,
    },
    grading::{
        dispatcher,
        event::GradeEvent,
        plan::{Plan, ServiceSource},
    },
};
use mastery_kit::{
    interposer::{kafka_proxy::KafkaProxy, pg_proxy::PgProxy},
    probe::{
        kafka::{Kafka, KafkaError, Produced},
        sql::Sql,
    },
    process::Supervisor,
    service::{Backend, Endpoint, Owner, Postgres, Request, native::Native},
    spec::ServiceKind,
    timeline::Timeline,
    verdict::BenchError,
    world::Site,
};
use tokio::runtime::{Builder, Runtime};

use crate::{
    Measured,
    figure::{Figure, Unit},
    runs::{ms, plan},
};

pub(crate) const KINDS: [ServiceKind; 3] = [
    ServiceKind::Kafka,
    ServiceKind::Postgres,
    ServiceKind::Redis,
];
/// One of them is the warm-up.
const STARTS: usize = 8;
const ROUNDS: usize = 16;
const EVENTS: usize = 400;
const TOPIC: &str = "figures";

/// Cold starts of the native backend.
pub(crate) fn starts(folder: &Path) -> Measured<Vec<Figure>> {
    let runtime = runtime()?;
    let cache = cache()?;
    let bare = native(without_archive(folder, &cache)?)?;
    let native = native(cache)?;
    runtime.block_on(async {
        // What is made once from programs is made before.
        native.prepare(ServiceKind::Kafka).await?;
        native.prepare(ServiceKind::Postgres).await?;
        let mut figures = Vec::new();
        for (name, aim, kind, native) in [
            (
                "Postgres, cold, native",
                1_000.0,
                ServiceKind::Postgres,
                &native,
            ),
            ("Redis, cold, native", 1_000.0, ServiceKind::Redis, &native),
            (
                "Kafka, cold, native, with its archive",
                2_000.0,
                ServiceKind::Kafka,
                &native,
            ),
            (
                "Kafka, cold, native, without",
                5_000.0,
                ServiceKind::Kafka,
                &bare,
            ),
        ] {
            let times = cold(folder, native, kind).await?;
            figures.push(Figure::new(name, aim, Unit::Milliseconds, &times));
        }
        Ok(figures)
    })
}

async fn cold(folder: &Path, native: &Native, kind: ServiceKind) -> Measured<Vec<f64>> {
    let backend = Backend::Native(native.clone());
    let mut times = Vec::new();
    for _ in 0..STARTS {
        let scratch = tempfile::Builder::new()
            .prefix("cold-")
            .tempdir_in(folder)?;
        let request = Request {
            kind,
            advertised: 9,
            scratch: scratch.path().to_owned(),
            logs: scratch.path().join("logs"),
            limit: START_LIMIT,
            owner: owner(),
        };
        let begun = Instant::now();
        let running = backend.start(&request).await?;
        times.push(ms(begun.elapsed(), Duration::ZERO));
        running.stop().await?;
    }
    Ok(times)
}

/// Joining what is warm, and what a check has for itself there.
pub(crate) fn warm(folder: &Path) -> Measured<Vec<Figure>> {
    let (kept, endpoints) = kept(folder)?;
    let mut joined = Vec::new();
    for round in 0..ROUNDS {
        let folder = folder.join(format!("joined-{round}"));
        fs::create_dir(&folder)?;
        let mut plan = plan(&folder, &[], Vec::new())?;
        plan.services = kept.planned().to_vec();
        plan.fresh = true;
        joined.push(joins(&plan)?);
    }
    let (made, unmade) = runtime()?.block_on(worlds(&endpoints))?;
    let figure = |name, aim, times: &[f64]| Figure::new(name, aim, Unit::Milliseconds, times);
    Ok(vec![
        figure("Kafka, Postgres and Redis joined, warm", 100.0, &joined),
        figure("a check's database and topics, made", 150.0, &made),
        figure("the same, unmade", 150.0, &unmade),
    ])
}

/// From the beginning of a run to all services ready.
fn joins(plan: &Plan) -> Measured<f64> {
    let (mut began, mut last, mut joined) = (None, Duration::ZERO, 0);
    dispatcher::run(plan, &mut |at, event| {
        if let GradeEvent::RunStarted(_) = event {
            began = Some(at);
        } else if let GradeEvent::ServiceReady { warm: true, .. } = event {
            last = at;
            joined += 1;
        }
    })?;
    if joined != KINDS.len() {
        return Err(format!("{joined} services were joined").into());
    }
    Ok(ms(last, began.ok_or("the run did not begin")?))
}

async fn worlds(endpoints: &[Endpoint]) -> Measured<(Vec<f64>, Vec<f64>)> {
    let advertised = endpoints.iter().find_map(|endpoint| match endpoint {
        Endpoint::Kafka(kafka) => Some(kafka.advertised),
        Endpoint::Postgres(_) | Endpoint::Redis(_) => None,
    });
    let proxy = KafkaProxy::bind_at(advertised.ok_or("no Kafka")?).await?;
    let topics = BTreeMap::from([
        ("TOPIC".to_owned(), ("orders".to_owned(), 6)),
        ("DLQ_TOPIC".to_owned(), ("orders.dlq".to_owned(), 1)),
    ]);
    let mut site = Site::new(endpoints, Some(&proxy), "f190735000", topics);
    site.make_template().await?;
    let programs = ["gateway".to_owned(), "positions".to_owned()];
    let (mut made, mut unmade) = (Vec::new(), Vec::new());
    for place in 0..ROUNDS {
        let begun = Instant::now();
        let world = site.world(place, &programs, Timeline::begin()).await?;
        made.push(ms(begun.elapsed(), Duration::ZERO));
        let begun = Instant::now();
        site.unmake(&world).await?;
        unmade.push(ms(begun.elapsed(), Duration::ZERO));
    }
    site.leave().await?;
    proxy.close().await;
    Ok((made, unmade))
}

/// What stands between programs and services costs.
pub(crate) fn interposers(folder: &Path) -> Measured<Vec<Figure>> {
    let (_kept, endpoints) = kept(folder)?;
    let mut figures = Vec::new();
    let runtime = runtime()?;
    for endpoint in &endpoints {
        let (names, costs) = match endpoint {
            Endpoint::Postgres(postgres) => {
                let names = [
                    "a statement through `pg_proxy`, added",
                    "400 rows through `pg_proxy`, slower",
                ];
                (names, runtime.block_on(of_postgres(postgres))?)
            }
            Endpoint::Kafka(kafka) => {
                let names = [
                    "a record through `kafka_proxy`, added",
                    "400 records through `kafka_proxy`, slower",
                ];
                let costs =
                    runtime.block_on(of_kafka(kafka.bench, kafka.behind, kafka.advertised))?;
                (names, costs)
            }
            Endpoint::Redis(_) => continue,
        };
        figures.push(Figure::new(names[0], 0.3, Unit::Milliseconds, &costs.added));
        figures.push(Figure::new(names[1], 10.0, Unit::Percent, &costs.lost));
    }
    Ok(figures)
}

/// What an interposer costs, round by round.
#[derive(Default)]
struct Costs {
    /// Milliseconds that one question takes longer.
    added: Vec<f64>,
    /// Percent of the throughput that is lost.
    lost: Vec<f64>,
}

async fn of_postgres(server: &Postgres) -> Measured<Costs> {
    let proxy = PgProxy::start(server.address, "figures", Timeline::begin()).await?;
    let before = Postgres {
        address: proxy.address(),
        ..server.clone()
    };
    let direct = Sql::connect(server, "postgres").await?;
    let through = Sql::connect(&before, "postgres").await?;
    direct
        .run("CREATE TABLE figures (id int, note text)")
        .await?;
    let ten = "INSERT INTO figures VALUES (1, 'a fill of ten shares');".repeat(10);
    let rows = format!("BEGIN;{ten}COMMIT");
    let mut costs = Costs::default();
    for _ in 0..ROUNDS {
        let ask = |sql: Sql| async move { sql.run("SELECT 1").await };
        costs.adds([direct.clone(), through.clone()], ask).await?;
        let mut times = [0.0; 2];
        for (sql, time) in [&direct, &through].into_iter().zip(&mut times) {
            let begun = Instant::now();
            for _ in 0..EVENTS / 10 {
                sql.run(&rows).await?;
            }
            *time = begun.elapsed().as_secs_f64();
        }
        costs.loses(times);
    }
    direct.run("DROP TABLE figures").await?;
    proxy.close();
    Ok(costs)
}

async fn of_kafka(bench: SocketAddr, behind: SocketAddr, advertised: u16) -> Measured<Costs> {
    let proxy = KafkaProxy::bind_at(advertised).await?;
    proxy.point_at(behind);
    let direct = Kafka::new(bench);
    let through = Kafka::new((Ipv4Addr::LOCALHOST, advertised).into());
    direct.create_topics(&[(TOPIC, 1)]).await?;
    let mut costs = Costs::default();
    for _ in 0..ROUNDS {
        let ask = |kafka: Kafka| async move { produce(&kafka, 1).await };
        costs.adds([direct.clone(), through.clone()], ask).await?;
        let mut times = [0.0; 2];
        for (kafka, time) in [&direct, &through].into_iter().zip(&mut times) {
            let begun = Instant::now();
            for _ in 0..10 {
                produce(kafka, EVENTS / 10).await?;
            }
            *time = begun.elapsed().as_secs_f64();
        }
        costs.loses(times);
    }
    direct.delete_topics(&[TOPIC]).await?;
    proxy.close().await;
    Ok(costs)
}

async fn produce(kafka: &Kafka, count: usize) -> Result<(), BenchError> {
    let produced = kafka.produce(TOPIC, records(count)).await;
    produced.map(drop).map_err(KafkaError::into_bench)
}

impl Costs {
    /// Asks 200 times each, direct and through the interposer in turn.
    async fn adds<C: Clone, T, F>(
        &mut self,
        [direct, through]: [C; 2],
        ask: impl Fn(C) -> F,
    ) -> Measured<()>
    where
        F: Future<Output = Result<T, BenchError>>,
    {
        let mut times = [Vec::new(), Vec::new()];
        for _ in 0..200 {
            for (client, times) in [&direct, &through].into_iter().zip(&mut times) {
                let begun = Instant::now();
                ask(client.clone()).await?;
                times.push(begun.elapsed().as_secs_f64() * 1e3);
            }
        }
        let [direct, through] = times.map(|mut times| {
            times.sort_by(f64::total_cmp);
            times[times.len() / 2]
        });
        self.added.push(through - direct);
        Ok(())
    }

    fn loses(&mut self, [direct, through]: [f64; 2]) {
        self.lost.push((1.0 - direct / through) * 100.0);
    }
}

fn records(count: usize) -> Vec<Produced> {
    let record = Produced {
        partition: 0,
        key: Some("account-1".into()),
        value: Some("x".repeat(400).into()),
        headers: Vec::new(),
    };
    vec![record; count]
}

/// All three, warm until this is dropped.
pub(crate) fn kept(folder: &Path) -> Measured<(Kept, Vec<Endpoint>)> {
    let native = native(cache()?)?;
    let services = KINDS.map(|kind| (kind, Backend::Native(native.clone())));
    let folder = tempfile::Builder::new()
        .prefix("warm-")
        .tempdir_in(folder)?
        .keep();
    let kept = Kept::start(Wanted {
        services: services.to_vec(),
        scratch: folder.join("scratch"),
        logs: folder.join("logs"),
        owner: owner(),
    })?;
    let endpoints = kept.planned().iter().filter_map(|one| match &one.source {
        ServiceSource::Warm { endpoint, .. } => Some(endpoint.clone()),
        ServiceSource::Start(_) | ServiceSource::Absent(_) => None,
    });
    let endpoints = endpoints.collect();
    Ok((kept, endpoints))
}

fn native(cache: PathBuf) -> Measured<Native> {
    Ok(Native::new(
        cache,
        Supervisor::new(std::env::current_exe()?),
    ))
}

fn cache() -> Measured<PathBuf> {
    let folder = |name| std::env::var_os(name).map(PathBuf::from);
    let cache = cache_of(folder("XDG_CACHE_HOME"), folder("HOME"));
    Ok(cache.ok_or("neither HOME nor XDG_CACHE_HOME is set")?)
}

/// The same cache, seen without the archive of Kafka's classes.
fn without_archive(folder: &Path, cache: &Path) -> Measured<PathBuf> {
    let bare = folder.join("bare");
    fs::create_dir_all(bare.join("made"))?;
    for part in ["kafka", "jre"] {
        symlink(cache.join(part), bare.join(part))?;
    }
    for entry in fs::read_dir(cache.join("made"))? {
        let entry = entry?;
        let name = entry.file_name();
        if name.to_string_lossy().ends_with("-formatted") {
            symlink(entry.path(), bare.join("made").join(name))?;
        }
    }
    Ok(bare)
}

pub(crate) fn owner() -> Owner {
    Owner {
        run: "figures".to_owned(),
        workspace: "figures".to_owned(),
    }
}

pub(crate) fn runtime() -> Measured<Runtime> {
    Ok(Builder::new_current_thread().enable_all().build()?)
}
