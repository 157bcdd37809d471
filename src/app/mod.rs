//! What both front ends do: the only room that joins grading, workspace and curriculum.

mod caches;
pub mod clock;
pub mod compare;
mod contexts;
pub mod demo;
pub mod doctor;
pub mod error;
pub mod grade;
pub mod hint;
pub mod history;
pub mod keep;
pub mod layout;
pub mod overview;
pub mod page;
mod places;
pub(crate) mod planning;
pub mod problem;
pub mod restore;
pub mod review;
pub mod run;
pub mod scope;
pub mod services;
pub mod solution;
pub mod start;
pub mod supply;
mod sweep;
pub mod sync;
pub mod toolchain;
pub mod update;
pub mod warm;
pub mod watch;

pub use self::error::AppError;
