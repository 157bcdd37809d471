//! A run told to someone: each reporter is a fold of the run's events.
//!
//! [`plain`] writes for people, [`json`] and [`junit`] for machines, [`problems`] for editors, [`tape`] for later; a [`Fan`]
//! tells them all. [`words`] holds the words, the glyphs and the layout that every view shares.

pub mod code;
pub mod comparison;
mod diff;
mod exchange;
pub mod failure;
pub mod hint;
pub mod history;
pub mod json;
pub mod junit;
mod live;
mod output;
pub mod overview;
pub mod page;
pub mod plain;
mod pointer;
pub mod problems;
mod program;
pub mod redact;
mod services;
mod settled;
pub mod solution;
pub mod tape;
pub mod words;

use std::{io, time::Duration};

use crate::grading::event::GradeEvent;

/// Someone who is told what happens in a run.
pub trait Reporter: Send {
    /// Takes one event, `at` after the run began. An error is told once and the reporter dropped;
    /// it never changes a verdict.
    fn on_event(&mut self, at: Duration, event: &GradeEvent) -> io::Result<()>;
}

/// Several reporters as one. It never fails itself: who fails is dropped, and a warning is kept.
#[derive(Default)]
pub struct Fan {
    reporters: Vec<(String, Box<dyn Reporter>)>,
    warnings: Vec<String>,
}

impl Fan {
    /// A fan that tells nobody yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds someone to tell; the name stands in the warning if it fails (`the tape`).
    pub fn add(&mut self, name: impl Into<String>, reporter: Box<dyn Reporter>) {
        self.reporters.push((name.into(), reporter));
    }

    /// What went wrong since the last call: one sentence for each reporter that was dropped.
    pub fn take_warnings(&mut self) -> Vec<String> {
        std::mem::take(&mut self.warnings)
    }
}

impl Reporter for Fan {
    fn on_event(&mut self, at: Duration, event: &GradeEvent) -> io::Result<()> {
        let warnings = &mut self.warnings;
        self.reporters.retain_mut(|(name, reporter)| {
            reporter
                .on_event(at, event)
                .inspect_err(|error| {
                    warnings.push(format!(
                        "Writing {name} failed, and it ends here: {error}. The verdicts stand."
                    ));
                })
                .is_ok()
        });
        Ok(())
    }
}

#[cfg(test)]
pub(crate) mod sample;

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use super::*;

    struct Counts(Arc<AtomicUsize>);

    impl Reporter for Counts {
        fn on_event(&mut self, _: Duration, _: &GradeEvent) -> io::Result<()> {
            self.0.fetch_add(1, Ordering::Relaxed);
            Ok(())
        }
    }

    struct Full;

    impl Reporter for Full {
        fn on_event(&mut self, _: Duration, _: &GradeEvent) -> io::Result<()> {
            Err(io::Error::other("no space left"))
        }
    }

    #[test]
    fn a_reporter_that_fails_is_dropped_and_said_once() {
        let seen = Arc::new(AtomicUsize::new(0));
        let mut fan = Fan::new();
        fan.add("the tape", Box::new(Full));
        fan.add("the count", Box::new(Counts(Arc::clone(&seen))));
        for _ in 0..3 {
            fan.on_event(Duration::ZERO, &GradeEvent::Unknown).unwrap();
        }
        assert_eq!(seen.load(Ordering::Relaxed), 3);
        assert_eq!(
            fan.take_warnings(),
            ["Writing the tape failed, and it ends here: no space left. The verdicts stand."]
        );
        assert!(fan.take_warnings().is_empty());
    }
}
