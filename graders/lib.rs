//! The hidden tests: one table of checks for each open lab.

use mastery_kit::bench::Grader;

#[path = "duplication-after-retry/grader.rs"]
mod duplication_after_retry;
pub mod embedded;
#[path = "kafka-producer-consumer/grader.rs"]
mod kafka_producer_consumer;
#[path = "rest-api/grader.rs"]
mod rest_api;
mod streaming;

pub use embedded::references;

/// Every grader there is, by the lab's id.
pub const GRADERS: &[Grader] = &[
    rest_api::GRADER,
    kafka_producer_consumer::GRADER,
    duplication_after_retry::GRADER,
];

/// The grader of this lab.
pub fn grader(lab: &str) -> Option<&'static Grader> {
    GRADERS.iter().find(|grader| grader.lab == lab)
}
