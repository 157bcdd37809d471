//! `mastery author prove`: every proof of the labs that are asked for.

use std::{collections::BTreeSet, fs, path::PathBuf, sync::Arc, time::Instant};

use mastery_kit::{random::Seed, verdict::millis};

use super::{
    checkout::Checkout,
    crew::{Crew, Deed, Told},
    error::ProofError,
    event::{ProofEvent, ProofKind, Proved, Summary},
    interrupt::Interrupts,
    lab::{Keeping, Lab},
    record::Record,
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
    /// How many variants at once.
    pub jobs: usize,
    /// Read and write what held beside the lab.
    pub record: bool,
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
        checkout,
        curriculum,
        options,
        interrupts: Arc::new(interrupts),
        listener,
        summary: Summary::default(),
    };
    for id in labs {
        match proving.open(&id).and_then(|lab| proving.lab(&id, &lab)) {
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
    checkout: &'p Checkout,
    curriculum: &'p Curriculum,
    options: &'p ProveOptions,
    interrupts: Arc<Interrupts>,
    listener: &'p mut Listener<'l>,
    summary: Summary,
}

impl<'p> Proving<'p, '_> {
    fn open(&self, id: &str) -> Result<Lab<'p>, ProofError> {
        let options = self.options;
        let exe = options.exe.clone();
        Lab::open(self.checkout, self.curriculum, id, exe, options.keeping)
    }

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
        self.variants(lab, &chosen, &seeds)?;
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

    /// Proves the variants, but for those that the record says held.
    fn variants(
        &mut self,
        lab: &Lab<'_>,
        chosen: &[&Variant],
        seeds: &[Seed],
    ) -> Result<(), ProofError> {
        let backend = self.options.keeping.backend;
        let record = self.options.record;
        let mut record = record
            .then(|| Record::open(self.checkout, lab.unit, backend))
            .transpose()?;
        let mut open = Vec::new();
        for &variant in chosen {
            let held = match &record {
                Some(record) => record.get(&variant.name, &lab.asked(variant, seeds)?),
                None => None,
            };
            match held {
                Some(held) => held.into_iter().for_each(|proved| self.count(proved)),
                None => open.push(variant),
            }
        }
        self.work(
            lab,
            &open,
            &|lab, variant| lab.prove(variant, seeds),
            &mut |proving, variant, all| {
                let asked = match &record {
                    Some(_) => lab.asked(variant, seeds)?,
                    None => Vec::new(),
                };
                for proved in all {
                    let same = asked.iter().find(|(proof, ..)| *proof == proved.proof);
                    if let (Some(record), Some((_, key, _))) = (&mut record, same) {
                        record.note(&proved, key.clone())?;
                    }
                    proving.count(proved);
                }
                Ok(())
            },
        )?;
        let names = lab.variants().iter().map(|variant| variant.name.as_str());
        record.map_or(Ok(()), |mut record| record.only(&names.collect()))
    }

    /// Several variants at once. ^C is seen between two.
    fn work<T: Send>(
        &mut self,
        lab: &Lab<'_>,
        variants: &[&Variant],
        deed: &Deed<'_, T>,
        done: &mut dyn FnMut(&mut Self, &Variant, T) -> Result<(), ProofError>,
    ) -> Result<(), ProofError> {
        let (checkout, curriculum, options) = (self.checkout, self.curriculum, self.options);
        let id = lab.unit.id.as_str();
        let interrupts = Arc::clone(&self.interrupts);
        let crew = Crew {
            jobs: options.jobs,
            open: &|| {
                Lab::open(
                    checkout,
                    curriculum,
                    id,
                    options.exe.clone(),
                    options.keeping,
                )
            },
            ended: &|| interrupts.seen(),
        };
        crew.work(variants, deed, &mut |variant, told| match told {
            Told::Begun => {
                let (proof, subject) = (kind_of(variant), variant.name.clone());
                (self.listener)(&ProofEvent::Started { proof, subject });
                Ok(())
            }
            Told::Done(what) => done(self, variant, what),
        })
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
        let all = lab.variants().iter();
        let mutants: Vec<&Variant> = all
            .filter(|variant| variant.caught_by().is_some())
            .collect();
        let mut rows = Vec::new();
        self.work(
            lab,
            &mutants,
            &|lab, variant| lab.kills(variant),
            &mut |proving, _, (row, proved)| {
                proving.count(proved);
                rows.push(row);
                Ok(())
            },
        )?;
        rows.sort_by_key(|row| mutants.iter().position(|one| one.name == row.mutant));
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
