//! The checks of a run as they settle.

use mastery_kit::verdict::{Verdict, millis};
use ratatui::layout::Rect;

use super::{
    super::{Placed, Spot, cells, first_in_view, fitted, selectable, within},
    turning,
};
use crate::{
    grading::progress::{CheckState, Step},
    report::words::{Glyph, Line, Style, Tone, duration},
    tui::model::{Model, Run},
};

/// The checks as far as they are.
pub(super) fn list(model: &Model, run: &Run, area: Rect) -> Placed {
    let style = within(model.style, area);
    let rows = usize::from(area.height);
    let first = first_in_view(run.selected, run.progress.checks.len(), rows);
    let mut placed = Placed {
        area,
        ..Placed::default()
    };
    let seen = run
        .progress
        .checks
        .iter()
        .enumerate()
        .skip(first)
        .take(rows);
    for (place, state) in seen {
        let y = area.y + cells(placed.lines.len());
        let row = Rect::new(area.x, y, area.width, 1);
        placed.spots.push((row, Spot::Row(place)));
        let line = check_line(model, run, state, style);
        placed
            .lines
            .push(selectable(place == run.selected, line, style));
    }
    placed
}

fn check_line(model: &Model, run: &Run, state: &CheckState, style: Style) -> Line {
    let (sign, right) = match &state.step {
        Step::Waiting => (sign(Glyph::Waiting, style), String::new()),
        Step::Running => {
            let since = run.at.saturating_sub(run.check_began);
            let sign = if style.ascii {
                sign(Glyph::Running, style)
            } else {
                Line::new().then(Tone::Accent, turning(model))
            };
            (sign, duration(millis(since)))
        }
        Step::Settled { verdict, took_ms } => {
            let right = match verdict {
                Verdict::Skipped { after } if after.contains(' ') => String::new(),
                Verdict::Skipped { after } => format!("needs {after}"),
                Verdict::Passed | Verdict::Failed(_) | Verdict::Unsettled(_) => duration(*took_ms),
            };
            (sign(Glyph::of(verdict), style), right)
        }
    };
    let columns = usize::from(style.width).saturating_sub(2);
    let room = columns.saturating_sub(sign.width() + 1);
    let badge = if state.check.badge { " (badge)" } else { "" };
    let name = fitted(&format!("{}{badge}", state.check.id), room, style);
    let left = sign.then(Tone::Plain, format!(" {name}"));
    let room = columns.saturating_sub(left.width() + 2);
    let right = Line::new().then(Tone::Dim, fitted(&right, room, style));
    let at = columns.saturating_sub(right.width());
    if right.width() == 0 {
        left
    } else {
        left.to_column(at).join(right)
    }
}

pub(super) fn sign(glyph: Glyph, style: Style) -> Line {
    Line::new().then(glyph.tone(), glyph.text(style.ascii))
}
