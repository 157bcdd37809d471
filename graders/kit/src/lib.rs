//! The bench: everything a hidden test needs to judge a program it knows nothing about.
//!
//! The kit starts programs and owns them ([`process`]), speaks to them ([`probe`]), decides over
//! what was recorded ([`checker`]) and hands all of it to a check as a [`bench::Bench`]. It never
//! prints, never reads settings and never touches git: those belong to the command.

pub mod bench;
pub mod checker;
pub mod id;
pub mod probe;
pub mod process;
pub mod random;
pub mod spec;
pub mod stall;
pub mod verdict;
pub mod wait;
