//! One commit of just the files that were created: whatever else the learner has changed or staged
//! stays as it is.

use std::path::Path;

use git2::{FileMode, Repository, build::TreeUpdateBuilder};

use super::{
    ObjectId,
    repository::{self, Refusal},
};

/// Whether the created files were committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Commit {
    Made(ObjectId),
    None {
        /// A sentence; `None` when there was nothing to commit.
        why: Option<String>,
        /// What to do about it, one deed or command line each.
        hints: Vec<String>,
    },
}

impl Commit {
    pub fn id(&self) -> Option<ObjectId> {
        match self {
            Self::Made(id) => Some(*id),
            Self::None { .. } => None,
        }
    }

    /// Why there is none although files were created.
    pub fn why_not(&self) -> Option<&str> {
        match self {
            Self::Made(_) => None,
            Self::None { why, .. } => why.as_deref(),
        }
    }

    pub fn hints(&self) -> &[String] {
        match self {
            Self::Made(_) => &[],
            Self::None { hints, .. } => hints,
        }
    }

    pub(super) fn nothing() -> Self {
        Self::None {
            why: None,
            hints: Vec::new(),
        }
    }

    /// Commits the created files, or says why not. An error of git's is a reason like others: the
    /// files are there.
    pub(super) fn of_created(repo: &Repository, paths: &[String], subject: &str) -> Self {
        if paths.is_empty() {
            return Self::nothing();
        }
        match commit(repo, paths, subject) {
            Ok(Ok(id)) => Self::Made(ObjectId(id)),
            Ok(Err(refusal)) => refusal.into(),
            Err(error) if error.code() == git2::ErrorCode::Locked => Refusal::new(
                "Another git command holds the repository's index, so nothing was committed.",
                &["When none runs, remove what a killed one left: rm .git/index.lock"],
            )
            .into(),
            Err(error) => Refusal::new(
                format!(
                    "git could not commit: {}.",
                    error.message().trim_end_matches('.')
                ),
                &["The files are there; commit them yourself: git status"],
            )
            .into(),
        }
    }
}

impl From<Refusal> for Commit {
    fn from(refusal: Refusal) -> Self {
        Self::None {
            why: Some(refusal.why),
            hints: refusal.hints,
        }
    }
}

fn commit(
    repo: &Repository,
    paths: &[String],
    subject: &str,
) -> Result<Result<git2::Oid, Refusal>, git2::Error> {
    if let Some(refusal) = repository::unsettled(repo) {
        return Ok(Err(refusal));
    }
    let Some(who) = repository::identity(repo) else {
        let mut refusal = repository::no_identity();
        refusal.hints.push(format!(
            "git add -A && git commit -m \"{}\"",
            subject.replace('"', "'")
        ));
        return Ok(Err(refusal));
    };
    let parent = repository::tip(repo)?;
    let base = match &parent {
        Some(parent) => parent.tree()?,
        None => repo.find_tree(repo.treebuilder(None)?.write()?)?,
    };
    let mut index = repo.index()?;
    index.read(true)?;
    if let Some(refusal) = staged_by_you(&index, &base, paths, parent.is_none()) {
        return Ok(Err(refusal));
    }
    let mut changes = TreeUpdateBuilder::new();
    for path in paths {
        index.add_path(Path::new(path))?;
        let entry = index
            .get_path(Path::new(path), 0)
            .ok_or_else(|| git2::Error::from_str("an entry that was added is gone"))?;
        let mode = if entry.mode & 0o111 == 0 {
            FileMode::Blob
        } else {
            FileMode::BlobExecutable
        };
        changes.upsert(path.as_str(), entry.id, mode);
    }
    let tree = repo.find_tree(changes.create_updated(repo, &base)?)?;
    // The index first: between the two the files are staged, which loses nothing.
    index.write()?;
    let parents: Vec<&git2::Commit<'_>> = parent.iter().collect();
    repo.commit(Some("HEAD"), &who, &who, subject, &tree, &parents)
        .map(Ok)
}

/// What the learner has staged is theirs to commit.
fn staged_by_you(
    index: &git2::Index,
    base: &git2::Tree<'_>,
    paths: &[String],
    is_first: bool,
) -> Option<Refusal> {
    if is_first && !index.is_empty() {
        return Some(Refusal::new(
            "You have staged files for a first commit of your own, so nothing was committed.",
            &["Commit them together with the new ones: git add -A && git commit"],
        ));
    }
    let staged = paths.iter().find(|path| {
        let path = Path::new(path.as_str());
        index.get_path(path, 0).is_some_and(|entry| {
            base.get_path(path)
                .map_or(true, |committed| committed.id() != entry.id)
        })
    })?;
    Some(Refusal::new(
        format!("You have staged another version of {staged}, so nothing was committed."),
        &["Look at it, then commit yourself: git status"],
    ))
}
