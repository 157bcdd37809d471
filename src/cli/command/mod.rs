//! One file a command: its arguments, its help, its body.

pub(crate) mod author;
pub(crate) mod completions;
pub(crate) mod curriculum;
pub(crate) mod demo;
pub(crate) mod diff;
pub(crate) mod doctor;
pub(crate) mod grade;
pub(crate) mod hint;
pub(crate) mod history;
pub(crate) mod init;
mod install;
pub(crate) mod man;
pub(crate) mod progress;
pub(crate) mod report_problem;
pub(crate) mod restore;
pub(crate) mod run;
pub(crate) mod services;
pub(crate) mod solution;
pub(crate) mod start;
pub(crate) mod sync;
pub(crate) mod tutor;
pub(crate) mod watch;
pub(crate) mod week;
