//! What is taught: reads the curriculum, never writes it.
//!
//! A [`Curriculum`] is weeks, their labs and challenges in order, and the capstone, with every text
//! a learner reads. It is embedded, or a directory given by `--curriculum`; both are read and
//! checked whole on opening, so that a mistake is told before anything is started. What a learner
//! starts from ([`Templates`]) is always embedded.

mod course;
mod embedded;
mod error;
mod files;
mod load;
mod names;
pub mod rules;
mod shapes;
mod templates;
mod unit;

pub use self::{
    course::{Capstone, Curriculum, Found, Week, WeekText},
    error::{CurriculumError, ErrorKind},
    names::{NameError, resolve_name, suggest},
    templates::{TemplateFile, Templates},
    unit::{CheckText, Isolation, Language, LanguageError, Rule, Status, Topic, Unit, UnitKind},
};

#[cfg(test)]
mod tests;
