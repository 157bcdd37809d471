//! `mastery`: a tutor for senior backend engineers.
//!
//! The rooms, and who may use whom (`tests/house_rules.rs` reads the imports against this):
//! `cli` → `app`, `proof`, `report`, `tui` · `tui` → `app` (its runtime alone), `report` · `app` → `grading`, `workspace`, `curriculum`, `report` ·
//! `proof` → `app`, `grading`, `curriculum`, `workspace`, `report`, the graders ·
//! `grading` → `curriculum`, the kit and the graders · `workspace` → `curriculum`, `grading::event`.

pub mod app;
pub mod cli;
pub mod curriculum;
pub mod grading;
pub mod proof;
pub mod report;
pub mod tui;
pub mod workspace;
