//! A run told to someone: each reporter is a fold of the run's events.

use std::{io, time::Duration};

use crate::grading::event::GradeEvent;

/// Someone who is told what happens in a run.
pub trait Reporter: Send {
    /// Takes one event, `at` after the run began. An error is told once and the reporter dropped;
    /// it never changes a verdict.
    fn on_event(&mut self, at: Duration, event: &GradeEvent) -> io::Result<()>;
}
