//! A lab's folder as a tree in git, without touching the learner's index.

use std::{
    ffi::OsString,
    fmt, fs,
    io::{self, Read as _},
    os::unix::{ffi::OsStrExt as _, fs::MetadataExt as _},
    path::{Component, Path, PathBuf},
};

use git2::{Oid, Repository};
use rustix::fs::{Mode, OFlags};

use super::{ObjectId, Result, Workspace, WorkspaceError, repository};

/// Files above this size are left out.
const LIMIT: u64 = 5 << 20;

/// Folders below this depth are left out.
const DEPTH: usize = 64;

/// A lab's folder as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    pub tree: ObjectId,
    /// How many files are in it.
    pub files: usize,
    /// How many files and folders git ignores.
    pub ignored: usize,
    /// What else is not in it, and why.
    pub left_out: Vec<LeftOut>,
    /// The tree, and what can be seen of the files that were left out.
    pub(super) fingerprint: String,
}

/// Something that is not kept with an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Relative to the lab's folder.
    pub path: String,
    pub why: WhyLeftOut,
}

/// Why it is not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WhyLeftOut {
    TooLarge {
        bytes: u64,
    },
    /// A repository inside the folder. For the folder itself only its `.git`.
    Repository,
    /// A symbolic link out of the folder.
    LeadsOut,
    /// A socket, a pipe, a device.
    NotAFile,
    TooDeep,
    Unreadable {
        reason: String,
    },
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is left out: ", self.path)?;
        match &self.why {
            WhyLeftOut::TooLarge { bytes } => {
                let tenths = bytes * 10 / (1 << 20);
                write!(
                    f,
                    "{}.{} MiB, 5 MiB is the limit.",
                    tenths / 10,
                    tenths % 10
                )
            }
            WhyLeftOut::Repository => f.write_str("it is a git repository of its own."),
            WhyLeftOut::LeadsOut => f.write_str("it is a link out of the lab's folder."),
            WhyLeftOut::NotAFile => f.write_str("it is neither a file nor a folder."),
            WhyLeftOut::TooDeep => f.write_str("it is nested too deeply."),
            WhyLeftOut::Unreadable { reason } => write!(f, "it cannot be read ({reason})."),
        }
    }
}

/// Writes the folder of a lab (`place`, relative to the workspace) as a tree. Ignored files,
/// repositories inside it, links out of it and very large files are left out.
pub fn snapshot(ws: &Workspace, place: &str) -> Result<Snapshot> {
    let repo = repository::of(ws)?;
    let folder = ws.folder(place);
    let work_tree = repository::work_tree(&repo);
    let inside = work_tree.and_then(|root| Some(folder.strip_prefix(root).ok()?.to_owned()));
    let mut walk = Walk {
        repo: &repo,
        inside: inside.unwrap_or_else(|| PathBuf::from(place)),
        root: folder.clone(),
        files: 0,
        ignored: 0,
        left_out: Vec::new(),
        seen: blake3::Hasher::new(),
    };
    fs::read_dir(&folder).map_err(|error| WorkspaceError::disk("read", &folder, error))?;
    let tree = walk
        .folder(Path::new(""), 0)
        .and_then(|tree| match tree {
            Some(tree) => Ok(tree),
            None => repo.treebuilder(None)?.write(),
        })
        .map_err(|error| WorkspaceError::git("write a snapshot of the lab's folder", &error))?;
    walk.seen.update(tree.as_bytes());
    Ok(Snapshot {
        tree: ObjectId(tree),
        files: walk.files,
        ignored: walk.ignored,
        fingerprint: walk.seen.finalize().to_hex().to_string(),
        left_out: walk.left_out,
    })
}

struct Walk<'r> {
    repo: &'r Repository,
    /// The folder, relative to the repository's work tree.
    inside: PathBuf,
    root: PathBuf,
    files: usize,
    ignored: usize,
    left_out: Vec<LeftOut>,
    seen: blake3::Hasher,
}

/// An entry of a tree: the object and its mode.
type Entry = Option<(Oid, i32)>;

impl Walk<'_> {
    /// The tree of a folder; `None` when nothing in it is kept.
    fn folder(&mut self, at: &Path, depth: usize) -> std::result::Result<Option<Oid>, git2::Error> {
        let mut builder = self.repo.treebuilder(None)?;
        for name in self.names(at) {
            let path = at.join(&name);
            let entry = self.entry(&path, depth)?;
            if let Some((id, mode)) = entry {
                builder.insert(&name, id, mode)?;
            }
        }
        if builder.is_empty() {
            return Ok(None);
        }
        builder.write().map(Some)
    }

    /// The names in a folder, in an order that is always the same.
    fn names(&mut self, at: &Path) -> Vec<OsString> {
        let read = fs::read_dir(self.root.join(at)).and_then(|entries| {
            entries
                .map(|entry| Ok(entry?.file_name()))
                .collect::<io::Result<Vec<OsString>>>()
        });
        match read {
            Ok(mut names) => {
                names.sort();
                names
            }
            Err(error) => {
                self.unreadable(at, &error);
                Vec::new()
            }
        }
    }

    fn entry(&mut self, path: &Path, depth: usize) -> std::result::Result<Entry, git2::Error> {
        let full = self.root.join(path);
        let meta = match fs::symlink_metadata(&full) {
            Ok(meta) => meta,
            Err(error) => {
                self.unreadable(path, &error);
                return Ok(None);
            }
        };
        if path
            .file_name()
            .is_some_and(|name| name.eq_ignore_ascii_case(".git"))
        {
            self.leave(path, WhyLeftOut::Repository);
            return Ok(None);
        }
        if self.repo.is_path_ignored(self.inside.join(path))? {
            self.ignored += 1;
            return Ok(None);
        }
        let kind = meta.file_type();
        if kind.is_symlink() {
            return self.link(path, &full);
        }
        if kind.is_file() {
            return self.file(path, &full);
        }
        let why = if !kind.is_dir() {
            WhyLeftOut::NotAFile
        } else if full.join(".git").symlink_metadata().is_ok() {
            WhyLeftOut::Repository
        } else if depth >= DEPTH {
            WhyLeftOut::TooDeep
        } else {
            let tree = self.folder(path, depth + 1)?;
            return Ok(tree.map(|tree| (tree, 0o040_000)));
        };
        self.leave(path, why);
        Ok(None)
    }

    fn file(&mut self, path: &Path, full: &Path) -> std::result::Result<Entry, git2::Error> {
        let (bytes, meta) = match read_file(full) {
            Ok(read) => read,
            Err(error) => {
                self.unreadable(path, &error);
                return Ok(None);
            }
        };
        if bytes.len() as u64 > LIMIT {
            let bytes = meta.len();
            let stamp = format!("{bytes} {} {}", meta.mtime(), meta.mtime_nsec());
            self.seen.update(path.as_os_str().as_bytes());
            self.seen.update(stamp.as_bytes());
            self.leave(path, WhyLeftOut::TooLarge { bytes });
            return Ok(None);
        }
        self.files += 1;
        let is_executable = meta.mode() & 0o100 != 0;
        let mode = if is_executable { 0o100_755 } else { 0o100_644 };
        Ok(Some((self.repo.blob(&bytes)?, mode)))
    }

    fn link(&mut self, path: &Path, full: &Path) -> std::result::Result<Entry, git2::Error> {
        let target = match fs::read_link(full) {
            Ok(target) => target,
            Err(error) => {
                self.unreadable(path, &error);
                return Ok(None);
            }
        };
        if leads_out(path, &target) {
            self.leave(path, WhyLeftOut::LeadsOut);
            return Ok(None);
        }
        self.files += 1;
        let id = self.repo.blob(target.as_os_str().as_bytes())?;
        Ok(Some((id, 0o120_000)))
    }

    fn unreadable(&mut self, path: &Path, error: &io::Error) {
        // A file that vanished meanwhile is no longer in the folder.
        if error.kind() != io::ErrorKind::NotFound {
            let reason = error.kind().to_string();
            self.leave(path, WhyLeftOut::Unreadable { reason });
        }
    }

    fn leave(&mut self, path: &Path, why: WhyLeftOut) {
        self.left_out.push(LeftOut {
            path: path.display().to_string(),
            why,
        });
    }
}

/// The file's bytes, at most one more than is kept.
fn read_file(full: &Path) -> io::Result<(Vec<u8>, fs::Metadata)> {
    // Should it have become a pipe or a link meanwhile, nothing hangs and nothing is followed.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = fs::File::from(rustix::fs::open(full, flags, Mode::empty())?);
    let meta = file.metadata()?;
    let mut bytes = Vec::new();
    file.take(LIMIT + 1).read_to_end(&mut bytes)?;
    Ok((bytes, meta))
}

/// Whether a link's target lies outside the folder that paths are relative to.
fn leads_out(link: &Path, target: &Path) -> bool {
    let mut depth = link.components().count() - 1;
    for part in target.components() {
        match part {
            Component::Normal(_) => depth += 1,
            Component::CurDir => {}
            Component::ParentDir if depth > 0 => depth -= 1,
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => return true,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leads_out_when_it_ever_rises_above_the_folder() {
        for (link, target, is_out) in [
            ("a", "b", false),
            ("x/a", "../b", false),
            ("x/a", "../../b", true),
            ("a", "/etc/passwd", true),
            ("a", "x/../../lab/b", true),
            ("a", "./x/../b", false),
        ] {
            assert_eq!(
                leads_out(Path::new(link), Path::new(target)),
                is_out,
                "{link} → {target}"
            );
        }
    }

    #[test]
    fn what_is_left_out_is_told_in_a_sentence() {
        let left = LeftOut {
            path: "big.bin".into(),
            why: WhyLeftOut::TooLarge { bytes: 7_450_000 },
        };
        assert_eq!(
            left.to_string(),
            "big.bin is left out: 7.1 MiB, 5 MiB is the limit."
        );
    }
}
