//! What was achieved: a fold of the attempts' messages. No tape is opened and nothing is stored.

use std::collections::{BTreeMap, BinaryHeap, HashSet};

use git2::{Commit, ErrorCode, Repository};

use super::{
    AttemptSummary, ObjectId, Result, Workspace, WorkspaceError,
    attempt::{attempts_ref, passed_ref},
    repository,
};
use crate::grading::event::RunKind;

/// The record over all labs that were attempted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    pub labs: BTreeMap<String, LabRecord>,
}

/// The record of one lab.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabRecord {
    pub attempts: u32,
    /// When the first attempt ended.
    pub first_at: i64,
    pub last: AttemptSummary,
    /// The one with the most checks passed; among equals the earliest.
    pub best: AttemptSummary,
    pub passed: Option<Pass>,
    /// The last verdict on each check, as a letter.
    pub checks: BTreeMap<String, char>,
}

/// The attempt that passed a lab.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pass {
    pub id: ObjectId,
    pub at: i64,
    /// The lab's revision it passed at.
    pub revision: u32,
    /// How many attempts it took, with this one.
    pub after_attempts: u32,
    /// From the first attempt.
    pub took_s: u64,
}

/// The attempts on a lab, the oldest first.
pub fn attempts(ws: &Workspace, lab: &str) -> Result<Vec<AttemptSummary>> {
    read_attempts(&repository::of(ws)?, lab)
}

impl Record {
    /// Reads the messages of all attempts on all labs.
    pub fn read(ws: &Workspace) -> Result<Self> {
        let repo = repository::of(ws)?;
        let names =
            lab_names(&repo).map_err(|error| WorkspaceError::git("list the attempts", &error))?;
        let mut labs = BTreeMap::new();
        for lab in names {
            let attempts = read_attempts(&repo, &lab)?;
            if let Some(record) = LabRecord::of(&attempts, passed_id(&repo, &lab)) {
                labs.insert(lab, record);
            }
        }
        Ok(Self { labs })
    }

    pub fn lab(&self, lab: &str) -> Option<&LabRecord> {
        self.labs.get(lab)
    }
}

impl LabRecord {
    fn of(attempts: &[AttemptSummary], passed: Option<ObjectId>) -> Option<Self> {
        let (first, last) = (attempts.first()?, attempts.last()?);
        let mut best = first;
        let mut checks = BTreeMap::new();
        for attempt in attempts {
            if attempt.tally().passed > best.tally().passed {
                best = attempt;
            }
            for told in &attempt.verdicts {
                checks.insert(told.check.clone(), told.letter);
            }
        }
        // The ref says which; where it did not come along, the first that speaks for itself.
        let passing = attempts
            .iter()
            .find(|attempt| Some(attempt.id) == passed)
            .or_else(|| attempts.iter().find(|attempt| passes_by_itself(attempt)));
        Some(Self {
            attempts: last.position,
            first_at: first.at,
            last: last.clone(),
            best: best.clone(),
            passed: passing.map(|attempt| Pass {
                id: attempt.id,
                at: attempt.at,
                revision: attempt.revision,
                after_attempts: attempt.position,
                took_s: u64::try_from(attempt.at - first.at).unwrap_or(0),
            }),
            checks,
        })
    }
}

fn passes_by_itself(attempt: &AttemptSummary) -> bool {
    attempt.kind == Some(RunKind::Full)
        && !attempt.verdicts.is_empty()
        && attempt.verdicts.iter().all(|told| told.letter == 'p')
}

fn passed_id(repo: &Repository, lab: &str) -> Option<ObjectId> {
    let reference = repo.find_reference(&passed_ref(lab)).ok()?;
    reference.target().map(ObjectId)
}

fn lab_names(repo: &Repository) -> std::result::Result<Vec<String>, git2::Error> {
    let prefix = attempts_ref("");
    let mut labs = Vec::new();
    for reference in repo.references_glob(&format!("{prefix}*"))? {
        let reference = reference?;
        let name = String::from_utf8_lossy(reference.name_bytes()).into_owned();
        labs.extend(name.strip_prefix(&prefix).map(str::to_owned));
    }
    Ok(labs)
}

pub(super) fn read_attempts(repo: &Repository, lab: &str) -> Result<Vec<AttemptSummary>> {
    let commits = chain(repo, lab)
        .map_err(|error| WorkspaceError::git(format!("read the attempts on {lab}"), &error))?;
    let mut attempts: Vec<AttemptSummary> = commits.iter().rev().filter_map(summary).collect();
    for (position, attempt) in (1..).zip(&mut attempts) {
        attempt.position = position;
    }
    Ok(attempts)
}

/// What a commit's message says, if it is an attempt's.
pub(super) fn summary(commit: &Commit<'_>) -> Option<AttemptSummary> {
    let message = String::from_utf8_lossy(commit.message_bytes());
    AttemptSummary::read(ObjectId(commit.id()), commit.time().seconds(), &message)
}

/// The commits of a lab's ref, the newest first. Each is read once. Where two machines' attempts
/// were joined by a merge they are told by their time; otherwise the order is that of the chain.
pub(super) fn chain<'r>(
    repo: &'r Repository,
    lab: &str,
) -> std::result::Result<Vec<Commit<'r>>, git2::Error> {
    let tip = match repo.find_reference(&attempts_ref(lab)) {
        Ok(reference) => reference.peel_to_commit()?,
        Err(error) if matches!(error.code(), ErrorCode::NotFound | ErrorCode::InvalidSpec) => {
            return Ok(Vec::new());
        }
        Err(error) => return Err(error),
    };
    let mut seen = HashSet::from([tip.id()]);
    let mut next = BinaryHeap::from([(tip.time().seconds(), tip.id())]);
    let mut commits = Vec::new();
    let mut known = BTreeMap::from([(tip.id(), tip)]);
    while let Some((_, id)) = next.pop() {
        let commit = known.remove(&id).expect("what is to come is known");
        for parent in commit.parents() {
            if seen.insert(parent.id()) {
                next.push((parent.time().seconds(), parent.id()));
                known.insert(parent.id(), parent);
            }
        }
        commits.push(commit);
    }
    Ok(commits)
}
