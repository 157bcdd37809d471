//! One run at a time in a workspace: programs, ports and caches are shared.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{Read as _, Seek as _, Write as _},
    os::unix::fs::OpenOptionsExt as _,
};

use rustix::fs::OFlags;

use super::{ErrorKind, Result, Workspace, WorkspaceError, runs};

/// The right to run in a workspace. Given back when it is dropped or its process ends, however.
#[derive(Debug)]
pub struct RunLock {
    _file: File,
}

/// Takes the workspace for a run. While another process holds it, the error names its number and
/// its command.
pub fn lock(ws: &Workspace, command: &str) -> Result<RunLock> {
    let path = runs::own_folder(ws)?.join("lock");
    let disk = |doing: &str, error| WorkspaceError::disk(doing, &path, error);
    let nofollow = i32::try_from((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits()).unwrap_or(0);
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .custom_flags(nofollow)
        .open(&path)
        .map_err(|error| disk("open", error))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(holder(&mut file)),
        Err(TryLockError::Error(error)) => return Err(disk("lock", error)),
    }
    let written = format!("{}\n{}\n", std::process::id(), command.replace('\n', " "));
    file.set_len(0)
        .and_then(|()| file.rewind())
        .and_then(|()| file.write_all(written.as_bytes()))
        .map_err(|error| disk("write", error))?;
    Ok(RunLock { _file: file })
}

/// Who holds it. The text may not have been written yet.
fn holder(file: &mut File) -> WorkspaceError {
    let mut text = String::new();
    file.take(4096).read_to_string(&mut text).ok();
    let mut lines = text.lines();
    let pid = lines.next().and_then(|line| line.parse().ok());
    let command = lines
        .next()
        .filter(|line| !line.is_empty())
        .unwrap_or("another mastery command")
        .to_owned();
    ErrorKind::Busy { pid, command }.into()
}
