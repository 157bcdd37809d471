//! Whether the machine itself stood still: a verdict that depends on time is worth nothing then.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

/// How long the meter means to sleep each time.
const NAP: Duration = Duration::from_millis(10);

/// A thread that sleeps ten milliseconds in a loop and keeps by how much it overslept.
pub struct StallMeter {
    shared: Arc<Shared>,
    thread: Option<thread::JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    worst_micros: AtomicU64,
    ends: AtomicBool,
}

impl StallMeter {
    /// Begins to measure.
    pub fn start() -> Self {
        let shared = Arc::new(Shared::default());
        let seen = Arc::clone(&shared);
        let thread = thread::Builder::new()
            .name("stall-meter".into())
            .stack_size(32 * 1024)
            .spawn(move || measure(&seen))
            .ok();
        Self { shared, thread }
    }

    /// The worst oversleep since the last call.
    pub fn take_worst(&self) -> Duration {
        Duration::from_micros(self.shared.worst_micros.swap(0, Ordering::Relaxed))
    }
}

fn measure(shared: &Shared) {
    while !shared.ends.load(Ordering::Relaxed) {
        let begun = Instant::now();
        // Parked, not asleep: the owner ends the nap when it drops the meter.
        thread::park_timeout(NAP);
        let over = begun.elapsed().saturating_sub(NAP);
        let micros = u64::try_from(over.as_micros()).unwrap_or(u64::MAX);
        shared.worst_micros.fetch_max(micros, Ordering::Relaxed);
    }
}

impl Drop for StallMeter {
    fn drop(&mut self) {
        self.shared.ends.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            if thread.join().is_err() {
                // A meter that panicked measured nothing; there is nobody to tell.
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_oversleep_is_given_once() {
        let meter = StallMeter::start();
        meter
            .shared
            .worst_micros
            .store(7_000_000_000, Ordering::Relaxed);
        assert!(meter.take_worst() >= Duration::from_secs(7000));
        assert!(meter.take_worst() < Duration::from_secs(7000));
    }
}
