//! The one place that talks to reporters and signals; everything else sends it events.

use std::{
    io,
    time::{Duration, Instant},
};

use mastery_kit::{
    process::make_room,
    stop::{self, StopLevel, StopSender, StopWatch},
};
use tokio::{
    runtime::{Builder, Runtime},
    signal::unix::{SignalKind, signal},
};

use super::{event::GradeEvent, executor, plan::Plan, progress::Progress, sink};

/// Runs a plan to its end and tells `listener` every event, with its time since the run began.
///
/// ^C, SIGTERM and SIGHUP wind the run down; a second one kills. The error is the bench's: no
/// runtime or no signals to be had.
pub fn run(plan: &Plan, listener: &mut dyn FnMut(Duration, &GradeEvent)) -> io::Result<Progress> {
    begin()?.block_on(async {
        let signals = Signals::new()?;
        dispatch(plan, &Stop::default(), Some(signals), listener).await
    })
}

/// The same for whoever ends the run from another thread, and looks after signals there. Without a
/// `stop` it is [`run`].
pub fn run_until(
    plan: &Plan,
    stop: Option<&Stop>,
    listener: &mut dyn FnMut(Duration, &GradeEvent),
) -> io::Result<Progress> {
    match stop {
        Some(stop) => begin()?.block_on(dispatch(plan, stop, None, listener)),
        None => run(plan, listener),
    }
}

fn begin() -> io::Result<Runtime> {
    make_room();
    Builder::new_current_thread().enable_all().build()
}

/// How a run is ended from outside of it. No [`GradeEvent::Interrupted`] tells of it: whoever
/// raises it knows.
#[derive(Debug)]
pub struct Stop {
    sender: StopSender,
    watch: StopWatch,
}

impl Default for Stop {
    fn default() -> Self {
        let (sender, watch) = stop::channel();
        Self { sender, watch }
    }
}

impl Stop {
    /// Once winds the run down, twice kills.
    pub fn raise(&self) {
        self.sender.raise();
    }

    /// Whether the run goes on for as long as it likes.
    pub fn is_raised(&self) -> bool {
        self.watch.level() > StopLevel::Run
    }

    /// Returns once it was raised.
    pub async fn raised(&self) {
        self.watch.clone().at_least(StopLevel::WindDown).await;
    }
}

async fn dispatch(
    plan: &Plan,
    stop: &Stop,
    mut signals: Option<Signals>,
    listener: &mut dyn FnMut(Duration, &GradeEvent),
) -> io::Result<Progress> {
    let begun = Instant::now();
    let mut progress = Progress::default();
    let mut tell = |event: &GradeEvent| {
        progress.apply(event);
        listener(begun.elapsed(), event);
    };
    let (sink, mut events) = sink::channel();
    let execution = executor::execute(plan, sink, stop.watch.clone());
    tokio::pin!(execution);
    let mut executing = true;
    while executing {
        tokio::select! {
            biased;
            Some(event) = events.recv() => tell(&event),
            () = next_of(&mut signals) => tell(&raise(&stop.sender)),
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

/// The next signal, where somebody listens for them; else never.
pub async fn next_of(signals: &mut Option<Signals>) {
    match signals {
        Some(signals) => signals.next().await,
        None => std::future::pending().await,
    }
}

fn raise(sender: &StopSender) -> GradeEvent {
    GradeEvent::Interrupted {
        kill: sender.raise() == StopLevel::Kill,
    }
}

/// The signals that ask a run, or whatever else a person waits for, to end. While it lives, they end
/// nothing by themselves.
pub struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hang_up: tokio::signal::unix::Signal,
}

impl Signals {
    /// Listens from now on; needs a tokio runtime.
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    /// Returns with the next of them.
    pub async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.hang_up.recv() => {}
        }
    }
}
