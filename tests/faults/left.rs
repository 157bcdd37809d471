//! What is left after the start that follows a kill: nothing may be.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::{Duration, Instant},
};

use crate::{asked::Backend, attempts::Attempts, ground::Ground, kill::Killed};

/// What is on its way out gets a few seconds.
const PATIENCE: Duration = Duration::from_secs(5);

/// What was there before a kill.
pub(crate) struct Before {
    pub(crate) attempts: Attempts,
    /// Those of servers that died long ago: a process of this run may have got their maker's number.
    segments: BTreeSet<String>,
    engine: BTreeSet<String>,
}

impl Before {
    pub(crate) fn look(ground: &Ground) -> Self {
        Self {
            attempts: Attempts::read(ground),
            segments: segments().into_keys().collect(),
            engine: engine(ground.backend),
        }
    }

    /// Everything that is left of a killed run.
    pub(crate) fn left(&self, ground: &Ground, killed: &Killed) -> Vec<String> {
        let mut left = Vec::new();
        let begun = Instant::now();
        let mut running = processes(ground.mark());
        while !running.is_empty() && begun.elapsed() < PATIENCE {
            thread::park_timeout(Duration::from_millis(10));
            running = processes(ground.mark());
        }
        let running = running.iter();
        left.extend(running.map(|(pid, words)| format!("still running: {words} (pid {pid})")));
        let files = files(ground).into_iter();
        left.extend(files.map(|path| format!("still there: {}", path.display())));
        let is_new = |id: &String| !self.segments.contains(id);
        let made = segments().into_iter();
        let made = made.filter(|(id, maker)| is_new(id) && killed.processes.contains(maker));
        left.extend(made.map(|(id, _)| format!("still there: segment {id} of shared memory")));
        let engine = engine(ground.backend);
        left.extend(engine.difference(&self.engine).cloned());
        left
    }
}

/// Processes that carry the mark in their environment, or work or lie below it.
pub(crate) fn processes(mark: &Path) -> BTreeMap<u32, String> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let found = entries.filter_map(|entry| {
        let pid: u32 = entry.file_name().to_str()?.parse().ok()?;
        let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
        let state = stat.rsplit_once(") ")?.1.chars().next()?;
        let words = fs::read(entry.path().join("cmdline")).ok()?;
        (state != 'Z' && is_marked(&entry.path(), mark)).then(|| {
            let words = String::from_utf8_lossy(&words).replace('\0', " ");
            (pid, words.trim().to_owned())
        })
    });
    found.collect()
}

fn is_marked(process: &Path, mark: &Path) -> bool {
    let bytes = mark.as_os_str().as_encoded_bytes();
    let environment = fs::read(process.join("environ")).unwrap_or_default();
    let carries = environment
        .windows(bytes.len())
        .any(|window| window == bytes);
    let place = |link| fs::read_link(process.join(link)).is_ok_and(|place| place.starts_with(mark));
    carries || place("cwd") || place("exe")
}

/// Files that a run keeps only while it lasts.
fn files(ground: &Ground) -> Vec<PathBuf> {
    let mut left = Vec::new();
    for path in below(&ground.root.join("tmp")) {
        let is_shared = path
            .file_name()
            .is_some_and(|name| name == "mastery-services");
        if !is_shared {
            left.push(path);
            continue;
        }
        // Copies of programs stay for the next.
        left.extend(below(&path).into_iter().filter(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            !name.trim_start_matches('.').starts_with("programs-")
        }));
    }
    let own = ground.workspace().join(".mastery");
    for path in below(&own.join("runs")) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with('.') {
            left.push(path.clone());
        }
        left.extend(Some(path.join("scratch")).filter(|scratch| scratch.exists()));
    }
    left.extend(locks(&ground.workspace().join(".git")));
    left
}

/// Locks of git's that nobody holds any more.
fn locks(folder: &Path) -> Vec<PathBuf> {
    let (folders, files): (Vec<_>, Vec<_>) = below(folder).into_iter().partition(|p| p.is_dir());
    let is_lock = |path: &PathBuf| {
        path.extension()
            .is_some_and(|extension| extension == "lock")
    };
    let mut left: Vec<PathBuf> = files.into_iter().filter(is_lock).collect();
    left.extend(folders.iter().flat_map(|folder| locks(folder)));
    left
}

fn below(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).collect()
}

/// The segments of shared memory, which outlive their processes, each with its maker.
fn segments() -> BTreeMap<String, u32> {
    let all = fs::read_to_string("/proc/sysvipc/shm").unwrap_or_default();
    let made = all.lines().filter_map(|line| {
        // key shmid perms size cpid …
        let mut fields = line.split_whitespace().skip(1);
        let id = fields.next()?;
        Some((id.to_owned(), fields.nth(2)?.parse().ok()?))
    });
    made.collect()
}

/// Containers with our labels, volumes and networks. The last two carry no label: an engine that
/// others use, too, may have new ones of theirs.
fn engine(backend: Backend) -> BTreeSet<String> {
    if backend == Backend::Native {
        return BTreeSet::new();
    }
    let mut there = BTreeSet::new();
    for (what, args) in [
        (
            "container",
            &[
                "ps",
                "--all",
                "--quiet",
                "--filter",
                "label=dev.mastery.owner",
            ][..],
        ),
        ("volume", &["volume", "ls", "--quiet"]),
        ("network", &["network", "ls", "--quiet"]),
    ] {
        let said = docker(args);
        there.extend(said.lines().map(|id| format!("still there: {what} {id}")));
    }
    there
}

#[expect(
    clippy::disallowed_methods,
    reason = "docker's own command is the judge of its engine"
)]
fn docker(args: &[&str]) -> String {
    let said = Command::new("docker").args(args).output().unwrap();
    assert!(said.status.success(), "docker {args:?}: {said:?}");
    String::from_utf8(said.stdout).unwrap()
}
