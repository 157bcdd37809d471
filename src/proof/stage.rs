//! A variant on its way through its runs: laid out when the first is needed, built once.

use std::path::Path;

use mastery_kit::random::Seed;

use super::{
    error::ProofError,
    event::Fault,
    judge::Wrong,
    lab::Lab,
    lay::{self, Laid},
    run::{self, Ask, Ran, Which},
    variant::Variant,
};
use crate::workspace::patch::PatchFiles;

/// One variant of one lab.
pub(super) struct Stage<'l> {
    lab: &'l Lab<'l>,
    variant: &'l Variant,
    files: PatchFiles,
    laid: Option<Laid>,
}

impl<'l> Stage<'l> {
    pub(super) fn new(lab: &'l Lab<'l>, variant: &'l Variant) -> Result<Self, ProofError> {
        let files = lay::files_of(lab.checkout, lab.unit, variant)?;
        Ok(Self {
            lab,
            variant,
            files,
            laid: None,
        })
    }

    pub(super) fn name(&self) -> &str {
        &self.variant.name
    }

    /// The key of a run's result.
    pub(super) fn key(&self, which: Which<'_>, seed: Seed, proof: &str) -> String {
        let asked = format!("{proof} · {which:?} · {seed} · {:?}", self.variant.kind);
        self.lab.kept.key(&self.files, &asked)
    }

    /// The key of a proof in the record: on whatever seeds, and with the text it is held against.
    pub(super) fn record_key(&self, proof: &str, text: &str) -> String {
        let asked = format!("{proof} · {:?} · {text}", self.variant.kind);
        self.lab.kept.key(&self.files, &asked)
    }

    pub(super) fn run(&mut self, which: Which<'_>, seed: Seed) -> Result<Ran, ProofError> {
        self.run_with(which, seed, false)
    }

    /// Runs it; ^C in the run is an error, so that nothing is concluded from it.
    pub(super) fn run_with(
        &mut self,
        which: Which<'_>,
        seed: Seed,
        foreign_listener: bool,
    ) -> Result<Ran, ProofError> {
        let laid = match &mut self.laid {
            Some(laid) => laid,
            none => none.insert(lay::lay(&self.files, self.lab.unit, self.variant)?),
        };
        let lab = self.lab;
        let services = lab.supplied.services(lab.unit, &lab.supervisor)?;
        let ask = Ask {
            services: &services,
            unit: self.lab.unit,
            grader: self.lab.grader,
            language: self.variant.language,
            supervisor: &self.lab.supervisor,
            seed,
            which,
            foreign_listener,
        };
        let ran = run::run(laid, ask)?;
        if ran.was_interrupted() {
            return Err(ProofError::Interrupted);
        }
        Ok(ran)
    }

    /// Starts what its runs share, so that no run's time is spent on it and no run's processes are
    /// mistaken for it.
    pub(super) fn supplied(&self) -> Result<(), ProofError> {
        let lab = self.lab;
        lab.supplied.services(lab.unit, &lab.supervisor).map(drop)
    }

    /// The folder of everything it left on disk.
    pub(super) fn root(&self) -> &Path {
        self.laid.as_ref().map_or(Path::new("/nowhere"), Laid::root)
    }

    /// A fault of a run, with what a learner would have read.
    pub(super) fn fault(&self, seed: Seed, wrong: &Wrong, ran: Option<&Ran>) -> Fault {
        Fault {
            seed: Some(seed.to_string()),
            what: wrong.join("\n"),
            report: ran.map(|ran| ran.report.clone()),
            again: format!("{} --seed {seed}", self.again()),
        }
    }

    /// The line that proves this variant.
    pub(super) fn again(&self) -> String {
        format!("{} --only {}", self.lab.again(), self.variant.name)
    }
}
