//! Commands that run nothing of the learner's.

use std::{
    iter,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use mastery::{
    app::{demo, scope::place},
    curriculum::{Curriculum, Language, Unit},
    grading::event::{FORMAT, GradeEvent, PlannedCheck, RunKind, RunStarted, Stamped, Tally},
    workspace::{self, Workspace},
};
use mastery_kit::{
    random::Seed,
    verdict::{Mismatch, Verdict},
};

use crate::{
    Measured,
    figure::{Figure, Unit as Measure},
    machine::now,
    process::{self, MASTERY, command},
};

const ATTEMPTS: u32 = 500;

/// How long it takes to say its version, and how much memory.
pub(crate) fn version(folder: &Path) -> Measured<Vec<Figure>> {
    let [mut own, mut floor, mut peaks] = [Vec::new(), Vec::new(), Vec::new()];
    for _ in 0..41 {
        floor.push(succeed(command("true", &[], folder))?);
        own.push(succeed(command(MASTERY, &["--version"], folder))?);
    }
    for _ in 0..11 {
        let version = command(MASTERY, &["--version"], folder);
        peaks.push(process::peak_while_printing(version)?);
    }
    let own = Figure::new("`mastery --version`", 5.0, Measure::Milliseconds, &own);
    let floor = Figure::new("`true`", 5.0, Measure::Milliseconds, &floor);
    let beside = format!(
        "`true`: {:.2} ms, so {:.1} times the floor",
        floor.median(),
        own.median() / floor.median()
    );
    Ok(vec![
        own.beside(beside),
        Figure::new(
            "`mastery --version`, peak memory",
            12.0,
            Measure::Mebibytes,
            &peaks,
        ),
    ])
}

/// A workspace with the lab that attempts are written for.
pub(crate) fn laid_out<'c>(
    root: &Path,
    curriculum: &'c Curriculum,
) -> Measured<(Workspace, &'c Unit)> {
    let unit = curriculum
        .unit(demo::LAB)
        .ok_or("the course has no rest-api")?;
    let workspace = demo::lay_out(root, Language::Python, curriculum, unit)?;
    Ok((workspace, unit))
}

/// How long it takes to read 500 attempts.
pub(crate) fn progress(folder: &Path) -> Measured<Vec<Figure>> {
    let root = folder.join("with attempts");
    let curriculum = Curriculum::embedded()?;
    let (workspace, unit) = laid_out(&root, &curriculum)?;
    fill(&workspace, unit)?;
    let told = command(MASTERY, &["progress"], &root)
        .stdout(Stdio::piped())
        .output()?;
    if !String::from_utf8_lossy(&told.stdout).contains("500") {
        return Err("`mastery progress` does not tell of 500 attempts".into());
    }
    let mut values = Vec::new();
    for _ in 0..31 {
        values.push(succeed(command(MASTERY, &["progress"], &root))?);
    }
    Ok(vec![Figure::new(
        "`mastery progress` with 500 attempts",
        20.0,
        Measure::Milliseconds,
        &values,
    )])
}

pub(crate) fn succeed(command: Command) -> Measured<f64> {
    let told = format!("{command:?}");
    let (took, status) = process::timed(command)?;
    if status.success() {
        Ok(took)
    } else {
        Err(format!("{told} ended with {status}").into())
    }
}

/// Keeps attempts as `mastery grade` does, without having run anything.
fn fill(workspace: &Workspace, unit: &Unit) -> Measured<()> {
    let snapshot = workspace::snapshot(workspace, &place(unit))?;
    for number in 0..ATTEMPTS {
        let tape = tape(unit, number)?;
        let kept = workspace::keep(workspace, Some(snapshot.tree), &tape)?;
        if kept.position != number + 1 {
            return Err(format!("attempt {number} was kept as {}", kept.position).into());
        }
    }
    Ok(())
}

/// The tape of a run in which more checks passed than in the one before.
pub(crate) fn tape(unit: &Unit, number: u32) -> Measured<Vec<u8>> {
    let good = unit.checks.len() * usize::try_from(number)? / usize::try_from(ATTEMPTS)?;
    let verdicts = unit.checks.iter().enumerate().map(|(place, check)| {
        let verdict = if place < good {
            Verdict::Passed
        } else {
            Verdict::Failed(Mismatch::new("You answered 200.", "404", "200"))
        };
        GradeEvent::CheckFinished {
            check: check.id.clone(),
            verdict,
            took_ms: 7,
        }
    });
    let events = iter::once(started(unit, number)?)
        .chain(verdicts)
        .chain(iter::once(GradeEvent::RunFinished {
            kind: RunKind::Full,
            tally: Tally {
                passed: u32::try_from(good)?,
                failed: u32::try_from(unit.checks.len() - good)?,
                ..Tally::default()
            },
            build_ms: 0,
            start_ms: 60,
            checks_ms: 90,
            stop_ms: 20,
        }));
    let mut tape = Vec::new();
    for (at, event) in (0..).zip(events) {
        serde_json::to_writer(&mut tape, &Stamped::new(Duration::from_millis(at), event))?;
        tape.push(b'\n');
    }
    Ok(tape)
}

fn started(unit: &Unit, number: u32) -> Measured<GradeEvent> {
    let checks = unit.checks.iter().map(|check| PlannedCheck {
        id: check.id.clone(),
        title: check.title.clone(),
        badge: false,
        rule: None,
        first_hint: None,
        hints: 0,
        limit_ms: 10_000,
    });
    Ok(GradeEvent::RunStarted(Box::new(RunStarted {
        format: FORMAT,
        mastery: env!("CARGO_PKG_VERSION").to_owned(),
        lab: unit.id.to_string(),
        title: unit.title.clone(),
        revision: unit.revision,
        contract: "0".repeat(64),
        seed: Seed(u64::from(number)).to_string(),
        language: "python".to_owned(),
        backend: None,
        services: std::collections::BTreeMap::new(),
        fresh: false,
        kind: RunKind::Full,
        checks: checks.collect(),
        of: u32::try_from(unit.checks.len())?,
        began_at: i64::try_from(now().as_secs())? - i64::from(ATTEMPTS - number) * 60,
    })))
}
