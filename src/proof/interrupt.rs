//! ^C between two runs. In a run the dispatcher hears it; once a runtime has listened, nobody dies of
//! it any more, so somebody must listen all the time.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
};

use tokio::{
    runtime::Builder,
    signal::unix::{SignalKind, signal},
    sync::oneshot,
};

/// Listens until it is dropped.
pub(super) struct Interrupts {
    seen: Arc<AtomicBool>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Interrupts {
    /// Begins to listen for ^C, SIGTERM and SIGHUP.
    pub(super) fn listen() -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let guard = runtime.enter();
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let mut hang_up = signal(SignalKind::hangup())?;
        drop(guard);
        let (stop, mut stopped) = oneshot::channel::<()>();
        let seen = Arc::new(AtomicBool::new(false));
        let tell = Arc::clone(&seen);
        let thread = std::thread::Builder::new()
            .name("signals".to_owned())
            .spawn(move || {
                runtime.block_on(async {
                    tokio::select! {
                        _ = interrupt.recv() => tell.store(true, Ordering::SeqCst),
                        _ = terminate.recv() => tell.store(true, Ordering::SeqCst),
                        _ = hang_up.recv() => tell.store(true, Ordering::SeqCst),
                        _ = &mut stopped => {}
                    }
                });
            })?;
        Ok(Self {
            seen,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// Whether one came.
    pub(super) fn seen(&self) -> bool {
        self.seen.load(Ordering::SeqCst)
    }
}

impl Drop for Interrupts {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take()
            && stop.send(()).is_err()
        {
            // A signal ended the thread already.
        }
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            // Nothing is heard any more, and nothing needs to be.
        }
    }
}
