//! One run of one lab: planned, executed, told as a stream of events.
//!
//! Nothing here knows a terminal, git or settings: a run is the [`event::GradeEvent`]s it sends, and
//! whoever wants to know what happened folds them ([`progress::Progress`]).

mod catch;
pub mod dispatcher;
pub mod event;
mod executor;
pub mod plan;
pub mod progress;
mod sink;
