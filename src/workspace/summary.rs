//! What an attempt says of itself: told by its tape, written as trailers into its commit, and read
//! from there again without opening a tape.

use std::collections::BTreeMap;

use mastery_kit::verdict::Verdict;
use serde::{Deserialize, Serialize};

use super::ObjectId;
use crate::grading::event::{GradeEvent, RunKind, RunStarted, Stamped, Tally};

/// An attempt, as its commit's message tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptSummary {
    pub id: ObjectId,
    /// Its number among the lab's attempts, from 1.
    pub position: u32,
    /// When it ended, in seconds since 1970, UTC.
    pub at: i64,
    pub kind: AttemptKind,
    pub seed: String,
    pub revision: u32,
    pub contract: String,
    pub language: String,
    pub backend: Option<String>,
    pub services: BTreeMap<String, String>,
    pub mastery: String,
    /// In the order in which the checks ended.
    pub verdicts: Vec<Told>,
    pub took_ms: u64,
}

/// What an attempt is: a run, or a state of the folder that was kept for another reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum AttemptKind {
    Run(RunKind),
    /// The folder as it was before another attempt was brought back. Nothing was run: it has a
    /// number and no tape, and counts nowhere.
    Saved,
    /// A kind that a newer release wrote.
    Newer,
}

/// The verdict on one check, in a letter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Told {
    pub check: String,
    /// `p` passed, `f` failed, `u` unsettled, `s` skipped; a newer release may know more.
    pub letter: char,
    /// The check after whose failure it was skipped.
    pub after: Option<String>,
}

impl AttemptSummary {
    /// How many checks ended which way; letters we do not know are not counted.
    pub fn tally(&self) -> Tally {
        tally(&self.verdicts)
    }

    /// Reads a commit's message. `None` for a commit that is no attempt (a merge, something else).
    pub(super) fn read(id: ObjectId, at: i64, message: &str) -> Option<Self> {
        let mut this = Self {
            id,
            position: 0,
            at,
            kind: AttemptKind::Newer,
            seed: String::new(),
            revision: 0,
            contract: String::new(),
            language: String::new(),
            backend: None,
            services: BTreeMap::new(),
            mastery: String::new(),
            verdicts: Vec::new(),
            took_ms: 0,
        };
        let mut is_attempt = false;
        for (key, value) in message.lines().filter_map(|line| line.split_once(": ")) {
            match key {
                "Kind" if value == "merge" => return None,
                "Kind" => {
                    is_attempt = true;
                    this.kind = value.to_owned().into();
                }
                "Seed" => value.clone_into(&mut this.seed),
                "Lab-Revision" => this.revision = value.parse().unwrap_or(0),
                "Contract" => value.clone_into(&mut this.contract),
                "Language" => value.clone_into(&mut this.language),
                "Backend" => this.backend = Some(value).filter(|v| *v != "none").map(str::to_owned),
                "Services" => this.services = value.split(' ').filter_map(pair).collect(),
                "Mastery" => value.clone_into(&mut this.mastery),
                "Verdicts" => this.verdicts = value.split(' ').filter_map(Told::read).collect(),
                "Took-Ms" => this.took_ms = value.parse().unwrap_or(0),
                _ => {}
            }
        }
        is_attempt.then_some(this)
    }
}

impl AttemptKind {
    /// The word that stands in an attempt's trailers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Run(kind) => kind.as_str(),
            Self::Saved => "saved",
            Self::Newer => "newer",
        }
    }
}

impl From<String> for AttemptKind {
    fn from(word: String) -> Self {
        let runs = [RunKind::Full, RunKind::Partial, RunKind::Interrupted].map(Self::Run);
        let mut known = runs.into_iter().chain([Self::Saved]);
        known
            .find(|kind| kind.as_str() == word)
            .unwrap_or(Self::Newer)
    }
}

impl From<AttemptKind> for String {
    fn from(kind: AttemptKind) -> Self {
        kind.as_str().to_owned()
    }
}

impl TryFrom<String> for Told {
    type Error = String;

    fn try_from(word: String) -> Result<Self, String> {
        Self::read(&word).ok_or_else(|| format!("`{word}` tells no verdict"))
    }
}

impl From<Told> for String {
    fn from(told: Told) -> Self {
        told.write()
    }
}

fn pair(word: &str) -> Option<(String, String)> {
    let (name, version) = word.split_once('=')?;
    Some((name.to_owned(), version.to_owned()))
}

impl Told {
    /// The verdict on a check, as an attempt says it.
    pub fn of(check: &str, verdict: &Verdict) -> Self {
        let (letter, after) = match verdict {
            Verdict::Passed => ('p', None),
            Verdict::Failed(_) => ('f', None),
            Verdict::Unsettled(_) => ('u', None),
            // A sentence does not fit into a trailer; the tape has it.
            Verdict::Skipped { after } => ('s', Some(after.clone()).filter(|after| is_id(after))),
        };
        Self {
            check: check.to_owned(),
            letter,
            after,
        }
    }

    /// `check=p`, `check=s:other_check`; whatever follows in a newer release is passed over.
    fn read(word: &str) -> Option<Self> {
        let (check, rest) = word.split_once('=')?;
        let after = rest.split_once(':').map(|(_, after)| after.to_owned());
        Some(Self {
            check: check.to_owned(),
            letter: rest.chars().next()?,
            after: after.filter(|after| !after.is_empty()),
        })
    }

    fn write(&self) -> String {
        let after = self
            .after
            .as_ref()
            .map_or_else(String::new, |a| format!(":{a}"));
        format!("{}={}{after}", self.check, self.letter)
    }
}

fn is_id(text: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    !text.is_empty() && text.chars().all(is_plain)
}

/// The message of a folder's state that was saved before something else took its place.
pub(super) fn saved_message(lab: &str, why: &str) -> String {
    format!("{lab}: {why}\n\nKind: {}\n", AttemptKind::Saved.as_str())
}

fn tally(verdicts: &[Told]) -> Tally {
    let count = |letter| {
        let number = verdicts.iter().filter(|told| told.letter == letter).count();
        u32::try_from(number).unwrap_or(u32::MAX)
    };
    Tally {
        passed: count('p'),
        failed: count('f'),
        unsettled: count('u'),
        skipped: count('s'),
    }
}

/// A run as its tape tells it.
#[derive(Clone, Debug)]
pub(super) struct Story {
    pub(super) started: RunStarted,
    pub(super) kind: RunKind,
    verdicts: Vec<Told>,
    is_finished: bool,
    took_ms: u64,
}

impl Story {
    /// Reads a tape. A torn last line (the run was killed) and events of newer releases are passed
    /// over; `None` when no run had begun.
    pub(super) fn read(tape: &[u8]) -> Option<Self> {
        let mut story: Option<Self> = None;
        for line in tape.split(|&byte| byte == b'\n') {
            let Ok(Stamped { event, at_ms }) = serde_json::from_slice(line) else {
                continue;
            };
            if let GradeEvent::RunStarted(started) = event {
                story = Some(Self {
                    started: *started,
                    kind: RunKind::Interrupted,
                    verdicts: Vec::new(),
                    is_finished: false,
                    took_ms: 0,
                });
            } else if let Some(story) = &mut story {
                story.add(&event);
                story.took_ms = at_ms;
            }
        }
        story
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "only what a trailer says is read; the tape itself keeps every event"
    )]
    fn add(&mut self, event: &GradeEvent) {
        match event {
            GradeEvent::CheckFinished { check, verdict, .. } => {
                self.verdicts.retain(|told| told.check != *check);
                self.verdicts.push(Told::of(check, verdict));
            }
            GradeEvent::ServiceReady {
                service,
                backend,
                version,
                ..
            } => {
                let services = &mut self.started.services;
                services.insert(service.clone(), version.clone());
                self.started.backend = Some(backend.clone());
            }
            GradeEvent::RunFinished { kind, .. } => {
                self.kind = *kind;
                self.is_finished = true;
            }
            _ => {}
        }
    }

    /// Whether something was told that must not be lost.
    pub(super) fn is_worth_keeping(&self) -> bool {
        self.is_finished || !self.verdicts.is_empty()
    }

    /// Whether this run passes its lab: a full one, to its end, with every required check passed.
    pub(super) fn passes(&self) -> bool {
        let mut required = self.started.checks.iter().filter(|check| !check.badge);
        let has_passed = |id: &str| {
            let of_it = |told: &&Told| told.check == id;
            self.verdicts
                .iter()
                .find(of_it)
                .is_some_and(|told| told.letter == 'p')
        };
        self.is_finished
            && self.kind == RunKind::Full
            && !self.started.checks.is_empty()
            && required.all(|check| has_passed(&check.id))
    }

    /// When it ended, in seconds since 1970.
    pub(super) fn ended_at(&self) -> i64 {
        let seconds = i64::try_from(self.took_ms / 1000).unwrap_or(0);
        self.started.began_at.saturating_add(seconds)
    }

    /// The message of its commit: a subject and trailers.
    pub(super) fn message(&self) -> String {
        let run = &self.started;
        let services: Vec<String> = run
            .services
            .iter()
            .map(|(name, version)| format!("{name}={}", version.replace(' ', "_")))
            .collect();
        let verdicts: Vec<String> = self.verdicts.iter().map(Told::write).collect();
        let or_none = |text: String| {
            if text.is_empty() {
                "none".to_owned()
            } else {
                text
            }
        };
        let trailers = [
            ("Kind", self.kind.as_str().to_owned()),
            ("Seed", run.seed.clone()),
            ("Lab-Revision", run.revision.to_string()),
            ("Contract", run.contract.clone()),
            ("Language", run.language.clone()),
            ("Backend", or_none(run.backend.clone().unwrap_or_default())),
            ("Services", or_none(services.join(" "))),
            ("Mastery", run.mastery.clone()),
            ("Verdicts", verdicts.join(" ")),
            ("Took-Ms", self.took_ms.to_string()),
        ];
        let trailers: Vec<String> = trailers
            .into_iter()
            .map(|(key, value)| format!("{key}: {}\n", value.replace(char::is_control, " ")))
            .collect();
        format!("{}: {}\n\n{}", run.lab, self.subject(), trailers.concat())
    }

    fn subject(&self) -> String {
        let tally = tally(&self.verdicts);
        let parts: Vec<String> = [
            (tally.passed, "passed"),
            (tally.failed, "failed"),
            (tally.unsettled, "unsettled"),
            (tally.skipped, "skipped"),
        ]
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, word)| format!("{number} {word}"))
        .collect();
        if parts.is_empty() {
            "no check ended".to_owned()
        } else {
            parts.join(", ")
        }
    }
}

#[cfg(test)]
#[path = "summary_tests.rs"]
mod tests;
