//! Interposers stand between a program and a service: they frame what passes, tell it to a
//! [`Timeline`](crate::timeline::Timeline), and hold, swallow or break it where a check asks.

/// Connections that one interposer has open at most; more are reset, and told. Far beyond what a
/// server here takes (Postgres 200), and a program that opens thousands takes nothing from the bench.
pub(crate) const MOST_CONNECTIONS: usize = 500;

pub mod kafka_proxy;
pub mod pg_proxy;
pub mod tcp;
