//! Where and when the figures were measured.

use std::{
    fs,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use crate::{Measured, process};

/// The machine in one line.
pub(crate) fn describe() -> Measured<String> {
    let cpus = fs::read_to_string("/proc/cpuinfo")?;
    let model = value(&cpus, "model name", ':').unwrap_or("an unnamed processor");
    let cores = std::thread::available_parallelism()?;
    let memory = fs::read_to_string("/proc/meminfo")?;
    let memory: u64 = value(&memory, "MemTotal", ':')
        .and_then(|text| text.split(' ').next()?.parse().ok())
        .ok_or("/proc/meminfo has no MemTotal")?;
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let system = value(&release, "PRETTY_NAME", '=').map_or("Linux", |name| name.trim_matches('"'));
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease")?;
    let load = fs::read_to_string("/proc/loadavg")?;
    let load = load.split(' ').next().unwrap_or("?");
    let rustc = process::answer("rustc", &["--version"])?;
    let rustc = rustc.split(" (").next().unwrap_or(&rustc);
    Ok(format!(
        "{model} · {cores} cores · {} GiB · {system} · kernel {} · {rustc} · load {load} at the start",
        (memory + 512 * 1024) / (1024 * 1024),
        kernel.trim()
    ))
}

/// The commit that was measured, marked where the tree differs from it.
pub(crate) fn commit() -> Measured<String> {
    // What is written here is no difference.
    let commit = process::answer("git", &["rev-parse", "--short=12", "HEAD"])?;
    let changes = process::answer(
        "git",
        &[
            "status",
            "--porcelain",
            "--",
            ".",
            ":(exclude)docs/figures.md",
        ],
    )?;
    Ok(if changes.is_empty() {
        format!("`{commit}`")
    } else {
        format!("`{commit}` with changes")
    })
}

/// The time, as another process of this machine reads it.
pub(crate) fn now() -> Duration {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("the clock stands after 1970")
}

/// The date, UTC.
pub(crate) fn today() -> String {
    let mut days = now().as_secs() / (24 * 60 * 60);
    let mut year = 1970;
    let leap = |year: u64| {
        year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
    };
    while days >= 365 + u64::from(leap(year)) {
        days -= 365 + u64::from(leap(year));
        year += 1;
    }
    let february = 28 + u64::from(leap(year));
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    format!("{year}-{month:02}-{:02}", days + 1)
}

fn value<'t>(text: &'t str, key: &str, sign: char) -> Option<&'t str> {
    let mut pairs = text.lines().filter_map(|line| line.split_once(sign));
    let (_, value) = pairs.find(|(name, _)| name.trim() == key)?;
    Some(value.trim())
}
