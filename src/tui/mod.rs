//! The full-screen tutor: what `mastery` is in a terminal when no command is given.
//!
//! A message changes the model (`update`), the model is drawn (`view`), and what is to be done
//! comes out as commands (`msg::Cmd`) that one place carries out (`runtime.rs`, the only one that
//! may use `crate::app`). Both functions are pure: they are tested with tapes, without services,
//! clock or terminal.

mod browser;
mod editor;
mod keys;
mod markdown;
mod model;
mod msg;
mod runtime;
#[cfg(test)]
mod tests;
mod update;
mod view;

pub use runtime::{Left, Opening, open};
