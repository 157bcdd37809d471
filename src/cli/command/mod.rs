//! One file a command: its arguments, its help, its body.

pub(crate) mod author;
pub(crate) mod completions;
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod grade;
pub(crate) mod init;
pub(crate) mod man;
pub(crate) mod progress;
pub(crate) mod start;
