//! Everything that is decided before anything is started. After a plan stands, no mistake of the
//! user's can come up any more: what follows is about the program.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use mastery_kit::{
    bench::{Check, Contract},
    id::LabId,
    process::{Limits, Supervisor},
    random::Seed,
    service::{Backend, Endpoint},
    spec::{RunSpec, ServiceKind},
    verdict::BenchError,
};

use super::event::{PlannedCheck, RunKind};

/// One run of one lab, decided.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each answers a question of its own, and no two are one choice"
)]
pub struct Plan {
    pub lab: LabId,
    pub title: String,
    pub revision: u32,
    pub contract: Contract,
    pub contract_hash: String,
    pub language: String,
    pub seed: Seed,
    /// [`RunKind::Full`] or [`RunKind::Partial`]; ^C makes an interrupted one of it.
    pub kind: RunKind,
    /// In the order in which they run.
    pub checks: Vec<PlannedRun>,
    /// How many checks the lab has, run or not.
    pub of: u32,
    pub programs: Vec<RunSpec>,
    /// Run once on the database that every check gets a copy of; empty: nothing to set up.
    pub setup: Vec<Vec<String>>,
    /// Services the lab needs, and where each comes from. Empty: none.
    pub services: Vec<PlannedService>,
    /// Topics that each check has for itself, by variable: name and partitions.
    pub topics: BTreeMap<String, (String, i32)>,
    /// Variables that hold, in each check, the URL of a service which the bench plays.
    pub outside: Vec<String>,
    /// Programs are started anew for each check, with a world of its own (decision 6).
    pub fresh: bool,
    pub build_limit: Duration,
    /// Programs whose last good build still stands: nothing changed since.
    pub current_builds: Vec<String>,
    /// The lab's folder, absolute.
    pub directory: PathBuf,
    /// The same, as the learner knows it.
    pub shown_directory: String,
    /// Variables of the lab's contract (`MASTERY_TEST_HOOKS`).
    pub environment: BTreeMap<String, String>,
    /// Where whole logs go.
    pub logs: PathBuf,
    /// Where services of this run keep what they need: taken away with the run.
    pub scratch: PathBuf,
    /// The workspace's folder: whose a service is.
    pub workspace: String,
    pub supervisor: Supervisor,
    pub limits: Limits,
    pub ports: PortChoice,
    /// Stop at the first failure.
    pub fail_fast: bool,
    /// Stop at the first failure with everything still up, until ^C.
    pub hold: bool,
    /// No check at all: everything is started and stays up until ^C.
    pub serve: bool,
    /// Seconds since 1970, UTC.
    pub began_at: i64,
}

/// A service of the plan, and where it comes from.
#[derive(Clone)]
pub struct PlannedService {
    pub kind: ServiceKind,
    pub source: ServiceSource,
}

/// Where a service comes from.
#[derive(Clone)]
pub enum ServiceSource {
    /// It runs already, kept for this workspace; `otherwise` is used where it cannot be joined.
    Warm {
        endpoint: Endpoint,
        backend: &'static str,
        otherwise: Option<Backend>,
        /// No other run uses it meanwhile, so that what dead runs left there is taken away.
        alone: bool,
    },
    /// Started for this run, and stopped with it.
    Start(Backend),
    /// Not to be had: why, and what helps.
    Absent(BenchError),
}

/// A check of the plan: what runs, and what the learner reads about it.
pub struct PlannedRun {
    pub check: &'static Check,
    pub told: PlannedCheck,
    /// Whether its needs count: `--only` runs a check without them (decision 38).
    pub obeys_needs: bool,
}

/// Where the programs' ports come from.
#[derive(Clone, Debug, Default)]
pub enum PortChoice {
    /// The system gives free ones; one that was taken in between is given back and another tried.
    #[default]
    System,
    /// These, in order: how a proof holds a port itself.
    Given(Vec<u16>),
}
