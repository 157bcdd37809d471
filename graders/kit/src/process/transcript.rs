//! What the owner knows of a program's output: this window, the last lines, the awaited line.

use std::collections::VecDeque;

use regex_lite::Regex;

use super::captured::{Output, left_out};
use crate::verdict::Stream;

/// How many lines of both streams together are kept.
const LINES: usize = 100;
/// A longer line is cut: one that never ends must not fill the memory.
const LINE_BYTES: usize = 2 * 1024;

/// A program's output as it comes.
#[derive(Default)]
pub(crate) struct Transcript {
    window: Output,
    lines: VecDeque<String>,
    open: [Vec<u8>; 2],
    awaited: Option<Awaited>,
}

struct Awaited {
    pattern: Regex,
    found: Option<String>,
}

impl Transcript {
    pub(crate) fn push(&mut self, stream: Stream, dropped: u64, bytes: &[u8]) {
        let (captured, place) = match stream {
            Stream::Stdout => (&mut self.window.stdout, 0),
            Stream::Stderr => (&mut self.window.stderr, 1),
        };
        captured.push(dropped, bytes);
        if dropped > 0 {
            self.close_line(place);
            self.keep(left_out(dropped));
        }
        let mut rest = self.skip_what_nobody_reads(place, bytes);
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            self.extend_line(place, &rest[..end]);
            self.end_line(place);
            rest = &rest[end + 1..];
        }
        self.extend_line(place, rest);
    }

    /// A flood of short lines would cost more than it tells; only an awaited line needs them all.
    fn skip_what_nobody_reads<'b>(&mut self, place: usize, bytes: &'b [u8]) -> &'b [u8] {
        let awaits = place == 0 && self.awaited.as_ref().is_some_and(|one| one.found.is_none());
        let newlines = bytes.iter().enumerate().rev();
        let mut ends = newlines.filter(|(_, byte)| **byte == b'\n');
        match ends.nth(LINES) {
            Some((end, _)) if !awaits => {
                self.open[place].clear();
                &bytes[end + 1..]
            }
            _ => bytes,
        }
    }

    fn extend_line(&mut self, place: usize, bytes: &[u8]) {
        let open = &mut self.open[place];
        let room = LINE_BYTES.saturating_sub(open.len());
        open.extend_from_slice(&bytes[..room.min(bytes.len())]);
    }

    fn end_line(&mut self, place: usize) {
        let line = text_of(&self.open[place]);
        self.open[place].clear();
        if place == 0
            && let Some(awaited) = &mut self.awaited
            && awaited.found.is_none()
            && awaited.pattern.is_match(&line)
        {
            awaited.found = Some(line.clone());
        }
        self.keep(line);
    }

    fn close_line(&mut self, place: usize) {
        if !self.open[place].is_empty() {
            self.end_line(place);
        }
    }

    fn keep(&mut self, line: String) {
        if self.lines.len() == LINES {
            self.lines.pop_front();
        }
        self.lines.push_back(line);
    }

    /// Waits for a line of standard output from now on, or one that is there already.
    pub(crate) fn await_line(&mut self, pattern: Regex) {
        let there = self.window.stdout.text();
        // Without its last line: that may still grow, and is met again when it ends.
        let complete = there.rfind('\n').map_or("", |end| &there[..end]);
        let found = complete
            .lines()
            .find(|line| pattern.is_match(line))
            .map(str::to_owned);
        self.awaited = Some(Awaited { pattern, found });
    }

    /// Whether the awaited line has come.
    pub(crate) fn line_has_come(&self) -> bool {
        self.awaited
            .as_ref()
            .is_some_and(|awaited| awaited.found.is_some())
    }

    pub(crate) fn mark(&mut self) {
        self.window = Output::default();
    }

    pub(crate) fn output(&self) -> Output {
        self.window.clone()
    }

    /// The last lines of both streams as they came, those without an end too.
    pub(crate) fn last_lines(&self, most: usize) -> Vec<String> {
        let open = self.open.iter().filter(|line| !line.is_empty());
        let mut lines: Vec<String> = self.lines.iter().cloned().collect();
        lines.extend(open.map(|line| text_of(line)));
        lines.drain(..lines.len().saturating_sub(most));
        lines
    }
}

fn text_of(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(line);
    text.strip_suffix('\r').unwrap_or(&text).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_of_both_streams_stand_in_the_order_in_which_they_came() {
        let mut seen = Transcript::default();
        seen.push(Stream::Stdout, 0, b"one\ntw");
        seen.push(Stream::Stderr, 0, b"err\xff\n");
        seen.push(Stream::Stdout, 0, b"o\r\nthree");
        assert_eq!(seen.last_lines(3), ["err\u{fffd}", "two", "three"]);
        seen.push(Stream::Stdout, 9, b"x\n");
        assert_eq!(seen.last_lines(2), ["[… 9 bytes left out …]", "x"]);
    }

    #[test]
    fn an_awaited_line_is_found_before_and_after_one_begins_to_wait() {
        let mut seen = Transcript::default();
        seen.push(Stream::Stdout, 0, b"listening on 1\nnot yet: rea");
        seen.await_line(Regex::new("^listening").unwrap());
        assert!(seen.line_has_come());
        seen.await_line(Regex::new("ready$").unwrap());
        assert!(!seen.line_has_come());
        seen.push(Stream::Stderr, 0, b"ready\n");
        assert!(!seen.line_has_come());
        seen.push(Stream::Stdout, 0, b"dy\n");
        assert!(seen.line_has_come());
    }

    #[test]
    fn a_flood_of_lines_keeps_the_last_ones() {
        let mut seen = Transcript::default();
        let numbers: Vec<String> = (0..10_000).map(|n| n.to_string()).collect();
        let flood = numbers.join("\n") + "\n";
        seen.push(Stream::Stdout, 0, flood.as_bytes());
        assert_eq!(seen.last_lines(2), ["9998", "9999"]);
        assert_eq!(seen.last_lines(1000).len(), LINES);
        seen.push(Stream::Stdout, 0, &vec![b'x'; 1 << 20]);
        assert_eq!(seen.last_lines(1)[0].len(), LINE_BYTES);
    }

    #[test]
    fn a_mark_begins_a_new_window_and_forgets_no_line() {
        let mut seen = Transcript::default();
        seen.push(Stream::Stdout, 0, b"before\n");
        seen.mark();
        seen.push(Stream::Stderr, 0, b"after\n");
        assert_eq!(seen.output().stdout.text(), "");
        assert_eq!(seen.output().stderr.text(), "after\n");
        assert_eq!(seen.last_lines(9), ["before", "after"]);
    }
}
