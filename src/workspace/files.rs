//! Lays files into a folder: only what is missing, and never through a symbolic link.
//!
//! Every folder on the way is opened relative to its parent and without following links, so that
//! nothing can be put in their place between the look and the write.

use std::{
    fs::File,
    io::{self, Read as _, Write as _},
    os::{fd::OwnedFd, unix::fs::OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use rustix::{
    fs::{AtFlags, FileType, Mode, OFlags},
    io::Errno,
};

use super::{ErrorKind, Result, WorkspaceError};

/// A file to be laid out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayoutFile {
    /// Relative, with `/`.
    pub path: String,
    pub bytes: Vec<u8>,
    pub executable: bool,
}

/// What became of the files, each by its path.
#[derive(Debug, Default)]
pub(super) struct Laid {
    pub(super) created: Vec<String>,
    pub(super) same: Vec<String>,
    pub(super) different: Vec<String>,
    folders: Vec<String>,
}

/// Creates the files that are missing below `root`. On an error nothing of it stays.
pub(super) fn lay(root: &Path, files: &[LayoutFile]) -> Result<Laid> {
    let top = open_root(root)?;
    let mut laid = Laid::default();
    for file in files {
        // All of them are looked at before the first is written.
        let (parents, _) = split(&file.path)?;
        descend(root, &top, &parents, None)?;
    }
    for file in files {
        if let Err(error) = lay_one(root, &top, file, &mut laid) {
            laid.take_back(root);
            return Err(error);
        }
    }
    Ok(laid)
}

impl Laid {
    /// Removes what was created, as far as that goes.
    pub(super) fn take_back(&self, root: &Path) {
        for path in &self.created {
            std::fs::remove_file(root.join(path)).ok();
        }
        for folder in self.folders.iter().rev() {
            std::fs::remove_dir(root.join(folder)).ok();
        }
    }
}

/// The parts of a relative path that stays where it is.
pub(super) fn parts(path: &str) -> Result<Vec<&str>> {
    let unsafe_because = |why: &str| {
        Err(ErrorKind::UnsafePath {
            path: path.to_owned(),
            why: why.to_owned(),
        }
        .into())
    };
    let parts: Vec<&str> = path.split('/').collect();
    for part in &parts {
        match *part {
            "" => return unsafe_because("it is no relative path"),
            "." | ".." => return unsafe_because("it leaves its folder"),
            name if name.eq_ignore_ascii_case(".git") => {
                return unsafe_because("it leads into a repository's own folder");
            }
            name if name.contains('\0') => return unsafe_because("it holds a zero byte"),
            _ => {}
        }
    }
    Ok(parts)
}

pub(super) fn split(path: &str) -> Result<(Vec<&str>, &str)> {
    let mut parents = parts(path)?;
    let name = parents.pop().expect("`split` gives at least one part");
    Ok((parents, name))
}

pub(super) fn open_root(root: &Path) -> Result<OwnedFd> {
    rustix::fs::open(
        root,
        OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC,
        Mode::empty(),
    )
    .map_err(|errno| WorkspaceError::disk("open", root, errno.into()))
}

/// Opens the folder below `top`. Missing folders are made and noted in `made`; without it `None`
/// is the answer for a missing one.
pub(super) fn descend(
    root: &Path,
    top: &OwnedFd,
    parents: &[&str],
    mut made: Option<&mut Vec<String>>,
) -> Result<Option<OwnedFd>> {
    let mut folder = dup(top, root)?;
    for depth in 0..parents.len() {
        let name = parents[depth];
        let walked = parents[..=depth].join("/");
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let disk =
            |doing, errno: Errno| WorkspaceError::disk(doing, root.join(&walked), errno.into());
        let mut opened = rustix::fs::openat(&folder, name, flags, Mode::empty());
        if opened.as_ref().err() == Some(&Errno::NOENT) {
            let Some(made) = made.as_deref_mut() else {
                return Ok(None);
            };
            match rustix::fs::mkdirat(&folder, name, Mode::from_raw_mode(0o777)) {
                Ok(()) => made.push(walked.clone()),
                Err(Errno::EXIST) => {}
                Err(errno) => return Err(disk("make the folder", errno)),
            }
            opened = rustix::fs::openat(&folder, name, flags, Mode::empty());
        }
        folder = match opened {
            Ok(opened) => opened,
            Err(Errno::LOOP | Errno::NOTDIR) => return Err(obstacle(root, &folder, name, walked)),
            Err(errno) => return Err(disk("open", errno)),
        };
    }
    Ok(Some(folder))
}

fn dup(folder: &OwnedFd, root: &Path) -> Result<OwnedFd> {
    folder
        .try_clone()
        .map_err(|error| WorkspaceError::disk("open", root, error))
}

/// What stands where a folder is needed.
fn obstacle(root: &Path, folder: &OwnedFd, name: &str, walked: String) -> WorkspaceError {
    let is_link = rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)
        .is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Symlink);
    if is_link {
        ErrorKind::UnsafePath {
            path: walked,
            why: "it is a symbolic link, and may lead out of the workspace".to_owned(),
        }
    } else {
        ErrorKind::InTheWay {
            path: root.join(walked),
        }
    }
    .into()
}

fn lay_one(root: &Path, top: &OwnedFd, file: &LayoutFile, laid: &mut Laid) -> Result<()> {
    let (parents, name) = split(&file.path)?;
    let folder =
        descend(root, top, &parents, Some(&mut laid.folders))?.expect("missing folders were made");
    let mode = if file.executable { 0o777 } else { 0o666 };
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    match rustix::fs::openat(&folder, name, flags, Mode::from_raw_mode(mode)) {
        Ok(opened) => {
            laid.created.push(file.path.clone());
            let mut opened = File::from(opened);
            opened
                .write_all(&file.bytes)
                .map_err(|error| WorkspaceError::disk("write", root.join(&file.path), error))
        }
        Err(Errno::EXIST) => {
            let is_same = holds(&folder, name, &file.bytes);
            let list = if is_same {
                &mut laid.same
            } else {
                &mut laid.different
            };
            list.push(file.path.clone());
            Ok(())
        }
        Err(errno) => Err(WorkspaceError::disk(
            "create",
            root.join(&file.path),
            errno.into(),
        )),
    }
}

/// Whether a regular file of that name holds just these bytes.
fn holds(folder: &OwnedFd, name: &str, bytes: &[u8]) -> bool {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let Ok(opened) = rustix::fs::openat(folder, name, flags, Mode::empty()) else {
        return false;
    };
    let file = File::from(opened);
    if !file.metadata().is_ok_and(|meta| meta.is_file()) {
        return false;
    }
    let mut there = Vec::new();
    let limit = bytes.len() as u64 + 1;
    file.take(limit).read_to_end(&mut there).is_ok() && there == bytes
}

/// Replaces a file of our own in one step: after a crash it is the old or the new one.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    replace_as(path, bytes, 0o666)
}

/// The same for what no other user of the machine may read.
pub(super) fn replace_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    replace_as(path, bytes, 0o600)
}

fn replace_as(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let fresh: PathBuf = {
        let mut name = path.as_os_str().to_owned();
        name.push(".new");
        name.into()
    };
    // One that a crash left may have other rights.
    if let Err(error) = std::fs::remove_file(&fresh)
        && error.kind() != io::ErrorKind::NotFound
    {
        return Err(error);
    }
    let mut options = std::fs::OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(&fresh)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&fresh, path)
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use super::*;

    fn file(path: &str, text: &str) -> LayoutFile {
        LayoutFile {
            path: path.into(),
            bytes: text.into(),
            executable: false,
        }
    }

    #[test]
    fn only_what_is_missing_is_created() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("mine"), "my words").unwrap();
        fs::write(dir.path().join("equal"), "same").unwrap();
        symlink("nowhere", dir.path().join("link")).unwrap();
        let files = [
            file("mine", "ours"),
            file("equal", "same"),
            file("link", "ours"),
            file("ä b/c/new", "new"),
        ];
        let laid = lay(dir.path(), &files).unwrap();
        assert_eq!(laid.created, ["ä b/c/new"]);
        assert_eq!(laid.same, ["equal"]);
        assert_eq!(laid.different, ["mine", "link"]);
        assert_eq!(
            fs::read_to_string(dir.path().join("mine")).unwrap(),
            "my words"
        );
        assert!(!dir.path().join("nowhere").exists());
    }

    #[test]
    fn a_path_that_leaves_its_folder_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        for bad in [
            "../x",
            "a/../x",
            "/etc/x",
            "a//b",
            "",
            ".git/hooks/x",
            "a/.GIT/x",
            "./x",
        ] {
            let error = lay(dir.path(), &[file(bad, "")]).unwrap_err();
            assert!(
                matches!(error.kind(), ErrorKind::UnsafePath { .. }),
                "{bad:?}: {error}"
            );
        }
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn nothing_is_written_when_a_parent_is_a_link_or_a_file() {
        let dir = tempfile::tempdir().unwrap();
        let outside = tempfile::tempdir().unwrap();
        symlink(outside.path(), dir.path().join("link")).unwrap();
        fs::write(dir.path().join("plain"), "").unwrap();
        let error = lay(dir.path(), &[file("first", ""), file("link/x", "")]).unwrap_err();
        assert!(
            error.to_string().contains("`link`: it is a symbolic link"),
            "{error}"
        );
        let error = lay(dir.path(), &[file("first", ""), file("plain/x", "")]).unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::InTheWay { .. }),
            "{error}"
        );
        assert!(!dir.path().join("first").exists());
        assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_failure_half_way_takes_back_what_was_created() {
        let dir = tempfile::tempdir().unwrap();
        let too_long = "x".repeat(300);
        let error = lay(dir.path(), &[file("a/b", "1"), file(&too_long, "2")]).unwrap_err();
        assert!(error.to_string().starts_with("Could not create"), "{error}");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}
