//! Probes speak to the learner's program. Each says in its doc whose fault its errors are.

pub mod http;
