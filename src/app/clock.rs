//! The time of day, where it is kept or told. How long something takes is measured otherwise.

use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds since 1970, UTC; 0 for a clock that was put before that.
pub fn now() -> i64 {
    seconds(SystemTime::now())
}

/// The same of an instant.
pub fn seconds(at: SystemTime) -> i64 {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
