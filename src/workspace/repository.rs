//! Opens the learner's repository, and tells whether it is in a state in which one may commit.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
};

use git2::{ErrorCode, Repository, RepositoryOpenFlags, RepositoryState, Signature, StatusOptions};

use super::{ErrorKind, Result, Workspace, WorkspaceError};

/// Why nothing is committed, and what helps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) why: String,
    pub(super) hints: Vec<String>,
}

impl Refusal {
    pub(super) fn new(why: impl Into<String>, hints: &[&str]) -> Self {
        Self {
            why: why.into(),
            hints: hints.iter().map(|&hint| hint.to_owned()).collect(),
        }
    }
}

/// The repository that holds a folder, if there is one.
pub(super) fn find(folder: &Path) -> Result<Option<Repository>> {
    let flags = RepositoryOpenFlags::CROSS_FS;
    match Repository::open_ext(folder, flags, &[] as &[&OsStr]) {
        Ok(repo) => Ok(Some(repo)),
        Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
        Err(error) if error.code() == ErrorCode::Owner => {
            let path = owner_of(folder);
            Err(ErrorKind::NotYours { path }.into())
        }
        Err(error) => Err(WorkspaceError::git("open the repository", &error)),
    }
}

/// The repository of a workspace, which must be there for attempts to be kept.
pub(super) fn of(ws: &Workspace) -> Result<Repository> {
    find(&ws.root)?.ok_or_else(|| {
        ErrorKind::NoRepository {
            root: ws.root.clone(),
        }
        .into()
    })
}

/// The folder with the `.git` that was found.
fn owner_of(folder: &Path) -> PathBuf {
    folder
        .ancestors()
        .find(|above| above.join(".git").exists())
        .unwrap_or(folder)
        .to_owned()
}

/// The work tree's root, free of symbolic links.
pub(super) fn work_tree(repo: &Repository) -> Option<PathBuf> {
    fs::canonicalize(repo.workdir()?).ok()
}

/// Who commits, if git knows.
pub(super) fn identity(repo: &Repository) -> Option<Signature<'static>> {
    repo.signature().ok()
}

/// Git was never told who the learner is.
pub(super) fn no_identity() -> Refusal {
    Refusal::new(
        "git does not know your name and address yet, so nothing was committed.",
        &[
            "git config --global user.name \"Your Name\"",
            "git config --global user.email you@example.com",
        ],
    )
}

/// Why HEAD is not to be moved now: the learner is in the middle of something.
pub(super) fn unsettled(repo: &Repository) -> Option<Refusal> {
    let under_way = match repo.state() {
        RepositoryState::Clean => None,
        RepositoryState::Merge => Some("a merge"),
        RepositoryState::Revert | RepositoryState::RevertSequence => Some("a revert"),
        RepositoryState::CherryPick | RepositoryState::CherryPickSequence => Some("a cherry-pick"),
        RepositoryState::Bisect => Some("a bisection"),
        RepositoryState::Rebase
        | RepositoryState::RebaseInteractive
        | RepositoryState::RebaseMerge => Some("a rebase"),
        RepositoryState::ApplyMailbox | RepositoryState::ApplyMailboxOrRebase => {
            Some("`git am` or a rebase")
        }
    };
    if let Some(what) = under_way {
        return Some(Refusal::new(
            format!("The repository is in the middle of {what}, so nothing was committed."),
            &["Finish or abort it, then commit the new files: git status"],
        ));
    }
    if repo.head_detached().unwrap_or(false) {
        return Some(Refusal::new(
            "HEAD is detached (no branch is checked out), so nothing was committed.",
            &["Go to a branch, then commit the new files: git switch main"],
        ));
    }
    let has_conflicts = repo.index().is_ok_and(|index| index.has_conflicts());
    has_conflicts.then(|| {
        Refusal::new(
            "The index holds unresolved conflicts, so nothing was committed.",
            &["Resolve them, then commit the new files: git status"],
        )
    })
}

/// Whether `git status` would have something to say.
pub(super) fn is_dirty(repo: &Repository) -> std::result::Result<bool, git2::Error> {
    let mut options = StatusOptions::new();
    options.include_untracked(true).exclude_submodules(true);
    Ok(!repo.statuses(Some(&mut options))?.is_empty())
}

/// The commit HEAD points at; `None` before the first one.
pub(super) fn tip(repo: &Repository) -> std::result::Result<Option<git2::Commit<'_>>, git2::Error> {
    match repo.head() {
        Ok(head) => head.peel_to_commit().map(Some),
        Err(error) if error.code() == ErrorCode::UnbornBranch => Ok(None),
        Err(error) => Err(error),
    }
}
