//! Programs that are not ours: started, watched, capped and ended by a supervisor of their own.
//!
//! [`Supervisor::start`] re-executes ourselves ([`RUN`]) as a small synchronous process that owns
//! one program ([`supervisor::main`]). What it says over a pipe becomes a [`Program`], owned by the
//! scope that started it, and [`ProgramHandle`]s, which anyone may hold. Signals of ours are never
//! reported as deaths.

mod captured;
mod client;
mod environment;
mod frame;
mod launch;
mod listening;
pub mod ports;
mod procfs;
mod program;
pub mod ready;
mod resources;
pub mod supervisor;
mod sweep;
mod tool;
mod transcript;

pub use self::{
    captured::{Captured, Output},
    client::Supervisor,
    environment::{Environment, environment, redact},
    launch::{Launch, Limits, Looked, OutputChunk, StartError},
    program::{Deed, End, Ending, Program, ProgramHandle},
    resources::Resources,
    sweep::end_tree,
    tool::{Finished, How},
};

/// The first argument that makes our own executable a supervisor.
pub const RUN: &str = "__run";
