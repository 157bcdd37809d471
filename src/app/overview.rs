//! How far the learner is: the course's units beside what the kept attempts say of them.

use super::scope::place;
use crate::{
    curriculum::{self, Curriculum, Unit},
    report::overview::{CheckRow, Overview, UnitKind, UnitRow, UnitStatus, WeekRow},
    workspace::{HintLog, LabRecord, Record, Workspace, WorkspaceError},
};

/// Folds attempts and course into what `mastery progress` shows.
pub fn overview(
    workspace: &Workspace,
    curriculum: &Curriculum,
) -> Result<Overview, WorkspaceError> {
    let record = Record::read(workspace)?;
    let hints = HintLog::read(workspace);
    let next = curriculum
        .units()
        .find_map(|unit| next(workspace, &record, unit));
    Ok(Overview {
        next,
        ..folded(workspace, curriculum, &record, &hints)
    })
}

/// The same before anything of the record was read: which units there are, and which lie in the
/// workspace. It opens no repository, so it can be had at once.
pub fn at_first(workspace: &Workspace, curriculum: &Curriculum) -> Overview {
    folded(
        workspace,
        curriculum,
        &Record::default(),
        &HintLog::default(),
    )
}

fn folded(
    workspace: &Workspace,
    curriculum: &Curriculum,
    record: &Record,
    hints: &HintLog,
) -> Overview {
    let weeks: Vec<WeekRow> = (1..)
        .zip(curriculum.weeks())
        .map(|(number, week)| WeekRow {
            number,
            id: week.id.to_string(),
            title: week.title.clone(),
            units: week
                .units
                .iter()
                .map(|unit| row(workspace, record, hints, unit))
                .collect(),
        })
        .collect();
    Overview {
        title: curriculum.title().to_owned(),
        weeks,
        capstone: Some(capstone(curriculum)),
        next: None,
    }
}

fn row(workspace: &Workspace, record: &Record, hints: &HintLog, unit: &Unit) -> UnitRow {
    let lab = record.lab(unit.id.as_str());
    UnitRow {
        id: unit.id.to_string(),
        title: unit.title.clone(),
        kind: match unit.kind {
            curriculum::UnitKind::Lab => UnitKind::Lab,
            curriculum::UnitKind::Challenge => UnitKind::Challenge,
        },
        status: status(workspace, unit, lab),
        attempts: lab.map_or(0, |lab| lab.attempts),
        checks: unit
            .checks
            .iter()
            .map(|check| CheckRow {
                id: check.id.clone(),
                title: check.title.clone(),
                last: lab.and_then(|lab| last_verdict(lab, unit, &check.id)),
                hints: u32::try_from(check.hints.len()).unwrap_or(u32::MAX),
                hints_taken: super::hint::taken(hints, unit, &check.id),
            })
            .collect(),
    }
}

/// The last verdict of a check, under its name of today or one it had before.
fn last_verdict(lab: &LabRecord, unit: &Unit, check: &str) -> Option<char> {
    let of_today = lab.checks.get(check).copied();
    of_today.or_else(|| {
        let mut old = unit.renamed.iter().filter(|(_, new)| new.as_str() == check);
        old.find_map(|(old, _)| lab.checks.get(old).copied())
    })
}

fn status(workspace: &Workspace, unit: &Unit, lab: Option<&LabRecord>) -> UnitStatus {
    if !unit.is_open() {
        return UnitStatus::Planned;
    }
    let Some(lab) = lab else {
        let there = workspace.folder(&place(unit)).is_dir();
        return if there {
            UnitStatus::Started
        } else {
            UnitStatus::NotStarted
        };
    };
    if let Some(pass) = &lab.passed {
        return UnitStatus::Passed {
            revision: pass.revision,
            after_attempts: pass.after_attempts,
            took_s: pass.took_s,
        };
    }
    let passed = unit
        .checks
        .iter()
        .filter(|check| last_verdict(lab, unit, &check.id) == Some('p'));
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    UnitStatus::Tried {
        passed: count(passed.count()),
        of: count(unit.checks.len()),
    }
}

fn capstone(curriculum: &Curriculum) -> UnitRow {
    let capstone = curriculum.capstone();
    UnitRow {
        id: capstone.id.to_string(),
        title: capstone.title.clone(),
        kind: UnitKind::Capstone,
        status: UnitStatus::Planned,
        attempts: 0,
        checks: Vec::new(),
    }
}

/// The first thing to do in a unit that is not passed.
fn next(workspace: &Workspace, record: &Record, unit: &Unit) -> Option<String> {
    if !unit.is_open() {
        return None;
    }
    let lab = record.lab(unit.id.as_str());
    match status(workspace, unit, lab) {
        UnitStatus::Planned | UnitStatus::Passed { .. } => None,
        UnitStatus::NotStarted => Some(format!("mastery start {}", unit.id)),
        UnitStatus::Started | UnitStatus::Tried { .. } => {
            let failed = unit
                .checks
                .iter()
                .find(|check| lab.and_then(|lab| last_verdict(lab, unit, &check.id)) == Some('f'));
            Some(match failed {
                Some(check) => format!("{}: {}", unit.id, check.id),
                None => format!("mastery grade {}", unit.id),
            })
        }
    }
}
