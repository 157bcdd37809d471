//! What a program printed, from the newest line back.

use ratatui::layout::Rect;

use super::{Placed, within};
use crate::{
    report::words::{Line, Style, Tone, counted, cut, width},
    tui::{
        markdown::hard,
        model::{Log, LogView, Run, Said},
    },
};

/// How the log is looked at, in a few words.
pub(super) fn standing(run: &Run) -> String {
    let mut words = Vec::new();
    if let Some(search) = &run.view.search {
        words.push(format!("/{search}"));
    }
    if run.view.wraps {
        words.push("wrapped".to_owned());
    }
    words.push(match run.view.up {
        0 => "following".to_owned(),
        up => format!("{} below", counted(up as u64, "line")),
    });
    words.join("  ")
}

/// The lines that are in view.
pub(super) fn pane(run: &Run, program: &str, area: Rect, style: Style) -> Placed {
    looked_at(run, program, &run.view, area, style)
}

/// The newest lines, whatever else is looked at.
pub(super) fn newest(run: &Run, program: &str, area: Rect, style: Style) -> Placed {
    looked_at(run, program, &LogView::default(), area, style)
}

/// The rule above a log that has no tab of its own.
pub(super) fn heading(program: &str, columns: u16, style: Style) -> Line {
    let one = if style.ascii { "-" } else { "─" };
    let columns = usize::from(columns);
    let name = cut(&style.show(program), columns.saturating_sub(4), style);
    let rest = columns.saturating_sub(width(&name) + 4);
    Line::new()
        .then(Tone::Dim, format!("{} ", one.repeat(2)))
        .then(Tone::Plain, name)
        .then(Tone::Dim, format!(" {}", one.repeat(rest)))
}

fn looked_at(run: &Run, program: &str, view: &LogView, area: Rect, style: Style) -> Placed {
    let style = within(style, area);
    let rows = usize::from(area.height);
    let lines = run
        .log(program)
        .map(|log| seen(log, view, rows, style))
        .unwrap_or_default();
    Placed {
        area,
        lines,
        spots: Vec::new(),
    }
}

fn seen(log: &Log, view: &LogView, rows: usize, style: Style) -> Vec<Line> {
    let columns = usize::from(style.width);
    let mut seen: Vec<Line> = Vec::new();
    let mut all = log.newest().skip(view.up);
    while seen.len() < rows {
        let Some((said, text)) = all.next() else {
            break;
        };
        let rows = if said == Said::Bench {
            vec![mark(text, style)]
        } else {
            printed(text, view, columns, style)
        };
        seen.extend(rows.into_iter().rev());
    }
    if seen.len() < rows && log.gone > 0 {
        let gone = format!("{} before that are not kept", counted(log.gone, "line"));
        seen.push(mark(&gone, style));
    }
    seen.truncate(rows);
    seen.reverse();
    seen
}

/// Something of ours between the program's lines.
fn mark(text: &str, style: Style) -> Line {
    let dashes = if style.ascii { "--" } else { "──" };
    Line::new().then(Tone::Dim, format!("{dashes} {} {dashes}", style.show(text)))
}

fn printed(text: &str, view: &LogView, columns: usize, style: Style) -> Vec<Line> {
    let text = style.show_output(text);
    let rows = if view.wraps {
        hard(&text, columns)
    } else {
        vec![cut(&text, columns, style)]
    };
    let search = view.search.as_deref().unwrap_or_default().to_lowercase();
    rows.iter().map(|row| found(row, &search)).collect()
}

/// A row with what is looked for in another tone.
fn found(row: &str, search: &str) -> Line {
    // Lower case may be longer than what it is made of: then places would not fit.
    let lower = row.to_lowercase();
    if search.is_empty() || lower.len() != row.len() {
        return Line::plain(row);
    }
    let mut line = Line::new();
    let mut done = 0;
    for (at, _) in lower.match_indices(search) {
        let end = at + search.len();
        if row.is_char_boundary(at) && row.is_char_boundary(end) {
            line = line
                .then(Tone::Plain, &row[done..at])
                .then(Tone::Odd, &row[at..end]);
            done = end;
        }
    }
    line.then(Tone::Plain, &row[done..])
}
