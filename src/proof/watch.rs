//! What a run takes of the machine and what it leaves behind, read from procfs. On a system without
//! one nothing is seen, and nothing is claimed.

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{self, RecvTimeoutError, Sender},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use mastery_kit::process::RUN;

/// How often the supervisors are looked at. Their peak is the kernel's own high-water mark, so
/// only one that lives for less is missed.
const PACE: Duration = Duration::from_millis(10);

/// How long an ended process may take to vanish from procfs.
const VANISH: Duration = Duration::from_secs(2);

/// Watches the memory of this process and of its supervisors until it is asked.
pub(super) struct Memory {
    peaks: Arc<Mutex<BTreeMap<u32, u64>>>,
    stop: Sender<()>,
    thread: Option<JoinHandle<()>>,
}

impl Memory {
    /// Begins; the peak of this process is counted from here.
    pub(super) fn begin() -> Self {
        if fs::write("/proc/self/clear_refs", "5").is_err() {
            // Then its peak is that of its whole life: more than is asked, never less.
        }
        let peaks = Arc::new(Mutex::default());
        let (stop, stopped) = mpsc::channel();
        let into = Arc::clone(&peaks);
        let thread = std::thread::Builder::new()
            .name("memory".to_owned())
            .spawn(move || {
                while stopped.recv_timeout(PACE) == Err(RecvTimeoutError::Timeout) {
                    look(&into);
                }
            })
            .ok();
        Self {
            peaks,
            stop,
            thread,
        }
    }

    /// The peak of this process and the largest of its supervisors, together, in bytes.
    pub(super) fn peak(mut self) -> u64 {
        self.end();
        let peaks = self.peaks.lock().unwrap_or_else(PoisonError::into_inner);
        let own = peak_of(std::process::id()).unwrap_or(0);
        own + peaks.values().copied().max().unwrap_or(0)
    }

    fn end(&mut self) {
        if self.stop.send(()).is_err() {
            // The thread never came to be.
        }
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            // What it saw until then still counts.
        }
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        self.end();
    }
}

fn look(into: &Mutex<BTreeMap<u32, u64>>) {
    for pid in below() {
        if is_supervisor(pid)
            && let Some(bytes) = peak_of(pid)
        {
            let mut peaks = into.lock().unwrap_or_else(PoisonError::into_inner);
            let peak = peaks.entry(pid).or_default();
            *peak = bytes.max(*peak);
        }
    }
}

fn is_supervisor(pid: u32) -> bool {
    let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    line.split(|byte| *byte == 0).nth(1) == Some(RUN.as_bytes())
}

/// The most memory of its own that a process has held, in bytes: what it maps from files, above all
/// the program's own text, is shared and can be had again, so it is not counted.
fn peak_of(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let kib = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()
    };
    let peak = kib("VmHWM:")?;
    let mapped = kib("RssFile:").unwrap_or(0);
    Some(peak.saturating_sub(mapped) * 1024)
}

/// What still runs of a run that is over: processes below us, processes that were started with its
/// ports, processes that stand in its folder. Who is just ending is waited for. Services that were
/// there before and are shared by runs, and whoever they start, are none of it.
pub(super) fn left_running(folder: &Path, marks: &[String], shared: &[u32]) -> Vec<String> {
    let begun = Instant::now();
    loop {
        let left = strangers(folder, marks, shared);
        if left.is_empty() || begun.elapsed() > VANISH {
            return left;
        }
        std::thread::yield_now();
    }
}

fn strangers(folder: &Path, marks: &[String], shared: &[u32]) -> Vec<String> {
    let below = below_but(shared);
    let all = below.iter().copied().chain(pids().filter(|pid| {
        !below.contains(pid) && *pid != std::process::id() && belongs(*pid, folder, marks)
    }));
    all.filter(|pid| is_alive(*pid)).map(describe).collect()
}

fn belongs(pid: u32, folder: &Path, marks: &[String]) -> bool {
    let stands_in_it =
        fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|at| at.starts_with(folder));
    let environ = || fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    stands_in_it
        || !marks.is_empty()
            && environ()
                .split(|byte| *byte == 0)
                .any(|word| marks.iter().any(|mark| word == mark.as_bytes()))
}

fn pids() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// Everyone below us, by the parents that procfs tells.
pub(super) fn below() -> Vec<u32> {
    below_but(&[])
}

/// Everyone below us but these and whoever is below them.
fn below_but(shared: &[u32]) -> Vec<u32> {
    let parents: Vec<(u32, u32)> = pids().filter_map(|pid| Some((pid, stat(pid)?.1))).collect();
    let mut family = vec![std::process::id()];
    let mut at = 0;
    while let Some(parent) = family.get(at).copied() {
        let children = parents
            .iter()
            .filter(|(pid, of)| *of == parent && !shared.contains(pid));
        family.extend(children.map(|(pid, _)| *pid));
        at += 1;
    }
    family.remove(0);
    family
}

/// State and parent.
fn stat(pid: u32) -> Option<(char, u32)> {
    let line = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name stands in parentheses and may hold anything.
    let (_, rest) = line.rsplit_once(") ")?;
    let mut words = rest.split(' ');
    let state = words.next()?.chars().next()?;
    Some((state, words.next()?.parse().ok()?))
}

fn is_alive(pid: u32) -> bool {
    stat(pid).is_some_and(|(state, _)| !matches!(state, 'Z' | 'X'))
}

fn describe(pid: u32) -> String {
    format!("{} (pid {pid})", name_of(pid).unwrap_or_default())
}

fn name_of(pid: u32) -> Option<String> {
    let name = fs::read_to_string(format!("/proc/{pid}/comm")).ok()?;
    Some(name.trim_end().to_owned())
}

/// What this process is called, where it is told that it holds a port.
pub(super) fn own_name() -> Option<String> {
    name_of(std::process::id())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_peak_of_this_process_is_seen() {
        let memory = Memory::begin();
        let block = vec![7_u8; 24 * 1024 * 1024];
        assert_eq!(block[block.len() / 2], 7);
        assert!(memory.peak() > 24 * 1024 * 1024);
    }

    #[test]
    fn a_process_is_known_by_where_it_stands_and_by_its_name() {
        let me = std::process::id();
        let here = std::env::current_dir().unwrap();
        assert!(belongs(me, &here, &[]));
        assert!(!belongs(me, Path::new("/no/such/folder"), &[]));
        let inherited = fs::read("/proc/self/environ").unwrap();
        let word = inherited.split(|byte| *byte == 0).next().unwrap();
        let mark = String::from_utf8(word.to_vec()).unwrap();
        assert!(belongs(me, Path::new("/no/such/folder"), &[mark]));
        assert!(is_alive(me));
    }
}
