//! The real binary, as a learner meets it: every test has a home, a git identity and a folder for
//! temporary files of its own, and nothing of the developer's.

#![expect(
    clippy::unwrap_used,
    reason = "the cast serves tests alone: what cannot be set up fails them"
)]

mod cast;
mod grading;
mod laying_out;
mod repositories;
mod stopping;
mod words;
