//! The bench: everything a hidden test needs to judge a program it knows nothing about.
//!
//! The kit starts programs and owns them ([`process`]), starts the services they need ([`service`]),
//! speaks to both ([`probe`]), stands between them ([`interposer`]), decides over
//! what was recorded ([`checker`]) and hands all of it to a check as a [`bench::Bench`]. It never
//! prints, never reads settings and never touches git: those belong to the command.

pub mod bench;
pub mod checker;
pub mod id;
pub mod interposer;
pub mod probe;
pub mod process;
pub mod random;
pub mod service;
pub mod spec;
pub mod stage;
pub mod stall;
pub mod stop;
pub mod stub;
pub mod timeline;
pub mod verdict;
pub mod wait;
pub mod world;
