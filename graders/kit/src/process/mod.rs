//! Programs that are not ours: started, watched, capped and ended by a supervisor of their own.
//!
//! [`Supervisor::start`] re-executes ourselves ([`RUN`]) as a small synchronous process that owns
//! one program ([`supervisor::main`]). What it says over a pipe becomes a [`Program`], owned by the
//! scope that started it, and [`ProgramHandle`]s, which anyone may hold. Signals of ours are never
//! reported as deaths.

mod captured;
mod client;
mod detached;
mod environment;
mod frame;
mod launch;
mod listening;
pub mod ports;
pub(crate) mod procfs;
mod program;
pub mod ready;
mod resources;
mod room;
pub mod supervisor;
mod sweep;
mod tool;
mod transcript;

pub use self::{
    captured::{Captured, Output},
    client::Supervisor,
    detached::{detached, own_session},
    environment::{Environment, environment, redact},
    launch::{Farewell, Launch, Limits, Looked, OutputChunk, StartError, User},
    program::{Deed, End, Ending, Program, ProgramHandle},
    resources::Resources,
    room::make_room,
    sweep::end_tree,
    tool::{Finished, How},
};

/// The first argument that makes our own executable a supervisor.
pub const RUN: &str = "__run";
