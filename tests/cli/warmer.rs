//! A learner on a machine that has real services, and a look at the processes that keep them.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::cast::{Learner, Said, said, until};

/// A learner with workspaces, and the machine's own cache of services.
pub(crate) struct Warmer {
    pub(crate) learner: Learner,
    cache: PathBuf,
}

impl Drop for Warmer {
    /// A failed test leaves no keeper behind.
    fn drop(&mut self) {
        for workspace in fs::read_dir(&self.learner.root)
            .into_iter()
            .flatten()
            .flatten()
        {
            let file = workspace.path().join(".mastery/services/services.json");
            if let Some(pid) = read(&file).and_then(|file| file["keeper"]["pid"].as_u64()) {
                signal(pid, Signal::TERM);
            }
        }
    }
}

impl Warmer {
    /// Nothing where this machine has not got the services, which is told.
    #[expect(clippy::print_stdout, reason = "a skipped test says why")]
    pub(crate) fn new(needed: &[&str]) -> Option<Self> {
        let own = env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
        let home = env::var_os("HOME").map(PathBuf::from);
        let cache = own.or_else(|| Some(home?.join(".cache")))?;
        for name in needed {
            if !cache.join("mastery/services").join(name).is_dir() {
                println!(
                    "skipped here: {name} is not in the cache; `mastery services fetch` brings it"
                );
                return None;
            }
        }
        let learner = Learner::new();
        learner.says(".", &["init", "ws"]).good();
        Some(Self { learner, cache })
    }

    pub(crate) fn command(&self, folder: &str, args: &[&str]) -> Command {
        let mut command = self.learner.command(folder, args);
        command.env("XDG_CACHE_HOME", &self.cache);
        command
    }

    pub(crate) fn says(&self, args: &[&str]) -> Said {
        self.says_in("ws", args)
    }

    pub(crate) fn says_in(&self, folder: &str, args: &[&str]) -> Said {
        said(self.command(folder, args).output().unwrap())
    }

    pub(crate) fn up(&self, kinds: &[&str]) -> Said {
        self.says(&[&["services", "up", "--backend", "native"], kinds].concat())
    }

    pub(crate) fn status(&self, folder: &str) -> Value {
        let said = self
            .says_in(folder, &["services", "status", "--json"])
            .good();
        serde_json::from_str(&said.out).unwrap()
    }

    /// The keeper and the owners of its services.
    pub(crate) fn pids(&self, folder: &str) -> Vec<u64> {
        let status = self.status(folder);
        let services = status["services"].as_array().into_iter().flatten();
        let owners = services.map(|one| &one["pid"]);
        let pids = [&status["keeper"]["pid"]].into_iter().chain(owners);
        pids.map(|pid| pid.as_u64().expect("a number of a process"))
            .collect()
    }
}

pub(crate) fn read(path: &Path) -> Option<Value> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

pub(crate) fn signal(pid: u64, signal: Signal) {
    let pid = Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    kill_process(pid, signal).ok();
}

/// Whether a process of this number runs; one that only waits to be reaped does not.
pub(crate) fn runs(pid: u64) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat
        .rsplit_once(") ")
        .map(|(_, rest)| rest.starts_with('Z'));
    state == Some(false)
}

pub(crate) fn gone(pids: &[u64]) {
    until("nothing of them runs", || {
        !pids.iter().any(|pid| runs(*pid))
    });
}

/// The events of a run that say that a service is ready: its name, and whether it was warm.
pub(crate) fn ready(said: &Said) -> Vec<(String, bool)> {
    let events = said
        .out
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let ready = events.filter(|event| event["event"] == "service-ready");
    let mut ready: Vec<_> = ready
        .map(|event| {
            (
                event["service"].as_str().unwrap().to_owned(),
                event["warm"] == true,
            )
        })
        .collect();
    ready.sort();
    ready
}
