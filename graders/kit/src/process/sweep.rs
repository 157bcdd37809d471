//! Ending a supervisor that outlived its owner, with everything below it.

use rustix::process::{Pid, Signal, kill_process};

use super::procfs;

/// A tree that forks while it is being ended gets this many looks.
const LOOKS: usize = 64;

/// Kills the process `root` and everything below it; true when nothing of it is left to kill.
///
/// For a supervisor whose owner was killed. It ends by itself when its life-line closes, so one that
/// still lives is stuck. The caller has made sure that `root` is that very process and not a later
/// one of the same number. What is below goes first: without its subreaper it would be out of sight.
pub fn end_tree(root: u32) -> bool {
    for _ in 0..LOOKS {
        let below: Vec<u32> = procfs::descendants(root)
            .into_iter()
            .filter(procfs::Stat::is_alive)
            .map(|process| process.pid)
            .collect();
        if below.is_empty() {
            return kill(root);
        }
        for pid in below {
            kill(pid);
        }
    }
    kill(root);
    false
}

/// False when the process could not be killed though it is there.
fn kill(pid: u32) -> bool {
    let Some(target) = i32::try_from(pid).ok().and_then(Pid::from_raw) else {
        return true;
    };
    match kill_process(target, Signal::KILL) {
        Ok(()) | Err(rustix::io::Errno::SRCH) => true,
        Err(_) => false,
    }
}
