//! What the program prints: complete on disk up to a cap, thinned to what a reader can take.
//!
//! One thread polls both streams. It never makes the program wait for the owner's sake: what comes
//! faster than 64 KiB in 10 ms loses its middle on the way to the owner, and only there.

use std::{
    fs::{File, OpenOptions},
    io::{self, PipeReader, PipeWriter, Read as _, Write as _},
    os::fd::OwnedFd,
    process::Child,
    sync::mpsc::Sender,
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::{Event, STACK, Wire};
use crate::{
    process::{
        captured::push_tail,
        frame::{Report, Spec},
    },
    verdict::Stream,
};

/// Of one window, kept from its beginning and from its end.
const HALF: usize = 32 * 1024;
/// How long a window is.
const WINDOW: Duration = Duration::from_millis(10);
/// At the end everything is in the pipes; who still writes is not of the tree.
const DRAIN_LIMIT: Duration = Duration::from_millis(200);

/// The thread that reads both streams.
pub(super) struct Outputs {
    wake: PipeWriter,
    thread: JoinHandle<()>,
}

impl Outputs {
    pub(super) fn start(
        child: &mut Child,
        spec: &Spec,
        wire: Wire,
        events: Sender<Event>,
    ) -> io::Result<Self> {
        let (told, wake) = io::pipe()?;
        let pipes: [Option<OwnedFd>; 2] = [
            child.stdout.take().map(Into::into),
            child.stderr.take().map(Into::into),
        ];
        let mut reader = Reader {
            sources: Vec::with_capacity(2),
            told,
            wire,
            events,
            buffer: vec![0; 2 * HALF],
            flushed: Instant::now(),
        };
        for (place, pipe) in pipes.into_iter().enumerate() {
            reader.sources.push(Source {
                stream: [Stream::Stdout, Stream::Stderr][place],
                pipe: pipe.map(File::from),
                log: Log::open(spec, place),
                window: Window::default(),
            });
        }
        let thread = thread::Builder::new()
            .name("output".into())
            .stack_size(STACK)
            .spawn(move || reader.run())?;
        Ok(Self { wake, thread })
    }

    /// Asks for everything printed so far; [`Event::Flushed`] follows.
    pub(super) fn flush(&self) {
        (&self.wake).write_all(b"f").ok();
    }

    /// Reads what is left and ends.
    pub(super) fn drain(self) {
        drop(self.wake);
        // A panic has nothing to tell that the owner could use.
        self.thread.join().ok();
    }
}

struct Reader {
    sources: Vec<Source>,
    told: PipeReader,
    wire: Wire,
    events: Sender<Event>,
    buffer: Vec<u8>,
    flushed: Instant,
}

struct Source {
    stream: Stream,
    pipe: Option<File>,
    log: Log,
    window: Window,
}

impl Reader {
    fn run(mut self) {
        loop {
            let pending = self.sources.iter().any(|source| !source.window.is_empty());
            let due = WINDOW.saturating_sub(self.flushed.elapsed());
            let Ok(told) = self.read_ready(pending.then_some(due)) else {
                return;
            };
            if told {
                let mut order = [0];
                let goes_on = self.told.read(&mut order).is_ok_and(|n| n > 0);
                self.read_rest();
                self.flush();
                if !goes_on || self.events.send(Event::Flushed).is_err() {
                    return;
                }
            } else if pending && self.flushed.elapsed() >= WINDOW {
                if self.wire.has_room() {
                    self.flush();
                } else {
                    // The owner is busy elsewhere: the program goes on, its middle is left out.
                    self.flushed = Instant::now();
                }
            }
        }
    }

    /// Waits, then reads once from each stream that has something; whether an order is waiting.
    fn read_ready(&mut self, limit: Option<Duration>) -> io::Result<bool> {
        let limit = limit.map(|limit| Timespec {
            tv_sec: 0,
            tv_nsec: limit.subsec_nanos().into(),
        });
        let mut fds = vec![PollFd::new(&self.told, PollFlags::IN)];
        let mut open = Vec::with_capacity(2);
        for (place, source) in self.sources.iter().enumerate() {
            if let Some(pipe) = &source.pipe {
                fds.push(PollFd::new(pipe, PollFlags::IN));
                open.push(place);
            }
        }
        match poll(&mut fds, limit.as_ref()) {
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) => return Ok(false),
            Err(error) => return Err(error.into()),
        }
        let told = !fds[0].revents().is_empty();
        let ready: Vec<usize> = (open.iter().zip(&fds[1..]))
            .filter(|(_, fd)| !fd.revents().is_empty())
            .map(|(place, _)| *place)
            .collect();
        for place in ready {
            self.sources[place].read_once(&mut self.buffer);
        }
        Ok(told)
    }

    /// Reads until nothing is there, or for long enough.
    fn read_rest(&mut self) {
        let begun = Instant::now();
        for source in &mut self.sources {
            while begun.elapsed() < DRAIN_LIMIT && source.has_something() {
                source.read_once(&mut self.buffer);
            }
        }
    }

    fn flush(&mut self) {
        self.flushed = Instant::now();
        for source in &mut self.sources {
            source.window.flush(source.stream, &self.wire);
        }
    }
}

impl Source {
    fn has_something(&self) -> bool {
        let Some(pipe) = &self.pipe else {
            return false;
        };
        let now = Timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        let mut fds = [PollFd::new(pipe, PollFlags::IN)];
        poll(&mut fds, Some(&now)).is_ok_and(|ready| ready > 0)
    }

    fn read_once(&mut self, buffer: &mut [u8]) {
        let Some(pipe) = &mut self.pipe else {
            return;
        };
        match pipe.read(buffer) {
            Ok(n) if n > 0 => {
                self.log.write(&buffer[..n]);
                self.window.push(&buffer[..n]);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Ok(_) | Err(_) => self.pipe = None,
        }
    }
}

/// A stream's file, up to its cap.
struct Log {
    file: Option<File>,
    left: u64,
    cap: u64,
}

impl Log {
    /// Continues a file that is there: a restarted program is still the same program, and the cap
    /// is the file's.
    fn open(spec: &Spec, place: usize) -> Self {
        let file = spec.logs.as_ref().and_then(|logs| {
            OpenOptions::new()
                .create(true)
                .append(true)
                .open(&logs[place])
                .ok()
        });
        let there = file
            .as_ref()
            .and_then(|file| file.metadata().ok())
            .map_or(0, |meta| meta.len());
        Self {
            file: file.filter(|_| there <= spec.log_bytes),
            left: spec.log_bytes.saturating_sub(there),
            cap: spec.log_bytes,
        }
    }

    fn write(&mut self, bytes: &[u8]) {
        let Some(file) = &mut self.file else {
            return;
        };
        let fits = usize::try_from(self.left).map_or(bytes.len(), |left| left.min(bytes.len()));
        let mut written = file.write_all(&bytes[..fits]);
        self.left -= fits as u64;
        if fits < bytes.len() {
            let kib = self.cap / 1024;
            let end = format!("\n[mastery: {kib} KiB are kept; the rest was dropped]\n");
            written = written.and_then(|()| file.write_all(end.as_bytes()));
            self.file = None;
        }
        if written.is_err() {
            // A full disk ends the log, never the program.
            self.file = None;
        }
    }
}

/// What came since the last flush: its beginning, its end, and how much was between.
#[derive(Default)]
struct Window {
    head: Vec<u8>,
    dropped: u64,
    tail: Vec<u8>,
}

impl Window {
    fn is_empty(&self) -> bool {
        self.head.is_empty()
    }

    fn push(&mut self, bytes: &[u8]) {
        let (first, rest) = bytes.split_at(bytes.len().min(HALF - self.head.len()));
        self.head.extend_from_slice(first);
        self.dropped += push_tail(&mut self.tail, rest, HALF);
    }

    fn flush(&mut self, stream: Stream, wire: &Wire) {
        for (dropped, bytes) in [(0, &mut self.head), (self.dropped, &mut self.tail)] {
            if !bytes.is_empty() {
                wire.send(&Report::Output {
                    stream,
                    dropped,
                    bytes: std::mem::take(bytes),
                });
            }
        }
        self.dropped = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_keeps_both_ends_and_counts_the_middle() {
        let mut window = Window::default();
        window.push(&vec![b'a'; HALF - 1]);
        window.push(b"bc");
        window.push(&vec![b'd'; HALF]);
        window.push(b"e");
        assert_eq!(window.head.len(), HALF);
        assert_eq!(window.head.last(), Some(&b'b'));
        assert_eq!(window.dropped, 2);
        assert_eq!(window.tail.len(), HALF);
        assert_eq!(window.tail.last(), Some(&b'e'));
    }
}
