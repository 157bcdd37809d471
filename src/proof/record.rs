//! What held, kept beside the lab: `graders/LAB/proved.jsonl`, one line a proof, with the commit and the
//! machine it held on. Proofs over many seeds take hours: what stands there for the sources as they
//! are is not proved again, also on another machine and after `target/` is gone.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::PathBuf,
};

use serde::{Deserialize, Serialize};

use super::{
    checkout::Checkout,
    error::ProofError,
    event::{ProofKind, Proved},
};
use crate::{
    app::{clock, supply::BackendChoice},
    curriculum::Unit,
    report::words::date,
    workspace,
};

/// One proof that held.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Held {
    backend: String,
    proof: String,
    variant: String,
    /// Runs it stands on, each on a seed of its own.
    seeds: u32,
    /// What is worth knowing though it held: on how many seeds a mutant was missed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    /// Of everything the result depends on: of other sources it says nothing.
    key: String,
    commit: String,
    /// The day, in UTC.
    on: String,
    machine: String,
}

/// Backend, variant and proof.
type Place = (String, String, String);

/// A proof that is asked for: which, the key of its result, and on how many seeds.
pub(super) type Asked = (ProofKind, String, u32);

/// The record of one lab on one backend, read and written.
pub(super) struct Record {
    path: PathBuf,
    backend: &'static str,
    commit: String,
    machine: String,
    held: BTreeMap<Place, Held>,
}

impl Record {
    /// The record of a lab. What is proved must be what is committed, or a line would name a commit
    /// on which nothing was tried.
    pub(super) fn open(
        checkout: &Checkout,
        unit: &Unit,
        backend: BackendChoice,
    ) -> Result<Self, ProofError> {
        let backend = match backend {
            _ if unit.services.is_empty() => "none",
            BackendChoice::Native => "native",
            BackendChoice::Docker => "docker",
            BackendChoice::Auto => {
                return Err(ProofError::Usage(
                    "A record names its backend: add `--backend native` or `--backend docker`."
                        .to_owned(),
                ));
            }
        };
        let path = checkout.proved(unit.id.as_str());
        let here = workspace::checked_out(checkout.root())
            .map_err(|error| ProofError::Usage(error.to_string()))?;
        let mut changed = here.changed.iter().filter(|path| !is_record(path));
        if let Some(first) = changed.next() {
            return Err(ProofError::Usage(format!(
                "{first} is not as in {}: a record names the commit that was proved. Commit first.",
                here.commit
            )));
        }
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(ProofError::bench(checkout.shown(&path), error)),
        };
        let mut held = BTreeMap::new();
        for (number, line) in (1..).zip(text.lines()) {
            let one: Held = serde_json::from_str(line).map_err(|error| {
                ProofError::Usage(format!("{}:{number}: {error}.", checkout.shown(&path)))
            })?;
            held.insert(place(&one), one);
        }
        Ok(Self {
            path,
            backend,
            commit: here.commit,
            machine: machine(),
            held,
        })
    }

    /// What of a variant stands there for these sources, when every one of these proofs does, on as many
    /// seeds: then there is nothing to run.
    pub(super) fn get(&self, variant: &str, wanted: &[Asked]) -> Option<Vec<Proved>> {
        let proved = wanted.iter().map(|(proof, key, seeds)| {
            let place = (
                self.backend.to_owned(),
                variant.to_owned(),
                proof.as_str().to_owned(),
            );
            let held = self.held.get(&place)?;
            (held.key == *key && held.seeds >= *seeds).then(|| Proved {
                runs: *seeds,
                kept: *seeds,
                note: Some(format!("on {}, {}", held.commit, held.on)),
                ..Proved::without_runs(*proof, variant)
            })
        });
        proved.collect()
    }

    /// Notes a proof that holds, and takes one that does not out. Written at once: hours may follow.
    pub(super) fn note(&mut self, proved: &Proved, key: String) -> Result<(), ProofError> {
        let held = Held {
            backend: self.backend.to_owned(),
            proof: proved.proof.as_str().to_owned(),
            variant: proved.subject.clone(),
            seeds: proved.runs,
            note: proved.note.clone(),
            key,
            commit: self.commit.clone(),
            on: date(clock::now()),
            machine: self.machine.clone(),
        };
        if proved.holds() {
            self.held.insert(place(&held), held);
        } else {
            self.held.remove(&place(&held));
        }
        self.write()
    }

    /// Drops the lines of variants that are gone.
    pub(super) fn only(&mut self, variants: &BTreeSet<&str>) -> Result<(), ProofError> {
        let before = self.held.len();
        self.held
            .retain(|_, held| variants.contains(held.variant.as_str()));
        if self.held.len() == before {
            return Ok(());
        }
        self.write()
    }

    fn write(&self) -> Result<(), ProofError> {
        let mut text = String::new();
        for held in self.held.values() {
            text.push_str(&serde_json::to_string(held).expect("a line is text and numbers"));
            text.push('\n');
        }
        let beside = self.path.with_extension("new");
        fs::write(&beside, text)
            .and_then(|()| fs::rename(&beside, &self.path))
            .map_err(|error| ProofError::bench(self.path.display().to_string(), error))
    }
}

fn is_record(path: &str) -> bool {
    path.starts_with("graders/") && path.ends_with("/proved.jsonl")
}

fn place(held: &Held) -> Place {
    (
        held.backend.clone(),
        held.variant.clone(),
        held.proof.clone(),
    )
}

/// The machine in a few words.
fn machine() -> String {
    let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpus
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(':'))
        .map(|(_, model)| format!("{}, ", model.trim()));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!(
        "{}{cores} cores, {} {}",
        model.unwrap_or_default(),
        std::env::consts::OS,
        std::env::consts::ARCH
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(folder: &std::path::Path) -> Record {
        Record {
            path: folder.join("proved.jsonl"),
            backend: "native",
            commit: "0123456789ab".to_owned(),
            machine: machine(),
            held: BTreeMap::new(),
        }
    }

    fn proved(variant: &str, seeds: u32) -> Proved {
        Proved {
            runs: seeds,
            ..Proved::without_runs(ProofKind::MutantIsCaught, variant)
        }
    }

    fn asked(key: &str, seeds: u32) -> [Asked; 1] {
        [(ProofKind::MutantIsCaught, key.to_owned(), seeds)]
    }

    #[test]
    fn what_held_is_not_proved_again_on_fewer_seeds_of_the_same_sources() {
        let folder = tempfile::tempdir().unwrap();
        let mut record = record(folder.path());
        record
            .note(&proved("auto-commit", 20), "k".to_owned())
            .unwrap();
        let held = record.get("auto-commit", &asked("k", 20)).unwrap();
        assert_eq!((held[0].runs, held[0].kept), (20, 20));
        assert!(held[0].note.as_ref().unwrap().contains("0123456789ab"));
        assert!(record.get("auto-commit", &asked("k", 5)).is_some());
        for (variant, key, seeds) in [
            ("auto-commit", "k", 21),
            ("auto-commit", "other", 20),
            ("another", "k", 1),
        ] {
            assert!(record.get(variant, &asked(key, seeds)).is_none());
        }
        record.backend = "docker";
        assert!(record.get("auto-commit", &asked("k", 1)).is_none());
    }

    #[test]
    fn what_does_not_hold_any_more_and_what_is_gone_leaves_the_record() {
        let folder = tempfile::tempdir().unwrap();
        let mut record = record(folder.path());
        for variant in ["a", "b", "c"] {
            record.note(&proved(variant, 1), "k".to_owned()).unwrap();
        }
        let mut broken = proved("b", 1);
        broken.faults.push(crate::proof::Fault {
            seed: None,
            what: "It passed.".to_owned(),
            report: None,
            again: String::new(),
        });
        record.note(&broken, "k".to_owned()).unwrap();
        record.only(&BTreeSet::from(["a", "b"])).unwrap();
        let text = fs::read_to_string(&record.path).unwrap();
        let lines: Vec<Held> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let [line] = &lines[..] else {
            panic!("{text}");
        };
        assert_eq!((line.variant.as_str(), line.seeds), ("a", 1));
        assert_eq!(line.on.len(), "2026-12-01".len());
    }

    #[test]
    fn only_the_records_themselves_may_differ_from_the_commit() {
        assert!(is_record("graders/rest-api/proved.jsonl"));
        assert!(!is_record("graders/rest-api/grader.rs"));
        assert!(!is_record("docs/proved.jsonl"));
    }
}
