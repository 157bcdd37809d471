//! The kept run: JSON lines on disk, written as things happen, bounded whatever a program prints.

use std::{
    collections::{BTreeMap, VecDeque},
    fs::File,
    io::{self, BufWriter, Write},
    path::Path,
    time::Duration,
};

use super::{Reporter, json::line};
use crate::grading::event::{GradeEvent, Stamped};

/// Bytes of output kept from the beginning of each window, and as many from its end. A window is one
/// program within one check.
const KEPT: usize = 128 * 1024;

/// Writes the tape of a run.
pub struct Tape<W: Write + Send = File> {
    out: BufWriter<W>,
    secure: fn(&W) -> io::Result<()>,
    windows: BTreeMap<String, Window>,
}

/// What one program has printed within one check.
#[derive(Default)]
struct Window {
    head: usize,
    tail: VecDeque<Stamped>,
    tail_bytes: usize,
    /// Bytes left out in front of the tail.
    dropped: u64,
}

impl Tape {
    /// A tape in a new file.
    pub fn create(path: &Path) -> io::Result<Self> {
        let file = File::options().write(true).create_new(true).open(path)?;
        Ok(Self::over(file, File::sync_all))
    }
}

impl<W: Write + Send> Tape<W> {
    fn over(out: W, secure: fn(&W) -> io::Result<()>) -> Self {
        Self {
            out: BufWriter::new(out),
            secure,
            windows: BTreeMap::new(),
        }
    }

    /// Writes what was held back of every window, and begins new ones.
    fn close_windows(&mut self) -> io::Result<()> {
        for (_, mut window) in std::mem::take(&mut self.windows) {
            if let Some(first) = window.tail.front_mut()
                && let GradeEvent::ProgramOutput { dropped, .. } = &mut first.event
            {
                *dropped += window.dropped;
            }
            for stamped in &window.tail {
                self.out.write_all(&line(stamped)?)?;
            }
        }
        Ok(())
    }
}

impl Window {
    /// Takes output in: what fits into the head is given back to be written at once.
    fn take(&mut self, mut stamped: Stamped) -> Option<Stamped> {
        let GradeEvent::ProgramOutput { text, dropped, .. } = &mut stamped.event else {
            return Some(stamped);
        };
        let room = if self.tail.is_empty() {
            KEPT.saturating_sub(self.head)
        } else {
            0
        };
        if text.len() <= room {
            self.head += text.len();
            return Some(stamped);
        }
        let split = floor(text, room);
        let surplus = (text.len() - split).saturating_sub(KEPT);
        let cut = ceil(text, split + surplus);
        let tail = text.split_off(cut);
        text.truncate(split);
        self.tail_bytes += tail.len();
        // What was left out in front of all of it stays in front of the part that is written now.
        let before = if split > 0 { 0 } else { *dropped };
        let mut rest = stamped.clone();
        if let GradeEvent::ProgramOutput { text, dropped, .. } = &mut rest.event {
            *text = tail;
            *dropped = before + (cut - split) as u64;
        }
        self.tail.push_back(rest);
        self.shed();
        (split > 0).then_some(stamped)
    }

    /// Lets go of the oldest of the tail until it is within its bound.
    fn shed(&mut self) {
        while self.tail_bytes > KEPT && self.tail.len() > 1 {
            if let Some(Stamped {
                event: GradeEvent::ProgramOutput { text, dropped, .. },
                ..
            }) = self.tail.pop_front()
            {
                self.tail_bytes -= text.len();
                self.dropped += dropped + text.len() as u64;
            }
        }
    }
}

/// The last place of a letter's beginning at or before `at`.
fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len()))
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(0)
}

/// The first place of a letter's beginning at or behind `at`.
fn ceil(text: &str, at: usize) -> usize {
    (at..=text.len())
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(text.len())
}

impl<W: Write + Send> Reporter for Tape<W> {
    fn on_event(&mut self, at: Duration, event: &GradeEvent) -> io::Result<()> {
        let stamped = Stamped::new(at, event.clone());
        if let GradeEvent::ProgramOutput { program, .. } = event {
            let window = self.windows.entry(program.clone()).or_default();
            if let Some(now) = window.take(stamped) {
                self.out.write_all(&line(&now)?)?;
            }
            return Ok(());
        }
        let settled = matches!(event, GradeEvent::CheckFinished { .. });
        let over = matches!(event, GradeEvent::RunFinished { .. });
        if settled || over || matches!(event, GradeEvent::CheckStarted { .. }) {
            self.close_windows()?;
        }
        self.out.write_all(&line(&stamped)?)?;
        // A run that is killed has lost nothing that was decided; after its end not even a power
        // cut takes it.
        if settled || over {
            self.out.flush()?;
        }
        if over {
            (self.secure)(self.out.get_ref())?;
        }
        Ok(())
    }
}

/// Reads a tape. A last line that was cut off is left out; what a newer release wrote and this one
/// does not know becomes [`GradeEvent::Unknown`].
pub fn read_tape(bytes: &[u8]) -> Vec<Stamped> {
    bytes
        .split(|byte| *byte == b'\n')
        .filter_map(|line| {
            serde_json::from_slice(line)
                .ok()
                .or_else(|| newer_line(line))
        })
        .collect()
}

/// Reads the tape in a file.
pub fn read_tape_file(path: &Path) -> io::Result<Vec<Stamped>> {
    Ok(read_tape(&std::fs::read(path)?))
}

/// Tells a reporter a run that was.
pub fn replay(tape: &[Stamped], to: &mut dyn Reporter) -> io::Result<()> {
    tape.iter()
        .try_for_each(|stamped| to.on_event(Duration::from_millis(stamped.at_ms), &stamped.event))
}

/// A whole line of which only the time is understood.
fn newer_line(line: &[u8]) -> Option<Stamped> {
    let line: serde_json::Value = serde_json::from_slice(line).ok()?;
    Some(Stamped {
        event: GradeEvent::Unknown,
        at_ms: line.get("at_ms")?.as_u64()?,
    })
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use mastery_kit::verdict::{Stream, Verdict};

    use super::*;
    use crate::report::sample;

    fn kept(events: &[GradeEvent]) -> Vec<Stamped> {
        let mut tape = Tape::over(Vec::new(), |_| Ok(()));
        for event in events {
            tape.on_event(Duration::from_millis(1), event).unwrap();
        }
        read_tape(&tape.out.into_inner().unwrap())
    }

    fn output(text: &str) -> GradeEvent {
        GradeEvent::ProgramOutput {
            program: "api".into(),
            stream: Stream::Stdout,
            text: text.into(),
            lossy: false,
            dropped: 0,
        }
    }

    fn finished() -> GradeEvent {
        GradeEvent::CheckFinished {
            check: "a".into(),
            verdict: Verdict::Passed,
            took_ms: 1,
        }
    }

    fn texts(tape: &[Stamped]) -> (String, u64) {
        let mut all = (String::new(), 0);
        for stamped in tape {
            if let GradeEvent::ProgramOutput { text, dropped, .. } = &stamped.event {
                all.0.push_str(text);
                all.1 += dropped;
            }
        }
        all
    }

    #[test]
    fn a_flood_keeps_its_head_and_its_tail() {
        let mut events: Vec<_> = (0..20_000)
            .map(|n| output(&format!("line {n:06} é\n")))
            .collect();
        events.push(finished());
        let tape = kept(&events);
        let (text, dropped) = texts(&tape);
        assert!(
            text.len() <= 2 * KEPT && text.len() > 2 * KEPT - 64,
            "{}",
            text.len()
        );
        assert!(text.starts_with("line 000000 é\n") && text.ends_with("line 019999 é\n"));
        assert_eq!(text.len() as u64 + dropped, 20_000 * 15);
        assert_eq!(tape.last().map(|last| &last.event), Some(&finished()));
    }

    #[test]
    fn one_piece_that_is_too_long_is_cut_in_its_middle() {
        let long = format!("a{}z", "é".repeat(KEPT * 2));
        let (text, dropped) = texts(&kept(&[output("first"), output(&long), finished()]));
        assert!(text.starts_with("firstaé") && text.ends_with("éz"));
        assert!(text.len() <= 2 * KEPT);
        assert_eq!(text.len() as u64 + dropped, long.len() as u64 + 5);
    }

    #[test]
    fn every_check_has_a_window_of_its_own() {
        let big = "x".repeat(KEPT);
        let events = [
            output(&big),
            output(&big),
            finished(),
            output(&big),
            finished(),
        ];
        assert_eq!(texts(&kept(&events)), ("x".repeat(3 * KEPT), 0));
    }

    #[test]
    fn a_cut_line_and_news_are_survived() {
        let mut bytes = line(&Stamped::new(Duration::ZERO, finished())).unwrap();
        bytes.extend(br#"{"event":"moon-rose","at_ms":3}"#);
        bytes.push(b'\n');
        bytes.extend(br#"{"event":"check-finished","check":"a","verdict":{"is":"blessed"},"took_ms":1,"at_ms":4}"#);
        bytes.push(b'\n');
        bytes.extend(br#"{"event":"check-finis"#);
        let read: Vec<_> = read_tape(&bytes)
            .into_iter()
            .map(|it| (it.at_ms, it.event))
            .collect();
        assert_eq!(
            read,
            [
                (0, finished()),
                (3, GradeEvent::Unknown),
                (4, GradeEvent::Unknown)
            ]
        );
    }

    #[test]
    fn what_was_decided_is_written_at_once_and_the_end_is_secured() {
        struct Shared(Arc<AtomicUsize>);
        impl Write for Shared {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                self.0.fetch_add(bytes.len(), Ordering::Relaxed);
                Ok(bytes.len())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let written = Arc::new(AtomicUsize::new(0));
        let mut tape = Tape::over(Shared(Arc::clone(&written)), |_| {
            Err(io::Error::other("secured"))
        });
        tape.on_event(Duration::ZERO, &finished()).unwrap();
        assert!(written.load(Ordering::Relaxed) > 0);
        let all = sample::tape();
        let end = &all.last().unwrap().event;
        let error = tape.on_event(Duration::ZERO, end).unwrap_err();
        assert_eq!(error.to_string(), "secured");
    }

    #[test]
    fn a_tape_in_a_file_is_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.jsonl");
        let mut tape = Tape::create(&path).unwrap();
        replay(&sample::tape(), &mut tape).unwrap();
        assert_eq!(read_tape_file(&path).unwrap(), sample::tape());
    }
}
