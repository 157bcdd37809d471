//! Checkers decide over what was recorded.
