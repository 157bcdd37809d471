//! Inline text of several tones, broken into lines between its words.

use unicode_width::UnicodeWidthChar as _;

use crate::report::words::{Line, Tone, width};

/// Inline text with its tones.
#[derive(Clone, Debug, Default)]
pub(super) struct Pieces(Vec<(Tone, String)>);

impl Pieces {
    pub(super) fn push(&mut self, tone: Tone, text: &str) {
        self.0.push((tone, text.to_owned()));
    }

    /// The text behind goes on in a line of its own.
    pub(super) fn break_line(&mut self) {
        self.push(Tone::Plain, "\n");
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(|(_, text)| text.trim().is_empty())
    }

    /// What was said from a piece on, without tones.
    pub(super) fn text_from(&self, begin: usize) -> String {
        let pieces = self.0.iter().skip(begin);
        pieces.map(|(_, text)| text.as_str()).collect()
    }

    /// Columns it takes on one line.
    pub(super) fn width(&self) -> usize {
        width(self.text_from(0).trim())
    }

    /// The words, each of one tone or more.
    fn words(&self) -> Vec<Word> {
        let mut words = Vec::new();
        let mut word = Word::default();
        for (tone, text) in &self.0 {
            for part in text.split_inclusive([' ', '\n']) {
                let bare = part.trim_end_matches([' ', '\n']);
                if !bare.is_empty() {
                    word.parts.push((*tone, bare.to_owned()));
                }
                if bare.len() < part.len() {
                    word.breaks = part.ends_with('\n');
                    words.push(std::mem::take(&mut word));
                }
            }
        }
        words.push(word);
        words.retain(|word| !word.parts.is_empty() || word.breaks);
        words
    }
}

#[derive(Clone, Debug, Default)]
struct Word {
    parts: Vec<(Tone, String)>,
    /// A new line follows.
    breaks: bool,
}

impl Word {
    fn width(&self) -> usize {
        self.parts.iter().map(|(_, text)| width(text)).sum()
    }
}

/// Breaks pieces into lines of these columns, behind what stands in front of each.
pub(super) fn flowing(pieces: &Pieces, first: &Line, rest: &Line, columns: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut line = first.clone();
    let mut begin = line.width();
    let next = |line: &mut Line, lines: &mut Vec<Line>| {
        lines.push(std::mem::replace(line, rest.clone()));
        rest.width()
    };
    for word in pieces.words() {
        if line.width() > begin && line.width() + 1 + word.width() > columns {
            begin = next(&mut line, &mut lines);
        }
        if line.width() > begin {
            line = line.then(Tone::Plain, " ");
        }
        for (tone, text) in &word.parts {
            let room = columns.saturating_sub(line.width());
            if width(text) <= room {
                line = line.then(*tone, text);
                continue;
            }
            // Longer than a line: broken hard, from where it stands.
            for (at, row) in hard(text, columns.saturating_sub(rest.width()))
                .iter()
                .enumerate()
            {
                if at > 0 || line.width() > begin || begin > rest.width() {
                    begin = next(&mut line, &mut lines);
                }
                line = line.then(*tone, row);
            }
        }
        if word.breaks {
            begin = next(&mut line, &mut lines);
        }
    }
    if line.width() > begin || lines.is_empty() {
        lines.push(line);
    }
    lines
}

/// Breaks a text into rows of these columns wherever they end.
pub(crate) fn hard(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(2);
    let mut rows = Vec::new();
    let mut row = String::new();
    let mut used = 0;
    for letter in text.chars() {
        let size = letter.width().unwrap_or(0);
        if used + size > columns {
            rows.push(std::mem::take(&mut row));
            used = 0;
        }
        row.push(letter);
        used += size;
    }
    rows.push(row);
    rows
}
