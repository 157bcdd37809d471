//! What can be seen of a lab's folder without reading a file: enough to tell that something was saved.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use git2::Repository;

use super::{Result, Workspace, WorkspaceError, repository};

/// Folders below this depth are not looked into; neither does a snapshot.
const DEPTH: usize = 64;

/// A lab's folder as it looked. What git ignores is not in it, and neither is what editors leave
/// beside a file while they write it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Glance {
    files: BTreeMap<PathBuf, Seen>,
    /// The folder itself and every folder below it that was looked into, absolute.
    pub folders: Vec<PathBuf>,
}

/// A file that is not as it was: written, renamed, made or removed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Saved {
    /// Relative to the lab's folder.
    pub path: PathBuf,
    /// Git knows it: a person put it there, and no program.
    pub tracked: bool,
}

/// What differs once a file was written. Times are compared for being equal only, so that a clock
/// that jumps changes nothing; an editor that writes beside and renames gives another inode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    inode: u64,
    size: u64,
    mode: u32,
    modified: (i64, i64),
}

/// One file: whether git knows it says nothing about whether it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Seen {
    stamp: Stamp,
    tracked: bool,
}

/// Looks at the folder of a lab (`place`, relative to the workspace); `None` where it is not there.
pub fn glance(ws: &Workspace, place: &str) -> Result<Option<Glance>> {
    let folder = ws.folder(place);
    if !folder.is_dir() {
        return Ok(None);
    }
    let repo = repository::of(ws)?;
    let work_tree = repository::work_tree(&repo);
    let inside = work_tree.and_then(|root| Some(folder.strip_prefix(root).ok()?.to_owned()));
    let index = repo
        .index()
        .map_err(|error| WorkspaceError::git("look at the lab's folder", &error))?;
    let mut look = Look {
        repo: &repo,
        index,
        inside: inside.unwrap_or_else(|| PathBuf::from(place)),
        root: folder,
        seen: Glance::default(),
    };
    look.folder(Path::new(""), 0);
    Ok(Some(look.seen))
}

impl Glance {
    /// What was saved between an earlier look and this one.
    pub fn since(&self, before: &Self) -> Vec<Saved> {
        let written = self.files.iter().filter(|(path, seen)| {
            before.files.get(*path).map(|was| was.stamp) != Some(seen.stamp)
        });
        let removed = before
            .files
            .iter()
            .filter(|(path, _)| !self.files.contains_key(*path));
        let mut saved: Vec<Saved> = written
            .chain(removed)
            .map(|(path, seen)| Saved {
                path: path.clone(),
                tracked: seen.tracked,
            })
            .collect();
        saved.sort();
        saved
    }
}

struct Look<'r> {
    repo: &'r Repository,
    index: git2::Index,
    /// The folder, relative to the repository's work tree.
    inside: PathBuf,
    root: PathBuf,
    seen: Glance,
}

impl Look<'_> {
    /// What vanishes or cannot be read while it is looked at is not there.
    fn folder(&mut self, at: &Path, depth: usize) {
        let full = self.root.join(at);
        let Ok(entries) = fs::read_dir(&full) else {
            return;
        };
        self.seen.folders.push(full);
        for entry in entries.flatten() {
            let name = entry.file_name();
            let path = at.join(&name);
            let Ok(meta) = entry.metadata() else { continue };
            if name.eq_ignore_ascii_case(".git") || is_scratch(&name.to_string_lossy()) {
                continue;
            }
            let inside = self.inside.join(&path);
            if self.repo.is_path_ignored(&inside).unwrap_or(false) {
                continue;
            }
            if !meta.is_dir() {
                let stamp = Stamp {
                    inode: meta.ino(),
                    size: meta.size(),
                    mode: meta.mode(),
                    modified: (meta.mtime(), meta.mtime_nsec()),
                };
                let tracked = self.index.get_path(&inside, 0).is_some();
                self.seen.files.insert(path, Seen { stamp, tracked });
            } else if depth < DEPTH && !entry.path().join(".git").exists() {
                self.folder(&path, depth + 1);
            }
        }
    }
}

/// What vim, emacs, kate and the `JetBrains` editors write beside a file that is open or being saved.
fn is_scratch(name: &str) -> bool {
    let swap = [".swp", ".swo", ".swx", ".swpx", ".kate-swp", "~"];
    swap.iter().any(|end| name.ends_with(end))
        || name == "4913"
        || name.starts_with(".#")
        || (name.starts_with('#') && name.ends_with('#'))
        || name.contains("___jb_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_editors_write_beside_a_file_is_no_save() {
        let scratch = [".app.py.swp", "app.py~", "4913", ".#app.py", "#app.py#"];
        assert!(scratch.into_iter().all(is_scratch));
        assert!(is_scratch("app.py___jb_tmp___"));
        let files = ["app.py", "#notes", ".env", "49130", "swp"];
        assert!(!files.into_iter().any(is_scratch));
    }

    fn workspace() -> (tempfile::TempDir, Workspace) {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        Repository::init(&root).unwrap();
        fs::write(
            root.join("mastery.toml"),
            "schema = 1\ncurriculum = \"backend-mastery\"\nlanguage = \"python\"\n",
        )
        .unwrap();
        fs::create_dir_all(root.join("lab/src")).unwrap();
        fs::write(root.join("lab/src/app.py"), "one").unwrap();
        fs::write(root.join(".gitignore"), "target/\n*.pyc\n").unwrap();
        let workspace = Workspace::discover(&root).unwrap();
        (folder, workspace)
    }

    fn saved(ws: &Workspace, change: impl FnOnce(&Path)) -> Vec<String> {
        let before = glance(ws, "lab").unwrap().unwrap();
        change(&ws.root.join("lab"));
        let after = glance(ws, "lab").unwrap().unwrap();
        let paths = after.since(&before).into_iter();
        paths
            .map(|saved| saved.path.display().to_string())
            .collect()
    }

    #[test]
    fn a_file_written_renamed_or_removed_is_seen_and_what_git_ignores_is_not() {
        let (_folder, ws) = workspace();
        assert!(saved(&ws, |_| ()).is_empty());
        assert_eq!(
            saved(&ws, |lab| fs::write(lab.join("src/app.py"), "three")
                .unwrap()),
            ["src/app.py"]
        );
        // As an editor that writes beside and renames: same size, and a time set back.
        let atomic = |lab: &Path| {
            let (file, beside) = (lab.join("src/app.py"), lab.join("src/.new"));
            let at = fs::metadata(&file).unwrap().modified().unwrap();
            fs::write(&beside, "threa").unwrap();
            fs::File::options()
                .append(true)
                .open(&beside)
                .unwrap()
                .set_modified(at)
                .unwrap();
            fs::rename(beside, file).unwrap();
        };
        assert_eq!(saved(&ws, atomic), ["src/app.py"]);
        let moved = |lab: &Path| fs::rename(lab.join("src/app.py"), lab.join("main.py")).unwrap();
        assert_eq!(saved(&ws, moved), ["main.py", "src/app.py"]);
        let ignored = |lab: &Path| {
            fs::create_dir(lab.join("target")).unwrap();
            fs::write(lab.join("target/out"), "x").unwrap();
            fs::write(lab.join("main.pyc"), "x").unwrap();
        };
        assert!(saved(&ws, ignored).is_empty());
        let folders = glance(&ws, "lab").unwrap().unwrap().folders;
        assert_eq!(folders, [ws.root.join("lab"), ws.root.join("lab/src")]);
        assert_eq!(
            saved(&ws, |lab| fs::remove_file(lab.join("main.py")).unwrap()),
            ["main.py"]
        );
        fs::remove_dir_all(ws.root.join("lab")).unwrap();
        assert_eq!(glance(&ws, "lab").unwrap(), None);
    }
}
