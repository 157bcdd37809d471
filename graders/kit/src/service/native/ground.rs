//! Where a server that refuses root stands: its programs and its files within reach of the user it
//! runs as.
//!
//! Root's own folders are usually closed to others, and opening them would be no business of ours.
//! What is out of reach is copied to a folder below the machine's temporary one, which root owns.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use super::{
    Native,
    machine::{Machine, reaches},
    made::{Place, clear},
    tree,
};
use crate::{process::User, verdict::BenchError};

/// The folder that root shares with the servers' users.
const SHARED: &str = "mastery-services";
const LOCK: &str = "lock";
/// Names of copies of programs begin so.
const COPY: &str = "programs-";
/// In a copy: the folder that it was made of.
const SOURCE: &str = "source";

/// A place to stand on.
#[derive(Debug)]
pub(crate) struct Ground {
    /// Whom the server runs as, when not as ourselves.
    pub(crate) user: Option<User>,
    /// The folder with its `bin`.
    pub(crate) programs: PathBuf,
    /// An empty folder for its files, the user's own.
    pub(crate) files: PathBuf,
    /// Outside of the scratch, so removed by us; held locked for as long as it is needed.
    ours: Option<File>,
    /// Says for as long as it is held that the programs are in use, where they are a copy.
    _in_use: Option<File>,
}

impl Ground {
    /// Finds one for the programs in this folder.
    pub(crate) async fn find(
        native: &Native,
        programs: &Path,
        scratch: &Path,
    ) -> Result<Self, BenchError> {
        let machine = &native.machine;
        let Some(user) = machine.unprivileged() else {
            let files = scratch.join("files");
            fs::create_dir_all(&files).map_err(|error| cannot(&files, &error))?;
            return Ok(Self {
                user: None,
                programs: programs.to_owned(),
                files,
                ours: None,
                _in_use: None,
            });
        };
        let (server, in_reach) = (programs.join("bin/postgres"), reaches(user, scratch));
        let shared = if in_reach && reaches(user, &server) {
            None
        } else {
            Some(shared(machine, user)?)
        };
        if let Some(shared) = &shared {
            native.sweep_shared(shared).await;
        }
        let (programs, in_use) = match &shared {
            Some(shared) if !reaches(user, &server) => copied(programs, shared).await?,
            _ => (programs.to_owned(), None),
        };
        let (files, ours) = match shared {
            Some(shared) if !in_reach => {
                let (files, lock) = ours_in(&shared).map_err(|error| cannot(&shared, &error))?;
                (files, Some(lock))
            }
            _ => (scratch.join("files"), None),
        };
        let made = fs::DirBuilder::new().mode(0o700).create(&files);
        (made.and_then(|()| tree::give(&files, Some(user))))
            .map_err(|error| cannot(&files, &error))?;
        Ok(Self {
            user: Some(user),
            programs,
            files,
            ours,
            _in_use: in_use,
        })
    }

    /// The folder of a server's data.
    pub(crate) fn data(&self) -> PathBuf {
        self.files.join("data")
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        if self.ours.is_some() {
            // What stays is removed by the next one that looks for a place.
            if clear(&self.files).is_ok() {
                fs::remove_file(self.files.with_extension(LOCK)).ok();
            }
        }
    }
}

fn cannot(folder: &Path, error: &io::Error) -> BenchError {
    let folder = folder.display();
    BenchError::new(format!("The folder {folder} cannot be made: {error}."))
        .unlock("free some space there, or set another TMPDIR")
}

/// The folder that root shares with the server's user.
fn shared(machine: &Machine, user: User) -> Result<PathBuf, BenchError> {
    let mut seen = Vec::new();
    for parent in &machine.temporary {
        if !reaches(user, parent) {
            seen.push(format!("{} is closed to others", parent.display()));
            continue;
        }
        let folder = parent.join(SHARED);
        match owned_by_root(&folder) {
            Ok(()) => return Ok(folder),
            Err(why) => seen.push(format!("{}: {why}", folder.display())),
        }
    }
    Err(BenchError::new(format!(
        "Postgres does not run as root, and user {} reaches no folder that root could share: {}.",
        user.uid,
        seen.join("; ")
    ))
    .unlock("run as a normal user, or set TMPDIR to a folder with mode 1777"))
}

/// Made, or already there and in nobody else's hands.
fn owned_by_root(folder: &Path) -> Result<(), String> {
    match fs::DirBuilder::new().mode(0o755).create(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error.to_string()),
        _ => {}
    }
    let meta = fs::symlink_metadata(folder).map_err(|error| error.to_string())?;
    let safe = meta.is_dir() && meta.uid() == 0 && meta.mode() & 0o022 == 0;
    let open = meta.mode() & 0o055 == 0o055;
    if safe && open {
        Ok(())
    } else {
        Err("it belongs to another user or has another mode than 755".to_owned())
    }
}

/// The programs, copied once to where the user reaches them, and the sign that they are in use.
async fn copied(programs: &Path, shared: &Path) -> Result<(PathBuf, Option<File>), BenchError> {
    let name = format!("{COPY}{}", key_of(programs));
    // Before it is looked for, so that it is not removed meanwhile.
    let in_use = File::create(used(shared, &name)).map_err(|error| cannot(shared, &error))?;
    in_use
        .lock_shared()
        .map_err(|error| cannot(shared, &error))?;
    let place = Place {
        kept: shared,
        scratch: shared,
        name: &name,
    };
    let made = place.find_or_make(async |folder: PathBuf| {
        for part in ["bin", "lib", "share"] {
            let copied = tree::copy(&programs.join(part), &folder.join(part), None);
            copied.map_err(|error| cannot(&folder, &error))?;
        }
        fs::write(folder.join(SOURCE), programs.as_os_str().as_encoded_bytes())
            .map_err(|error| cannot(&folder, &error))
    });
    Ok((made.await?, Some(in_use)))
}

fn key_of(programs: &Path) -> String {
    tree::key(&[&programs.join("bin/postgres")])
}

fn used(shared: &Path, name: &str) -> PathBuf {
    shared.join(format!(".{name}.used"))
}

/// A new folder's path, and the lock that says for as long as it is held that somebody needs it.
fn ours_in(shared: &Path) -> io::Result<(PathBuf, File)> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let files = shared.join(format!("run-{}-{number}", std::process::id()));
    let lock = File::create(files.with_extension(LOCK))?;
    lock.lock()?;
    // Of a killed one that had our number.
    clear(&files)?;
    Ok((files, lock))
}

impl Native {
    /// Removes what killed owners left outside of their scratch, and copies of programs that are no
    /// more. What cannot be removed now is met again by the next start.
    pub async fn sweep(&self) {
        if self.machine.unprivileged().is_none() {
            return; // only root has a folder to share
        }
        for parent in &self.machine.temporary {
            let shared = parent.join(SHARED);
            if fs::symlink_metadata(&shared).is_ok() && owned_by_root(&shared).is_ok() {
                self.sweep_shared(&shared).await;
            }
        }
    }

    async fn sweep_shared(&self, shared: &Path) {
        for entry in fs::read_dir(shared).into_iter().flatten().flatten() {
            let path = entry.path();
            let is_lock = path.extension().is_some_and(|extension| extension == LOCK);
            let is_hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
            if is_lock
                && !is_hidden
                && File::open(&path).is_ok_and(|lock| lock.try_lock().is_ok())
                && self.clear_away(&path.with_extension("")).await.is_ok()
            {
                // Another one may be removing it, too.
                fs::remove_file(&path).ok();
            }
            let name = entry.file_name().to_string_lossy().into_owned();
            if let Some(key) = name.strip_prefix(COPY) {
                prune(shared, &name, key);
            }
        }
    }
}

/// Removes a copy whose programs are gone or are others by now, unless a server still runs from it.
fn prune(shared: &Path, name: &str, key: &str) {
    use std::os::unix::ffi::OsStringExt as _;
    let copy = shared.join(name);
    let Ok(source) = fs::read(copy.join(SOURCE)) else {
        return; // it is being made, or was damaged and will be made again
    };
    let source = PathBuf::from(std::ffi::OsString::from_vec(source));
    if key_of(&source) == key {
        return;
    }
    let used = used(shared, name);
    let free = File::open(&used).is_ok_and(|lock| lock.try_lock().is_ok());
    if free && clear(&copy).is_ok() {
        fs::remove_file(shared.join(format!(".{name}.lock"))).ok();
        fs::remove_file(used).ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A copy of programs as a start leaves it, and the folder of the programs.
    fn copy_of_programs(shared: &Path) -> (PathBuf, PathBuf) {
        let programs = shared.join("cache/postgres/18.1");
        for part in ["bin", "lib", "share"] {
            fs::create_dir_all(programs.join(part)).unwrap();
        }
        fs::write(programs.join("bin/postgres"), "a server").unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        let (copy, in_use) = runtime.block_on(copied(&programs, shared)).unwrap();
        let name = copy.file_name().unwrap().to_string_lossy().into_owned();
        let key = name.strip_prefix(COPY).unwrap();
        prune(shared, &name, key);
        assert!(copy.exists(), "its programs are still there");
        fs::remove_dir_all(&programs).unwrap();
        prune(shared, &name, key);
        assert!(copy.exists(), "it is in use");
        drop(in_use);
        (copy, programs)
    }

    #[test]
    fn a_copy_of_programs_goes_with_them_but_not_from_under_a_server() {
        let folder = tempfile::tempdir().unwrap();
        let (copy, _) = copy_of_programs(folder.path());
        let name = copy.file_name().unwrap().to_string_lossy().into_owned();
        prune(folder.path(), &name, name.strip_prefix(COPY).unwrap());
        let left: Vec<_> = fs::read_dir(folder.path()).unwrap().flatten().collect();
        assert_eq!(left.len(), 1, "the cache alone: {left:?}");
    }

    #[test]
    fn a_copy_of_programs_that_were_exchanged_is_another_one() {
        let folder = tempfile::tempdir().unwrap();
        let (copy, programs) = copy_of_programs(folder.path());
        fs::create_dir_all(programs.join("bin")).unwrap();
        fs::write(programs.join("bin/postgres"), "a newer server").unwrap();
        let name = copy.file_name().unwrap().to_string_lossy().into_owned();
        prune(folder.path(), &name, name.strip_prefix(COPY).unwrap());
        assert!(!copy.exists());
    }
}
