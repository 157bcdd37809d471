//! Attempts are commits under `refs/mastery/attempts/<lab>`: the lab's folder as it was and the
//! tape, each on top of the one before. HEAD, index, branches and work tree are never touched.

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use git2::{Commit, ErrorCode, ObjectType, Oid, Repository, Signature, Time};
use mastery_kit::id::LabId;

use super::{
    AttemptKind, AttemptSummary, Diary, ErrorKind, ObjectId, Result, Workspace, WorkspaceError,
    record, repository,
    summary::{Story, saved_message},
};

/// How long a locked ref is tried again. A run that is over does not wait for long: the next imports it.
pub(super) const PATIENCE: Duration = Duration::from_millis(500);
const PAUSE: Duration = Duration::from_millis(1);

/// A lock on a ref is held for milliseconds; one this old was left by a killed process.
const STALE: Duration = Duration::from_secs(5);
/// Who imports what a killed process left waits for its lock to be that old.
const IMPORT_PATIENCE: Duration = STALE.saturating_add(PATIENCE);

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
    keep_within(ws, work, tape, PATIENCE)
}

/// The same for a run that was killed, perhaps while it held the lock of its ref.
pub(super) fn keep_of_killed(ws: &Workspace, work: Option<ObjectId>, tape: &[u8]) -> Result<Kept> {
    keep_within(ws, work, tape, IMPORT_PATIENCE)
}

/// What a run that was killed after its commit may not have come to.
pub(super) fn finish_of_killed(repo: &Repository, story: &Story, id: ObjectId) -> Result<()> {
    let lab = lab_of(story)?;
    pass(repo, &lab, id.0, story, IMPORT_PATIENCE)
}

fn keep_within(
    ws: &Workspace,
    work: Option<ObjectId>,
    tape: &[u8],
    patience: Duration,
) -> Result<Kept> {
    let story = Story::read(tape)
        .ok_or_else(|| ErrorKind::Internal("the tape of a run holds no run".to_owned()))?;
    let repo = repository::of(ws)?;
    let lab = lab_of(&story)?;
    let content = Content {
        lab: &lab,
        story: &story,
        work,
        tape,
    };
    let id = commit(&repo, &content, patience)?;
    pass(&repo, &lab, id, &story, patience)?;
    let diary = Diary::read(ws, &repo, &lab)?;
    let mut behind = diary.until(u32::MAX);
    // Another process may have kept one meanwhile.
    let this = behind.find(|attempt| attempt.id.0 == id);
    Ok(Kept {
        id: ObjectId(id),
        position: this.map_or_else(|| diary.len(), |this| this.position),
        passed: story.passes(),
        before: behind.find(|attempt| attempt.kind != AttemptKind::Saved),
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

/// What becomes one attempt.
struct Content<'a> {
    lab: &'a str,
    story: &'a Story,
    work: Option<ObjectId>,
    tape: &'a [u8],
}

fn commit(repo: &Repository, content: &Content<'_>, patience: Duration) -> Result<Oid> {
    let Content {
        lab,
        story,
        work,
        tape,
    } = *content;
    let git = |error: git2::Error| WorkspaceError::git("keep the attempt", &error);
    let tree = write_tree(repo, work, Some(tape)).map_err(git)?;
    let who = signature(repo, story).map_err(git)?;
    let entry = Entry {
        tree,
        who: &who,
        message: &story.message(),
    };
    on_top(repo, lab, &entry, patience)
}

/// Keeps a lab's folder as it is, without a run: before something else takes its place. Gives its
/// number among the attempts.
pub fn save(ws: &Workspace, lab: &str, work: ObjectId, why: &str) -> Result<u32> {
    let repo = repository::of(ws)?;
    let git = |error: git2::Error| WorkspaceError::git("keep your folder as it is", &error);
    let tree = write_tree(&repo, Some(work), None).map_err(git)?;
    let who = author(&repo).map_err(git)?;
    let entry = Entry {
        tree,
        who: &who,
        message: &saved_message(lab, why),
    };
    let id = on_top(&repo, lab, &entry, PATIENCE)?;
    let diary = Diary::read(ws, &repo, lab)?;
    let this = diary.until(u32::MAX).find(|attempt| attempt.id.0 == id);
    Ok(this.map_or_else(|| diary.len(), |this| this.position))
}

/// What a commit of ours says.
struct Entry<'a> {
    tree: Oid,
    who: &'a Signature<'a>,
    message: &'a str,
}

/// A commit on top of a lab's attempts.
fn on_top(repo: &Repository, lab: &str, entry: &Entry<'_>, patience: Duration) -> Result<Oid> {
    let git = |error: git2::Error| WorkspaceError::git("keep the attempt", &error);
    let tree = repo.find_tree(entry.tree).map_err(git)?;
    let name = attempts_ref(lab);
    let next = |parent: Option<&Commit<'_>>| {
        let parents: Vec<&Commit<'_>> = parent.into_iter().collect();
        let id = repo.commit(None, entry.who, entry.who, entry.message, &tree, &parents)?;
        Ok(Some(id))
    };
    match advance(repo, &name, patience, next) {
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
    tape: Option<&[u8]>,
) -> std::result::Result<Oid, git2::Error> {
    let mut top = repo.treebuilder(None)?;
    if let Some(work) = work {
        top.insert("work", work.0, 0o040_000)?;
    }
    if let Some(tape) = tape {
        top.insert("events.jsonl", repo.blob(tape)?, 0o100_644)?;
    }
    top.write()
}

/// The learner, or ourselves where git does not know them; now.
fn author(repo: &Repository) -> std::result::Result<Signature<'static>, git2::Error> {
    repository::identity(repo).map_or_else(|| Signature::now("mastery", "mastery@localhost"), Ok)
}

/// The same at the time at which the run ended.
fn signature(
    repo: &Repository,
    story: &Story,
) -> std::result::Result<Signature<'static>, git2::Error> {
    let now = author(repo)?;
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
pub(super) fn advance<F>(
    repo: &Repository,
    name: &str,
    patience: Duration,
    next: F,
) -> std::result::Result<Option<Oid>, git2::Error>
where
    F: Fn(Option<&Commit<'_>>) -> std::result::Result<Option<Oid>, git2::Error>,
{
    let begun = Instant::now();
    let mut change = loop {
        let mut change = repo.transaction()?;
        match change.lock_ref(name) {
            Ok(()) => break change,
            Err(error) if error.code() == ErrorCode::Locked && begun.elapsed() < patience => {
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

/// Marks the first pass of a lab's newest revision, if this attempt is one: a later pass of the same
/// changes nothing.
fn pass(repo: &Repository, lab: &str, id: Oid, story: &Story, patience: Duration) -> Result<()> {
    if !story.passes() {
        return Ok(());
    }
    let revision = story.started.revision;
    let is_newer = |there: Option<&Commit<'_>>| {
        let passed_at = there.and_then(record::summary);
        let stands = passed_at.is_some_and(|pass| pass.revision >= revision);
        Ok((!stands).then_some(id))
    };
    advance(repo, &passed_ref(lab), patience, is_newer)
        .map(drop)
        .map_err(|error| WorkspaceError::git("mark the lab as passed", &error))
}
