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

/// A line as rows of these columns, broken wherever they end: a command is there to be read whole.
pub(super) fn broken(line: Line, columns: usize) -> Vec<Line> {
    if line.width() <= columns {
        return vec![line];
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
