//! `mastery curriculum update`: started labs, brought to the revision of the course that is open.

use std::path::Path;

use super::{
    AppError,
    scope::{self, ScopeError, place},
    start::{self, BRIEF, Starter},
};
use crate::{
    curriculum::{Curriculum, Unit},
    grading::event::RunKind,
    workspace::{self, AttemptKind, Record, SUBMISSION, Submission, UpdateReport, Workspace},
};

/// What became of one lab.
#[derive(Debug)]
pub struct Updated {
    pub lab: String,
    /// The lab's folder, from the workspace's root.
    pub place: String,
    /// What its `submission.toml` says it was made from.
    pub from: Option<u32>,
    pub to: u32,
    pub files: UpdateReport,
    /// Checks that the last full attempt did not know.
    pub new_checks: Vec<String>,
    /// Checks it knew by another name: old and new.
    pub renamed: Vec<(String, String)>,
    /// The revision at which it is passed: it stays so.
    pub passed_at: Option<u32>,
}

/// Brings one lab, a week's or all that are started, to the course's revision.
pub fn update(
    workspace: &Workspace,
    curriculum: &Curriculum,
    named: Option<&str>,
    dry: bool,
) -> Result<Vec<Updated>, AppError> {
    let record = Record::read(workspace)?;
    let started = |unit: &Unit| workspace.folder(&place(unit)).is_dir();
    let units: Vec<&Unit> = match named {
        None => curriculum.units().filter(|unit| started(unit)).collect(),
        Some(text) => {
            let scope = scope::to_start(curriculum, text)?;
            let first = scope.units[0].id.to_string();
            let units: Vec<&Unit> = scope
                .units
                .into_iter()
                .filter(|unit| started(unit))
                .collect();
            if units.is_empty() {
                return Err(ScopeError::NotStarted { id: first }.into());
            }
            units
        }
    };
    let lock = workspace::lock(workspace, "mastery curriculum update")?;
    let mut updated = Vec::new();
    for unit in units.into_iter().filter(|unit| unit.is_open()) {
        updated.push(one(workspace, curriculum, unit, &record, dry)?);
    }
    drop(lock);
    Ok(updated)
}

fn one(
    workspace: &Workspace,
    curriculum: &Curriculum,
    unit: &Unit,
    record: &Record,
    dry: bool,
) -> Result<Updated, AppError> {
    let (place, lab) = (place(unit), unit.id.as_str());
    let options: Vec<&str> = unit.options.iter().map(String::as_str).collect();
    let from = Submission::read(workspace, &place, lab, &options)
        .ok()
        .and_then(|submission| submission.made_from)
        .map(|made_from| made_from.revision);
    let mut files = Vec::new();
    for starter in starters(curriculum, unit, &workspace.folder(&place)) {
        for file in start::files(curriculum, unit, starter)? {
            if !files
                .iter()
                .any(|known: &workspace::LayoutFile| known.path == file.path)
            {
                files.push(file);
            }
        }
    }
    let files = workspace::update(workspace, &place, &files, unit.revision, dry)?;
    let (new_checks, renamed) = checks(workspace, unit)?;
    let passed = record.lab(lab).and_then(|lab| lab.passed);
    Ok(Updated {
        lab: lab.to_owned(),
        place,
        from,
        to: unit.revision,
        files,
        new_checks,
        renamed,
        passed_at: passed.map(|pass| pass.revision),
    })
}

/// The starters whose own files are all there; without one what every language gets.
fn starters(curriculum: &Curriculum, unit: &Unit, folder: &Path) -> Vec<Starter> {
    let everybodys =
        |path: &str| path == SUBMISSION || path == BRIEF || path.starts_with("contract/");
    let of_languages = unit.languages.iter().copied().map(Starter::Language);
    let mut there: Vec<Starter> = of_languages
        .filter(|starter| {
            let files = start::files(curriculum, unit, *starter).unwrap_or_default();
            let mut own = files
                .iter()
                .filter(|file| !everybodys(&file.path))
                .peekable();
            own.peek().is_some() && own.all(|file| folder.join(&file.path).exists())
        })
        .collect();
    if there.is_empty() {
        there.push(Starter::Other);
    }
    there
}

/// A check's name before, and today's.
type Renamed = (String, String);

/// Which checks the last full attempt did not know, or knew by another name.
fn checks(workspace: &Workspace, unit: &Unit) -> Result<(Vec<String>, Vec<Renamed>), AppError> {
    let attempts = workspace::attempts(workspace, unit.id.as_str())?;
    let full =
        |attempt: &&workspace::AttemptSummary| attempt.kind == AttemptKind::Run(RunKind::Full);
    let Some(last) = attempts.iter().rev().find(full) else {
        return Ok((Vec::new(), Vec::new()));
    };
    let known: Vec<&str> = last
        .verdicts
        .iter()
        .map(|told| told.check.as_str())
        .collect();
    let today: Vec<&str> = known.iter().map(|id| unit.current_name(id)).collect();
    let new = unit.checks.iter().map(|check| check.id.clone());
    let new = new.filter(|id| !today.contains(&id.as_str())).collect();
    let renamed = known.iter().zip(&today).filter(|(old, now)| old != now);
    let renamed = renamed.map(|(old, now)| ((*old).to_owned(), (*now).to_owned()));
    Ok((new, renamed.collect()))
}
