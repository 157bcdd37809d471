//! The Kafka lab as a whole, a program that comes back after it was killed, and services in containers.

use std::{
    collections::BTreeMap,
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::{LazyLock, Mutex, PoisonError},
    time::{Duration, Instant},
};

use mastery::{
    app::{
        demo,
        keep::START_LIMIT,
        scope::place,
        supply::{BackendChoice, Supply},
    },
    curriculum::{Curriculum, Language, Unit},
    grading::{dispatcher, plan::ServiceSource, progress::Conclusion},
};
use mastery_kit::{
    bench::{Bench, Check, CheckKind},
    probe::kafka::{Kafka, Produced, partition_of},
    process::Supervisor,
    service::{Backend, Request},
    spec::{Ready, RunSpec, ServiceKind},
    stage::Control,
    verdict::{BenchError, Failure, Outcome},
    wait::{Look, until},
    world::World,
};

use crate::{
    Measured,
    figure::{Figure, Unit as In},
    process::{self, MASTERY, command},
    runs::{ms, plan},
    services::{KINDS, kept, owner, runtime},
};

const LAB: &str = "kafka-producer-consumer";
/// The first is the warm-up.
const ROUNDS: usize = 16;
const PATIENCE: Duration = Duration::from_secs(20);

/// All checks of the lab on the references, on services that are warm.
pub(crate) fn whole(folder: &Path) -> Measured<Vec<Figure>> {
    let mut figures = Vec::new();
    for (language, name, aim) in [
        (
            Language::Go,
            "the Kafka lab, warm, on the Go reference",
            60_000.0,
        ),
        (
            Language::Python,
            "the Kafka lab, warm, on the Python reference",
            120_000.0,
        ),
    ] {
        let root = folder.join(format!("whole-{language}"));
        solved(&root, language)?;
        let up = ["services", "up", "kafka", "postgres", "--backend", "native"];
        succeeds(&up, &root)?;
        let mut times = Vec::new();
        let graded = (|| {
            for _ in 0..4 {
                times.push(succeeds(&["grade", LAB], &root)?);
            }
            Measured::Ok(())
        })();
        succeeds(&["services", "down"], &root)?;
        graded?;
        figures.push(Figure::new(name, aim, In::Milliseconds, &times));
    }
    Ok(figures)
}

fn succeeds(words: &[&str], root: &Path) -> Measured<f64> {
    let (time, status) = process::timed(command(MASTERY, words, root))?;
    if status.success() {
        Ok(time)
    } else {
        Err(format!("`mastery {}` ended with {status}", words.join(" ")).into())
    }
}

/// A workspace with the lab's reference in it; the lab's folder.
fn solved(root: &Path, language: Language) -> Measured<PathBuf> {
    let curriculum = Curriculum::embedded()?;
    let unit = lab(&curriculum)?;
    let workspace = demo::lay_out(root, language, &curriculum, unit)?;
    demo::solve(&workspace, unit, language)?;
    Ok(workspace.folder(&place(unit)))
}

fn lab(curriculum: &Curriculum) -> Measured<&Unit> {
    Ok(curriculum
        .unit(LAB)
        .ok_or("the course has no lab of Kafka's")?)
}

/// What the check below measured: on a fresh group, and after a kill.
static TIMES: Mutex<Vec<[f64; 2]>> = Mutex::new(Vec::new());

static COMES_BACK: LazyLock<Vec<Check>> = LazyLock::new(|| {
    vec![Check {
        id: "comes_back",
        limit: Duration::from_mins(5),
        needs: &[],
        env: &[],
        kind: CheckKind::Required,
        run: |bench| Box::pin(comes_back(bench)),
    }]
});

/// From a kill to the first record that the program applies once it was taken out of its group and
/// started again, beyond what the same program takes on a group that is new.
pub(crate) fn kills(folder: &Path) -> Measured<Vec<Figure>> {
    let directory = solved(&folder.join("kills"), Language::Python)?;
    let (kept, _) = kept(folder)?;
    let mut plan = plan(folder, &COMES_BACK, Vec::new())?;
    let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    plan.programs = vec![RunSpec {
        name: "positions".to_owned(),
        build: vec![words(
            "python3 -m pip install --quiet --target .deps -r requirements.txt",
        )],
        command: words("python3 positions.py"),
        env: BTreeMap::new(),
        ports: vec!["PORT".to_owned()],
        ready: Some(Ready::Http {
            path: "/healthz".to_owned(),
        }),
        start_limit: Duration::from_secs(30),
        grace: Duration::from_secs(10),
    }];
    plan.build_limit = Duration::from_mins(5);
    plan.setup = vec![words("python3 setup.py")];
    plan.services = kept.planned().to_vec();
    plan.topics = BTreeMap::from([
        ("TOPIC".to_owned(), ("orders.events.v1".to_owned(), 6)),
        ("DLQ_TOPIC".to_owned(), ("orders.dlq".to_owned(), 1)),
    ]);
    plan.fresh = true;
    plan.directory = directory;
    let progress = dispatcher::run(&plan, &mut |_, _| {})?;
    if progress.conclusion() != Conclusion::Passed {
        return Err(format!("the program did not come back: {progress:?}").into());
    }
    let times = TIMES.lock().unwrap_or_else(PoisonError::into_inner);
    let beyond: Vec<f64> = times.iter().map(|[fresh, killed]| killed - fresh).collect();
    let middle = |place: usize| {
        let mut all: Vec<f64> = times[1..].iter().map(|pair| pair[place]).collect();
        all.sort_by(f64::total_cmp);
        all[all.len() / 2]
    };
    let beside = format!(
        "{:.0} ms from the spawn on a fresh group, {:.0} ms from the kill",
        middle(0),
        middle(1)
    );
    let name = "kill → removed → first record, beyond spawn → first record";
    Ok(vec![
        Figure::new(name, 100.0, In::Milliseconds, &beyond).beside(beside),
    ])
}

async fn comes_back(bench: &mut Bench) -> Outcome {
    let world = bench.world()?;
    let positions = bench.program("positions");
    let mut event = 0..;
    for _ in 0..ROUNDS {
        let mut pair = [0.0; 2];
        for (is_killed, time) in [false, true].into_iter().zip(&mut pair) {
            let number = event.next().unwrap_or_default();
            if !is_killed {
                off(&world, &positions).await?;
                world.kafka()?.delete_group(world.group()).await?;
            }
            produced(&world, number).await?;
            let begun = Instant::now();
            if is_killed {
                off(&world, &positions).await?;
            }
            positions.start().await?;
            applied(&world, number).await?;
            *time = ms(begun.elapsed(), Duration::ZERO);
        }
        let mut times = TIMES.lock().unwrap_or_else(PoisonError::into_inner);
        times.push(pair);
    }
    Ok(())
}

/// Killed, and taken out of its group: as a check of the lab does it.
async fn off(world: &World, positions: &Control) -> Result<(), Failure> {
    positions.kill().await?;
    let (kafka, group): (&Kafka, _) = (world.kafka()?, world.group());
    let members = kafka.group(group).await?.members.into_iter();
    let gone: Vec<_> = members.map(|one| (one.id, one.instance)).collect();
    Ok(kafka.remove_members(group, &gone).await?)
}

fn account(number: u32) -> String {
    format!("ACC-{number:06}")
}

async fn produced(world: &World, number: u32) -> Result<(), Failure> {
    let account = account(number);
    let event = serde_json::json!({
        "event_id": format!("e-{number}"),
        "event_type": "order.filled",
        "schema_version": 1,
        "order_id": format!("o-{number}"),
        "account_id": account,
        "account_seq": 1,
        "occurred_at": "2026-12-01T00:00:00.000000Z",
        "data": {"symbol": "ABC", "side": "buy", "quantity": "1", "price": "1"},
    });
    let record = Produced {
        partition: partition_of(account.as_bytes(), 6),
        key: Some(account.into()),
        value: Some(event.to_string().into()),
        headers: Vec::new(),
    };
    let topic = world.topic("TOPIC")?;
    world.kafka()?.produce(topic, vec![record]).await?;
    Ok(())
}

async fn applied(world: &World, number: u32) -> Result<(), Failure> {
    let sql = world.sql()?;
    let query = &format!(
        "SELECT 1 FROM v_positions WHERE account_id = '{}'",
        account(number)
    );
    let seen = until(PATIENCE, || async {
        match sql.rows(query).await {
            Ok(rows) if rows.is_empty() => Look::NotYet(format!("event {number} is not applied")),
            Ok(_) => Look::Ready(()),
            Err(error) => Look::Never(Failure::from(error)),
        }
    });
    seen.await
        .map_err(|error| BenchError::new(format!("{error:?}")).into())
}

/// All three in containers, beside the container of Kafka alone.
pub(crate) fn containers(folder: &Path) -> Measured<Vec<Figure>> {
    let supply = Supply::here(
        BackendChoice::Docker,
        Supervisor::new(std::env::current_exe()?),
    );
    let mut backends = Vec::new();
    for planned in supply.plan(&KINDS)? {
        match planned.source {
            ServiceSource::Start(backend) => backends.push((planned.kind, backend)),
            ServiceSource::Absent(error) => {
                writeln!(io::stdout(), "skipped here: containers. {}", error.why)?;
                return Ok(Vec::new());
            }
            ServiceSource::Warm { .. } => return Err("nothing is kept warm here".into()),
        }
    }
    let (alone, _) = backends.split_at(1);
    let mut ratios = Vec::new();
    let mut last = [0.0; 2];
    for _ in 0..6 {
        for (some, time) in [alone, &backends[..]].into_iter().zip(&mut last) {
            *time = runtime()?.block_on(together(folder, some))?;
        }
        ratios.push((last[1] / last[0] - 1.0) * 100.0);
    }
    let beside = format!("the last: {:.0} ms alone, {:.0} ms all", last[0], last[1]);
    let name = "Kafka, Postgres and Redis in containers, beyond Kafka's alone";
    Ok(vec![
        Figure::new(name, 30.0, In::Percent, &ratios).beside(beside),
    ])
}

/// Starts them at once; milliseconds until the last is ready.
async fn together(folder: &Path, services: &[(ServiceKind, Backend)]) -> Measured<f64> {
    let scratch = tempfile::Builder::new()
        .prefix("together-")
        .tempdir_in(folder)?;
    let requests: Vec<(&Backend, Request)> = services
        .iter()
        .map(|(kind, backend)| {
            let request = Request {
                kind: *kind,
                advertised: 9,
                scratch: scratch.path().to_owned(),
                logs: scratch.path().join("logs"),
                limit: START_LIMIT,
                owner: owner(),
            };
            (backend, request)
        })
        .collect();
    let begun = Instant::now();
    let starting = requests.iter().map(|(backend, one)| backend.start(one));
    let started = mastery_kit::wait::all(starting).await;
    let took = ms(begun.elapsed(), Duration::ZERO);
    for running in started? {
        running.stop().await?;
    }
    Ok(took)
}
