//! Runs carried out by the dispatcher in this process: the harness without the command line.

use std::{
    io,
    path::Path,
    sync::{
        LazyLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use mastery::{
    grading::{
        dispatcher,
        event::{GradeEvent, PlannedCheck, RunKind},
        plan::{Plan, PlannedRun, PortChoice},
        progress::{Conclusion, Obstacle, Progress},
    },
    report::{Reporter as _, plain::Plain, tape::Tape, words::Style},
};
use mastery_kit::{
    bench::{Bench, BoxFuture, Check, CheckKind, Contract},
    process::{Limits, Supervisor},
    random::Seed,
    spec::{Ready, RunSpec},
    verdict::{Evidence, Exit, Mismatch, Outcome, Verdict},
};

use crate::{
    Measured,
    figure::{Figure, Unit},
    machine::now,
    program::{WORD, stamped},
};

const CHECKS: u32 = 100;
const PROGRAM: &str = "api";

static IDLE: LazyLock<Vec<Check>> = LazyLock::new(|| table(|_| Box::pin(async { Ok(()) })));
static ASKING: LazyLock<Vec<Check>> = LazyLock::new(|| table(|bench| Box::pin(ask(bench))));

fn table(run: for<'b> fn(&'b mut Bench) -> BoxFuture<'b, Outcome>) -> Vec<Check> {
    (0..CHECKS)
        .map(|number| Check {
            id: Box::leak(format!("check_{number}").into_boxed_str()),
            limit: Duration::from_secs(10),
            needs: &[],
            env: &[],
            kind: CheckKind::Required,
            run,
        })
        .collect()
}

async fn ask(bench: &mut Bench) -> Outcome {
    let answer = bench.http(PROGRAM)?.get("/").send().await?;
    answer.expect_status(200)?;
    Ok(())
}

/// What one check costs, whether it does nothing or asks once.
pub(crate) fn checks(folder: &Path) -> Measured<Vec<Figure>> {
    let mut costs = [Vec::new(), Vec::new()];
    for _ in 0..16 {
        for (table, costs) in [&IDLE, &ASKING].into_iter().zip(&mut costs) {
            let run = Run::of(folder, table, "serve", "0")?;
            let ready = run.ready.ok_or("the program was not ready")?;
            costs.push(ms(run.returned, ready) / f64::from(CHECKS));
        }
    }
    let [idle, asking] = costs;
    Ok(vec![
        Figure::new(
            "one of 100 checks that do nothing",
            10.0,
            Unit::Milliseconds,
            &idle,
        ),
        Figure::new(
            "one of 100 checks that make one request",
            10.0,
            Unit::Milliseconds,
            &asking,
        ),
    ])
}

/// How soon a socket is noticed, how long the end takes, and a whole run of one check.
pub(crate) fn ready_and_teardown(folder: &Path) -> Measured<Vec<Figure>> {
    let [mut noticed, mut teardown, mut whole] = [Vec::new(), Vec::new(), Vec::new()];
    for number in 0..31 {
        let lead = (number * 7) % 29;
        let run = Run::of(folder, &IDLE[..1], "serve", &lead.to_string())?;
        let ready = run.ready.ok_or("the program was not ready")?;
        let settled = run.settled.ok_or("no check was settled")?;
        noticed.push(ms(ready, stamped(&run.stamp)?));
        teardown.push(ms(run.finished.ok_or("the run did not end")?, settled));
        let run = Run::of(folder, &IDLE[..1], "serve", "0")?;
        whole.push(ms(run.returned, run.called));
    }
    Ok(vec![
        Figure::new(
            "readiness seen after the socket opens",
            20.0,
            Unit::Milliseconds,
            &noticed,
        ),
        Figure::new(
            "teardown of a program that obeys SIGTERM",
            100.0,
            Unit::Milliseconds,
            &teardown,
        ),
        Figure::new(
            "a run of one check, program started and ended",
            60.0,
            Unit::Milliseconds,
            &whole,
        ),
    ])
}

/// How soon a program that exits at once is told, with its code and last lines.
pub(crate) fn death(folder: &Path) -> Measured<Vec<Figure>> {
    let mut told = Vec::new();
    for _ in 0..31 {
        let run = Run::of(folder, &IDLE[..1], "exit", "")?;
        if !is_diagnosed(&run.progress) {
            return Err(format!("the death was not told as one: {:?}", run.progress).into());
        }
        let at = run
            .not_ready
            .ok_or("nobody told that the program is not ready")?;
        told.push(ms(at, stamped(&run.stamp)?));
    }
    Ok(vec![Figure::new(
        "a program that exits at once, told after its exit",
        100.0,
        Unit::Milliseconds,
        &told,
    )])
}

fn is_diagnosed(progress: &Progress) -> bool {
    let Some(Obstacle::Program {
        verdict: Verdict::Failed(Mismatch { evidence, .. }),
        ..
    }) = &progress.stopped_before
    else {
        return false;
    };
    evidence.iter().any(|piece| {
        matches!(piece, Evidence::Death(death)
            if death.exit == (Exit::Code { code: 3 }) && death.last_lines.len() == 3)
    })
}

/// Milliseconds between two instants.
pub(crate) fn ms(later: Duration, earlier: Duration) -> f64 {
    (later.as_secs_f64() - earlier.as_secs_f64()) * 1e3
}

/// One run and when its events were told.
struct Run {
    called: Duration,
    ready: Option<Duration>,
    not_ready: Option<Duration>,
    /// The last check.
    settled: Option<Duration>,
    finished: Option<Duration>,
    returned: Duration,
    stamp: std::path::PathBuf,
    progress: Progress,
}

impl Run {
    fn of(folder: &Path, checks: &'static [Check], mode: &str, argument: &str) -> Measured<Self> {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = folder.join(format!("run-{number}"));
        std::fs::create_dir(&folder)?;
        let stamp = folder.join("stamp");
        let mut words = vec![
            WORD.to_owned(),
            mode.to_owned(),
            stamp.display().to_string(),
        ];
        words.extend(Some(argument.to_owned()).filter(|word| !word.is_empty()));
        let plan = plan(&folder, checks, words)?;
        let mut tape = Tape::create(&folder.join("events.jsonl"))?;
        let mut report = Plain::new(io::sink(), Style::plain(80));
        let [mut ready, mut not_ready, mut settled, mut finished] = [None; 4];
        let mut trouble = Ok(());
        let called = now();
        let progress = dispatcher::run(&plan, &mut |at, event| {
            // A learner knows when the report says it, and it is told after the tape.
            let told = tape
                .on_event(at, event)
                .and_then(|()| report.on_event(at, event));
            if told.is_err() {
                trouble = told;
            }
            let now = Some(now());
            if let GradeEvent::ProgramReady { .. } = event {
                ready = now;
            } else if let GradeEvent::ProgramNotReady { .. } = event {
                not_ready = now;
            } else if let GradeEvent::CheckFinished { .. } = event {
                settled = now;
            } else if let GradeEvent::RunFinished { .. } = event {
                finished = now;
            }
        })?;
        let returned = now();
        trouble?;
        if mode == "serve" && progress.conclusion() != Conclusion::Passed {
            return Err(format!("the run did not pass: {progress:?}").into());
        }
        Ok(Self {
            called,
            ready,
            not_ready,
            settled,
            finished,
            returned,
            stamp,
            progress,
        })
    }
}

/// A run of these checks on a program of these words, decided.
pub(crate) fn plan(folder: &Path, checks: &'static [Check], words: Vec<String>) -> Measured<Plan> {
    let exe = std::env::current_exe()?;
    let mut command = vec![exe.display().to_string()];
    command.extend(words);
    Ok(Plan {
        lab: "figures".parse()?,
        title: "Figures".to_owned(),
        revision: 1,
        contract: Contract::default(),
        contract_hash: String::new(),
        language: "rust".to_owned(),
        seed: Seed(1),
        kind: RunKind::Full,
        checks: checks.iter().map(planned).collect(),
        of: u32::try_from(checks.len())?,
        programs: vec![RunSpec {
            name: PROGRAM.to_owned(),
            build: Vec::new(),
            command,
            env: std::collections::BTreeMap::new(),
            ports: vec!["PORT".to_owned()],
            ready: Some(Ready::Http {
                path: "/healthz".to_owned(),
            }),
            start_limit: Duration::from_secs(30),
            grace: Duration::from_secs(10),
        }],
        build_limit: Duration::from_mins(1),
        setup: Vec::new(),
        services: Vec::new(),
        topics: std::collections::BTreeMap::new(),
        outside: Vec::new(),
        fresh: false,
        scratch: std::env::temp_dir(),
        workspace: String::new(),
        serve: false,
        current_builds: Vec::new(),
        directory: folder.to_owned(),
        shown_directory: "figures".to_owned(),
        environment: std::collections::BTreeMap::new(),
        logs: folder.join("logs"),
        supervisor: Supervisor::new(exe),
        limits: Limits::default(),
        ports: PortChoice::System,
        fail_fast: false,
        hold: false,
        began_at: i64::try_from(now().as_secs())?,
    })
}

fn planned(check: &'static Check) -> PlannedRun {
    PlannedRun {
        check,
        told: PlannedCheck {
            id: check.id.to_owned(),
            title: check.id.replace('_', " "),
            badge: false,
            rule: None,
            first_hint: None,
            hints: 0,
            limit_ms: mastery_kit::verdict::millis(check.limit),
        },
        obeys_needs: true,
    }
}
