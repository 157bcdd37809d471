//! The hidden tests: one table of checks for each open lab.

use mastery_kit::bench::Grader;

pub mod embedded;
#[path = "rest-api/grader.rs"]
mod rest_api;

pub use embedded::references;

/// Every grader there is, by the lab's id.
pub const GRADERS: &[Grader] = &[rest_api::GRADER];

/// The grader of this lab.
pub fn grader(lab: &str) -> Option<&'static Grader> {
    GRADERS.iter().find(|grader| grader.lab == lab)
}
