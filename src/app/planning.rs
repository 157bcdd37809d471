//! From what the learner asked for to a plan: after it no mistake of theirs can come up any more.

use std::{
    collections::BTreeMap,
    hash::{BuildHasher as _, Hasher as _, RandomState},
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use mastery_kit::{
    bench::{Check, CheckKind, Contract, Grader},
    process::{Limits, Supervisor},
    random::Seed,
    verdict::millis,
};

use super::{AppError, clock, grade::GradeRequest, scope::place};
use crate::{
    curriculum::{Isolation, Templates, Unit},
    grading::{
        event::{PlannedCheck, Rule, RunKind},
        plan::{Plan, PlannedRun, PlannedService, PortChoice},
    },
    workspace::{Submission, Workspace},
};

/// Where a run's own files go.
pub(super) struct Ground<'a> {
    pub(super) workspace: &'a Workspace,
    pub(super) logs: PathBuf,
    pub(super) supervisor: Supervisor,
    /// Where services of this run keep what they need.
    pub(super) scratch: PathBuf,
    pub(super) services: Vec<PlannedService>,
}

/// Decides a run. `current` are the programs whose last good build still stands.
pub(super) fn plan(
    ground: Ground<'_>,
    unit: &Unit,
    submission: &Submission,
    request: &GradeRequest,
    current: Vec<String>,
) -> Result<Plan, AppError> {
    let grader = grader_of(unit)?;
    let templates = Templates::embedded();
    let lab = unit.id.as_str();
    let shown = place(unit);
    let directory = ground.workspace.folder(&shown);
    let partial = request.seed.is_some() || !request.only.is_empty();
    Ok(Plan {
        lab: unit.id.clone(),
        title: unit.title.clone(),
        revision: unit.revision,
        contract: Contract::new(templates.contract(lab)),
        contract_hash: templates.contract_hash(lab),
        language: language_of(&directory, submission).to_owned(),
        seed: request.seed.unwrap_or_else(fresh_seed),
        kind: if partial {
            RunKind::Partial
        } else {
            RunKind::Full
        },
        checks: chosen(unit, grader, &request.only)?,
        of: u32::try_from(grader.checks.len()).unwrap_or(u32::MAX),
        programs: submission.programs.clone(),
        setup: submission.setup.clone(),
        services: ground.services,
        topics: topics(unit),
        outside: unit.outside.clone(),
        fresh: unit.isolation == Isolation::Check,
        build_limit: build_limit(submission),
        current_builds: current,
        directory,
        shown_directory: shown,
        environment: unit.env.clone(),
        logs: ground.logs,
        scratch: ground.scratch,
        workspace: ground.workspace.root.display().to_string(),
        supervisor: ground.supervisor,
        limits: Limits::default(),
        ports: PortChoice::System,
        fail_fast: request.fail_fast,
        hold: request.hold,
        serve: false,
        began_at: clock::now(),
    })
}

fn grader_of(unit: &Unit) -> Result<&'static Grader, AppError> {
    mastery_graders::grader(unit.id.as_str()).ok_or_else(|| AppError::NoGrader {
        lab: unit.id.to_string(),
    })
}

/// A unit's topics, as the bench makes them.
pub(crate) fn topics(unit: &Unit) -> BTreeMap<String, (String, i32)> {
    let topics = unit.topics.iter();
    topics
        .map(|(variable, topic)| (variable.clone(), (topic.name.clone(), topic.partitions)))
        .collect()
}

/// The checks to run, in the grader's order. `--only` runs a check without its needs.
fn chosen(
    unit: &Unit,
    grader: &'static Grader,
    only: &[String],
) -> Result<Vec<PlannedRun>, AppError> {
    let named: Vec<&str> = only
        .iter()
        .map(|text| unit.find_check(text).map(|check| check.id.as_str()))
        .collect::<Result<_, _>>()
        .map_err(|error| AppError::Check {
            lab: unit.id.to_string(),
            error,
        })?;
    let wanted = |check: &&Check| named.is_empty() || named.contains(&check.id);
    Ok(grader
        .checks
        .iter()
        .filter(wanted)
        .map(|check| PlannedRun {
            check,
            told: told(unit, check),
            obeys_needs: named.is_empty(),
        })
        .collect())
}

/// What the learner reads about a check.
pub(crate) fn told(unit: &Unit, check: &Check) -> PlannedCheck {
    let text = unit.check(check.id);
    PlannedCheck {
        id: check.id.to_owned(),
        title: text.map_or_else(|| check.id.replace('_', " "), |text| text.title.clone()),
        badge: check.kind == CheckKind::Badge,
        rule: text.map(|text| Rule {
            text: text.rule.text.clone(),
            source: text.rule.source.clone(),
        }),
        first_hint: text.and_then(|text| text.hints.first().cloned()),
        hints: text.map_or(0, |text| {
            u32::try_from(text.hints.len()).unwrap_or(u32::MAX)
        }),
        limit_ms: millis(check.limit),
    }
}

/// The longest build budget of the submission's programs.
fn build_limit(submission: &Submission) -> Duration {
    let limits = submission
        .programs
        .iter()
        .map(|program| submission.build_limit(&program.name));
    limits.max().unwrap_or(Duration::from_mins(10))
}

/// The language a lab is written in, as far as its files tell. Only told, never judged.
fn language_of(directory: &Path, submission: &Submission) -> &'static str {
    let marks = [
        ("go.mod", "go"),
        ("Cargo.toml", "rust"),
        ("package.json", "typescript"),
    ];
    if let Some((_, language)) = marks
        .iter()
        .find(|(name, _)| directory.join(name).is_file())
    {
        return language;
    }
    let mut words = submission
        .programs
        .iter()
        .filter_map(|program| program.command.first());
    if words.any(|word| {
        word.rsplit('/')
            .next()
            .is_some_and(|name| name.starts_with("python"))
    }) {
        "python"
    } else {
        "other"
    }
}

/// A seed nobody can foresee: the standard library keys its hashers from the system's randomness.
fn fresh_seed() -> Seed {
    let mut hasher = RandomState::new().build_hasher();
    hasher.write_u128(
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .as_nanos(),
    );
    hasher.write_u32(std::process::id());
    Seed(hasher.finish())
}
