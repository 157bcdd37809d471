//! The attempts on a lab as a diary: read from the record cache, and from git where that has moved on.

use git2::{Oid, Repository};

use super::{
    AttemptSummary, LabRecord, ObjectId, Result, Workspace, WorkspaceError,
    attempt::{attempts_ref, passed_ref},
    record,
    record_cache::{Head, RecordCache},
    repository,
};

/// Every attempt on a lab, by its number.
#[derive(Debug)]
pub struct Diary(RecordCache);

impl Diary {
    /// Opens the diary of a lab; an empty one where nothing was attempted.
    pub fn open(ws: &Workspace, lab: &str) -> Result<Self> {
        Self::read(ws, &repository::of(ws)?, lab)
    }

    pub(super) fn read(ws: &Workspace, repo: &Repository, lab: &str) -> Result<Self> {
        let refs = Refs::of(repo, lab);
        let Some(tip) = refs.tip else {
            return Ok(Self(RecordCache::empty(refs.head(lab))));
        };
        let cached = match RecordCache::read(ws, lab) {
            Some(cached) if refs.are_those_of(&cached.head) => return Ok(Self(cached)),
            cached => cached,
        };
        let git =
            |error: git2::Error| WorkspaceError::git(format!("read the attempts on {lab}"), &error);
        let brought = match cached {
            Some(cached) => refs.brought_on(repo, tip, cached).map_err(git)?,
            None => None,
        };
        let fresh = if let Some(brought) = brought {
            brought
        } else {
            let attempts = record::read_attempts(repo, lab).map_err(git)?;
            RecordCache::of(refs.head(lab), &attempts)
        };
        fresh.write(ws);
        Ok(Self(fresh))
    }

    /// How many there are: the number of the last.
    pub fn len(&self) -> u32 {
        self.0.head.attempts
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What they come to.
    pub fn record(&self) -> Option<&LabRecord> {
        self.0.head.record.as_ref()
    }

    /// The attempt of this number.
    pub fn attempt(&self, number: u32) -> Option<AttemptSummary> {
        self.until(number)
            .next()
            .filter(|one| one.position == number)
    }

    /// The attempts from this number back, the newest first. Each is read when it is asked for.
    pub fn until(&self, number: u32) -> impl Iterator<Item = AttemptSummary> {
        self.0.until(number)
    }

    /// All of them, the oldest first.
    pub fn all(&self) -> Vec<AttemptSummary> {
        let mut all: Vec<AttemptSummary> = self.until(u32::MAX).collect();
        all.reverse();
        all
    }
}

/// What a lab's attempts come to. The cache says it in its first line, where that still holds.
pub(super) fn record_of(ws: &Workspace, repo: &Repository, lab: &str) -> Result<Option<LabRecord>> {
    let refs = Refs::of(repo, lab);
    if let Some(head) = RecordCache::head(ws, lab)
        && refs.are_those_of(&head)
    {
        return Ok(head.record);
    }
    Ok(Diary::read(ws, repo, lab)?.0.head.record)
}

/// Where the refs of a lab point at.
struct Refs {
    tip: Option<Oid>,
    passed: Option<Oid>,
}

impl Refs {
    fn of(repo: &Repository, lab: &str) -> Self {
        let target = |name: String| repo.find_reference(&name).ok()?.target();
        Self {
            tip: target(attempts_ref(lab)),
            passed: target(passed_ref(lab)),
        }
    }

    fn head(&self, lab: &str) -> Head {
        Head::new(lab, self.tip.map(ObjectId), self.passed.map(ObjectId))
    }

    fn are_those_of(&self, head: &Head) -> bool {
        head.tip == self.tip.map(ObjectId) && head.passed == self.passed.map(ObjectId)
    }

    /// What was cached with the attempts since; `None` where all has to be read anew.
    fn brought_on(
        &self,
        repo: &Repository,
        tip: Oid,
        cached: RecordCache,
    ) -> std::result::Result<Option<RecordCache>, git2::Error> {
        let Some(known) = cached.head.tip else {
            return Ok(None);
        };
        // A known commit that git has collected since is no reason to fail.
        let Some(news) = record::since(repo, tip, known.0)? else {
            return Ok(None);
        };
        let head = self.head(&cached.head.lab);
        if cached.head.passed == head.passed {
            return Ok(Some(cached.with(head.tip, &news)));
        }
        // Another attempt is the one that passes: everything is folded anew, without git.
        let mut all: Vec<AttemptSummary> = cached.until(u32::MAX).collect();
        all.reverse();
        all.extend(news);
        Ok(Some(RecordCache::of(head, &all)))
    }
}
