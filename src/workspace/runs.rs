//! The folder of a run, `.mastery/runs/<id>/`: where the tape is written before anything is told.
//!
//! A run may be killed at any moment. The tape is on the disk first, then the attempt is committed,
//! then the file `kept` says so: whatever is missing of the three, the next run knows what to do
//! ([`super::import()`]).

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};

use super::{
    LayoutFile, ObjectId, Result, RunLock, Snapshot, Workspace, WorkspaceError,
    files::{lay, replace},
    owner::ProcessMark,
};

/// How many folders of kept runs stay.
const KEEP: usize = 10;

const RUN_FILE: &str = "run.json";
const KEPT: &str = "kept";

/// A run's folder, owned by the process that runs it.
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
    run: RunFile,
}

/// `run.json`: who runs what.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct RunFile {
    pub(super) format: u32,
    pub(super) lab: String,
    pub(super) owner: ProcessMark,
    #[serde(default)]
    pub(super) supervisors: Vec<ProcessMark>,
    /// The snapshot of the lab's folder that is being graded.
    #[serde(default)]
    pub(super) work: Option<ObjectId>,
    /// Seconds since 1970.
    pub(super) began_at: i64,
    /// Its owner could not keep it and has left it to the next run.
    #[serde(default)]
    pub(super) left: bool,
}

impl RunFolder {
    /// Makes the folder of a new run. It appears with its run file in one step.
    pub fn create(ws: &Workspace, _lock: &RunLock, lab: &str) -> Result<Self> {
        let runs = own_folder(ws)?.join(RUNS);
        let disk = |doing: &str, error| WorkspaceError::disk(doing, &runs, error);
        fs::create_dir_all(&runs).map_err(|error| disk("make the folder", error))?;
        sweep_unborn(&runs);
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let owner = ProcessMark::of(std::process::id());
        let mut id = now.as_millis();
        // Names sort by time; two runs in one millisecond get two of them.
        let path = loop {
            let path = runs.join(format!("{id:013}-{}", owner.pid));
            if path.symlink_metadata().is_err() {
                break path;
            }
            id += 1;
        };
        let unborn = runs.join(format!(".new-{}", owner.pid));
        let run = RunFile {
            format: 1,
            lab: lab.to_owned(),
            owner,
            supervisors: Vec::new(),
            work: None,
            began_at: i64::try_from(now.as_secs()).unwrap_or(0),
            left: false,
        };
        fs::create_dir_all(unborn.join("logs"))
            .and_then(|()| replace(&unborn.join(RUN_FILE), &run.bytes()))
            .and_then(|()| fs::rename(&unborn, &path))
            .and_then(|()| fs::File::open(&runs)?.sync_all())
            .map_err(|error| disk("make the folder of a run in", error))?;
        Ok(Self { path, run })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where the tape is to be written.
    pub fn tape(&self) -> PathBuf {
        tape_in(&self.path)
    }

    /// Where the programs' output is to be written.
    pub fn logs(&self) -> PathBuf {
        self.path.join("logs")
    }

    /// Where services of the run keep what they need; it goes when the run is over.
    pub fn scratch(&self) -> PathBuf {
        scratch_in(&self.path)
    }

    /// Notes what is graded, so that an attempt that is imported later has the code as it was.
    pub fn note_work(&mut self, snapshot: &Snapshot) -> Result<()> {
        self.run.work = Some(snapshot.tree);
        self.write()
    }

    /// Notes a supervisor, so that the next run can end it should it outlive us.
    pub fn note_supervisor(&mut self, pid: u32) -> Result<()> {
        // Those that have ended need no longer be looked for.
        self.run.supervisors.retain(ProcessMark::is_alive);
        self.run.supervisors.push(ProcessMark::of(pid));
        self.write()
    }

    /// The run is over: kept as an attempt, or not worth it. Older folders are removed.
    pub fn close(self, kept: Option<ObjectId>) -> Result<()> {
        // First, so that a run which is killed here is found and swept by the next.
        self.clear_scratch();
        mark_kept(&self.path, kept)?;
        if let Some(runs) = self.path.parent() {
            prune(runs);
        }
        Ok(())
    }

    /// The attempt could not be kept: the next run imports it.
    pub fn leave(mut self) -> Result<()> {
        self.clear_scratch();
        self.run.left = true;
        self.write()
    }

    /// Its services have ended; what cannot be removed goes with the folder.
    fn clear_scratch(&self) {
        fs::remove_dir_all(self.scratch()).ok();
    }

    fn write(&self) -> Result<()> {
        let path = self.path.join(RUN_FILE);
        replace(&path, &self.run.bytes())
            .map_err(|error| WorkspaceError::disk("write", path, error))
    }
}

impl RunFile {
    fn bytes(&self) -> Vec<u8> {
        serde_json::to_vec_pretty(self).expect("a run file is plain JSON")
    }

    /// The run file in a folder; `None` when there is none that can be read.
    pub(super) fn read(folder: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(folder.join(RUN_FILE)).ok()?).ok()
    }
}

pub(super) fn tape_in(folder: &Path) -> PathBuf {
    folder.join("events.jsonl")
}

pub(super) fn scratch_in(folder: &Path) -> PathBuf {
    folder.join("scratch")
}

pub(super) fn is_kept(folder: &Path) -> bool {
    folder.join(KEPT).exists()
}

pub(super) fn mark_kept(folder: &Path, kept: Option<ObjectId>) -> Result<()> {
    let text = kept.map_or_else(|| "nothing\n".to_owned(), |id| format!("{id}\n"));
    let path = folder.join(KEPT);
    replace(&path, text.as_bytes()).map_err(|error| WorkspaceError::disk("write", path, error))
}

/// The folders of runs, the oldest first.
pub(super) fn folders(ws: &Workspace) -> Result<Vec<PathBuf>> {
    let runs = ws.root.join(".mastery/runs");
    folders_in(&runs).map_err(|error| WorkspaceError::disk("read", runs, error))
}

fn folders_in(runs: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(runs) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut folders = Vec::new();
    for entry in entries {
        let entry = entry?;
        let is_run = !entry.file_name().as_encoded_bytes().starts_with(b".");
        if is_run && entry.file_type()?.is_dir() {
            folders.push(entry.path());
        }
    }
    folders.sort();
    Ok(folders)
}

/// Removes the oldest folders of kept runs. What is not kept yet is never removed; a folder that
/// cannot be removed is no reason to fail a run.
fn prune(runs: &Path) {
    let folders = folders_in(runs).unwrap_or_default();
    let old = folders.len().saturating_sub(KEEP);
    for folder in folders.iter().take(old).filter(|folder| is_kept(folder)) {
        fs::remove_dir_all(folder).ok();
    }
}

/// Where the run that is going on in this workspace writes what its programs and services say; `None`
/// when there is no run.
pub fn live_logs(ws: &Workspace) -> Option<PathBuf> {
    let runs = fs::read_dir(ws.root.join(OWN).join(RUNS)).ok()?;
    let names = runs.flatten().map(|entry| entry.file_name());
    // Names sort by time, and one run goes on at a time.
    let newest = names
        .filter(|name| !name.as_encoded_bytes().starts_with(b"."))
        .max()?;
    Some(ws.root.join(OWN).join(RUNS).join(newest).join("logs"))
}

/// Removes folders whose making was cut short. Under the lock none is being made.
fn sweep_unborn(runs: &Path) {
    for entry in fs::read_dir(runs).into_iter().flatten().flatten() {
        if entry.file_name().as_encoded_bytes().starts_with(b".new-") {
            fs::remove_dir_all(entry.path()).ok();
        }
    }
}

/// The folders of runs, in our own one.
const RUNS: &str = "runs";

/// Where our own files of a workspace stand, from its root.
pub const OWN: &str = ".mastery";

/// The workspace's `.mastery/`, which git does not see. It must be a folder, not a link to one.
pub fn own_folder(ws: &Workspace) -> Result<PathBuf> {
    let own = ws.root.join(OWN);
    let gitignore = LayoutFile {
        path: format!("{OWN}/.gitignore"),
        bytes: b"*\n".to_vec(),
        executable: false,
    };
    let path = ws.root.join(&gitignore.path);
    lay(&ws.root, std::slice::from_ref(&gitignore))?;
    // A process that was killed between making and filling it would leave git seeing everything.
    if fs::metadata(&path).is_ok_and(|meta| meta.len() == 0) {
        replace(&path, &gitignore.bytes)
            .map_err(|error| WorkspaceError::disk("write", path, error))?;
    }
    Ok(own)
}
