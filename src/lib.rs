//! `mastery`: a tutor for senior backend engineers.
//!
//! The rooms, and who may use whom (`tests/house_rules.rs` reads the imports against this):
//! `cli` → `app`, `proof`, `report` · `app` → `grading`, `workspace`, `curriculum`, `report` ·
//! `grading` → `curriculum`, the kit and the graders · `workspace` → `curriculum`, `grading::event`.

pub mod app;
pub mod cli;
pub mod curriculum;
pub mod grading;
pub mod report;
pub mod workspace;
