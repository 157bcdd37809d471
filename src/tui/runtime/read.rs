//! What is read for the screens.

use std::collections::BTreeMap;

use super::work::Inside;
use crate::{
    app::{hint, history as diary, overview, warm},
    curriculum::{Curriculum, Templates, Unit},
    grading::event::{Rule, RunKind, Stamped},
    report::{history::History, overview::Overview, tape::read_tape},
    tui::{
        model::{CheckTold, Course, Entry, LabTexts, Services, Tried, UnitText, Warmth},
        msg::Trouble,
    },
    workspace::{self, AttemptKind, Diary, HintLog, Workspace, WorkspaceError},
};

/// Attempts that a diary shows.
const SHOWN: usize = 500;

impl From<WorkspaceError> for Trouble {
    fn from(error: WorkspaceError) -> Self {
        Self {
            text: error.to_string(),
            hints: error.hints(),
        }
    }
}

/// The course before the record was read: nothing here waits for anything.
pub(super) fn at_first(workspace: &Workspace, curriculum: &Curriculum) -> Course {
    Course {
        is_read: false,
        ..of(overview::at_first(workspace, curriculum), curriculum)
    }
}

fn of(overview: Overview, curriculum: &Curriculum) -> Course {
    let texts = curriculum.units().map(|unit| {
        let text = UnitText {
            goal: unit.goal.clone(),
            component: unit.component.clone(),
            services: unit
                .services
                .iter()
                .map(|service| service.as_str().to_owned())
                .collect(),
        };
        (unit.id.to_string(), text)
    });
    Course {
        overview,
        is_read: true,
        texts: texts.collect(),
        tried: BTreeMap::new(),
        entries: Vec::new(),
    }
}

/// The course beside what the record says of it.
pub(super) fn course(inside: &Inside) -> Result<Course, Trouble> {
    let (workspace, curriculum) = (&inside.workspace, &inside.curriculum);
    let mut course = of(overview::overview(workspace, curriculum)?, curriculum);
    let hints = HintLog::read(workspace);
    for unit in curriculum.units() {
        course.entries.extend(entries(unit, &hints));
        let attempts = Diary::open(workspace, unit.id.as_str())?.all();
        let runs = attempts.iter().filter_map(|attempt| {
            let is_full = match attempt.kind {
                AttemptKind::Run(kind) => kind == RunKind::Full,
                AttemptKind::Newer => false,
                AttemptKind::Saved => return None,
            };
            Some(Tried {
                at: attempt.at,
                tally: attempt.tally(),
                is_full,
            })
        });
        let runs: Vec<Tried> = runs.collect();
        if !runs.is_empty() {
            course.tried.insert(unit.id.to_string(), runs);
        }
    }
    Ok(course)
}

/// What can be found of a unit. Hints only as far as they were taken: a search must not climb a ladder.
fn entries(unit: &Unit, hints: &HintLog) -> Vec<Entry> {
    let entry = |check: Option<&str>, text: String| Entry {
        lab: unit.id.to_string(),
        check: check.map(str::to_owned),
        text,
    };
    let mut entries = vec![entry(None, unit.title.clone())];
    for check in &unit.checks {
        entries.push(entry(Some(&check.id), check.title.clone()));
        let taken = taken(hints, unit, &check.id, &check.hints);
        for (number, hint) in (1..).zip(taken) {
            entries.push(entry(Some(&check.id), format!("hint {number}: {hint}")));
        }
    }
    entries
}

/// The hints that were taken.
fn taken<'h>(log: &HintLog, unit: &Unit, check: &str, hints: &'h [String]) -> &'h [String] {
    let count = usize::try_from(hint::taken(log, unit, check)).unwrap_or(usize::MAX);
    &hints[..count.min(hints.len())]
}

/// What can be read about a lab.
pub(super) fn lab(inside: &Inside, unit: &Unit) -> LabTexts {
    let curriculum = &inside.curriculum;
    let hints = HintLog::read(&inside.workspace);
    let week = curriculum.week(unit.week.as_str());
    let contract = Templates::embedded().contract(unit.id.as_str());
    LabTexts {
        brief: curriculum.brief(unit).map(str::to_owned),
        week: week
            .and_then(|week| curriculum.week_text(week).readme)
            .map(str::to_owned),
        contract: contract
            .into_iter()
            .map(|(path, bytes)| (path, String::from_utf8_lossy(&bytes).into_owned()))
            .collect(),
        checks: unit
            .checks
            .iter()
            .map(|check| CheckTold {
                id: check.id.clone(),
                title: check.title.clone(),
                rule: Rule {
                    text: check.rule.text.clone(),
                    source: check.rule.source.clone(),
                },
                taken: taken(&hints, unit, &check.id, &check.hints).to_vec(),
                hints: u32::try_from(check.hints.len()).unwrap_or(u32::MAX),
            })
            .collect(),
    }
}

/// What is kept up of the services, as their keeper says.
pub(super) fn services(inside: &Inside) -> Services {
    let noted = warm::noted(&inside.workspace).into_iter();
    let services = noted.map(|one| {
        let warmth = match one.state.as_str() {
            "ready" => Warmth::Up(one.backend),
            "starting" => Warmth::Starting,
            _ => Warmth::Failed,
        };
        (one.service, warmth)
    });
    Services(services.collect())
}

/// The newest attempts on a lab.
pub(super) fn history(inside: &Inside, lab: &str) -> Result<History, Trouble> {
    let page = diary::Page {
        limit: Some(SHOWN),
        before: None,
    };
    Ok(diary::history(&inside.workspace, inside.unit(lab)?, page)?)
}

/// The tape of an attempt.
pub(super) fn tape(inside: &Inside, lab: &str, attempt: u32) -> Result<Vec<Stamped>, Trouble> {
    let diary = Diary::open(&inside.workspace, lab)?;
    let found = diary.attempt(attempt).ok_or_else(|| Trouble {
        text: format!("There is no attempt {attempt} on `{lab}` any more."),
        hints: Vec::new(),
    })?;
    let tape = read_tape(&workspace::tape_of(&inside.workspace, found.id)?);
    if tape.is_empty() {
        return Err(Trouble {
            text: format!("The tape of attempt {attempt} tells nothing."),
            hints: Vec::new(),
        });
    }
    Ok(tape)
}
