//! What a program printed, within a bound: the newest lines, and how many were let go.

use std::collections::VecDeque;

use mastery_kit::verdict::Stream;

/// Bytes kept of one program, with what each line costs beside its text.
const KEPT: usize = 2 * 1024 * 1024;
/// What a line costs beside its text.
const COST: usize = 64;
/// A line is broken here: one without end would never be shown.
const LONGEST: usize = 4 * 1024;

/// The output of one program.
#[derive(Clone, Debug, Default)]
pub(crate) struct Log {
    lines: VecDeque<LogLine>,
    bytes: usize,
    /// Lines that were let go.
    pub(crate) gone: u64,
    /// What stands behind the last line's end of each stream.
    open: [String; 2],
}

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LogLine {
    pub(crate) said: Said,
    pub(crate) text: String,
}

/// Who said it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    Stdout,
    Stderr,
    /// We: what the bench did at this place.
    Bench,
}

/// How a log is looked at.
#[derive(Clone, Debug, Default)]
pub(crate) struct LogView {
    /// How many lines the last one shown is above the newest; 0 follows.
    pub(crate) up: usize,
    pub(crate) wraps: bool,
    /// What is looked for.
    pub(crate) search: Option<String>,
}

impl Log {
    /// Takes what was printed.
    pub(crate) fn print(&mut self, stream: Stream, text: &str, dropped: u64) {
        let (said, place) = match stream {
            Stream::Stdout => (Said::Stdout, 0),
            Stream::Stderr => (Said::Stderr, 1),
        };
        if dropped > 0 {
            self.mark(&format!("{dropped} bytes left out"));
        }
        let mut open = std::mem::take(&mut self.open[place]);
        for piece in text.split_inclusive('\n') {
            open.push_str(piece);
            if open.ends_with('\n') {
                open.truncate(open.trim_end_matches(['\n', '\r']).len());
                self.push(said, std::mem::take(&mut open));
            }
        }
        while open.len() > LONGEST {
            let mut cut = LONGEST;
            while !open.is_char_boundary(cut) {
                cut -= 1;
            }
            let rest = open.split_off(cut);
            self.push(said, std::mem::replace(&mut open, rest));
        }
        self.open[place] = open;
    }

    /// Notes something of ours, on a line of its own.
    pub(crate) fn mark(&mut self, text: &str) {
        for (place, said) in [Said::Stdout, Said::Stderr].into_iter().enumerate() {
            let open = std::mem::take(&mut self.open[place]);
            if !open.is_empty() {
                self.push(said, open);
            }
        }
        self.push(Said::Bench, text.to_owned());
    }

    fn push(&mut self, said: Said, mut text: String) {
        if text.len() > LONGEST {
            let mut cut = LONGEST;
            while !text.is_char_boundary(cut) {
                cut -= 1;
            }
            text.truncate(cut);
            text.push('…');
        }
        text.shrink_to_fit();
        self.bytes += text.len() + COST;
        self.lines.push_back(LogLine { said, text });
        while self.bytes > KEPT && self.lines.len() > 1 {
            if let Some(line) = self.lines.pop_front() {
                self.bytes -= line.text.len() + COST;
                self.gone += 1;
            }
        }
    }

    /// How many lines there are, the unfinished ones among them.
    pub(crate) fn len(&self) -> usize {
        self.lines.len() + self.open.iter().filter(|open| !open.is_empty()).count()
    }

    /// The lines from the newest back.
    pub(crate) fn newest(&self) -> impl Iterator<Item = (Said, &str)> {
        let open = [
            (Said::Stderr, self.open[1].as_str()),
            (Said::Stdout, self.open[0].as_str()),
        ];
        let open = open.into_iter().filter(|(_, text)| !text.is_empty());
        let whole = self.lines.iter().rev();
        open.chain(whole.map(|line| (line.said, line.text.as_str())))
    }

    /// How far above the newest the next line stands that has this text, from `up` on.
    pub(crate) fn find(&self, text: &str, up: usize, older: bool) -> Option<usize> {
        let text = text.to_lowercase();
        let has = |(_, line): &(usize, (Said, &str))| line.1.to_lowercase().contains(&text);
        let lines = self.newest().enumerate();
        if older {
            lines.skip(up + 1).find(has).map(|(at, _)| at)
        } else {
            lines.take(up).filter(has).last().map(|(at, _)| at)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(log: &Log) -> Vec<&str> {
        let mut texts: Vec<&str> = log.newest().map(|(_, text)| text).collect();
        texts.reverse();
        texts
    }

    #[test]
    fn lines_are_put_together_from_what_comes() {
        let mut log = Log::default();
        log.print(Stream::Stdout, "one\r\ntw", 0);
        log.print(Stream::Stderr, "oh", 0);
        log.print(Stream::Stdout, "o\nthr", 0);
        assert_eq!(texts(&log), ["one", "two", "thr", "oh"]);
        log.mark("killed");
        log.print(Stream::Stdout, "ee\n", 7);
        assert_eq!(
            texts(&log),
            [
                "one",
                "two",
                "thr",
                "oh",
                "killed",
                "7 bytes left out",
                "ee"
            ]
        );
    }

    #[test]
    fn whatever_is_printed_the_newest_stays_within_the_bound() {
        let mut log = Log::default();
        for line in 0..100_000 {
            log.print(
                Stream::Stdout,
                &format!("line {line} {}\n", "é".repeat(40)),
                0,
            );
        }
        log.print(Stream::Stdout, &"x".repeat(3 * LONGEST), 0);
        assert!(log.bytes <= KEPT, "{} bytes", log.bytes);
        assert!(log.gone > 80_000);
        assert!(log.newest().any(|(_, text)| text.starts_with("line 99999")));
        assert!(log.newest().all(|(_, text)| text.len() <= LONGEST + 3));
    }

    #[test]
    fn a_text_is_found_upwards_and_downwards() {
        let mut log = Log::default();
        log.print(Stream::Stdout, "GET a\nb\nget c\nd\n", 0);
        assert_eq!(log.find("GET", 0, true), Some(1));
        assert_eq!(log.find("get", 1, true), Some(3));
        assert_eq!(log.find("get", 3, false), Some(1));
        assert_eq!(log.find("get", 1, false), None);
    }
}
