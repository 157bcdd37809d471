//! What both front ends do: the only room that joins grading, workspace and curriculum.

pub mod demo;
pub mod doctor;
pub mod error;
pub mod grade;
pub mod layout;
pub mod overview;
pub(crate) mod planning;
pub mod scope;
pub mod start;
mod sweep;
pub mod toolchain;

pub use self::error::AppError;
