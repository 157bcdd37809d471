//! Attempts are commits under `refs/mastery/attempts/<lab>`: the lab's folder as it was and the
//! tape, each on top of the one before. HEAD, index, branches and work tree are never touched.

use std::{fs, path::Path, time::Duration};

use git2::{Commit, ErrorCode, ObjectType, Oid, Repository, Signature, Time};
use mastery_kit::id::LabId;

use super::{
    AttemptSummary, ErrorKind, ObjectId, Result, Workspace, WorkspaceError, record, repository,
    summary::Story,
};

/// How often a moved or locked ref is tried again.
const TRIES: usize = 200;

/// A lock on a ref is held for milliseconds; one this old was left by a killed process.
const STALE: Duration = Duration::from_mins(1);

/// An attempt that was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    pub id: ObjectId,
    /// Its number among the lab's attempts, from 1.
    pub position: u32,
    /// It passes its lab.
    pub passed: bool,
    /// The attempt before.
    pub before: Option<AttemptSummary>,
}

pub(super) fn attempts_ref(lab: &str) -> String {
    format!("refs/mastery/attempts/{lab}")
}

pub(super) fn passed_ref(lab: &str) -> String {
    format!("refs/mastery/passed/{lab}")
}

/// Keeps a run: `work` is the snapshot taken before its build, `tape` its events as JSON lines,
/// from which everything else is read.
pub fn keep(ws: &Workspace, work: Option<ObjectId>, tape: &[u8]) -> Result<Kept> {
    let story = Story::read(tape)
        .ok_or_else(|| ErrorKind::Internal("the tape of a run holds no run".to_owned()))?;
    let repo = repository::of(ws)?;
    let lab = lab_of(&story)?;
    let id = commit(&repo, &lab, &story, work, tape)?;
    if story.passes() {
        mark_passed(&repo, &lab, id, story.started.revision)
            .map_err(|error| WorkspaceError::git("mark the lab as passed", &error))?;
    }
    let mut attempts = record::read_attempts(&repo, &lab)?;
    let this = attempts.iter().position(|attempt| attempt.id.0 == id);
    let position = this.map_or(attempts.len(), |index| index + 1);
    let before = position
        .checked_sub(2)
        .map(|index| attempts.swap_remove(index));
    Ok(Kept {
        id: ObjectId(id),
        position: u32::try_from(position).unwrap_or(u32::MAX),
        passed: story.passes(),
        before,
    })
}

/// The tape of an attempt.
pub fn tape_of(ws: &Workspace, id: ObjectId) -> Result<Vec<u8>> {
    let repo = repository::of(ws)?;
    let read = || -> std::result::Result<Vec<u8>, git2::Error> {
        let tree = repo.find_commit(id.0)?.tree()?;
        let entry = tree
            .get_name("events.jsonl")
            .ok_or_else(|| git2::Error::from_str("it has no events.jsonl"))?;
        Ok(repo.find_blob(entry.id())?.content().to_owned())
    };
    read().map_err(|error| WorkspaceError::git(format!("read the attempt {}", id.short()), &error))
}

/// The attempt that holds just this tape, if it was kept before.
pub(super) fn find(repo: &Repository, story: &Story, tape: &[u8]) -> Result<Option<ObjectId>> {
    let search = || -> std::result::Result<Option<ObjectId>, git2::Error> {
        let blob = Oid::hash_object(ObjectType::Blob, tape)?;
        for commit in record::chain(repo, &story.started.lab)? {
            let events = commit
                .tree()?
                .get_name("events.jsonl")
                .map(|entry| entry.id());
            if events == Some(blob) {
                return Ok(Some(ObjectId(commit.id())));
            }
        }
        Ok(None)
    };
    search().map_err(|error| WorkspaceError::git("look through the attempts", &error))
}

/// The lab's id, safe as the last part of a ref whatever a tape says.
fn lab_of(story: &Story) -> Result<String> {
    let id: LabId = story
        .started
        .lab
        .parse()
        .map_err(|error| ErrorKind::Internal(format!("the tape names a lab: {error}")))?;
    Ok(id.as_str().to_owned())
}

fn commit(
    repo: &Repository,
    lab: &str,
    story: &Story,
    work: Option<ObjectId>,
    tape: &[u8],
) -> Result<Oid> {
    let git = |error: git2::Error| WorkspaceError::git("keep the attempt", &error);
    let tree = write_tree(repo, work, tape).map_err(git)?;
    let tree = repo.find_tree(tree).map_err(git)?;
    let who = signature(repo, story).map_err(git)?;
    let message = story.message();
    let name = attempts_ref(lab);
    for _ in 0..TRIES {
        let parent = tip(repo, &name).map_err(git)?;
        let parents: Vec<&Commit<'_>> = parent.iter().collect();
        let id = repo
            .commit(None, &who, &who, &message, &tree, &parents)
            .map_err(git)?;
        match advance(repo, &name, id, parent.as_ref().map(Commit::id)) {
            Ok(true) => return Ok(id),
            // Another process was faster: on top of its attempt, then.
            Ok(false) => {}
            Err(error) if error.code() == ErrorCode::Locked => {
                remove_stale_lock(&repo.commondir().join(format!("{name}.lock")));
                std::thread::yield_now();
            }
            Err(error) => return Err(git(error)),
        }
    }
    Err(ErrorKind::Git {
        doing: "keep the attempt".to_owned(),
        said: format!("another process holds {name}"),
    }
    .into())
}

fn write_tree(
    repo: &Repository,
    work: Option<ObjectId>,
    tape: &[u8],
) -> std::result::Result<Oid, git2::Error> {
    let mut top = repo.treebuilder(None)?;
    if let Some(work) = work {
        top.insert("work", work.0, 0o040_000)?;
    }
    top.insert("events.jsonl", repo.blob(tape)?, 0o100_644)?;
    top.write()
}

/// The learner, or ourselves where git does not know them; at the time at which the run ended.
fn signature(
    repo: &Repository,
    story: &Story,
) -> std::result::Result<Signature<'static>, git2::Error> {
    let now = repository::identity(repo)
        .map_or_else(|| Signature::now("mastery", "mastery@localhost"), Ok)?;
    let name = String::from_utf8_lossy(now.name_bytes()).into_owned();
    let email = String::from_utf8_lossy(now.email_bytes()).into_owned();
    let seconds = match story.started.began_at {
        0 => now.when().seconds(),
        _ => story.ended_at(),
    };
    let at = Time::new(seconds, now.when().offset_minutes());
    Signature::new(&name, &email, &at)
}

fn tip<'r>(
    repo: &'r Repository,
    name: &str,
) -> std::result::Result<Option<Commit<'r>>, git2::Error> {
    match repo.find_reference(name) {
        Ok(reference) => reference.peel_to_commit().map(Some),
        Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Moves a ref from where we saw it; `false` when it is no longer there.
fn advance(
    repo: &Repository,
    name: &str,
    to: Oid,
    from: Option<Oid>,
) -> std::result::Result<bool, git2::Error> {
    let moved = match from {
        Some(from) => repo.reference_matching(name, to, true, from, "mastery: attempt"),
        None => repo.reference(name, to, false, "mastery: attempt"),
    };
    match moved {
        Ok(_) => Ok(true),
        Err(error) => {
            let has_moved = [ErrorCode::Modified, ErrorCode::Exists, ErrorCode::NotFound]
                .contains(&error.code());
            if has_moved { Ok(false) } else { Err(error) }
        }
    }
}

/// A process that was killed while it moved a ref leaves the lock, and nobody could move it again.
fn remove_stale_lock(lock: &Path) {
    let is_stale = fs::metadata(lock)
        .and_then(|meta| meta.modified())
        .is_ok_and(|at| at.elapsed().is_ok_and(|age| age > STALE));
    if is_stale {
        fs::remove_file(lock).ok();
    }
}

/// Marks the first pass of a lab's newest revision: a later pass of the same changes nothing.
fn mark_passed(
    repo: &Repository,
    lab: &str,
    id: Oid,
    revision: u32,
) -> std::result::Result<(), git2::Error> {
    let name = passed_ref(lab);
    let there = tip(repo, &name)?;
    let passed_at = there.as_ref().and_then(record::summary);
    if passed_at.is_some_and(|pass| pass.revision >= revision) {
        return Ok(());
    }
    // Should another process have marked its pass meanwhile, that one stands.
    advance(repo, &name, id, there.as_ref().map(Commit::id)).map(drop)
}
