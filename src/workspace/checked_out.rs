//! Which commit a folder shows, for those who note on what something held.

use std::path::Path;

use super::{ErrorKind, Result, WorkspaceError, repository};

/// A repository's checked-out commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedOut {
    /// The first twelve digits of its id.
    pub commit: String,
    /// What in the work tree is not as in the commit, relative to its root, in order: changed, added
    /// or removed, and known to git or not; what git ignores is not in it.
    pub changed: Vec<String>,
}

/// Digits of a commit's id that tell it from every other one of a repository.
const DIGITS: usize = 12;

/// The commit that the repository around `folder` shows. There must be one.
pub fn checked_out(folder: &Path) -> Result<CheckedOut> {
    let none = || {
        WorkspaceError::from(ErrorKind::NoRepository {
            root: folder.to_owned(),
        })
    };
    let repo = repository::find(folder)?.ok_or_else(none)?;
    let read = || {
        let head = repo.head()?.peel_to_commit()?.id().to_string();
        let mut options = git2::StatusOptions::new();
        options.include_untracked(true).recurse_untracked_dirs(true);
        let statuses = repo.statuses(Some(&mut options))?;
        let paths = statuses.iter();
        let mut changed: Vec<String> = paths
            .map(|entry| String::from_utf8_lossy(entry.path_bytes()).into_owned())
            .collect();
        changed.sort();
        Ok(CheckedOut {
            commit: head[..DIGITS].to_owned(),
            changed,
        })
    };
    read().map_err(|error| WorkspaceError::git("see what is checked out", &error))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use git2::{Repository, Signature};

    use super::*;

    #[test]
    fn the_commit_is_told_with_what_is_not_as_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let nowhere = checked_out(folder.path()).unwrap_err();
        assert!(matches!(nowhere.kind(), ErrorKind::NoRepository { .. }));
        let repo = Repository::init(folder.path()).unwrap();
        assert!(checked_out(folder.path()).is_err(), "nothing is committed");
        fs::write(folder.path().join(".gitignore"), "target\n").unwrap();
        let mut index = repo.index().unwrap();
        index.add_path(Path::new(".gitignore")).unwrap();
        index.write().unwrap();
        let tree = repo.find_tree(index.write_tree().unwrap()).unwrap();
        let who = Signature::now("A", "a@example.com").unwrap();
        let id = repo
            .commit(Some("HEAD"), &who, &who, "one", &tree, &[])
            .unwrap();
        fs::create_dir(folder.path().join("target")).unwrap();
        fs::write(folder.path().join("target/x"), "").unwrap();
        let found = checked_out(folder.path()).unwrap();
        assert_eq!(
            (found.commit.as_str(), &found.changed[..]),
            (&id.to_string()[..12], &[][..])
        );
        fs::create_dir(folder.path().join("new")).unwrap();
        fs::write(folder.path().join("new/a"), "").unwrap();
        fs::write(folder.path().join(".gitignore"), "target/\n").unwrap();
        let found = checked_out(folder.path()).unwrap();
        assert_eq!(found.changed, [".gitignore", "new/a"]);
    }
}
