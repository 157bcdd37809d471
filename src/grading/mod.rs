//! One run of one lab: planned, executed, told as a stream of events.
//!
//! Nothing here knows a terminal, git or settings: a run is the [`event::GradeEvent`]s it sends, and
//! whoever wants to know what happened folds them ([`progress::Progress`]).

pub mod event;
pub mod progress;
