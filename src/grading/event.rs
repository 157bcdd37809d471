//! The events of a run: owned, serialisable, frozen early. The screen, plain text, JSON lines, `JUnit`
//! and the kept tape are folds of this one stream.

use std::{collections::BTreeMap, time::Duration};

use mastery_kit::verdict::{Stream, Verdict, millis};
use serde::{Deserialize, Serialize};

/// Why checks are skipped once the third one ended with the program's death (decision 3).
pub const DIED_THREE_TIMES: &str = "the program died three times";

/// The format of events this release writes. Newer formats stay readable: unknown events and
/// members are passed over.
pub const FORMAT: u32 = 1;

/// Something that happened in a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum GradeEvent {
    /// Everything is decided; nothing is started yet.
    RunStarted(Box<RunStarted>),
    BuildStarted {
        program: String,
        command: Vec<String>,
    },
    BuildFinished {
        program: String,
        result: BuildResult,
        took_ms: u64,
    },
    ServiceStarting {
        service: String,
        /// `docker` or `native`.
        backend: String,
    },
    ServiceReady {
        service: String,
        backend: String,
        /// As the server reports it.
        version: String,
        /// Where a person would connect.
        address: String,
        /// It ran already, kept warm for this workspace.
        #[serde(default)]
        warm: bool,
        /// The process that owns it, where it is ours to end even after we were killed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        supervisor: Option<u32>,
        took_ms: u64,
    },
    /// It cannot be had, or it is gone: never the learner's fault.
    ServiceLost {
        service: String,
        why: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unlock: Option<String>,
        took_ms: u64,
    },
    ServiceStopped {
        service: String,
        took_ms: u64,
    },
    /// The learner's `setup`, on the database that every check gets a copy of.
    SetupStarted {
        command: Vec<String>,
    },
    SetupFinished {
        result: BuildResult,
        took_ms: u64,
    },
    ProgramStarting {
        program: String,
        command: Vec<String>,
        /// Relative to the workspace where possible.
        directory: String,
        /// Only what we set, passwords redacted.
        env: Vec<(String, String)>,
    },
    ProgramReady {
        program: String,
        address: String,
        pid: u32,
        /// The process that owns it: ours to end, even after we were killed.
        #[serde(default)]
        supervisor: u32,
        /// What was looked at (`GET /healthz`).
        looked_at: String,
        took_ms: u64,
    },
    /// It did not become ready: `Failed` is the learner's, `Unsettled` the bench's.
    ProgramNotReady {
        program: String,
        verdict: Verdict,
        took_ms: u64,
    },
    ProgramOutput {
        program: String,
        stream: Stream,
        text: String,
        #[serde(default)]
        lossy: bool,
        /// Bytes left out before this text.
        #[serde(default)]
        dropped: u64,
    },
    ProgramStopped {
        program: String,
        /// It did not end within its grace and was killed.
        forced: bool,
        /// Processes it left behind, ended by us: `sleep (pid 4711)`.
        survivors: Vec<String>,
        took_ms: u64,
    },
    CheckStarted {
        check: String,
    },
    CheckFinished {
        check: String,
        verdict: Verdict,
        took_ms: u64,
    },
    /// Something worth telling that is no verdict.
    Note {
        text: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        check: Option<String>,
    },
    /// Everything stays up until ^C: a check failed under `--hold`, or, where `check` is empty,
    /// nothing but that was asked for.
    Held {
        check: String,
        addresses: BTreeMap<String, String>,
    },
    /// ^C: once winds down, twice kills.
    Interrupted {
        kill: bool,
    },
    RunFinished {
        kind: RunKind,
        tally: Tally,
        build_ms: u64,
        start_ms: u64,
        checks_ms: u64,
        stop_ms: u64,
    },
    /// An event a newer release wrote.
    #[serde(other)]
    Unknown,
}

/// What a run is about: enough for a tape to be understood on its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunStarted {
    pub format: u32,
    pub mastery: String,
    pub lab: String,
    pub title: String,
    pub revision: u32,
    /// Hash of the contract that is graded against.
    pub contract: String,
    pub seed: String,
    pub language: String,
    pub backend: Option<String>,
    /// Services by name; the version each reports of itself comes with its `ServiceReady`.
    pub services: BTreeMap<String, String>,
    /// Programs are started anew for each check, with services' state of its own.
    #[serde(default, skip_serializing_if = "is_false")]
    pub fresh: bool,
    pub kind: RunKind,
    /// The checks of this run, in order.
    pub checks: Vec<PlannedCheck>,
    /// How many checks the lab has, run or not.
    pub of: u32,
    /// Seconds since 1970, UTC.
    pub began_at: i64,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the shape serde asks for"
)]
fn is_false(flag: &bool) -> bool {
    !flag
}

/// A check as the learner knows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlannedCheck {
    pub id: String,
    pub title: String,
    #[serde(default)]
    pub badge: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<Rule>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_hint: Option<String>,
    #[serde(default)]
    pub hints: u32,
    pub limit_ms: u64,
}

/// The rule a check stands on, and where it is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    pub text: String,
    pub source: String,
}

/// What a run was, which decides what it counts for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunKind {
    /// Every check on a fresh seed: the only kind that passes a lab.
    Full,
    /// `--only` or `--seed`.
    Partial,
    /// Ended by ^C.
    Interrupted,
}

/// How a build ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum BuildResult {
    /// Nothing changed since the last good build.
    Cached,
    Built,
    /// The learner's build failed: the words, and the last lines it printed.
    Failed {
        why: String,
        last_lines: Vec<String>,
    },
    /// Not the learner's fault.
    Unsettled {
        why: String,
        unlock: Option<String>,
    },
}

/// How many checks ended which way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    pub passed: u32,
    pub failed: u32,
    pub unsettled: u32,
    pub skipped: u32,
}

impl Tally {
    /// Counts one verdict.
    pub fn count(&mut self, verdict: &Verdict) {
        match verdict {
            Verdict::Passed => self.passed += 1,
            Verdict::Failed(_) => self.failed += 1,
            Verdict::Unsettled(_) => self.unsettled += 1,
            Verdict::Skipped { .. } => self.skipped += 1,
        }
    }

    /// All of them.
    pub fn total(self) -> u32 {
        self.passed + self.failed + self.unsettled + self.skipped
    }
}

impl RunKind {
    /// The word that stands in an attempt's trailers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Partial => "partial",
            Self::Interrupted => "interrupted",
        }
    }
}

/// An event with its time since the run began: one line of a tape.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stamped {
    #[serde(flatten)]
    pub event: GradeEvent,
    pub at_ms: u64,
}

impl Stamped {
    /// Stamps an event.
    pub fn new(at: Duration, event: GradeEvent) -> Self {
        Self {
            event,
            at_ms: millis(at),
        }
    }
}

#[cfg(test)]
mod tests {
    use mastery_kit::verdict::Mismatch;

    use super::*;

    #[test]
    fn a_line_of_a_tape_is_read_back_as_it_was_written() {
        let verdict = Verdict::Failed(Mismatch::new("You answered 1.", "2", "1"));
        let event = GradeEvent::CheckFinished {
            check: "a_fact".into(),
            verdict,
            took_ms: 4,
        };
        let line = serde_json::to_string(&Stamped::new(Duration::from_millis(9), event)).unwrap();
        assert_eq!(
            line,
            r#"{"event":"check-finished","check":"a_fact","verdict":{"is":"failed","summary":"You answered 1.","expected":"2","actual":"1"},"took_ms":4,"at_ms":9}"#
        );
        let read: Stamped = serde_json::from_str(&line).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), line);
    }

    #[test]
    fn an_event_of_a_newer_release_is_passed_over() {
        let line = r#"{"event":"moon-rose","phase":"full","at_ms":3}"#;
        let read: Stamped = serde_json::from_str(line).unwrap();
        assert_eq!(read.event, GradeEvent::Unknown);
    }
}
