//! The proofs of one lab, one variant at a time: what both `author prove` and `tests/proof` call.

use std::{path::PathBuf, sync::RwLock, time::Instant};

use mastery_kit::{bench::Grader, process::Supervisor, random::Seed, verdict::millis};

use super::{
    checkout::Checkout,
    error::ProofError,
    event::{Fault, ProofKind, Proved},
    judge::{self, Wrong},
    kept::Kept,
    record::Asked,
    run::{Ran, Which},
    said::{Compared, Said},
    seeds::{self, FIXED, SEEDS_WITH_A_MISS, UNUSUAL_SEEDS},
    stage::Stage,
    supplied::Supplied,
    variant::{Variant, VariantKind, variants},
};
use crate::{
    app::supply::BackendChoice,
    curriculum::{Curriculum, Unit},
};

/// How many faults of one proof are told; more say nothing new.
const MOST_FAULTS: usize = 3;

/// How often a text on real services is asked for before it is another one.
const TELLINGS: u32 = 3;

/// Bad manners run alone: they are judged by what this process holds and what is left below it.
pub(super) static ALONE: RwLock<()> = RwLock::new(());

/// How proofs deal with what was kept.
#[derive(Clone, Copy, Debug, Default)]
pub struct Keeping {
    /// As if no result had been kept.
    pub fresh: bool,
    /// What is told now becomes the kept text.
    pub accept: bool,
    /// Where the services of labs run.
    pub backend: BackendChoice,
}

/// One lab, ready to be proved.
pub struct Lab<'a> {
    pub(super) checkout: &'a Checkout,
    pub(super) unit: &'a Unit,
    pub(super) grader: &'static Grader,
    pub(super) supervisor: Supervisor,
    pub(super) kept: Kept,
    pub(super) said: Said<'a>,
    pub(super) variants: Vec<Variant>,
    /// The lab's services, started with the first run that needs them.
    pub(super) supplied: Supplied,
}

impl<'a> Lab<'a> {
    /// Reads the lab's variants. `exe` is a `mastery` that can be a supervisor.
    pub fn open(
        checkout: &'a Checkout,
        curriculum: &'a Curriculum,
        lab: &str,
        exe: PathBuf,
        keeping: Keeping,
    ) -> Result<Self, ProofError> {
        let none = || ProofError::NoGrader {
            lab: lab.to_owned(),
        };
        let unit = curriculum.unit(lab).ok_or_else(none)?;
        let grader = mastery_graders::grader(lab).ok_or_else(none)?;
        Ok(Self {
            checkout,
            unit,
            grader,
            supervisor: Supervisor::new(exe),
            kept: Kept::open(checkout, lab, keeping.backend, keeping.fresh)?,
            said: Said::of(checkout, lab, keeping.accept, !unit.services.is_empty()),
            variants: variants(checkout, unit, grader)?,
            supplied: Supplied::new(keeping.backend),
        })
    }

    /// Everything there is to prove of it, in order.
    pub fn variants(&self) -> &[Variant] {
        &self.variants
    }

    /// That these can be laid out: told of all of them before the first one runs.
    pub(super) fn patches_apply(&self, variants: &[&Variant]) -> Result<(), ProofError> {
        let mut findings = Vec::new();
        for variant in variants {
            match Stage::new(self, variant) {
                Ok(_) => {}
                Err(ProofError::Variants(found)) => findings.extend(found),
                Err(error) => return Err(error),
            }
        }
        if findings.is_empty() {
            Ok(())
        } else {
            Err(ProofError::Variants(findings))
        }
    }

    /// What seeds follow from when none is given: the same for the same sources, so that what was
    /// proved is not proved again.
    pub fn base(&self) -> Seed {
        seeds::base_of(self.kept.sources())
    }

    /// `n` seeds that follow from the base.
    pub fn seeds(&self, n: u32) -> Vec<Seed> {
        seeds::from(self.base(), n)
    }

    /// A sentence when results are neither read nor kept.
    pub fn staleness(&self) -> Option<String> {
        let file = self.kept.stale.as_ref()?;
        Some(format!(
            "This program was built before {file} changed: results are neither read nor kept."
        ))
    }

    /// All proofs of one variant.
    pub fn prove(&self, variant: &Variant, seeds: &[Seed]) -> Result<Vec<Proved>, ProofError> {
        let mut stage = Stage::new(self, variant)?;
        match &variant.kind {
            VariantKind::Starter { smoke } => {
                let _running = ALONE.read();
                let honest = |ran: &Ran| judge::starter(&ran.progress, smoke);
                let few = &seeds[..seeds.len().min(1)];
                let proved = self.on_seeds(
                    &mut stage,
                    (ProofKind::StarterIsHonest, Which::Whole),
                    few,
                    &honest,
                )?;
                Ok(vec![proved])
            }
            VariantKind::Reference => self.correct(&mut stage, ProofKind::ReferencePasses, seeds),
            VariantKind::Unusual { .. } => {
                let few = &seeds[..seeds.len().min(UNUSUAL_SEEDS)];
                self.correct(&mut stage, ProofKind::UnusualPasses, few)
            }
            VariantKind::Mutant { caught_by, .. } => self.mutant(&mut stage, caught_by, seeds),
            VariantKind::Manner(manner) => self.manner(&mut stage, manner),
        }
    }

    /// The proofs of one variant as a record names them, with as many seeds as each is run on.
    pub(super) fn asked(
        &self,
        variant: &Variant,
        seeds: &[Seed],
    ) -> Result<Vec<Asked>, ProofError> {
        let stage = Stage::new(self, variant)?;
        let many = u32::try_from(seeds.len()).unwrap_or(u32::MAX);
        let few = u32::try_from(UNUSUAL_SEEDS).unwrap_or(u32::MAX);
        let proofs: &[(ProofKind, u32)] = match variant.kind {
            VariantKind::Starter { .. } => &[(ProofKind::StarterIsHonest, 1)],
            VariantKind::Reference => &[(ProofKind::ReferencePasses, many)],
            VariantKind::Unusual { .. } => &[(ProofKind::UnusualPasses, many.min(few))],
            VariantKind::Mutant { .. } => {
                &[(ProofKind::MutantIsCaught, many), (ProofKind::IsTold, 1)]
            }
            VariantKind::Manner(_) => &[(ProofKind::BadManner, 1), (ProofKind::IsTold, 1)],
        };
        let asked = proofs.iter().map(|&(proof, seeds)| {
            let is_told = proof == ProofKind::IsTold;
            let text = is_told.then(|| self.said.kept(&variant.name));
            let key = stage.record_key(proof.as_str(), &text.unwrap_or_default());
            (proof, key, seeds)
        });
        Ok(asked.collect())
    }

    fn correct(
        &self,
        stage: &mut Stage<'_>,
        proof: ProofKind,
        seeds: &[Seed],
    ) -> Result<Vec<Proved>, ProofError> {
        let _running = ALONE.read();
        let passed = |ran: &Ran| judge::all_passed(&ran.progress);
        Ok(vec![self.on_seeds(
            stage,
            (proof, Which::Whole),
            seeds,
            &passed,
        )?])
    }

    fn mutant(
        &self,
        stage: &mut Stage<'_>,
        caught_by: &str,
        seeds: &[Seed],
    ) -> Result<Vec<Proved>, ProofError> {
        let _running = ALONE.read();
        let which = Which::Only(caught_by);
        let caught = |ran: &Ran| judge::caught(&ran.progress, caught_by);
        let mutant = self.on_seeds(stage, (ProofKind::MutantIsCaught, which), seeds, &caught)?;
        if !mutant.holds() {
            // What it is told when it is not caught is nobody's text.
            return Ok(vec![mutant]);
        }
        let told = self.tells(stage, which, &caught)?;
        Ok(vec![mutant, told])
    }

    /// What a learner with this bug is told. Where there is more than one cause, or one order for two
    /// programs to come first, time decides what a run tells of: a text that differs is asked for again.
    fn tells(
        &self,
        stage: &mut Stage<'_>,
        which: Which<'_>,
        caught: &dyn Fn(&Ran) -> Wrong,
    ) -> Result<Proved, ProofError> {
        let begun = Instant::now();
        let mut told = Proved::without_runs(ProofKind::IsTold, stage.name());
        let most = if self.unit.services.is_empty() {
            1
        } else {
            TELLINGS
        };
        let key = stage.key(which, FIXED, "told");
        let mut kept = self.kept.get(&key);
        for left in (0..most).rev() {
            told.runs += 1;
            let text = if let Some(text) = kept.take() {
                told.kept += 1;
                text
            } else {
                let ran = stage.run(which, FIXED)?;
                let wrong = caught(&ran);
                if !wrong.is_empty() {
                    told.faults.push(stage.fault(FIXED, &wrong, Some(&ran)));
                    break;
                }
                self.kept.put(&key, &ran.redacted);
                ran.redacted
            };
            self.compare(stage, &text, None, &mut told)?;
            if told.holds() || left == 0 {
                break;
            }
            told.faults.clear();
        }
        told.took_ms = millis(begun.elapsed());
        Ok(told)
    }

    /// `about`: of this check alone, where the text tells of more.
    pub(super) fn compare(
        &self,
        stage: &Stage<'_>,
        text: &str,
        about: Option<&str>,
        told: &mut Proved,
    ) -> Result<(), ProofError> {
        match self.said.compare(stage.name(), text, about)? {
            Compared::Same => {}
            Compared::Accepted => told.note = Some("kept anew".to_owned()),
            Compared::Differs(how) => told.faults.push(Fault {
                seed: Some(FIXED.to_string()),
                what: how,
                report: None,
                again: format!("{} --accept", stage.again()),
            }),
        }
        Ok(())
    }

    /// A proof over seeds. Whether what was kept holds is in its key: only what holds is kept.
    fn on_seeds(
        &self,
        stage: &mut Stage<'_>,
        (proof, which): (ProofKind, Which<'_>),
        seeds: &[Seed],
        judge: &dyn Fn(&Ran) -> Wrong,
    ) -> Result<Proved, ProofError> {
        let begun = Instant::now();
        let mut proved = Proved::without_runs(proof, stage.name());
        // Below twenty seeds this is none.
        let misses = if proof == ProofKind::MutantIsCaught {
            seeds.len() / SEEDS_WITH_A_MISS
        } else {
            0
        };
        let mut hopeless = false;
        for seed in seeds {
            proved.runs += 1;
            let key = stage.key(which, *seed, proof.as_str());
            if self.kept.get(&key).is_some() {
                proved.kept += 1;
                continue;
            }
            let ran = stage.run(which, *seed)?;
            let wrong = judge(&ran);
            if wrong.is_empty() {
                self.kept.put(&key, "holds");
                continue;
            }
            proved.faults.push(stage.fault(*seed, &wrong, Some(&ran)));
            hopeless = ran.progress.stopped_before.is_some();
            if hopeless || proved.faults.len() >= MOST_FAULTS + misses {
                break;
            }
        }
        // A mutant that cannot even be run is none that was missed.
        if !hopeless && (1..=misses).contains(&proved.faults.len()) {
            let (number, of) = (proved.faults.len(), seeds.len());
            proved.note = Some(format!("missed on {number} of {of} seeds"));
            proved.faults.clear();
        }
        proved.took_ms = millis(begun.elapsed());
        Ok(proved)
    }

    /// The line that proves this lab.
    pub(super) fn again(&self) -> String {
        format!("mastery author prove --lab {}", self.unit.id)
    }
}
