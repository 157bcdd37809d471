//! Ourselves, started to outlive whoever starts us.

use std::{
    ffi::OsStr,
    fs::File,
    io,
    os::unix::process::CommandExt as _,
    path::Path,
    process::{Child, Command, Stdio},
};

/// Starts this executable again as a process that nobody's terminal, pipes or folder hold on to;
/// what it prints goes into `log`, which begins empty. It inherits our environment. The other side
/// calls [`own_session`] before anything else: until then a ^C still reaches it.
#[expect(
    clippy::disallowed_methods,
    reason = "it is ourselves, and no supervisor may end it with us"
)]
pub fn detached(exe: &Path, words: &[&OsStr], log: &Path) -> io::Result<Child> {
    let log = File::create(log)?;
    Command::new(exe)
        .arg0("mastery") // for who reads `ps`
        .args(words)
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()
}

/// Leaves the session of whoever started us. Ours already is no error.
pub fn own_session() -> io::Result<()> {
    match rustix::process::setsid() {
        Ok(_) | Err(rustix::io::Errno::PERM) => Ok(()),
        Err(errno) => Err(errno.into()),
    }
}
