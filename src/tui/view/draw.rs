//! From the report's lines to cells of the terminal.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::{Color, Modifier, Style as Look},
    text::{Line as Row, Span},
};

use super::Line;
use crate::{
    report::words::{Style, Tone, cut, width},
    tui::markdown::hard,
};

/// Writes lines from the top of an area; what does not fit is left out.
pub(super) fn put(buffer: &mut Buffer, area: Rect, lines: &[Line], style: Style) {
    let area = area.intersection(buffer.area);
    for (y, line) in (area.top()..area.bottom()).zip(lines) {
        let spans: Vec<Span<'_>> = line
            .parts()
            .map(|(tone, text)| Span::styled(text, look(tone, style)))
            .collect();
        buffer.set_line(area.x, y, &Row::from(spans), area.width);
    }
}

/// A tone in the terminal's own palette, without backgrounds.
fn look(tone: Tone, style: Style) -> Look {
    let plain = Look::new();
    let coloured = |colour| {
        if style.colour {
            plain.fg(colour)
        } else {
            plain
        }
    };
    match tone {
        Tone::Plain => plain,
        Tone::Bold => plain.add_modifier(Modifier::BOLD),
        Tone::Dim => plain.add_modifier(Modifier::DIM),
        Tone::Good => coloured(Color::Green),
        Tone::Bad => coloured(Color::Red),
        Tone::Odd => coloured(Color::Yellow),
        Tone::Accent => coloured(Color::Cyan),
    }
}

/// A rule from edge to edge.
pub(super) fn rule(columns: u16, style: Style) -> Line {
    let one = if style.ascii { "-" } else { "─" };
    Line::new().then(Tone::Dim, one.repeat(usize::from(columns)))
}

/// A rule from top to bottom.
pub(super) fn upright(rows: u16, style: Style) -> Vec<Line> {
    let one = if style.ascii { "|" } else { "│" };
    vec![Line::new().then(Tone::Dim, one); usize::from(rows)]
}

/// A line cut to these columns; what is left out is marked.
pub(super) fn cut_line(line: &Line, columns: usize, style: Style) -> Line {
    let mut short = Line::new();
    let mut used = 0;
    for (tone, text) in line.parts() {
        let room = columns.saturating_sub(used);
        if width(text) > room {
            return short.then(tone, cut(text, room, style));
        }
        used += width(text);
        short = short.then(tone, text);
    }
    short
}

/// A line as rows of these columns: a command is there to be read whole, and to be copied. It is
/// broken between its words, as a shell takes it; anything else wherever the columns end.
pub(super) fn broken(line: Line, columns: usize) -> Vec<Line> {
    if line.width() <= columns {
        return vec![line];
    }
    if let Some((Tone::Accent, command)) = line.parts().last()
        && let Some(rows) = as_a_shell_reads(&line, command, columns)
    {
        return rows;
    }
    let mut rows = Vec::new();
    let mut row = Line::new();
    for (tone, text) in line.parts() {
        let mut rest = text;
        while !rest.is_empty() {
            let room = columns.saturating_sub(row.width());
            if width(rest) <= room {
                row = row.then(tone, rest);
                break;
            }
            let head = hard(rest, room).swap_remove(0);
            if width(&head) > room || head.is_empty() {
                rows.push(std::mem::take(&mut row));
                if columns < 2 {
                    return rows;
                }
                continue;
            }
            rest = &rest[head.len()..];
            rows.push(std::mem::take(&mut row).then(tone, head));
        }
    }
    rows.push(row);
    rows
}

/// A command at the end of a line, each row but the last ended by a backslash. None where a word of
/// it is longer than a row.
fn as_a_shell_reads(line: &Line, command: &str, columns: usize) -> Option<Vec<Line>> {
    let begin = line.width() - width(command);
    let indent = begin + 2;
    let mut rows = Vec::new();
    let mut row = cut_before(line, command);
    let mut is_first = true;
    for word in words(command) {
        let gap = usize::from(!is_first);
        // The backslash and its blank.
        if row.width() + gap + width(word) + 2 <= columns {
            row = row
                .then(Tone::Accent, " ".repeat(gap))
                .then(Tone::Accent, word);
        } else {
            if indent + width(word) + 2 > columns || is_first {
                return None;
            }
            rows.push(row.then(Tone::Accent, " \\"));
            row = Line::plain(" ".repeat(indent)).then(Tone::Accent, word);
        }
        is_first = false;
    }
    rows.push(row);
    Some(rows)
}

/// A line without its last part.
fn cut_before(line: &Line, last: &str) -> Line {
    let mut short = Line::new();
    let mut used = 0;
    let end = line.width() - width(last);
    for (tone, text) in line.parts() {
        used += width(text);
        if used <= end && !text.is_empty() {
            short = short.then(tone, text);
        }
    }
    short
}

/// The words of a command, with their quotes: a row must not end within any.
fn words(command: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let (mut begin, mut quote) = (0, None);
    for (at, letter) in command.char_indices() {
        match quote {
            Some(open) if letter == open => quote = None,
            None if letter == '\'' || letter == '"' => quote = Some(letter),
            None if letter == ' ' => {
                words.push(&command[begin..at]);
                begin = at + 1;
            }
            Some(_) | None => {}
        }
    }
    words.push(&command[begin..]);
    words.retain(|word| !word.is_empty());
    words
}

/// How much of something is done, as a bar of these columns.
pub(super) fn gauge(done: usize, of: usize, columns: usize, style: Style) -> Line {
    let halves = (done * columns * 2).checked_div(of).unwrap_or(0);
    let (full, half, empty) = if style.ascii {
        ("=", "-", ".")
    } else {
        ("━", "╸", "─")
    };
    let whole = halves / 2;
    let rest = columns - whole - halves % 2;
    Line::new()
        .then(
            Tone::Good,
            full.repeat(whole) + if halves % 2 == 1 { half } else { "" },
        )
        .then(Tone::Dim, empty.repeat(rest))
}

/// Numbers over time as a small picture; in ASCII the numbers themselves.
pub(super) fn sparkline(numbers: &[u32], of: u32, style: Style) -> String {
    const STEPS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    if style.ascii {
        let words: Vec<String> = numbers.iter().map(u32::to_string).collect();
        return words.join(" ");
    }
    let step = |number: &u32| {
        let place = (number * 7).div_ceil(of.max(1));
        STEPS[usize::try_from(place).unwrap_or(7).min(7)]
    };
    numbers.iter().map(step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(label: &str, command: &str, columns: usize) -> Vec<String> {
        let line = Line::plain(label).then(Tone::Accent, command);
        let rows = broken(line, columns);
        rows.iter().map(Line::text).collect()
    }

    #[test]
    fn a_command_is_broken_so_that_it_can_still_be_typed() {
        let cases: [(&str, &str, usize, &[&str]); 4] = [
            (
                "  again ",
                "grade lab --only x",
                40,
                &["  again grade lab --only x"],
            ),
            (
                "  again ",
                "grade lab --only x --hold",
                28,
                &["  again grade lab --only x \\", "          --hold"],
            ),
            (
                "",
                "curl -H 'Idempotency-Key: k17' -d @17.json host",
                32,
                &["curl -H 'Idempotency-Key: k17' \\", "  -d @17.json host"],
            ),
            // A word that is longer than a row is broken where the row ends.
            (
                "",
                "curl aaaaaaaaaaaaaaaaaaaa",
                12,
                &["curl aaaaaaa", "aaaaaaaaaaaa", "a"],
            ),
        ];
        for (label, command, columns, wanted) in cases {
            assert_eq!(rows(label, command, columns), wanted, "{command}");
        }
    }

    #[test]
    fn a_broken_command_is_the_same_to_a_shell() {
        let command =
            "kcat -b 127.0.0.1:39211 -t orders.events.v1 -C -e -f '%p  %o %k' -o \"beginning\"";
        for columns in 24..90 {
            let rows = rows("", command, columns);
            assert!(rows.iter().all(|row| width(row) <= columns), "{rows:#?}");
            if rows.iter().rev().skip(1).all(|row| row.ends_with('\\')) {
                let whole = rows.join("\n").replace("\\\n", "");
                assert_eq!(shlex::split(&whole), shlex::split(command), "{rows:#?}");
            }
        }
    }
}
