//! A bench that breaks is never the learner's fault, and nothing after it is lost.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use libtest_mimic::Failed;
use mastery::grading::{
    dispatcher,
    event::{PlannedCheck, RunKind},
    plan::{Plan, PlannedRun, PortChoice},
    progress::{Conclusion, Progress},
};
use mastery_kit::{
    bench::{Bench, Check, CheckKind, Contract, Grader},
    check,
    process::{Limits, Supervisor},
    random::Seed,
    verdict::{BenchError, Outcome, Verdict},
};

const GRADER: Grader = Grader {
    lab: "broken-bench",
    checks: &[
        check!(panics, 5),
        check!(loses_its_service, 5),
        check!(never_ends, 1),
        check!(holds, 5),
    ],
};

async fn panics(bench: &mut Bench) -> Outcome {
    let none: Option<u32> = bench.trace().last_wait().map(|_| 1);
    assert!(none.is_some(), "the grader has a bug");
    Ok(())
}

async fn loses_its_service(_: &mut Bench) -> Outcome {
    Err(BenchError::new("The broker went away.")
        .unlock("Start it again.")
        .into())
}

async fn never_ends(bench: &mut Bench) -> Outcome {
    bench.trace().waiting_for("an event that never comes");
    std::future::pending().await
}

async fn holds(_: &mut Bench) -> Outcome {
    Ok(())
}

/// A panic, a lost service and a check without end are Unsettled, each with its reason; the check
/// after them runs, and the run is unsettled as a whole (exit 4).
pub(crate) fn breaks_without_blame() -> Result<(), Failed> {
    let progress = run()?;
    let settled: Vec<(&str, &Verdict)> = progress
        .settled()
        .map(|(check, verdict, _)| (check.id.as_str(), verdict))
        .collect();
    let why = |id: &str| match settled.iter().find(|(check, _)| *check == id) {
        Some((_, Verdict::Unsettled(error))) => error.why.clone(),
        other => format!("{other:?}"),
    };
    assert!(
        why("panics").contains("the grader has a bug"),
        "{}",
        why("panics")
    );
    assert_eq!(why("loses_its_service"), "The broker went away.");
    let over = why("never_ends");
    assert!(over.contains("an event that never comes"), "{over}");
    assert!(
        settled.contains(&("holds", &Verdict::Passed)),
        "{settled:?}"
    );
    assert_eq!(progress.conclusion(), Conclusion::Unsettled);
    Ok(())
}

fn run() -> Result<Progress, Failed> {
    let logs = std::env::temp_dir();
    let told = |check: &Check| PlannedCheck {
        id: check.id.to_owned(),
        title: check.id.to_owned(),
        badge: check.kind == CheckKind::Badge,
        rule: None,
        first_hint: None,
        hints: 0,
        limit_ms: 0,
    };
    let planned = |check: &'static Check| PlannedRun {
        check,
        told: told(check),
        obeys_needs: true,
    };
    let plan = Plan {
        lab: GRADER.lab.parse().expect("the lab's id is one"),
        title: "A bench that breaks".to_owned(),
        revision: 1,
        contract: Contract::default(),
        contract_hash: String::new(),
        language: "none".to_owned(),
        seed: Seed(1),
        kind: RunKind::Full,
        checks: GRADER.checks.iter().map(planned).collect(),
        of: 4,
        programs: Vec::new(),
        setup: Vec::new(),
        services: Vec::new(),
        topics: BTreeMap::new(),
        outside: Vec::new(),
        fresh: false,
        build_limit: Duration::from_secs(1),
        current_builds: Vec::new(),
        directory: logs.clone(),
        shown_directory: String::new(),
        environment: BTreeMap::new(),
        scratch: logs.join("scratch"),
        workspace: String::new(),
        logs,
        supervisor: Supervisor::new(PathBuf::from(env!("CARGO_BIN_EXE_mastery"))),
        limits: Limits::default(),
        ports: PortChoice::System,
        fail_fast: false,
        hold: false,
        serve: false,
        began_at: 0,
    };
    dispatcher::run(&plan, &mut |_, _| {}).map_err(|error| Failed::from(error.to_string()))
}
