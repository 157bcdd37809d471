//! Signals to all that descends from this process, and what all of it holds.

use std::{collections::BTreeSet, os::unix::process::ExitStatusExt as _, process::ExitStatus};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use crate::{
    process::{
        Farewell,
        procfs::{self, Stat},
    },
    verdict::Exit,
};

/// Every descendant that has not ended.
pub(super) fn alive() -> Vec<Stat> {
    let mut all = procfs::descendants(std::process::id());
    all.retain(Stat::is_alive);
    all
}

/// Asks the program's group to leave; CONT, because who is frozen cannot obey.
pub(super) fn ask_group(main: u32, farewell: Farewell) {
    let signal = match farewell {
        Farewell::Terminate => Signal::TERM,
        Farewell::Interrupt => Signal::INT,
    };
    signal_group(main, signal);
    continue_all(main);
}

pub(super) fn stop_all(main: u32) {
    signal_all(main, &alive(), Signal::STOP);
}

pub(super) fn continue_all(main: u32) {
    signal_all(main, &alive(), Signal::CONT);
}

/// KILL to everyone, again while new ones appear; who was there at the last look.
pub(super) fn kill_all(main: u32) -> Vec<Stat> {
    let mut hit = BTreeSet::new();
    loop {
        let there = alive();
        signal_all(main, &there, Signal::KILL);
        // Who forks faster than this is met again two milliseconds later.
        let known = there.iter().all(|one| !hit.insert(one.pid));
        if known || hit.len() > 10_000 {
            return there;
        }
    }
}

fn signal_all(main: u32, processes: &[Stat], signal: Signal) {
    // A group takes one call: nobody in it can fork past it. Only groups that have a member, or
    // the number may have become someone else's; never our own, which a descendant may have joined.
    let own = std::process::id();
    let mut groups: BTreeSet<u32> = processes.iter().map(|one| one.group).collect();
    if cfg!(not(target_os = "linux")) {
        groups.insert(main);
    }
    for group in groups.into_iter().filter(|group| *group != own) {
        signal_group(group, signal);
    }
    for one in processes.iter().filter(|one| one.group == own) {
        if let Some(pid) = to_pid(one.pid) {
            // It may have ended meanwhile.
            kill_process(pid, signal).ok();
        }
    }
}

fn signal_group(group: u32, signal: Signal) {
    // Group 0 would be our own.
    if let Some(pid) = to_pid(group) {
        kill_process_group(pid, signal).ok();
    }
}

fn to_pid(pid: u32) -> Option<Pid> {
    Pid::from_raw(i32::try_from(pid).ok()?)
}

/// The memory of the tree in bytes: more than it is where processes share pages, but exact beyond
/// `limit`.
pub(super) fn memory(limit: u64) -> u64 {
    let page = u64::try_from(rustix::param::page_size()).unwrap_or(4096);
    let all = alive();
    let resident: u64 = all.iter().map(|one| one.resident_pages * page).sum();
    if resident <= limit {
        return resident;
    }
    // Pages that several processes share were counted for each; now that it matters, ask exactly.
    let shares = all.iter().map(|one| {
        procfs::kilobytes(one.pid, "smaps_rollup", "Pss").unwrap_or(one.resident_pages * page)
    });
    shares.sum()
}

/// How a process ended.
pub(super) fn exit_of(status: ExitStatus) -> Exit {
    match (status.code(), status.signal()) {
        (None, Some(signal)) => Exit::Signal {
            signal,
            name: signal_name(signal),
        },
        (code, _) => Exit::Code {
            code: code.unwrap_or(0),
        },
    }
}

/// The signal as everyone knows it. (rustix prints numbers only.)
fn signal_name(signal: i32) -> String {
    let known = [
        (Signal::HUP, "SIGHUP"),
        (Signal::INT, "SIGINT"),
        (Signal::QUIT, "SIGQUIT"),
        (Signal::ILL, "SIGILL"),
        (Signal::TRAP, "SIGTRAP"),
        (Signal::ABORT, "SIGABRT"),
        (Signal::BUS, "SIGBUS"),
        (Signal::FPE, "SIGFPE"),
        (Signal::KILL, "SIGKILL"),
        (Signal::USR1, "SIGUSR1"),
        (Signal::SEGV, "SIGSEGV"),
        (Signal::USR2, "SIGUSR2"),
        (Signal::PIPE, "SIGPIPE"),
        (Signal::ALARM, "SIGALRM"),
        (Signal::TERM, "SIGTERM"),
        (Signal::XCPU, "SIGXCPU"),
        (Signal::XFSZ, "SIGXFSZ"),
        (Signal::SYS, "SIGSYS"),
    ];
    known
        .iter()
        .find(|(one, _)| one.as_raw() == signal)
        .map_or_else(
            || format!("signal {signal}"),
            |(_, name)| (*name).to_owned(),
        )
}
