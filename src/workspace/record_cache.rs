//! The record cache: what the messages of a lab's attempts say, in one file beside the run folders.
//!
//! Reading ten thousand messages through libgit2 takes a quarter of a second; this takes milliseconds.
//! The file is disposable: it says where the refs stood, and when they moved otherwise, or it cannot be
//! read, it is made anew from git. Nothing is ever decided by it alone.

use std::{
    fs::{self, File},
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    path::PathBuf,
};

use serde::{Deserialize, Serialize};

use super::{AttemptSummary, LabRecord, ObjectId, Workspace, runs};

/// Raised when an older file would be understood wrongly.
const FORMAT: u32 = 1;

/// A lab's attempts: a head, and a line of JSON for each.
#[derive(Debug)]
pub(super) struct RecordCache {
    pub(super) head: Head,
    lines: Vec<u8>,
}

/// The first line: what all of them come to, so that most commands read nothing else.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Head {
    format: u32,
    pub(super) lab: String,
    /// Where the ref of the attempts pointed at.
    pub(super) tip: Option<ObjectId>,
    /// Where the ref of the pass pointed at.
    pub(super) passed: Option<ObjectId>,
    pub(super) attempts: u32,
    /// How long the lines behind it are, in bytes.
    size: u64,
    pub(super) record: Option<LabRecord>,
}

impl Head {
    pub(super) fn new(lab: &str, tip: Option<ObjectId>, passed: Option<ObjectId>) -> Self {
        Self {
            format: FORMAT,
            lab: lab.to_owned(),
            tip,
            passed,
            attempts: 0,
            size: 0,
            record: None,
        }
    }
}

impl RecordCache {
    pub(super) fn empty(head: Head) -> Self {
        Self {
            head,
            lines: Vec::new(),
        }
    }

    /// Of attempts, the oldest first.
    pub(super) fn of(head: Head, attempts: &[AttemptSummary]) -> Self {
        let tip = head.tip;
        Self::empty(head).with(tip, attempts)
    }

    /// With attempts behind those that are there; their numbers follow.
    pub(super) fn with(mut self, tip: Option<ObjectId>, attempts: &[AttemptSummary]) -> Self {
        let marked = self.head.passed;
        for attempt in attempts {
            let mut attempt = attempt.clone();
            self.head.attempts += 1;
            attempt.position = self.head.attempts;
            serde_json::to_writer(&mut self.lines, &attempt).expect("an attempt is plain JSON");
            self.lines.push(b'\n');
            self.head.record = LabRecord::add(self.head.record.take(), &attempt, marked);
        }
        self.head.tip = tip;
        self.head.size = self.lines.len() as u64;
        self
    }

    /// The attempts from this number back, the newest first.
    pub(super) fn until(&self, number: u32) -> impl Iterator<Item = AttemptSummary> {
        let newer = self.head.attempts.saturating_sub(number);
        let lines = self.lines.strip_suffix(b"\n").unwrap_or(&self.lines);
        lines
            .rsplit(|&byte| byte == b'\n')
            .skip(usize::try_from(newer).unwrap_or(usize::MAX))
            .filter_map(|line| serde_json::from_slice(line).ok())
    }

    /// The first line of a lab's file, if there is one that can be read.
    pub(super) fn head(ws: &Workspace, lab: &str) -> Option<Head> {
        open(ws, lab).map(|(head, _)| head)
    }

    /// A lab's file, if it is whole.
    pub(super) fn read(ws: &Workspace, lab: &str) -> Option<Self> {
        let (head, mut rest) = open(ws, lab)?;
        let mut lines = Vec::new();
        rest.read_to_end(&mut lines).ok()?;
        let count = lines.split(|&byte| byte == b'\n').count() - 1;
        let is_whole = lines.len() as u64 == head.size && count as u64 == u64::from(head.attempts);
        let last = lines.strip_suffix(b"\n").and_then(|lines| {
            let line = lines.rsplit(|&byte| byte == b'\n').next()?;
            serde_json::from_slice::<AttemptSummary>(line).ok()
        });
        let ends_well = last.is_some_and(|last| last.position == head.attempts);
        (is_whole && ends_well).then_some(Self { head, lines })
    }

    /// Writes it in one step. That it cannot be written costs time and nothing else.
    pub(super) fn write(&self, ws: &Workspace) {
        self.try_write(ws).ok();
    }

    fn try_write(&self, ws: &Workspace) -> io::Result<()> {
        runs::own_folder(ws).map_err(io::Error::other)?;
        let path = path(ws, &self.head.lab);
        let folder = path.parent().expect("it stands in a folder");
        fs::create_dir_all(folder)?;
        // A name of its own: two commands may write at once.
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        serde_json::to_writer(&mut file, &self.head)?;
        file.write_all(b"\n")?;
        file.write_all(&self.lines)?;
        file.persist(path)?;
        Ok(())
    }
}

/// The head of a lab's file, and what comes behind it.
fn open(ws: &Workspace, lab: &str) -> Option<(Head, BufReader<File>)> {
    let file = File::open(path(ws, lab)).ok()?;
    let mut rest = BufReader::with_capacity(64 * 1024, file);
    let mut line = Vec::new();
    rest.read_until(b'\n', &mut line).ok()?;
    let head: Head = serde_json::from_slice(&line).ok()?;
    (head.format == FORMAT && head.lab == lab).then_some((head, rest))
}

fn path(ws: &Workspace, lab: &str) -> PathBuf {
    let file = format!("{lab}.jsonl");
    ws.root.join(runs::OWN).join("record").join(file)
}
