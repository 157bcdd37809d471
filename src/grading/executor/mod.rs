//! Carries a plan out: build, start, check, stop; every step an event.

mod build;
mod cast;
mod check;
mod run;
mod scene;
mod services;
mod setup;

pub(super) use self::run::execute;
