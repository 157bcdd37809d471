//! The real binary, as a learner meets it: every test has a home, a git identity and a folder for
//! temporary files of its own, and nothing of the developer's.

#![expect(
    clippy::unwrap_used,
    reason = "the cast serves tests alone: what cannot be set up fails them"
)]

mod cast;
mod courses;
mod fetching;
mod full_screen;
mod grading;
mod installing;
mod laying_out;
mod looking_back;
mod losing;
mod paging;
mod problems;
mod pty;
mod reference;
mod repositories;
mod rough;
mod seat;
mod standing;
mod stopping;
mod syncing;
mod terminal;
mod tour;
mod transcript;
mod warmer;
mod warming;
mod watching;
mod words;
