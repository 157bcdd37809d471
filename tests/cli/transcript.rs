//! What a terminal shows, as text for a snapshot: the line that was typed, both streams, the exit code.

use std::{
    fmt::Write as _,
    sync::OnceLock,
    time::{SystemTime, UNIX_EPOCH},
};

use mastery::{
    grading::event::Stamped,
    report::redact::Redactor,
    workspace::{Workspace, keep, snapshot},
};

use crate::cast::{LAB, Learner, Said};

/// The checks that the tapes of these tests tell of, in the lab's order.
pub(crate) const CHECKS: [&str; 4] = [
    "v1_wire_is_frozen",
    "v1_lists_page_by_page",
    "v2_orders_can_be_read_back",
    "decimals_do_not_drift",
];

/// A session at a terminal.
pub(crate) struct Session<'l> {
    learner: &'l Learner,
    columns: &'static str,
    text: String,
}

impl<'l> Session<'l> {
    pub(crate) fn new(learner: &'l Learner) -> Self {
        Self::of(learner, "80")
    }

    /// In a terminal of so many columns.
    pub(crate) fn of(learner: &'l Learner, columns: &'static str) -> Self {
        Self {
            learner,
            columns,
            text: String::new(),
        }
    }

    /// Types a command in the workspace and writes down what came.
    pub(crate) fn types(&mut self, line: &str) -> &mut Self {
        self.types_in("ws", line)
    }

    pub(crate) fn types_in(&mut self, folder: &str, line: &str) -> &mut Self {
        let words: Vec<&str> = line.split(' ').collect();
        let mut command = self.learner.command(folder, &words);
        let Said { code, out, err } =
            crate::cast::said(command.env("COLUMNS", self.columns).output().unwrap());
        write!(self.text, "$ mastery {line}\n{out}").unwrap();
        if !err.is_empty() {
            write!(self.text, "[stderr]\n{err}").unwrap();
        }
        writeln!(self.text, "[exit {}]\n", code.unwrap()).unwrap();
        self
    }

    /// The whole session, with what differs between machines replaced.
    pub(crate) fn shown(&self) -> String {
        let home = self.learner.root.display().to_string();
        Redactor::default()
            .replace(home, "[home]")
            .text(&self.text)
            .replace(" \n", "\n")
    }
}

/// Keeps an attempt on `rest-api` as it lies there, ended so many hours ago: a letter for each of
/// [`CHECKS`], a blank where it did not run.
pub(crate) fn attempt(learner: &Learner, hours_ago: u64, kind: &str, letters: &str) {
    let ws = Workspace::discover(&learner.root.join("ws")).unwrap();
    let work = snapshot(&ws, LAB).unwrap();
    let tape = tape(hours_ago, kind, letters);
    for line in tape.lines() {
        // What is written here is what a run writes.
        serde_json::from_str::<Stamped>(line).unwrap();
    }
    keep(&ws, Some(work.tree), tape.as_bytes()).unwrap();
}

fn tape(hours_ago: u64, kind: &str, letters: &str) -> String {
    // One instant for all, so that the time between two attempts is always the same.
    static BEGUN: OnceLock<u64> = OnceLock::new();
    let now = *BEGUN.get_or_init(|| {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        since.unwrap().as_secs()
    });
    let checks = CHECKS
        .map(|id| serde_json::json!({"id": id, "title": id, "badge": false, "limit_ms": 1000}));
    let mut lines = vec![serde_json::json!({
        "event": "run-started", "format": 1, "mastery": "0.1.0", "lab": "rest-api", "title": "t",
        "revision": 1, "contract": "blake3:00", "seed": format!("{hours_ago:016x}"),
        "language": "python", "backend": null, "services": {}, "kind": kind, "checks": checks,
        "of": 4, "began_at": now - hours_ago * 3600 - 60, "at_ms": 0,
    })];
    for (check, letter) in CHECKS.iter().zip(letters.chars()) {
        let verdict = match letter {
            'p' => serde_json::json!({"is": "passed"}),
            'f' => {
                serde_json::json!({"is": "failed", "summary": "You answered 1.", "expected": "2", "actual": "1"})
            }
            'u' => serde_json::json!({"is": "unsettled", "why": "The machine stood still."}),
            's' => serde_json::json!({"is": "skipped", "after": CHECKS[0]}),
            _ => continue,
        };
        lines.push(serde_json::json!({
            "event": "check-finished", "check": check, "verdict": verdict, "took_ms": 1, "at_ms": 900,
        }));
    }
    lines.push(serde_json::json!({
        "event": "run-finished", "kind": kind,
        "tally": {"passed": 0, "failed": 0, "unsettled": 0, "skipped": 0},
        "build_ms": 0, "start_ms": 0, "checks_ms": 0, "stop_ms": 0, "at_ms": 1904,
    }));
    let lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
    lines.join("\n") + "\n"
}
