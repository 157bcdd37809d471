//! Lines laid out by what a terminal shows of them: first the layout, the colours last.

use std::fmt::Write as _;

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::{Style, Tone};

/// One line: parts with their tones. Control characters have no place in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Part {
    tone: Tone,
    text: String,
    link: Option<String>,
}

impl Line {
    /// An empty line.
    pub fn new() -> Self {
        Self::default()
    }

    /// A line of one part without colour.
    pub fn plain(text: impl Into<String>) -> Self {
        Self::new().then(Tone::Plain, text)
    }

    /// The line with a part behind what is there.
    #[must_use]
    pub fn then(mut self, tone: Tone, text: impl Into<String>) -> Self {
        let text = text.into();
        if !text.is_empty() {
            self.parts.push(Part {
                tone,
                text,
                link: None,
            });
        }
        self
    }

    /// The line with a part that opens `to`, where links can be shown.
    #[must_use]
    pub fn linked(self, tone: Tone, text: impl Into<String>, to: Option<String>) -> Self {
        let mut line = self.then(tone, text);
        if let Some(last) = line.parts.last_mut() {
            last.link = to;
        }
        line
    }

    /// The line with blanks up to this column, at least one where something stands there already.
    #[must_use]
    pub fn to_column(self, column: usize) -> Self {
        let used = self.width();
        if used == 0 && column == 0 {
            return self;
        }
        let blanks = column.saturating_sub(used).max(1);
        self.then(Tone::Plain, " ".repeat(blanks))
    }

    /// The line with another behind it.
    #[must_use]
    pub fn join(mut self, other: Self) -> Self {
        self.parts.extend(other.parts);
        self
    }

    /// Columns it takes.
    pub fn width(&self) -> usize {
        self.parts.iter().map(|part| width(&part.text)).sum()
    }

    /// Its parts, for views that colour them in another way.
    pub fn parts(&self) -> impl Iterator<Item = (Tone, &str)> {
        self.parts
            .iter()
            .map(|part| (part.tone, part.text.as_str()))
    }

    /// What it says, without colour and without trailing blanks.
    pub fn text(&self) -> String {
        let text: String = self.parts().map(|(_, text)| text).collect();
        text.trim_end_matches(' ').to_owned()
    }

    /// The line as it is written, without its end.
    pub fn render(&self, style: Style) -> String {
        let mut left = width(&self.text());
        let mut out = String::new();
        for part in &self.parts {
            let text = take(&part.text, left);
            left -= width(text);
            if text.is_empty() {
                continue;
            }
            let link = part.link.as_deref().filter(|_| style.hyperlinks);
            if let Some(to) = link {
                write!(out, "\x1b]8;;{to}\x1b\\").expect("a string takes all");
            }
            if style.colour && part.tone != Tone::Plain {
                let ansi = part.tone.ansi();
                write!(out, "{ansi}{text}{ansi:#}").expect("a string takes all");
            } else {
                out.push_str(text);
            }
            if link.is_some() {
                out.push_str("\x1b]8;;\x1b\\");
            }
        }
        out
    }
}

/// Columns a text takes on a terminal.
pub fn width(text: &str) -> usize {
    text.width()
}

/// The longest start of a text that takes no more than these columns.
fn take(text: &str, columns: usize) -> &str {
    let mut used = 0;
    for (at, letter) in text.char_indices() {
        used += letter.width().unwrap_or(0);
        if used > columns {
            return &text[..at];
        }
    }
    text
}

/// Cuts a text to these columns; what is left out is marked.
pub fn cut(text: &str, columns: usize, style: Style) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let dots = style.dots();
    let kept = take(text, columns.saturating_sub(width(dots)));
    format!("{}{dots}", kept.trim_end())
}

/// Fills a text with blanks to these columns.
pub fn pad(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

/// Breaks a text at blanks into lines of no more than these columns; a longer word is broken hard.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(1);
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in words(text) {
        let mut word = word.as_str();
        if !line.is_empty() && width(&line) + 1 + width(word) > columns {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        while width(&line) + width(word) > columns {
            let start = match take(word, columns) {
                // A wide letter in a single column: it cannot be halved.
                "" => &word[..word.chars().next().map_or(0, char::len_utf8)],
                start => start,
            };
            lines.push(start.to_owned());
            word = &word[start.len()..];
        }
        line.push_str(word);
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

/// The words of a text; a number and its unit are one word.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let unit = matches!(
            word.trim_end_matches(['.', ',', ':', ';']),
            "ms" | "s" | "min" | "h"
        );
        match words.last_mut() {
            Some(number) if unit && number.ends_with(|letter: char| letter.is_ascii_digit()) => {
                number.push(' ');
                number.push_str(word);
            }
            _ => words.push(word.to_owned()),
        }
    }
    words
}

/// Pieces one behind the other, on as many lines as they need.
pub(in crate::report) fn flowing(pieces: Vec<Line>, indent: usize, style: Style) -> Vec<Line> {
    let start = || Line::plain(" ".repeat(indent));
    let mut lines = Vec::new();
    let mut line = start();
    for piece in pieces {
        let needed = width(&piece.text());
        if line.width() > indent && line.width() + needed > style.columns() {
            lines.push(std::mem::replace(&mut line, start()));
        }
        line = line.join(piece);
    }
    lines.push(line);
    lines
}

/// Two things on one line, the second at the right end; on two lines where both do not fit.
pub fn beside(left: Line, right: Line, style: Style) -> Vec<Line> {
    let (columns, right_width) = (style.measure(), right.width());
    if right_width == 0 {
        return vec![left];
    }
    if left.width() + 1 + right_width <= columns {
        return vec![left.to_column(columns - right_width).join(right)];
    }
    let pushed = columns.saturating_sub(right_width);
    vec![left, Line::plain(" ".repeat(pushed)).join(right)]
}

/// Rows a sentence may take: whatever a program put into it, a report stays readable.
const PROSE_ROWS: usize = 24;

/// A label and a text beside it that goes on under itself; under the label where it is narrow.
pub fn hanging(label: Line, column: usize, text: &str, tone: Tone, style: Style) -> Vec<Line> {
    let shown: Vec<String> = text.lines().map(|line| style.show(line)).collect();
    let narrow = style.measure() < column + 20 && label.width() > 0;
    let start = if narrow { 4 } else { column };
    let columns = style.measure().saturating_sub(start).max(1);
    let rows = shown.iter().flat_map(|line| wrap(line, columns));
    let mut lines = Vec::new();
    let mut first = Some(label);
    if narrow {
        lines.extend(first.take());
    }
    for row in rows {
        let line = first.take().unwrap_or_default();
        lines.push(line.to_column(start).then(tone, row));
    }
    lines.extend(first);
    fold_middle(lines, PROSE_ROWS, start, style)
}

/// Leaves out the middle of too many lines and says how many.
pub(in crate::report) fn fold_middle(
    mut lines: Vec<Line>,
    rows: usize,
    indent: usize,
    style: Style,
) -> Vec<Line> {
    if lines.len() <= rows + 1 {
        return lines;
    }
    let head = rows * 2 / 3;
    let tail = lines.split_off(lines.len() - (rows - head));
    let left_out = lines.split_off(head).len();
    let blanks = " ".repeat(indent);
    let dots = style.dots();
    lines.push(Line::new().then(
        Tone::Dim,
        format!("{blanks}{dots} {left_out} more lines {dots}"),
    ));
    lines.extend(tail);
    lines
}

/// Breaks marked letters into rows, after a comma where there is one in the second half, and makes
/// lines of them: marked letters in `tone`.
pub(in crate::report) fn cells_wrapped(
    cells: &[(char, bool)],
    columns: usize,
    indent: usize,
    tone: Tone,
) -> Vec<Line> {
    let columns = columns.saturating_sub(indent).max(8);
    let mut lines = Vec::new();
    let mut rest = cells;
    while !rest.is_empty() {
        let mut used = 0;
        let fits = rest
            .iter()
            .take_while(|(letter, _)| {
                used += letter.width().unwrap_or(0);
                used <= columns
            })
            .count()
            .max(1);
        let end = if fits == rest.len() {
            fits
        } else {
            rest[..fits]
                .iter()
                .rposition(|(letter, _)| matches!(letter, ',' | ' ' | '&' | ';'))
                .filter(|at| at * 2 > fits || rest.len() - fits < 8)
                .map_or(fits, |at| at + 1)
        };
        let mut line = Line::plain(" ".repeat(indent));
        for run in rest[..end].chunk_by(|a, b| a.1 == b.1) {
            let text: String = run.iter().map(|(letter, _)| letter).collect();
            line = line.then(if run[0].1 { tone } else { Tone::Plain }, text);
        }
        lines.push(line);
        rest = &rest[end..];
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_letters_count_twice() {
        let style = Style::plain(80);
        assert_eq!(width("日本"), 4);
        assert_eq!(cut("日本語の注文", 6, style), "日本…");
        assert_eq!(cut("short", 6, style), "short");
        assert_eq!(cut("a longer text", 8, Style::ascii_only(80)), "a lon...");
        assert_eq!(pad("日", 4), "日  ");
    }

    #[test]
    fn words_are_broken_only_when_they_must_be() {
        assert_eq!(wrap("one two three", 8), ["one two", "three"]);
        assert_eq!(wrap("a 0123456789 b", 4), ["a", "0123", "4567", "89 b"]);
        assert_eq!(wrap("", 4), [""]);
        assert_eq!(wrap("日本", 1), ["日", "本"]);
    }

    #[test]
    fn a_line_ends_without_blanks_and_without_colour_where_there_is_none() {
        let line = Line::new()
            .then(Tone::Bad, "a ")
            .linked(Tone::Dim, "b", Some("file:///b".into()))
            .then(Tone::Good, "  ");
        assert_eq!(line.render(Style::plain(80)), "a b");
        let rich = Style {
            colour: true,
            hyperlinks: true,
            ..Style::plain(80)
        };
        assert_eq!(
            line.render(rich),
            "\x1b[31ma \x1b[0m\x1b]8;;file:///b\x1b\\\x1b[2mb\x1b[0m\x1b]8;;\x1b\\"
        );
    }
}
