//! Checkers decide over what was recorded: pure functions, without a program or a clock.

pub mod decimal;
pub mod instant;
pub mod json;
