//! The folder of a keeper of warm services, `.mastery/services/`: what it is to hold, what it holds,
//! who may change that, and who uses it.
//!
//! Orders and answers are files that are replaced as a whole, so that whoever is killed leaves the old
//! one or the new one. What is written about a service is the caller's: this room knows none.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io,
    path::{Path, PathBuf},
    time::SystemTime,
};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{
    ErrorKind, OWN, Result, Workspace, WorkspaceError, files, own_folder, owner::ProcessMark,
};

/// The version of both files.
const FORMAT: u32 = 1;

/// Where a keeper's files stand.
#[derive(Clone, Debug)]
pub struct KeeperFolder {
    path: PathBuf,
}

/// What a keeper says of itself and of the services it holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeeperFile<S> {
    format: u32,
    pub keeper: ProcessMark,
    /// Seconds since 1970.
    pub began_at: i64,
    pub services: Vec<S>,
}

/// What a keeper is to hold.
#[derive(Serialize, Deserialize)]
struct Orders<W> {
    format: u32,
    services: Vec<W>,
}

/// A right that one process has at a time, given back when it ends, however.
#[derive(Debug)]
pub struct KeeperLock {
    _file: File,
}

/// Somebody uses warm services for as long as this lives; a keeper that is used does not end by itself.
#[derive(Debug)]
pub struct Using {
    file: File,
}

impl KeeperFolder {
    /// Where it would be; nothing is made.
    pub fn of(ws: &Workspace) -> Self {
        Self {
            path: ws.root.join(OWN).join("services"),
        }
    }

    /// The same, and there.
    pub fn create(ws: &Workspace) -> Result<Self> {
        own_folder(ws)?;
        let this = Self::of(ws);
        fs::create_dir_all(&this.path)
            .map_err(|error| WorkspaceError::disk("make the folder", &this.path, error))?;
        Ok(this)
    }

    /// Logs of services: `KIND.stdout.log`, `KIND.stderr.log`.
    pub fn logs(&self) -> PathBuf {
        self.path.join("logs")
    }

    /// What services keep.
    pub fn scratch(&self) -> PathBuf {
        self.path.join("scratch")
    }

    /// What the keeper itself printed.
    pub fn own_log(&self) -> PathBuf {
        self.path.join("keeper.log")
    }

    /// What a keeper wrote here last, whether it lives or not; nothing that can be read is nothing.
    pub fn read<S: DeserializeOwned>(&self) -> Option<KeeperFile<S>> {
        let file: KeeperFile<S> = self.parsed("services.json")?;
        (file.format == FORMAT).then_some(file)
    }

    /// Whether a keeper wrote here and has not taken it back.
    pub fn is_noted(&self) -> bool {
        self.path.join("services.json").exists()
    }

    /// Says what is held. Other users cannot read it: passwords stand in it.
    pub fn write<S: Serialize>(&self, _lock: &KeeperLock, file: &KeeperFile<S>) -> Result<()> {
        self.replace("services.json", file)
    }

    /// Says that nothing is held any more, so that nobody joins.
    pub fn forget(&self, _lock: &KeeperLock) {
        for name in ["services.json", "wanted.json"] {
            fs::remove_file(self.path.join(name)).ok();
        }
    }

    /// What is to be held.
    pub fn wanted<W: DeserializeOwned>(&self) -> Vec<W> {
        let orders: Option<Orders<W>> = self.parsed("wanted.json");
        let known = orders.filter(|orders| orders.format == FORMAT);
        known.map_or_else(Vec::new, |orders| orders.services)
    }

    /// Writes down what is to be held; the keeper reads it when it is told to.
    pub fn want<W: Serialize>(&self, services: &[W]) -> Result<()> {
        let format = FORMAT;
        self.replace(
            "wanted.json",
            &Orders {
                format,
                services: services.iter().collect(),
            },
        )
    }

    /// The right to keep services here; `None` while another keeper has it.
    pub fn keeper_lock(&self) -> Result<Option<KeeperLock>> {
        self.locked("keeper.lock")
    }

    /// The right to give a keeper orders, and to clear away what a dead one left.
    pub fn orders_lock(&self) -> Result<KeeperLock> {
        self.try_orders_lock()?.ok_or_else(|| {
            let command = "mastery services".to_owned();
            ErrorKind::Busy { pid: None, command }.into()
        })
    }

    /// The same; `None` while another process has it.
    pub fn try_orders_lock(&self) -> Result<Option<KeeperLock>> {
        self.locked("orders.lock")
    }

    /// Notes that the services are used from now on.
    pub fn begin_use(&self) -> Result<Using> {
        let (path, file) = self.open("used")?;
        let noted = file.lock_shared().and_then(|()| touch(&file));
        noted.map_err(|error| WorkspaceError::disk("write", path, error))?;
        Ok(Using { file })
    }

    /// When the services were last used; now, while somebody uses them.
    pub fn used_at(&self) -> Option<SystemTime> {
        if self.is_used() {
            return Some(SystemTime::now());
        }
        fs::metadata(self.path.join("used")).ok()?.modified().ok()
    }

    /// Whether somebody uses them at this moment.
    pub fn is_used(&self) -> bool {
        let file = OpenOptions::new().write(true).open(self.path.join("used"));
        file.is_ok_and(|file| matches!(file.try_lock(), Err(TryLockError::WouldBlock)))
    }

    fn locked(&self, name: &str) -> Result<Option<KeeperLock>> {
        let (path, file) = self.open(name)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(KeeperLock { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(WorkspaceError::disk("lock", path, error)),
        }
    }

    fn open(&self, name: &str) -> Result<(PathBuf, File)> {
        let path = self.path.join(name);
        let mut options = OpenOptions::new();
        let opened = options.write(true).create(true).truncate(false).open(&path);
        match opened {
            Ok(file) => Ok((path, file)),
            Err(error) => Err(WorkspaceError::disk("open", path, error)),
        }
    }

    fn parsed<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        serde_json::from_slice(&fs::read(self.path.join(name)).ok()?).ok()
    }

    fn replace(&self, name: &str, value: &impl Serialize) -> Result<()> {
        let path = self.path.join(name);
        let bytes = serde_json::to_vec_pretty(value).map_err(io::Error::from);
        bytes
            .and_then(|bytes| files::replace_private(&path, &bytes))
            .map_err(|error| WorkspaceError::disk("write", path, error))
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl<S> KeeperFile<S> {
    /// Of this process, which holds nothing yet.
    pub fn of_this_process(began_at: i64) -> Self {
        Self {
            format: FORMAT,
            keeper: ProcessMark::of(std::process::id()),
            began_at,
            services: Vec::new(),
        }
    }
}

impl Drop for Using {
    fn drop(&mut self) {
        // What is not noted makes a keeper end too early, and the next run start its own services.
        touch(&self.file).ok();
    }
}

fn touch(file: &File) -> io::Result<()> {
    file.set_modified(SystemTime::now())
}

#[cfg(test)]
mod tests {
    use std::{os::unix::fs::PermissionsExt as _, time::Duration};

    use super::*;

    fn folder() -> (tempfile::TempDir, KeeperFolder) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().to_owned();
        (dir, KeeperFolder { path })
    }

    #[test]
    fn what_is_held_is_read_back_and_nobody_else_may() {
        let (_dir, folder) = folder();
        assert_eq!(folder.read::<String>(), None);
        let lock = folder.keeper_lock().unwrap().expect("nobody has it");
        assert!(folder.keeper_lock().unwrap().is_none(), "one keeper");
        let mut file = KeeperFile::of_this_process(7);
        file.services.push("redis".to_owned());
        folder.write(&lock, &file).unwrap();
        assert_eq!(folder.read(), Some(file.clone()));
        assert!(file.keeper.is_alive());
        let mode = fs::metadata(folder.path().join("services.json")).unwrap();
        assert_eq!(mode.permissions().mode() & 0o777, 0o600);
        folder.want(&["redis"]).unwrap();
        assert_eq!(folder.wanted::<String>(), ["redis"]);
        folder.forget(&lock);
        assert!(!folder.is_noted() && folder.wanted::<String>().is_empty());
    }

    #[test]
    fn a_use_is_noted_while_it_lasts_and_when_it_ends() {
        let (_dir, folder) = folder();
        assert_eq!(folder.used_at(), None);
        let using = folder.begin_use().unwrap();
        let other = folder.begin_use().unwrap();
        drop(other);
        assert!(folder.is_used());
        let long_ago = SystemTime::now() - Duration::from_hours(5);
        using.file.set_modified(long_ago).unwrap();
        let age = |at: SystemTime| at.elapsed().unwrap_or_default();
        assert!(age(folder.used_at().unwrap()) < Duration::from_mins(1));
        drop(using);
        assert!(!folder.is_used());
        assert!(age(folder.used_at().unwrap()) < Duration::from_mins(1));
    }
}
