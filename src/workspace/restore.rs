//! Brings a lab's folder back to what an attempt holds. Only files that some attempt has are written
//! over or removed; whatever else lies in the folder (ignored, too large, a repository) stays.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{self, Write as _},
    os::unix::ffi::OsStrExt as _,
    path::Path,
};

use git2::{ObjectType, Oid, Repository};
use rustix::{
    fs::{AtFlags, Mode, OFlags},
    io::Errno,
};

use super::{
    ErrorKind, ObjectId, Result, RunLock, Snapshot, Workspace, WorkspaceError,
    files::{descend, open_root, split},
    repository,
};

const LINK: i32 = 0o120_000;
const EXECUTABLE: i32 = 0o100_755;

/// An entry of a tree: the object and its mode.
type Entry = (Oid, i32);

/// What has to be done, looked through before anything is.
pub struct Restoring<'w> {
    ws: &'w Workspace,
    repo: Repository,
    place: String,
    present: BTreeMap<String, Entry>,
    write: BTreeMap<String, Entry>,
    remove: Vec<String>,
}

/// What was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Restored {
    pub written: usize,
    pub removed: usize,
}

impl<'w> Restoring<'w> {
    /// Plans how the folder `place`, of which `present` was taken, becomes `target`. Refuses where
    /// something would be lost that no attempt has.
    pub fn plan(
        ws: &'w Workspace,
        place: &str,
        present: Option<&Snapshot>,
        target: ObjectId,
    ) -> Result<Self> {
        let repo = repository::of(ws)?;
        let present = match present {
            Some(present) => entries(&repo, present.tree)?,
            None => BTreeMap::new(),
        };
        let target = entries(&repo, target)?;
        let missing = |path: &&String| !target.contains_key(*path);
        let remove = present.keys().filter(missing).cloned().collect();
        let write = target
            .into_iter()
            .filter(|(path, entry)| present.get(path) != Some(entry))
            .collect();
        let this = Self {
            ws,
            repo,
            place: place.to_owned(),
            present,
            write,
            remove,
        };
        let lost = this.would_be_lost();
        if lost.is_empty() {
            Ok(this)
        } else {
            Err(ErrorKind::NotKept { paths: lost }.into())
        }
    }

    /// Whether the folder is already so.
    pub fn is_done(&self) -> bool {
        self.write.is_empty() && self.remove.is_empty()
    }

    /// Does it, under the workspace's lock.
    pub fn carry_out(self, _lock: &RunLock) -> Result<Restored> {
        for path in self.remove.iter().chain(self.write.keys()) {
            self.is_as_it_was(path)?;
        }
        for path in &self.remove {
            self.take_away(path)?;
        }
        for (path, entry) in &self.write {
            self.put(path, *entry)?;
        }
        Ok(Restored {
            written: self.write.len(),
            removed: self.remove.len(),
        })
    }

    /// What stands in the way and is in no attempt.
    fn would_be_lost(&self) -> Vec<String> {
        let mut lost = BTreeSet::new();
        for (path, entry) in &self.write {
            // A folder of this name is needed, and something else may stand there.
            for (at, _) in path.match_indices('/') {
                let above = &path[..at];
                let meta = self.full(above).symlink_metadata();
                if meta.is_ok_and(|meta| !meta.is_dir()) && !self.present.contains_key(above) {
                    lost.insert(above.to_owned());
                }
            }
            let full = self.full(path);
            let Ok(meta) = full.symlink_metadata() else {
                continue;
            };
            if meta.is_dir() {
                self.unknown_below(path, &mut lost);
            } else if !self.present.contains_key(path)
                && content(&full).map_or(true, |found| found != entry.0)
            {
                lost.insert(path.clone());
            }
        }
        lost.into_iter().collect()
    }

    /// Files below a folder that no attempt has.
    fn unknown_below(&self, folder: &str, lost: &mut BTreeSet<String>) {
        for entry in fs::read_dir(self.full(folder))
            .into_iter()
            .flatten()
            .flatten()
        {
            let name = entry.file_name();
            let path = format!("{folder}/{}", name.to_string_lossy());
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                self.unknown_below(&path, lost);
            } else if !self.present.contains_key(&path) {
                lost.insert(path);
            }
        }
    }

    /// Whether a file still is what was saved; else somebody is writing at this moment.
    fn is_as_it_was(&self, path: &str) -> Result<()> {
        let Some((expected, _)) = self.present.get(path) else {
            return Ok(());
        };
        match content(&self.full(path)) {
            Ok(found) if found == *expected => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Ok(_) | Err(_) => Err(ErrorKind::Changed {
                path: self.below_root(path),
            }
            .into()),
        }
    }

    fn below_root(&self, path: &str) -> String {
        format!("{}/{path}", self.place)
    }

    fn full(&self, path: &str) -> std::path::PathBuf {
        self.ws.folder(&self.place).join(path)
    }

    fn take_away(&self, path: &str) -> Result<()> {
        let below = self.below_root(path);
        let (parents, name) = split(&below)?;
        let top = open_root(&self.ws.root)?;
        let Some(folder) = descend(&self.ws.root, &top, &parents, None)? else {
            return Ok(());
        };
        match rustix::fs::unlinkat(&folder, name, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => {}
            Err(errno) => return Err(self.disk("remove", path, errno)),
        }
        // Folders that are empty now go too; those with something in them stay.
        let mut above = Path::new(path).parent();
        while let Some(folder) = above.filter(|folder| !folder.as_os_str().is_empty()) {
            if fs::remove_dir(self.ws.folder(&self.place).join(folder)).is_err() {
                break;
            }
            above = folder.parent();
        }
        Ok(())
    }

    /// Puts a file where it belongs in one step, never through a symbolic link.
    fn put(&self, path: &str, (id, mode): Entry) -> Result<()> {
        let blob = self.repo.find_blob(id);
        let blob = blob.map_err(|error| WorkspaceError::git(format!("read {path}"), &error))?;
        let below = self.below_root(path);
        let (parents, name) = split(&below)?;
        let top = open_root(&self.ws.root)?;
        let mut folders = Vec::new();
        let folder = descend(&self.ws.root, &top, &parents, Some(&mut folders))?
            .expect("missing folders were made");
        let fresh = format!(".{name}.mastery-new");
        let disk = |errno| self.disk("write", path, errno);
        match rustix::fs::unlinkat(&folder, &fresh, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => {}
            Err(errno) => return Err(disk(errno)),
        }
        if mode == LINK {
            rustix::fs::symlinkat(blob.content(), &folder, &fresh).map_err(disk)?;
        } else {
            let rights = if mode == EXECUTABLE { 0o777 } else { 0o666 };
            let flags =
                OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let opened = rustix::fs::openat(&folder, &fresh, flags, Mode::from_raw_mode(rights))
                .map_err(disk)?;
            fs::File::from(opened)
                .write_all(blob.content())
                .map_err(|error| WorkspaceError::disk("write", self.full(path), error))?;
        }
        // An empty folder of that name gives way; one with something in it was looked for before.
        let full = self.full(path);
        if full.symlink_metadata().is_ok_and(|meta| meta.is_dir()) {
            remove_empty(&full).map_err(|error| WorkspaceError::disk("remove", full, error))?;
        }
        rustix::fs::renameat(&folder, &fresh, &folder, name).map_err(disk)
    }

    fn disk(&self, doing: &str, path: &str, errno: Errno) -> WorkspaceError {
        WorkspaceError::disk(doing, self.full(path), errno.into())
    }
}

/// Removes a folder in which there are only folders.
fn remove_empty(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            remove_empty(&entry.path())?;
        }
    }
    fs::remove_dir(folder)
}

/// What git would call the file's bytes, or the link's target.
fn content(path: &Path) -> io::Result<Oid> {
    let bytes = if path.symlink_metadata()?.is_symlink() {
        fs::read_link(path)?.as_os_str().as_bytes().to_owned()
    } else {
        fs::read(path)?
    };
    Oid::hash_object(ObjectType::Blob, &bytes).map_err(io::Error::other)
}

/// The files of a tree by their path, with `/`.
fn entries(repo: &Repository, tree: ObjectId) -> Result<BTreeMap<String, Entry>> {
    let mut entries = BTreeMap::new();
    let mut unnameable = None;
    let read = repo.find_tree(tree.0).and_then(|tree| {
        tree.walk(git2::TreeWalkMode::PreOrder, |folder, entry| {
            if entry.kind() == Some(ObjectType::Blob) {
                match std::str::from_utf8(entry.name_bytes()) {
                    Ok(name) => {
                        let path = format!("{folder}{name}");
                        entries.insert(path, (entry.id(), entry.filemode()));
                    }
                    Err(_) => unnameable = Some(entry.name_bytes().to_owned()),
                }
            }
            git2::TreeWalkResult::Ok
        })
    });
    read.map_err(|error| WorkspaceError::git("read the lab's files", &error))?;
    match unnameable {
        None => Ok(entries),
        Some(name) => Err(ErrorKind::UnsafePath {
            path: String::from_utf8_lossy(&name).into_owned(),
            why: "its name is no UTF-8".to_owned(),
        }
        .into()),
    }
}
