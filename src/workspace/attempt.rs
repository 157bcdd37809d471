//! Attempts are commits under `refs/mastery/attempts/<lab>`: the lab's folder as it was and the
//! tape, each on top of the one before. HEAD, index, branches and work tree are never touched.

use std::{fs, path::Path, time::Duration};

use git2::{Commit, ErrorCode, ObjectType, Oid, Repository, Signature, Time};
use mastery_kit::id::LabId;

use super::{
    AttemptSummary, ErrorKind, ObjectId, Result, Workspace, WorkspaceError, record, repository,
    summary::Story,
};

/// How often a locked ref is tried again, and how long after: half a second in all.
const TRIES: usize = 500;
const PAUSE: Duration = Duration::from_millis(1);

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
    let on_top = |parent: Option<&Commit<'_>>| {
        let parents: Vec<&Commit<'_>> = parent.into_iter().collect();
        let id = repo.commit(None, &who, &who, &message, &tree, &parents)?;
        Ok(Some(id))
    };
    match advance(repo, &name, on_top) {
        Ok(Some(id)) => Ok(id),
        Err(error) if error.code() != ErrorCode::Locked => Err(git(error)),
        Ok(None) | Err(_) => Err(ErrorKind::Git {
            doing: "keep the attempt".to_owned(),
            said: format!("another process holds {name}"),
        }
        .into()),
    }
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

/// Moves a ref to what `next` makes of where it is, under the ref's lock; `None` leaves it there.
///
/// The lock is taken before the look. Without it two processes that both find no ref yet would both
/// make it, and the second would take the first one's attempt away. A lock of somebody else's is
/// waited for; one that a killed process left is removed.
fn advance<F>(
    repo: &Repository,
    name: &str,
    next: F,
) -> std::result::Result<Option<Oid>, git2::Error>
where
    F: Fn(Option<&Commit<'_>>) -> std::result::Result<Option<Oid>, git2::Error>,
{
    let mut tries = TRIES;
    let mut change = loop {
        let mut change = repo.transaction()?;
        match change.lock_ref(name) {
            Ok(()) => break change,
            Err(error) if error.code() == ErrorCode::Locked && tries > 0 => {
                tries -= 1;
                remove_stale_lock(&repo.commondir().join(format!("{name}.lock")));
                std::thread::park_timeout(PAUSE);
            }
            Err(error) => return Err(error),
        }
    };
    let there = tip(repo, name)?;
    let to = next(there.as_ref())?;
    if let Some(to) = to {
        change.set_target(name, to, None, "mastery: attempt")?;
        change.commit()?;
    }
    Ok(to)
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
    let is_newer = |there: Option<&Commit<'_>>| {
        let passed_at = there.and_then(record::summary);
        let stands = passed_at.is_some_and(|pass| pass.revision >= revision);
        Ok((!stands).then_some(id))
    };
    advance(repo, &passed_ref(lab), is_newer).map(drop)
}
