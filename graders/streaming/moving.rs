//! Progress: a slow program is none that stands still.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use mastery_kit::bench::Trace;

/// Since when something has not moved. What a program must do within a time of a fault's end it must
/// begin by then; a machine that is too busy may take longer to finish it.
pub(crate) struct Moving<'t, T> {
    trace: &'t Trace,
    /// How far it was when it moved last, and when.
    last: Mutex<(T, Duration)>,
}

impl<'t, T: Default + PartialEq> Moving<'t, T> {
    /// It begins to be looked at, and has done nothing yet.
    pub(crate) fn from_now(trace: &'t Trace) -> Self {
        Self {
            last: Mutex::new((T::default(), trace.elapsed())),
            trace,
        }
    }

    /// It has done so much by now: for how long that has been so.
    pub(crate) fn still_for(&self, done: T) -> Duration {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.0 != done {
            *last = (done, self.trace.elapsed());
        }
        self.trace.elapsed().saturating_sub(last.1)
    }
}
