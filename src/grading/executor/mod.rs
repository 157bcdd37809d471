//! Carries a plan out: build, start, check, stop; every step an event.

mod build;
mod check;
mod programs;
mod run;
mod trouble;

pub(super) use self::run::execute;
