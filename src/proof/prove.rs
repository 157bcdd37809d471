//! `mastery author prove`: every proof of the labs that are asked for.

use std::{collections::BTreeSet, fs, path::PathBuf, time::Instant};

use mastery_kit::{random::Seed, verdict::millis};

use super::{
    checkout::Checkout,
    error::ProofError,
    event::{ProofEvent, ProofKind, Proved, Summary},
    interrupt::Interrupts,
    lab::{Keeping, Lab},
    seeds::Sample,
    variant::{Variant, VariantKind},
};
use crate::curriculum::{Curriculum, resolve_name};

/// What to prove, and how.
#[derive(Clone, Debug)]
pub struct ProveOptions {
    /// The labs, by id. Empty: every lab with a grader.
    pub labs: Vec<String>,
    /// How many seeds.
    pub seeds: u32,
    /// This seed and no other.
    pub seed: Option<Seed>,
    /// Only these variants, by name or its unique beginning.
    pub only: Vec<String>,
    /// Only a part of the unusual variants.
    pub sample: Option<Sample>,
    /// Makes the whole matrix and writes it there.
    pub kill_matrix: Option<PathBuf>,
    pub keeping: Keeping,
    /// The `mastery` that is started again as a supervisor.
    pub exe: PathBuf,
}

/// Whoever is told what happens.
pub type Listener<'l> = dyn FnMut(&ProofEvent) + 'l;

/// Proves; `Err` is what kept it from being proved. A proof that does not hold is in the summary,
/// and so is ^C.
pub fn prove(
    checkout: &Checkout,
    curriculum: &Curriculum,
    options: &ProveOptions,
    listener: &mut Listener<'_>,
) -> Result<Summary, ProofError> {
    let begun = Instant::now();
    let interrupts = Interrupts::listen()
        .map_err(|error| ProofError::bench("Signals cannot be listened for", error))?;
    let labs = labs(curriculum, &options.labs)?;
    if options.kill_matrix.is_some() && labs.len() > 1 {
        let what = "A kill matrix is of one lab: name it with --lab.".to_owned();
        return Err(ProofError::Usage(what));
    }
    let mut proving = Proving {
        options,
        interrupts,
        listener,
        summary: Summary::default(),
    };
    for id in labs {
        let exe = options.exe.clone();
        let lab = Lab::open(checkout, curriculum, &id, exe, options.keeping)?;
        match proving.lab(&id, &lab) {
            Ok(()) => {}
            Err(ProofError::Interrupted) => {
                proving.summary.interrupted = true;
                break;
            }
            Err(error) => return Err(error),
        }
    }
    let mut summary = proving.summary;
    summary.took_ms = millis(begun.elapsed());
    listener(&ProofEvent::Ended(summary));
    Ok(summary)
}

/// The ids of the labs to prove.
fn labs(curriculum: &Curriculum, named: &[String]) -> Result<Vec<String>, ProofError> {
    let units: Vec<&str> = curriculum.units().map(|unit| unit.id.as_str()).collect();
    if named.is_empty() {
        let graded = units.into_iter().filter(|id| {
            mastery_graders::grader(id).is_some_and(|grader| !grader.checks.is_empty())
        });
        return Ok(graded.map(str::to_owned).collect());
    }
    let found = named.iter().map(|text| resolve_name(text, &units));
    Ok(found
        .map(|id| id.map(str::to_owned))
        .collect::<Result<_, _>>()?)
}

struct Proving<'p, 'l> {
    options: &'p ProveOptions,
    interrupts: Interrupts,
    listener: &'p mut Listener<'l>,
    summary: Summary,
}

impl Proving<'_, '_> {
    fn lab(&mut self, id: &str, lab: &Lab<'_>) -> Result<(), ProofError> {
        let chosen = self.chosen(lab)?;
        lab.patches_apply(&chosen)?;
        let base = self.options.seed.unwrap_or_else(|| lab.base());
        let seeds = match self.options.seed {
            Some(seed) => vec![seed],
            None => lab.seeds(self.options.seeds),
        };
        if seeds.is_empty() {
            return Err(ProofError::Usage(
                "There must be one seed at least.".to_owned(),
            ));
        }
        let names = |variants: &[&Variant]| {
            let unusual = variants.iter().filter(|variant| is_unusual(variant));
            unusual.map(|variant| variant.name.clone()).collect()
        };
        let sample = self.options.sample.as_ref();
        let sample = sample.filter(|_| self.options.only.is_empty());
        (self.listener)(&ProofEvent::LabStarted {
            lab: id.to_owned(),
            base: base.to_string(),
            seeds: u32::try_from(seeds.len()).unwrap_or(u32::MAX),
            variants: u32::try_from(chosen.len()).unwrap_or(u32::MAX),
            sampled: sample.map(|sample| (sample.by.clone(), names(&chosen))),
        });
        if let Some(text) = lab.staleness() {
            (self.listener)(&ProofEvent::Note { text });
        }
        for variant in &chosen {
            self.begin(kind_of(variant), &variant.name)?;
            for proved in lab.prove(variant, &seeds)? {
                self.count(proved);
            }
        }
        if let Some(path) = &self.options.kill_matrix {
            self.kill_matrix(lab, path)?;
        }
        if self.options.only.is_empty() {
            for proved in lab.overall()? {
                self.count(proved);
            }
        }
        Ok(())
    }

    fn begin(&mut self, proof: ProofKind, subject: &str) -> Result<(), ProofError> {
        if self.interrupts.seen() {
            return Err(ProofError::Interrupted);
        }
        let subject = subject.to_owned();
        (self.listener)(&ProofEvent::Started { proof, subject });
        Ok(())
    }

    fn count(&mut self, proved: Proved) {
        self.summary.count(&proved);
        (self.listener)(&ProofEvent::Finished(proved));
    }

    /// The variants to prove: those named, else all but the unusual ones that are not sampled.
    fn chosen<'v>(&self, lab: &'v Lab<'_>) -> Result<Vec<&'v Variant>, ProofError> {
        let all = lab.variants();
        let names: Vec<&str> = all.iter().map(|variant| variant.name.as_str()).collect();
        if !self.options.only.is_empty() {
            let mut wanted = BTreeSet::new();
            for text in &self.options.only {
                wanted.insert(resolve_name(text, &names)?);
            }
            let those = all
                .iter()
                .filter(|variant| wanted.contains(variant.name.as_str()));
            return Ok(those.collect());
        }
        let unusual: Vec<&str> = all
            .iter()
            .filter(|variant| is_unusual(variant))
            .map(|variant| variant.name.as_str())
            .collect();
        let sampled = self
            .options
            .sample
            .as_ref()
            .map(|sample| sample.of(&unusual));
        let proved = all.iter().filter(|variant| {
            let kept = |of: &BTreeSet<&str>| of.contains(variant.name.as_str());
            !is_unusual(variant) || sampled.as_ref().is_none_or(kept)
        });
        Ok(proved.collect())
    }

    fn kill_matrix(&mut self, lab: &Lab<'_>, path: &PathBuf) -> Result<(), ProofError> {
        let mut rows = Vec::new();
        for variant in lab.variants() {
            if variant.caught_by().is_some() {
                self.begin(ProofKind::KillMatrix, &variant.name)?;
                let (row, proved) = lab.kills(variant)?;
                self.count(proved);
                rows.push(row);
            }
        }
        let text = lab.matrix(rows).text();
        fs::write(path, text)
            .map_err(|error| ProofError::bench(format!("{}", path.display()), error))
    }
}

fn is_unusual(variant: &Variant) -> bool {
    matches!(variant.kind, VariantKind::Unusual { .. })
}

fn kind_of(variant: &Variant) -> ProofKind {
    match variant.kind {
        VariantKind::Starter { .. } => ProofKind::StarterIsHonest,
        VariantKind::Reference => ProofKind::ReferencePasses,
        VariantKind::Unusual { .. } => ProofKind::UnusualPasses,
        VariantKind::Mutant { .. } => ProofKind::MutantIsCaught,
        VariantKind::Manner(_) => ProofKind::BadManner,
    }
}
