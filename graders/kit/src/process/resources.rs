//! What a program uses, read from `/proc`. Elsewhere everything is zero.

use std::{fs, time::Duration};

use super::procfs;

/// What a tree of processes uses at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Resources {
    /// Resident memory in bytes; pages that processes share are counted for each.
    pub resident: u64,
    /// The most each process ever had resident, summed.
    pub peak: u64,
    /// User and system time of those that still run.
    pub cpu: Duration,
    pub threads: u64,
    /// Open file descriptors.
    pub files: u64,
    pub processes: u64,
}

impl Resources {
    /// Of all that descends from this process, without it.
    pub fn of_tree(root: u32) -> Self {
        let mut sum = Self::default();
        for process in procfs::descendants(root) {
            if process.is_alive() {
                sum.add(&process);
            }
        }
        sum
    }

    /// Of one process alone.
    pub fn of_process(pid: u32) -> Option<Self> {
        let mut one = Self::default();
        one.add(&procfs::stat(pid)?);
        Some(one)
    }

    fn add(&mut self, process: &procfs::Stat) {
        let page = u64::try_from(rustix::param::page_size()).unwrap_or(4096);
        let ticks = rustix::param::clock_ticks_per_second().max(1);
        let resident = process.resident_pages * page;
        self.resident += resident;
        self.peak += procfs::kilobytes(process.pid, "status", "VmHWM").unwrap_or(resident);
        self.cpu += Duration::from_millis(process.cpu_ticks * 1000 / ticks);
        self.threads += process.threads;
        let files = fs::read_dir(format!("/proc/{}/fd", process.pid));
        self.files += files.map_or(0, |files| files.count() as u64);
        self.processes += 1;
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn this_process_uses_something() {
        let used = Resources::of_process(std::process::id()).unwrap();
        assert!(used.resident > 100_000 && used.peak >= used.resident / 2);
        assert!(used.threads >= 1 && used.files >= 3 && used.processes == 1);
    }
}
