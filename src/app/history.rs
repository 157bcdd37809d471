//! `mastery history`: the diary of a lab, page by page.

use std::collections::BTreeMap;

use super::AppError;
use crate::{
    curriculum::Unit,
    report::history::{AttemptRow, CodeExtent, History, PassRow, VerdictChange},
    workspace::{AttemptSummary, Diary, Trees, Workspace},
};

/// How many attempts before a page are looked at for what a check's verdict was.
const CONTEXT: usize = 20;

/// Which part of the diary is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// How many attempts at most; none: all.
    pub limit: Option<usize>,
    /// Only those before this number.
    pub before: Option<u32>,
}

/// Reads a page of a lab's diary.
pub fn history(workspace: &Workspace, unit: &Unit, page: Page) -> Result<History, AppError> {
    let lab = unit.id.as_str();
    let diary = Diary::open(workspace, lab)?;
    if diary.is_empty() {
        let lab = lab.to_owned();
        return Err(AppError::NoAttempts { lab });
    }
    let newest = page
        .before
        .map_or(u32::MAX, |before| before.saturating_sub(1));
    let limit = page.limit.unwrap_or(usize::MAX - CONTEXT);
    let found: Vec<AttemptSummary> = diary.until(newest).take(limit + CONTEXT).collect();
    let shown = found.len().min(limit);
    let pass = diary.record().and_then(|record| record.passed);
    let mut rows = Vec::new();
    let mut known: BTreeMap<&str, char> = BTreeMap::new();
    let trees = Trees::open(workspace)?;
    let mut before = None;
    for (place, attempt) in found.iter().enumerate().rev() {
        let changes = changes(unit, attempt, &mut known);
        // The one in front of the page is only compared with.
        let work = if place <= shown {
            trees.work_of(attempt.id)?
        } else {
            None
        };
        let code = match (before, work) {
            (Some(before), Some(work)) if place < shown => Some(trees.extent(before, work)?),
            (_, _) => None,
        };
        before = work.or(before);
        if place >= shown {
            continue;
        }
        rows.push(AttemptRow {
            attempt: attempt.position,
            id: attempt.id.to_string(),
            at: attempt.at,
            kind: attempt.kind.as_str().to_owned(),
            passes: pass.is_some_and(|pass| pass.id == attempt.id),
            seed: attempt.seed.clone(),
            language: attempt.language.clone(),
            revision: attempt.revision,
            took_ms: attempt.took_ms,
            tally: attempt.tally(),
            changes,
            code: code.map(|code| CodeExtent {
                files: code.files,
                added: code.added,
                removed: code.removed,
            }),
        });
    }
    rows.reverse();
    let oldest = rows.last().map_or(0, |row| row.attempt);
    Ok(History {
        lab: lab.to_owned(),
        attempts: diary.len(),
        passed: pass.map(|pass| PassRow {
            attempt: pass.position,
            revision: pass.revision,
            after_attempts: pass.after_attempts,
            took_s: pass.took_s,
        }),
        older: (oldest > 1).then(|| oldest - 1),
        rows,
    })
}

/// What ended otherwise than the last time, and what is known from now on.
fn changes<'u>(
    unit: &'u Unit,
    attempt: &'u AttemptSummary,
    known: &mut BTreeMap<&'u str, char>,
) -> Vec<VerdictChange> {
    let mut changes = Vec::new();
    for told in &attempt.verdicts {
        let check = unit.current_name(&told.check);
        let before = known.insert(check, told.letter);
        if let Some(from) = before.filter(|from| *from != told.letter) {
            changes.push(VerdictChange {
                check: check.to_owned(),
                from,
                to: told.letter,
            });
        }
    }
    changes
}
