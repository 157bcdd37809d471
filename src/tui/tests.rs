//! The tutor without a terminal, a clock or services: screens drawn from tapes, and deeds as tables.

mod cast;
mod course;
mod deeds;
mod links;
mod screens;
mod standing;
mod strange;
