//! Whole processes: their time, and the memory the kernel says they took at most.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fs, io,
    path::Path,
    process::{Command, ExitStatus, Stdio},
    sync::mpsc::{RecvTimeoutError, channel},
    thread,
    time::{Duration, Instant},
};

use crate::Measured;

/// The release build of what people run.
pub(crate) const MASTERY: &str = env!("CARGO_BIN_EXE_mastery");

/// Nothing that is measured takes longer.
const LIMIT: Duration = Duration::from_mins(2);
/// How often memory is looked at while a process lives.
const STEP: Duration = Duration::from_millis(2);

#[expect(
    clippy::disallowed_methods,
    reason = "the time of a process as its parent sees it, without a supervisor between"
)]
pub(crate) fn command(program: impl AsRef<OsStr>, words: &[&str], folder: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .args(words)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

/// What a short command prints.
pub(crate) fn answer(program: &str, words: &[&str]) -> Measured<String> {
    let mut command = command(program, words, Path::new(env!("CARGO_MANIFEST_DIR")));
    let output = command.stdout(Stdio::piped()).output()?;
    if !output.status.success() {
        return Err(format!("`{program} {}` failed: {}", words.join(" "), output.status).into());
    }
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

/// Runs a command to its end; milliseconds from spawn to wait, and how it ended.
pub(crate) fn timed(mut command: Command) -> Measured<(f64, ExitStatus)> {
    let begun = Instant::now();
    let mut child = command.spawn()?;
    let status = child.wait()?;
    Ok((begun.elapsed().as_secs_f64() * 1e3, status))
}

/// The peak of a command that prints something and ends: read while it waits to be heard.
pub(crate) fn peak_while_printing(mut command: Command) -> Measured<f64> {
    let (reader, writer) = io::pipe()?;
    let room = rustix::pipe::fcntl_setpipe_size(&writer, 4096)?;
    io::Write::write_all(&mut &writer, &vec![b'.'; room])?;
    let mut child = command.stdout(writer).spawn()?;
    // It holds the command's copy of the pipe.
    drop(command);
    let limit = Instant::now() + LIMIT;
    let peak = loop {
        let status = fs::read_to_string(format!("/proc/{}/status", child.id()))?;
        if status.contains("State:\tS") {
            break peak_in(&status);
        }
        if status.contains("State:\tZ") || Instant::now() > limit {
            break None;
        }
        thread::yield_now();
    };
    drop(reader);
    child.wait()?;
    peak.ok_or_else(|| "it ended without waiting for its pipe".into())
}

/// The peaks of a command and of the largest of its children, in MiB, and how it ended.
pub(crate) fn peaks(mut command: Command) -> Measured<(f64, f64, ExitStatus)> {
    let mut child = command.spawn()?;
    let own = child.id();
    let (told, ended) = channel();
    thread::spawn(move || told.send(child.wait()));
    let limit = Instant::now() + LIMIT;
    let mut peak = 0.0;
    let mut below: BTreeMap<u32, f64> = BTreeMap::new();
    let status = loop {
        peak = peak_of(own).unwrap_or(peak);
        let mut living = 0;
        for (pid, peak) in &mut below {
            if let Some(now) = peak_of(*pid) {
                *peak = now;
                living += 1;
            }
        }
        if living == 0 {
            // One that has ended is still there until it is waited for, and keeps what it had.
            for pid in children(own) {
                below.entry(pid).or_insert(0.0);
            }
        }
        match ended.recv_timeout(STEP) {
            Ok(status) => break status?,
            Err(RecvTimeoutError::Timeout) if Instant::now() < limit => {}
            Err(error) => return Err(format!("process {own} does not end: {error}").into()),
        }
    };
    let largest = below.into_values().fold(0.0, f64::max);
    Ok((peak, largest, status))
}

/// The most memory a process has had so far, in MiB; `None` once it is gone.
fn peak_of(pid: u32) -> Option<f64> {
    peak_in(&fs::read_to_string(format!("/proc/{pid}/status")).ok()?)
}

fn peak_in(status: &str) -> Option<f64> {
    mebibytes(status, "VmHWM:")
}

/// What `/proc/PID/status` tells of memory under a key.
pub(crate) fn mebibytes(status: &str, key: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix(key))?;
    let kib: f64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kib / 1024.0)
}

fn children(of: u32) -> Vec<u32> {
    let Ok(all) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    let parent = format!("PPid:\t{of}\n");
    all.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|pid: &u32| {
            fs::read_to_string(format!("/proc/{pid}/status"))
                .is_ok_and(|status| status.contains(&parent))
        })
        .collect()
}

/// The time on a processor that a process has had so far, in seconds: its own and the kernel's for it.
pub(crate) fn cpu(pid: u32) -> Measured<f64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let (_, behind) = stat.rsplit_once(") ").ok_or("/proc/PID/stat has no name")?;
    let mut ticks = behind.split(' ').skip(11).map(str::parse::<u32>);
    let (Some(user), Some(kernel)) = (ticks.next(), ticks.next()) else {
        return Err("/proc/PID/stat is short".into());
    };
    let second = u32::try_from(rustix::param::clock_ticks_per_second())?;
    Ok(f64::from(user? + kernel?) / f64::from(second))
}
