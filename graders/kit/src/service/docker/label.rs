//! Labels: whose a container is. They are all that is left of an owner that died.

use std::{collections::HashMap, fs, process};

use crate::service::Owner;

pub(super) const OWNER: &str = "dev.mastery.owner";
const RUN: &str = "dev.mastery.run";
const WORKSPACE: &str = "dev.mastery.workspace";
/// One start, so that what a failed one left can be found.
pub(super) const START: &str = "dev.mastery.start";
/// Numbers of processes mean something in their own namespace only.
pub(super) const NAMESPACE: &str = "dev.mastery.pid-namespace";

/// The labels of one start by this process.
pub(super) fn labels(owner: &Owner, start: &str) -> HashMap<String, String> {
    [
        (OWNER, me()),
        (NAMESPACE, namespace()),
        (RUN, owner.run.clone()),
        (WORKSPACE, owner.workspace.clone()),
        (START, start.to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

/// This process: `boot-id:pid:starttime`, of which no other is ever the same.
fn me() -> String {
    let pid = process::id();
    format!("{}:{pid}:{}", boot(), started(pid).unwrap_or(0))
}

/// Whether the process that a label names still runs. What cannot be known counts as alive.
pub(super) fn is_alive(owner: &str) -> bool {
    let parts: Vec<&str> = owner.split(':').collect();
    let [boot_id, pid, start] = parts[..] else {
        return true;
    };
    let (Ok(pid), Ok(start)) = (pid.parse::<u32>(), start.parse::<u64>()) else {
        return true;
    };
    if boot_id != boot() {
        return false;
    }
    if fs::exists("/proc/self/stat").unwrap_or(false) {
        return started(pid) == Some(start);
    }
    let Some(pid) = i32::try_from(pid)
        .ok()
        .and_then(rustix::process::Pid::from_raw)
    else {
        return true;
    };
    rustix::process::test_kill_process(pid) != Err(rustix::io::Errno::SRCH)
}

fn boot() -> String {
    let id = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    id.trim().to_owned()
}

pub(super) fn namespace() -> String {
    let link = fs::read_link("/proc/self/ns/pid").unwrap_or_default();
    link.to_string_lossy().into_owned()
}

/// When a process started, in ticks since the boot (proc(5), field 22); `None` once it has ended,
/// even if its parent has not noticed.
fn started(pid: u32) -> Option<u64> {
    let stat = fs::read(format!("/proc/{pid}/stat")).ok()?;
    let stat = String::from_utf8_lossy(&stat);
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace();
    if matches!(fields.next()?, "Z" | "X" | "x") {
        return None;
    }
    fields.nth(18)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_alive_and_one_with_another_start_is_not() {
        assert!(is_alive(&me()));
        if !boot().is_empty() {
            let pid = process::id();
            assert!(!is_alive(&format!("{}:{pid}:1", boot())));
            let start = started(pid).unwrap();
            assert!(!is_alive(&format!("another-boot:{pid}:{start}")));
        }
    }

    #[test]
    fn a_label_that_cannot_be_read_spares_its_container() {
        for odd in ["", "a:b", "boot:x:1", "a:b:c:d"] {
            assert!(is_alive(odd), "{odd}");
        }
    }

    #[test]
    fn a_container_says_whose_it_is() {
        let owner = Owner {
            run: "warm".into(),
            workspace: "/w".into(),
        };
        let labels = labels(&owner, "s1");
        assert_eq!(labels[RUN], "warm");
        assert_eq!(labels[WORKSPACE], "/w");
        assert!(is_alive(&labels[OWNER]));
    }
}
