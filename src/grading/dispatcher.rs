//! The one place that talks to reporters and signals; everything else sends it events.

use std::{
    io,
    time::{Duration, Instant},
};

use tokio::{
    runtime::Builder,
    signal::unix::{SignalKind, signal},
};

use super::{
    event::GradeEvent,
    executor,
    plan::Plan,
    progress::Progress,
    sink,
    stop::{self, StopLevel, StopSender},
};

/// Runs a plan to its end and tells `listener` every event, with its time since the run began.
///
/// ^C, SIGTERM and SIGHUP wind the run down; a second one kills. The error is the bench's: no
/// runtime or no signals to be had.
pub fn run(plan: &Plan, listener: &mut dyn FnMut(Duration, &GradeEvent)) -> io::Result<Progress> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(dispatch(plan, listener))
}

async fn dispatch(
    plan: &Plan,
    listener: &mut dyn FnMut(Duration, &GradeEvent),
) -> io::Result<Progress> {
    let begun = Instant::now();
    let mut progress = Progress::default();
    let mut tell = |event: &GradeEvent| {
        progress.apply(event);
        listener(begun.elapsed(), event);
    };
    let mut signals = Signals::new()?;
    let (stop_sender, stop_watch) = stop::channel();
    let (sink, mut events) = sink::channel();
    let execution = executor::execute(plan, sink, stop_watch);
    tokio::pin!(execution);
    let mut executing = true;
    while executing {
        tokio::select! {
            biased;
            Some(event) = events.recv() => tell(&event),
            () = signals.next() => tell(&raise(&stop_sender)),
            () = &mut execution => executing = false,
        }
    }
    // The executor is done; what it sent last is still in the channel.
    events.close();
    while let Some(event) = events.recv().await {
        tell(&event);
    }
    Ok(progress)
}

fn raise(sender: &StopSender) -> GradeEvent {
    GradeEvent::Interrupted {
        kill: sender.raise() == StopLevel::Kill,
    }
}

/// The signals that ask a run to end.
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hang_up: tokio::signal::unix::Signal,
}

impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.hang_up.recv() => {}
        }
    }
}
