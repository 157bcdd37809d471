//! Whether a process that wrote its number down still lives: numbers are used again, so its start
//! and the machine's are written down with it.

use std::fs;

use rustix::process::{Pid, test_kill_process};
use serde::{Deserialize, Serialize};

/// A process, told from later ones with the same number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessMark {
    pub(super) pid: u32,
    /// In clock ticks since the machine started; absent where there is no procfs.
    #[serde(default)]
    started: Option<u64>,
    #[serde(default)]
    boot: Option<String>,
}

impl ProcessMark {
    /// The process of this number, as it is now.
    pub fn of(pid: u32) -> Self {
        Self {
            pid,
            started: start_of(pid),
            boot: boot(),
        }
    }

    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Whether just this process still runs.
    pub fn is_alive(&self) -> bool {
        if self.boot != boot() {
            return false;
        }
        match self.started {
            Some(started) => start_of(self.pid) == Some(started),
            // Without procfs its number has to do.
            None => self.boot.is_none() && answers(self.pid),
        }
    }
}

fn boot() -> Option<String> {
    let id = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(id.trim().to_owned())
}

/// When a process that is no zombie was started.
fn start_of(pid: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may hold anything, so fields are counted from its end.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_ascii_whitespace();
    let state = fields.next()?;
    if matches!(state, "Z" | "X") {
        return None;
    }
    fields.nth(18)?.parse().ok()
}

fn answers(pid: u32) -> bool {
    i32::try_from(pid)
        .ok()
        .and_then(Pid::from_raw)
        .is_some_and(|pid| test_kill_process(pid) != Err(rustix::io::Errno::SRCH))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn we_live_and_a_process_with_our_number_but_another_start_does_not() {
        let us = ProcessMark::of(std::process::id());
        assert!(us.is_alive());
        let before = ProcessMark {
            started: us.started.map(|start| start + 1),
            boot: us.boot.clone().or(Some("another".into())),
            ..us.clone()
        };
        assert!(!before.is_alive());
        let last_week = ProcessMark {
            boot: Some("another boot".into()),
            ..us
        };
        assert!(!last_week.is_alive());
    }
}
