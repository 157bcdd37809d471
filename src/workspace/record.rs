//! What was achieved: a fold of the attempts' messages. No tape is opened.

use std::collections::{BTreeMap, BinaryHeap, HashSet};

use git2::{Commit, ErrorCode, Oid, Repository};
use serde::{Deserialize, Serialize};

use super::{
    AttemptKind, AttemptSummary, Diary, ObjectId, Result, Workspace, WorkspaceError,
    attempt::attempts_ref, diary, repository,
};
use crate::grading::event::RunKind;

/// The record over all labs that were attempted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    pub labs: BTreeMap<String, LabRecord>,
}

/// The record of one lab. Folders that were saved before a restore are no attempts here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pass {
    pub id: ObjectId,
    /// Its number among the lab's attempts.
    pub position: u32,
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
    Ok(Diary::open(ws, lab)?.all())
}

impl Record {
    /// Reads what is known of all attempts on all labs.
    pub fn read(ws: &Workspace) -> Result<Self> {
        let repo = repository::of(ws)?;
        let names =
            lab_names(&repo).map_err(|error| WorkspaceError::git("list the attempts", &error))?;
        let mut labs = BTreeMap::new();
        for lab in names {
            if let Some(record) = diary::record_of(ws, &repo, &lab)? {
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
    /// Folds one attempt more into what was known. `marked` is the one that the ref of passes names;
    /// where that did not come along, the first that speaks for itself passes the lab.
    pub(super) fn add(
        known: Option<Self>,
        attempt: &AttemptSummary,
        marked: Option<ObjectId>,
    ) -> Option<Self> {
        if attempt.kind == AttemptKind::Saved {
            return known;
        }
        let mut this = known.unwrap_or_else(|| Self {
            attempts: 0,
            first_at: attempt.at,
            last: attempt.clone(),
            best: attempt.clone(),
            passed: None,
            checks: BTreeMap::new(),
        });
        this.attempts += 1;
        if attempt.tally().passed > this.best.tally().passed {
            this.best = attempt.clone();
        }
        for told in &attempt.verdicts {
            match this.checks.get_mut(&told.check) {
                Some(letter) => *letter = told.letter,
                None => drop(this.checks.insert(told.check.clone(), told.letter)),
            }
        }
        let is_marked = Some(attempt.id) == marked;
        if is_marked || (this.passed.is_none() && passes_by_itself(attempt)) {
            this.passed = Some(Pass {
                id: attempt.id,
                position: attempt.position,
                at: attempt.at,
                revision: attempt.revision,
                after_attempts: this.attempts,
                took_s: u64::try_from(attempt.at - this.first_at).unwrap_or(0),
            });
        }
        this.last = attempt.clone();
        Some(this)
    }
}

fn passes_by_itself(attempt: &AttemptSummary) -> bool {
    attempt.kind == AttemptKind::Run(RunKind::Full)
        && !attempt.verdicts.is_empty()
        && attempt.verdicts.iter().all(|told| told.letter == 'p')
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

/// Reads the messages of all attempts on a lab, the oldest first.
pub(super) fn read_attempts(
    repo: &Repository,
    lab: &str,
) -> std::result::Result<Vec<AttemptSummary>, git2::Error> {
    let commits = chain(repo, lab)?;
    let mut attempts: Vec<AttemptSummary> = commits.iter().rev().filter_map(summary).collect();
    for (position, attempt) in (1..).zip(&mut attempts) {
        attempt.position = position;
    }
    Ok(attempts)
}

/// How far back what is new is looked for, before everything is read anew.
const NEWS: usize = 256;

/// The attempts between a commit that is known and the newest, the oldest first, without their
/// numbers. `None` where that is no plain line of commits (two machines were joined) or a long one.
pub(super) fn since(
    repo: &Repository,
    tip: Oid,
    known: Oid,
) -> std::result::Result<Option<Vec<AttemptSummary>>, git2::Error> {
    let mut news = Vec::new();
    let mut next = tip;
    while next != known {
        let commit = repo.find_commit(next)?;
        if news.len() == NEWS || commit.parent_count() != 1 {
            return Ok(None);
        }
        next = commit.parent_id(0)?;
        match summary(&commit) {
            Some(summary) => news.push(summary),
            None => return Ok(None),
        }
    }
    news.reverse();
    Ok(Some(news))
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
