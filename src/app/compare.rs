//! `mastery diff`: two attempts, or one and the folder as it is, side by side.

use std::str::FromStr;

use super::{AppError, scope::place};
use crate::{
    curriculum::Unit,
    report::{
        code::{FileChange, FileKind, Part},
        comparison::{CheckPair, Comparison, Side},
    },
    workspace::{
        self, AttemptKind, AttemptSummary, Change, ChangeKind, Diary, ObjectId, Trees, Workspace,
    },
};

/// `6..7`, or `6..` up to the folder as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Between {
    pub from: u32,
    pub to: Option<u32>,
}

impl FromStr for Between {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wanted = "write two numbers of attempts as `6..7`, or `6..` for your folder as it is";
        let number = |text: &str| text.parse::<u32>().map_err(|_| wanted.to_owned());
        let (from, to) = text.split_once("..").ok_or(wanted)?;
        let to = match to {
            "" => None,
            to => Some(number(to)?),
        };
        let from = number(from)?;
        Ok(Self { from, to })
    }
}

/// Compares two states of a lab.
pub fn compare(
    workspace: &Workspace,
    unit: &Unit,
    between: Between,
) -> Result<Comparison, AppError> {
    let diary = Diary::open(workspace, unit.id.as_str())?;
    let trees = Trees::open(workspace)?;
    let from = kept(unit, &diary, &trees, between.from)?;
    let to = match between.to {
        Some(number) => kept(unit, &diary, &trees, number)?,
        None => present(workspace, unit, &diary, &trees)?,
    };
    let letter = |state: &State, check: &str| {
        let attempt = state.attempt.as_ref()?;
        let mut told = attempt.verdicts.iter();
        let told = told.find(|told| unit.current_name(&told.check) == check)?;
        Some(told.letter)
    };
    let checks = unit.checks.iter().map(|check| CheckPair {
        id: check.id.clone(),
        from: letter(&from, &check.id),
        to: letter(&to, &check.id),
    });
    let checks = checks.filter(|pair| pair.from.is_some() || pair.to.is_some());
    Ok(Comparison {
        lab: unit.id.to_string(),
        checks: checks.collect(),
        files: file_changes(trees.changes(from.work, to.work)?),
        from: from.side,
        to: to.side,
    })
}

/// One of the two that are compared.
struct State {
    side: Side,
    attempt: Option<AttemptSummary>,
    work: ObjectId,
}

fn kept(unit: &Unit, diary: &Diary, trees: &Trees, number: u32) -> Result<State, AppError> {
    let attempt = numbered(unit, diary, number)?;
    let note = match attempt.kind {
        AttemptKind::Run(kind) => Some(kind.as_str()).filter(|kind| *kind != "full"),
        AttemptKind::Saved => Some("saved, not graded"),
        AttemptKind::Newer => Some("of a newer release"),
    };
    Ok(State {
        side: Side {
            name: format!("attempt {number}"),
            short: number.to_string(),
            note: note.map(str::to_owned),
        },
        work: code_of(unit, trees, &attempt)?,
        attempt: Some(attempt),
    })
}

/// The folder as it is; when the last attempt was of just this, with its verdicts.
fn present(
    workspace: &Workspace,
    unit: &Unit,
    diary: &Diary,
    trees: &Trees,
) -> Result<State, AppError> {
    let place = place(unit);
    if !workspace.folder(&place).is_dir() {
        let lab = unit.id.to_string();
        return Err(AppError::NoFolder { lab, place });
    }
    let work = workspace::snapshot(workspace, &place)?.tree;
    let last = diary.until(u32::MAX).next();
    let last = match last {
        Some(last) if trees.work_of(last.id)? == Some(work) => Some(last),
        Some(_) | None => None,
    };
    let note = match &last {
        Some(last) => format!("as in attempt {}", last.position),
        None => "not graded yet".to_owned(),
    };
    Ok(State {
        side: Side {
            name: "your folder".to_owned(),
            short: "now".to_owned(),
            note: Some(note),
        },
        attempt: last,
        work,
    })
}

/// The attempt of this number, or an error that says which there are.
pub(super) fn numbered(
    unit: &Unit,
    diary: &Diary,
    number: u32,
) -> Result<AttemptSummary, AppError> {
    let lab = || unit.id.to_string();
    if diary.is_empty() {
        return Err(AppError::NoAttempts { lab: lab() });
    }
    diary.attempt(number).ok_or_else(|| AppError::NoAttempt {
        lab: lab(),
        number,
        there: diary.len(),
    })
}

/// The code of an attempt, which one that was imported late may have lost.
pub(super) fn code_of(
    unit: &Unit,
    trees: &Trees,
    attempt: &AttemptSummary,
) -> Result<ObjectId, AppError> {
    trees.work_of(attempt.id)?.ok_or_else(|| AppError::NoCode {
        lab: unit.id.to_string(),
        number: attempt.position,
    })
}

/// Changes as a report shows them.
pub(super) fn file_changes(changes: Vec<Change>) -> Vec<FileChange> {
    changes
        .into_iter()
        .map(|change| FileChange {
            path: change.path,
            kind: match change.kind {
                ChangeKind::Added => FileKind::Added,
                ChangeKind::Removed => FileKind::Removed,
                ChangeKind::Changed => FileKind::Changed,
                ChangeKind::Moved { from } => FileKind::Moved { from },
            },
            binary: change.binary,
            added: change.added,
            removed: change.removed,
            hunks: change
                .hunks
                .into_iter()
                .map(|hunk| Part {
                    before: hunk.before.0,
                    after: hunk.after.0,
                    lines: hunk.lines,
                })
                .collect(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_numbers_or_one_and_what_is_now() {
        let read = |text: &str| {
            let between = text.parse::<Between>().ok()?;
            Some((between.from, between.to))
        };
        assert_eq!(read("6..7"), Some((6, Some(7))));
        assert_eq!(read("6.."), Some((6, None)));
        for bad in ["6", "..7", "a..b", "6...7", "6..-1", ""] {
            assert_eq!(read(bad), None, "{bad:?} was taken");
        }
    }
}
