//! Which hints were taken: a log in the workspace's own folder. Nothing is scored by it; it is there
//! so that a ladder goes on where it was left, and for looking back on a week.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{Result, Workspace, WorkspaceError, runs};

/// A line of the log: one rung of a check's ladder was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HintTaken {
    /// Seconds since 1970, UTC.
    pub at: i64,
    pub lab: String,
    pub check: String,
    /// From 1.
    pub rung: u32,
    /// How many attempts there were.
    pub attempts: u32,
}

/// Every hint that was taken in a workspace, the oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HintLog(Vec<HintTaken>);

impl HintLog {
    /// Reads the log. None is an empty one; a line that cannot be read is passed over.
    pub fn read(ws: &Workspace) -> Self {
        let text = fs::read(path(ws)).unwrap_or_default();
        let lines = text.split(|&byte| byte == b'\n');
        Self(
            lines
                .filter_map(|line| serde_json::from_slice(line).ok())
                .collect(),
        )
    }

    /// How many rungs of a check's ladder were taken. `is_it` says whether a name in the log is that
    /// of the check: it may have been renamed since.
    pub fn rungs(&self, lab: &str, is_it: impl Fn(&str) -> bool) -> u32 {
        let of_it = self
            .0
            .iter()
            .filter(|one| one.lab == lab && is_it(&one.check));
        of_it.map(|one| one.rung).max().unwrap_or(0)
    }

    /// Writes one more line.
    pub fn note(ws: &Workspace, taken: &HintTaken) -> Result<()> {
        runs::own_folder(ws)?;
        let path = path(ws);
        append(&path, taken).map_err(|error| WorkspaceError::disk("write", path, error))
    }
}

fn append(path: &Path, taken: &HintTaken) -> io::Result<()> {
    // A line that a full disk cut off is ended first.
    let is_torn = fs::read(path).is_ok_and(|text| !text.is_empty() && !text.ends_with(b"\n"));
    let mut line = if is_torn { vec![b'\n'] } else { Vec::new() };
    serde_json::to_writer(&mut line, taken)?;
    line.push(b'\n');
    let mut file = OpenOptions::new().append(true).create(true).open(path)?;
    file.write_all(&line)
}

fn path(ws: &Workspace) -> PathBuf {
    ws.root.join(runs::OWN).join("hints.jsonl")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Settings;

    fn taken(lab: &str, check: &str, rung: u32) -> HintTaken {
        HintTaken {
            at: 1_700_000_000,
            lab: lab.into(),
            check: check.into(),
            rung,
            attempts: 2,
        }
    }

    #[test]
    fn a_ladder_is_remembered_for_each_lab_and_check() {
        let dir = tempfile::tempdir().unwrap();
        let ws = Workspace {
            root: dir.path().to_owned(),
            settings: Settings {
                curriculum: "x".into(),
                language: "go".into(),
                mirror: None,
                backend: None,
            },
        };
        assert_eq!(HintLog::read(&ws), HintLog::default());
        for one in [
            taken("a", "old", 1),
            taken("a", "new", 2),
            taken("b", "new", 3),
        ] {
            HintLog::note(&ws, &one).unwrap();
        }
        let log = HintLog::read(&ws);
        assert_eq!(log.rungs("a", |check| check == "old"), 1);
        assert_eq!(log.rungs("a", |check| check == "old" || check == "new"), 2);
        assert_eq!(log.rungs("c", |_| true), 0);
        let torn = dir.path().join(".mastery/hints.jsonl");
        let mut text = fs::read_to_string(&torn).unwrap();
        text.push_str("{\"at\":1,\"la");
        fs::write(&torn, text).unwrap();
        HintLog::note(&ws, &taken("c", "new", 1)).unwrap();
        assert_eq!(
            HintLog::read(&ws).0.len(),
            4,
            "the torn line is passed over"
        );
    }
}
