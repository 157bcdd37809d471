//! What a check can say, and the evidence it says it with.
//!
//! Everything here is owned and serialisable: verdicts travel in events, are kept on tapes and are
//! read again by later releases, so fields are only ever added.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What became of one check. Only [`Verdict::Failed`] is about the learner.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum Verdict {
    /// The fact holds.
    Passed,
    /// The fact does not hold; the learner's program is the reason.
    Failed(Mismatch),
    /// It could not be decided: a broken service, a stalled machine, a bug of ours. Never a pass
    /// and never charged as a fail.
    Unsettled(BenchError),
    /// Not run, because something it stands on did not pass.
    Skipped {
        /// What it stands on: a check's id or a sentence.
        after: String,
    },
}

/// How a check ends from within: `?` carries whose fault it was.
pub type Outcome = Result<(), Failure>;

/// Why a check did not pass.
#[derive(Clone, Debug, PartialEq)]
pub enum Failure {
    /// The program did something else than the contract says.
    Wrong(Box<Mismatch>),
    /// The bench could not find out.
    Bench(BenchError),
}

/// What was expected, what happened, and the traffic that shows it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Mismatch {
    /// The first line of the failure: what happened, with the learner's own values. A sentence.
    pub summary: String,
    /// What the contract asks for, with values.
    pub expected: String,
    /// What the program did, in the same form, so that both can stand under each other.
    pub actual: String,
    /// The learner's own traffic, in the order in which it should be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
    /// Lines that show it again (`curl …`), with real values; the `mastery grade … --hold` line is
    /// added by whoever reports.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reproduce: Vec<String>,
}

/// One piece of evidence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Evidence {
    /// A request and what came back, as bytes on the wire.
    Exchange(Exchange),
    /// What happened when, and who did it.
    Timeline { moments: Vec<Moment> },
    /// The last lines of a program's stream.
    Log {
        program: String,
        stream: Stream,
        text: String,
        #[serde(default)]
        lossy: bool,
    },
    /// How a program ended.
    Death(Death),
    /// Anything else worth a sentence.
    Text { text: String },
    /// A kind a newer release wrote.
    #[serde(other)]
    Unknown,
}

/// An HTTP request and its answer as they went over the wire.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Exchange {
    /// Its place among the requests of this check, from 1.
    pub number: u64,
    /// Where it was sent (`127.0.0.1:41873`).
    pub to: String,
    /// The request: head and body, as text.
    pub request: String,
    /// The answer as far as it came, as text; empty when none came.
    pub response: String,
    /// What was wrong with the answer as such (`the connection closed after 12 of 400 bytes`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<String>,
    /// Where in the body to look, as a JSON pointer (RFC 6901).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// Bytes that were no UTF-8 were replaced.
    #[serde(default)]
    pub lossy: bool,
    /// From the first byte sent to the last byte received.
    pub took_ms: u64,
}

/// One line of a timeline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Moment {
    /// Since the check began.
    pub at_ms: u64,
    /// Who did it: a program, `bench`, a service.
    pub actor: String,
    pub text: String,
    /// What the reader must not miss (`applied again`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mark: Option<String>,
    /// It stands for this many moments that are not told; 0 for one that is.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub left_out: u64,
}

impl Moment {
    /// The actor of what the bench did to the program.
    pub const BENCH: &str = "bench";

    /// It tells what was done to the program, or is marked as what matters: never left out.
    pub fn is_deed(&self) -> bool {
        self.mark.is_some() || (self.actor == Self::BENCH && self.left_out == 0)
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the shape that serde asks for"
)]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// One of a program's two output streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stream {
    Stdout,
    Stderr,
}

/// How a program ended: the whole crash report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Death {
    pub program: String,
    pub exit: Exit,
    /// From its start.
    pub after_ms: u64,
    /// The argv it was started with.
    pub command: Vec<String>,
    /// The folder it ran in, relative to the workspace where possible.
    pub directory: String,
    /// The variables that we set, in order; passwords redacted.
    pub env: Vec<(String, String)>,
    /// The last lines of standard output and standard error, interleaved as they came.
    pub last_lines: Vec<String>,
    /// The file that holds all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<String>,
}

/// The way a process ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "kebab-case")]
pub enum Exit {
    /// It returned from `main`, or called `exit`.
    Code { code: i32 },
    /// A signal ended it that we did not send.
    Signal { signal: i32, name: String },
    /// We ended it, because it and its children held more memory than they may.
    Memory { used_mib: u64, limit_mib: u64 },
}

/// What stood in the way of a verdict. Not the learner's fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BenchError {
    /// What stood in the way, as a sentence.
    pub why: String,
    /// The one command or deed that helps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unlock: Option<String>,
}

impl BenchError {
    /// Something that stood in the way and that we know no remedy for.
    pub fn new(why: impl Into<String>) -> Self {
        Self {
            why: why.into(),
            unlock: None,
        }
    }

    /// Adds the one command or deed that helps.
    #[must_use]
    pub fn unlock(mut self, deed: impl Into<String>) -> Self {
        self.unlock = Some(deed.into());
        self
    }
}

impl std::fmt::Display for BenchError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.why)
    }
}

impl std::error::Error for BenchError {}

impl Mismatch {
    /// A difference, said in one sentence; evidence and lines to reproduce it follow.
    pub fn new(
        summary: impl Into<String>,
        expected: impl Into<String>,
        actual: impl Into<String>,
    ) -> Self {
        Self {
            summary: summary.into(),
            expected: expected.into(),
            actual: actual.into(),
            evidence: Vec::new(),
            reproduce: Vec::new(),
        }
    }

    /// Adds a piece of evidence behind those that are there.
    #[must_use]
    pub fn with(mut self, evidence: Evidence) -> Self {
        self.evidence.push(evidence);
        self
    }

    /// Adds a line that shows it again, once: whoever waits and whoever reads may name the same.
    #[must_use]
    pub fn reproduce(mut self, line: impl Into<String>) -> Self {
        let line = line.into();
        if !self.reproduce.contains(&line) {
            self.reproduce.push(line);
        }
        self
    }
}

impl From<Mismatch> for Failure {
    fn from(mismatch: Mismatch) -> Self {
        Self::Wrong(Box::new(mismatch))
    }
}

impl From<BenchError> for Failure {
    fn from(error: BenchError) -> Self {
        Self::Bench(error)
    }
}

impl Exit {
    /// The end as a fragment: `exited with code 3`, `killed by SIGSEGV`.
    pub fn describe(&self) -> String {
        match self {
            Self::Code { code } => format!("exited with code {code}"),
            Self::Signal { name, .. } => format!("killed by {name}"),
            Self::Memory {
                used_mib,
                limit_mib,
            } => {
                format!(
                    "ended by the bench: it held {used_mib} MiB of memory, {limit_mib} MiB is the limit"
                )
            }
        }
    }
}

/// Whole milliseconds, the only unit of time in events.
pub fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
