//! The files of a curriculum as they are written: one type a table, unknown keys refused.

use std::collections::BTreeMap;

use mastery_kit::{id::LabId, spec::ServiceKind};
use serde::Deserialize;
use toml::Spanned;

use super::{Isolation, Language, Rule, Status, Topic};

/// The format this release reads. A newer one asks for an update.
pub(super) const FORMAT: u32 = 1;

/// `curriculum.toml`: what is taught, in order.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CurriculumToml {
    #[serde(rename = "format")]
    _format: u32,
    pub(super) id: LabId,
    pub(super) title: String,
    /// Of the texts: `en`.
    pub(super) language: String,
    pub(super) week: Vec<WeekToml>,
    pub(super) capstone: CapstoneToml,
}

/// A week: its folder's name, and its units in order.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WeekToml {
    pub(super) id: Spanned<LabId>,
    pub(super) title: String,
    pub(super) goal: String,
    pub(super) deliverable: String,
    #[serde(default)]
    pub(super) labs: Vec<Spanned<LabId>>,
    pub(super) challenge: Option<Spanned<LabId>>,
}

/// Where everything is joined.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CapstoneToml {
    pub(super) id: Spanned<LabId>,
    #[serde(default)]
    pub(super) title: String,
    #[serde(default)]
    pub(super) goal: String,
    #[serde(default = "planned")]
    pub(super) status: Status,
    pub(super) components: Vec<LabId>,
}

fn planned() -> Status {
    Status::Planned
}

/// `lab.toml`: a lab or a challenge.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LabToml {
    #[serde(rename = "format")]
    _format: u32,
    pub(super) revision: u32,
    pub(super) title: String,
    pub(super) goal: String,
    pub(super) status: Status,
    pub(super) component: Option<Spanned<String>>,
    pub(super) languages: Vec<Language>,
    #[serde(default)]
    pub(super) services: Vec<ServiceKind>,
    #[serde(default)]
    pub(super) isolation: Isolation,
    #[serde(default)]
    pub(super) smoke: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) renamed: BTreeMap<Spanned<String>, Spanned<String>>,
    #[serde(default)]
    pub(super) options: Vec<String>,
    #[serde(default)]
    pub(super) env: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) topics: BTreeMap<String, Topic>,
    #[serde(default)]
    pub(super) outside: Vec<String>,
    #[serde(default)]
    pub(super) check: Vec<CheckToml>,
    /// Reserved: an executable that grades instead of the table compiled in.
    pub(super) grader: Option<Spanned<toml::Table>>,
}

/// What a learner reads about a check.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CheckToml {
    pub(super) id: Spanned<String>,
    pub(super) title: String,
    pub(super) rule: Rule,
    #[serde(default)]
    pub(super) hints: Vec<String>,
}
