//! What a container says: its last lines of both streams, the one line that is waited for, and its
//! log files. An engine forgets a container's output with the container.

use std::{
    collections::VecDeque,
    fs::{File, OpenOptions},
    io::Write as _,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use testcontainers::core::logs::LogFrame;
use tokio::sync::watch;

use crate::verdict::Stream;

/// Lines that are kept.
const KEPT: usize = 200;
/// Bytes of a line that are kept.
const LINE: usize = 2_000;
/// Bytes of a stream that are written to its file: a server in a rage must not fill the disk.
const FILE: u64 = 32 << 20;

/// A line that shows something: that a server is ready, or which version it is.
#[derive(Clone, Copy)]
pub(super) struct Sign {
    pub(super) stream: Stream,
    pub(super) text: &'static str,
}

/// Shared by whoever reads the container's output and whoever waits for it.
#[derive(Clone)]
pub(super) struct Tail(Arc<Inner>);

struct Inner {
    ready: Sign,
    is_ready: watch::Sender<bool>,
    kept: Mutex<Kept>,
}

struct Kept {
    lines: VecDeque<(Stream, String)>,
    version: Option<String>,
    files: [Option<(File, u64)>; 2],
}

/// What stands before Kafka's version; it is reported nowhere else.
const VERSION: &str = "Kafka version: ";

impl Tail {
    /// `name` is that of the log files in `logs`: `NAME.stdout.log`, `NAME.stderr.log`.
    pub(super) fn new(ready: Sign, logs: &Path, name: &str) -> Self {
        let open = |stream: &str| {
            let path = logs.join(format!("{name}.{stream}.log"));
            let file = OpenOptions::new().create(true).append(true).open(path);
            file.ok().map(|file| (file, 0))
        };
        Self(Arc::new(Inner {
            ready,
            is_ready: watch::Sender::new(false),
            kept: Mutex::new(Kept {
                lines: VecDeque::new(),
                version: None,
                files: [open("stdout"), open("stderr")],
            }),
        }))
    }

    /// Takes what the engine passed on: whole lines, or pieces of very long ones.
    pub(super) fn take(&self, frame: &LogFrame) {
        let (stream, bytes) = match frame {
            LogFrame::StdOut(bytes) => (Stream::Stdout, bytes),
            LogFrame::StdErr(bytes) => (Stream::Stderr, bytes),
        };
        let mut kept = self.0.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.write(stream, bytes);
        for line in String::from_utf8_lossy(bytes).lines() {
            if stream == self.0.ready.stream && line.contains(self.0.ready.text) {
                self.0.is_ready.send_replace(true);
            }
            kept.line(stream, line);
        }
    }

    /// Waits until the ready line was seen.
    pub(super) async fn ready(&self) {
        let mut seen = self.0.is_ready.subscribe();
        let waited = seen.wait_for(|ready| *ready).await;
        waited.expect("the sender lives as long as this tail");
    }

    /// The version that was said in passing.
    pub(super) fn version(&self) -> Option<String> {
        let kept = self.0.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.version.clone()
    }

    /// The last lines of both streams, in the order in which they came.
    pub(super) fn last_lines(&self, count: usize) -> Vec<String> {
        let kept = self.0.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let from = kept.lines.len().saturating_sub(count);
        kept.lines
            .range(from..)
            .map(|(_, line)| line.clone())
            .collect()
    }
}

impl Kept {
    fn line(&mut self, stream: Stream, line: &str) {
        if let Some((_, version)) = line.split_once(VERSION) {
            self.version = version.split_whitespace().next().map(str::to_owned);
        }
        if self.lines.len() == KEPT {
            self.lines.pop_front();
        }
        let end = line.floor_char_boundary(LINE);
        self.lines.push_back((stream, line[..end].to_owned()));
    }

    fn write(&mut self, stream: Stream, bytes: &[u8]) {
        let place = usize::from(stream == Stream::Stderr);
        let Some((file, written)) = &mut self.files[place] else {
            return;
        };
        *written += bytes.len() as u64;
        // A log that cannot be written is missed by nobody but its reader.
        if *written > FILE || file.write_all(bytes).is_err() {
            self.files[place] = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tail(folder: &Path) -> Tail {
        let ready = Sign {
            stream: Stream::Stderr,
            text: "is ready",
        };
        Tail::new(ready, folder, "postgres")
    }

    fn said(text: &str) -> LogFrame {
        LogFrame::StdOut(text.as_bytes().to_vec().into())
    }

    #[test]
    fn ready_is_what_the_right_stream_says() {
        let folder = tempfile::tempdir().unwrap();
        let tail = tail(folder.path());
        tail.take(&said("the temporary server is ready\n"));
        assert!(!*tail.0.is_ready.borrow());
        tail.take(&LogFrame::StdErr(
            b"the final server is ready\n".to_vec().into(),
        ));
        assert!(*tail.0.is_ready.borrow());
        let log = std::fs::read_to_string(folder.path().join("postgres.stdout.log")).unwrap();
        assert_eq!(log, "the temporary server is ready\n");
    }

    #[test]
    fn only_the_last_lines_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let tail = tail(folder.path());
        tail.take(&said("INFO Kafka version: 4.4.0 (AppInfoParser)\n"));
        for number in 0..300 {
            tail.take(&said(&format!("line {number}\n")));
        }
        assert_eq!(tail.last_lines(2), ["line 298", "line 299"]);
        assert_eq!(tail.last_lines(1_000).len(), KEPT);
        assert_eq!(tail.version().as_deref(), Some("4.4.0"));
    }
}
