//! `mastery hint`: the next rung of a check's ladder. Nothing is scored; what was taken is logged.

use std::fmt;

use super::{AppError, clock::now};
use crate::{
    curriculum::{CheckText, Curriculum, NameError, Unit},
    grading::event::Rule,
    report::hint::Hint,
    workspace::{AttemptKind, AttemptSummary, Diary, HintLog, HintTaken, Workspace},
};

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub struct HintRequest<'r> {
    /// The check; without: the first that failed in the last attempt.
    pub check: Option<&'r str>,
    /// Show what was taken, and take nothing.
    pub again: bool,
    /// The words that name the lab in a command: ` --lab rest-api`, or nothing.
    pub lab_words: &'r str,
}

/// Why there is no hint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoHint {
    /// No check was named, and nothing was graded that could have failed.
    NotGraded,
    /// No check was named, and in the last attempt none failed.
    NothingFailed { attempt: u32 },
    /// `--again`, and none was taken.
    NoneTaken { check: String },
    /// The check is one of another lab.
    OtherLab { check: String, lab: String },
}

impl NoHint {
    /// What is the matter, as a sentence.
    pub(super) fn write(&self, lab: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotGraded => write!(
                f,
                "`{lab}` has no attempt yet, so no check has failed that a hint could be about."
            ),
            Self::NothingFailed { attempt } => {
                write!(f, "No check of `{lab}` failed in attempt {attempt}.")
            }
            Self::NoneTaken { check } => write!(f, "No hint on `{check}` was taken yet."),
            Self::OtherLab { check, lab: other } => {
                write!(f, "`{check}` is no check of `{lab}` but of `{other}`.")
            }
        }
    }

    /// What to do next.
    pub(super) fn hints(&self, lab: &str) -> Vec<String> {
        match self {
            Self::NotGraded => vec![
                format!("`mastery grade {lab}` makes the first attempt."),
                format!("Or name a check: `mastery progress {lab}` lists them."),
            ],
            Self::NothingFailed { .. } => {
                vec![format!(
                    "Name a check: `mastery progress {lab}` lists them."
                )]
            }
            Self::NoneTaken { check } => vec![format!(
                "`mastery hint {check} --lab {lab}` takes the first; it costs nothing."
            )],
            Self::OtherLab { check, lab: other } => {
                vec![format!("`mastery hint {check} --lab {other}`")]
            }
        }
    }
}

/// Takes the next rung, or shows those that were taken.
pub fn hint(
    workspace: &Workspace,
    curriculum: &Curriculum,
    unit: &Unit,
    request: &HintRequest<'_>,
) -> Result<Hint, AppError> {
    let diary = Diary::open(workspace, unit.id.as_str())?;
    let last = diary
        .until(u32::MAX)
        .find(|attempt| attempt.kind != AttemptKind::Saved);
    let check = match request.check {
        Some(text) => named(curriculum, unit, text)?,
        None => first_failed(unit, last.as_ref())?,
    };
    let log = HintLog::read(workspace);
    let of = u32::try_from(check.hints.len()).unwrap_or(u32::MAX);
    let before = taken(&log, unit, &check.id).min(of);
    if request.again && before == 0 {
        return Err(no_hint(
            unit,
            NoHint::NoneTaken {
                check: check.id.clone(),
            },
        ));
    }
    let takes = !request.again && before < of;
    if takes {
        let attempts = diary.record().map_or(0, |record| record.attempts);
        let one = HintTaken {
            at: now(),
            lab: unit.id.to_string(),
            check: check.id.clone(),
            rung: before + 1,
            attempts,
        };
        HintLog::note(workspace, &one)?;
    }
    // A new rung stands alone; at the top of the ladder, and when asked again, all of it is shown.
    let first = if takes { before } else { 0 };
    let upto = if takes { before + 1 } else { before };
    let range = usize::try_from(first).unwrap_or(0)..usize::try_from(upto).unwrap_or(0);
    Ok(Hint {
        check: check.id.clone(),
        title: check.title.clone(),
        rule: Rule {
            text: check.rule.text.clone(),
            source: check.rule.source.clone(),
        },
        last: last.and_then(|attempt| ended(unit, &attempt, &check.id)),
        first: first + 1,
        rungs: check.hints[range].to_vec(),
        of,
        next: Some(next(check, upto, of, request)),
    })
}

/// How many rungs of a check were taken, under its name of today or one it had before.
pub fn taken(log: &HintLog, unit: &Unit, check: &str) -> u32 {
    log.rungs(unit.id.as_str(), |name| unit.current_name(name) == check)
}

fn next(check: &CheckText, taken: u32, of: u32, request: &HintRequest<'_>) -> (String, String) {
    let (id, lab) = (&check.id, request.lab_words);
    if taken < of {
        let gives = format!("gives hint {} of {of}; it costs nothing", taken + 1);
        return (format!("mastery hint {id}{lab}"), gives);
    }
    let file = check.rule.source.split('#').next().unwrap_or_default();
    let again = format!("mastery hint {id}{lab} --again");
    let gives = format!("shows all {of} again; there are no more. What is judged stands in {file}");
    (again, gives)
}

fn named<'u>(
    curriculum: &'u Curriculum,
    unit: &'u Unit,
    text: &str,
) -> Result<&'u CheckText, AppError> {
    unit.find_check(text).map_err(|error| {
        let elsewhere = || {
            let mut others = curriculum.units().filter(|other| other.id != unit.id);
            others.find_map(|other| Some((other, other.find_check(text).ok()?)))
        };
        if let NameError::Unknown { .. } = error
            && let Some((other, check)) = elsewhere()
        {
            let (check, lab) = (check.id.clone(), other.id.to_string());
            return no_hint(unit, NoHint::OtherLab { check, lab });
        }
        AppError::Check {
            lab: unit.id.to_string(),
            error,
        }
    })
}

fn first_failed<'u>(
    unit: &'u Unit,
    last: Option<&AttemptSummary>,
) -> Result<&'u CheckText, AppError> {
    let Some(last) = last else {
        return Err(no_hint(unit, NoHint::NotGraded));
    };
    let failed = |check: &&CheckText| {
        let mut told = last.verdicts.iter();
        told.any(|told| told.letter == 'f' && unit.current_name(&told.check) == check.id)
    };
    let attempt = last.position;
    unit.checks
        .iter()
        .find(failed)
        .ok_or_else(|| no_hint(unit, NoHint::NothingFailed { attempt }))
}

fn no_hint(unit: &Unit, why: NoHint) -> AppError {
    AppError::NoHint {
        lab: unit.id.to_string(),
        why,
    }
}

/// How the check ended in the last attempt, in words.
fn ended(unit: &Unit, last: &AttemptSummary, check: &str) -> Option<String> {
    let mut told = last.verdicts.iter();
    let told = told.find(|told| unit.current_name(&told.check) == check)?;
    let word = match told.letter {
        'p' => "passed",
        'f' => "failed",
        'u' => "unsettled",
        's' => "skipped",
        _ => return None,
    };
    Some(format!("{word} in attempt {}", last.position))
}
