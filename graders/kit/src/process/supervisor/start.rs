//! How the program comes into being: what it inherits, and from whom.

use std::{
    fs::File,
    io,
    os::unix::process::CommandExt as _,
    process::{Child, Command, Stdio},
};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit, setsid};

use crate::process::frame::{Refused, Spec};

/// Everything the program inherits from this process and cannot undo.
pub(super) fn prepare(spec: &Spec) -> Result<(), Refused> {
    // Refused only when this process leads its group already, which is as good.
    setsid().ok();
    #[cfg(target_os = "linux")]
    rustix::process::set_child_subreaper(Some(rustix::process::getpid()))
        .map_err(|error| ours("adopt orphaned processes", &error.into()))?;
    for (resource, wanted) in [
        (Resource::Core, 0),
        (Resource::Fsize, spec.file_bytes),
        (Resource::Nofile, spec.open_files),
    ] {
        let now = getrlimit(resource);
        let limit = now.maximum.map_or(wanted, |hard| hard.min(wanted));
        let limit = Rlimit {
            current: Some(limit),
            maximum: Some(limit),
        };
        setrlimit(resource, limit).map_err(|error| ours("limit what it may use", &error.into()))?;
    }
    Ok(())
}

fn ours(what: &str, error: &io::Error) -> Refused {
    Refused {
        why: format!("The supervisor cannot {what}: {error}."),
        program: false,
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place that starts what is not ours"
)]
pub(super) fn spawn(spec: &Spec) -> Result<Child, Refused> {
    let input = match &spec.input {
        Some(path) => {
            Stdio::from(File::open(path).map_err(|error| ours("open the input", &error))?)
        }
        None => Stdio::null(),
    };
    let mut command = Command::new(&spec.program);
    if let Some((name, rest)) = spec.argv.split_first() {
        command.arg0(name).args(rest);
    }
    command
        .process_group(0)
        .stdin(input)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    if let Some(user) = spec.user {
        // Supplementary groups are dropped with it.
        command.uid(user.uid).gid(user.gid);
    }
    command.spawn().map_err(|error| Refused {
        why: error.to_string(),
        program: !matches!(
            error.kind(),
            io::ErrorKind::WouldBlock | io::ErrorKind::OutOfMemory
        ),
    })
}
