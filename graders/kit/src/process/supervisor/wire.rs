//! The pipe to the owner.

use std::{
    fs::File,
    io,
    os::fd::AsFd as _,
    sync::{Arc, Mutex, PoisonError},
};

use crate::process::frame::Report;

/// Four whole windows of output: what is sent into a pipe that is nearly empty always fits.
#[cfg(target_os = "linux")]
const CAPACITY: usize = 256 * 1024;
/// Nearly empty. An owner that reads has emptied it long before the next window.
const NEARLY_EMPTY: u64 = 8 * 1024;

/// The pipe to the owner; frames of several threads never mix.
#[derive(Clone)]
pub(super) struct Wire(Arc<Mutex<File>>);

impl Wire {
    /// Takes standard output.
    pub(super) fn open() -> io::Result<Self> {
        let pipe = io::stdout().as_fd().try_clone_to_owned()?;
        // Where this is refused, output may wait for an owner that does not read.
        #[cfg(target_os = "linux")]
        rustix::pipe::fcntl_setpipe_size(&pipe, CAPACITY).ok();
        Ok(Self(Arc::new(Mutex::new(File::from(pipe)))))
    }

    pub(super) fn send(&self, report: &Report) {
        let mut pipe = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // When nobody listens any more, the life-line is cut as well and decides.
        report.write(&mut *pipe).ok();
    }

    /// Whether output can be sent without waiting for the owner.
    pub(super) fn has_room(&self) -> bool {
        let pipe = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        rustix::io::ioctl_fionread(&*pipe).is_ok_and(|waiting| waiting <= NEARLY_EMPTY)
            || cfg!(not(target_os = "linux"))
    }
}
