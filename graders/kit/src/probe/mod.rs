//! Probes speak to the learner's program and to its services. Each says in its doc whose fault its errors are.

pub mod http;
pub mod kafka;
pub mod sql;
