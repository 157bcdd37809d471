//! What both front ends do: the only room that joins grading, workspace and curriculum.

pub mod scope;
