//! The attempts on a lab, and two of them side by side.

use ratatui::layout::Rect;

use super::{
    Placed, Spot, Text, cells, draw, first_in_view, selectable, title, with_detail, within,
};
use crate::{
    report::{
        history::AttemptRow,
        words::{Line, Style, Tone, ago, hanging, pad, width},
    },
    tui::model::{Diary, Model, Screen},
};

pub(super) fn head(model: &Model) -> (Line, Line) {
    if model.screen == Screen::Comparison {
        let lab = model.comparison.as_ref().map_or("", |two| two.lab.as_str());
        return (title(model, lab, "two attempts"), Line::new());
    }
    let Some(diary) = &model.diary else {
        return (Line::new(), Line::new());
    };
    let passed = diary.history.as_ref().and_then(|history| history.passed);
    let right = passed.map_or(String::new(), |pass| {
        format!("passed at r{} with attempt {}", pass.revision, pass.attempt)
    });
    (
        title(model, &diary.lab, "attempts"),
        Line::new().then(Tone::Good, right),
    )
}

/// The comparison as a text.
pub(super) fn comparison(model: &Model, area: Rect) -> Text {
    let area = Rect::new(
        area.x + 1,
        area.y,
        area.width.saturating_sub(2),
        area.height,
    );
    let style = within(model.style, area);
    let two = model.comparison.as_ref();
    Text {
        area,
        lines: two.map(|two| two.lines(style)).unwrap_or_default(),
    }
}

/// The diary, and what is to be known of the attempt that is selected.
pub(super) fn history(model: &Model, area: Rect) -> Vec<Placed> {
    let Some(diary) = &model.diary else {
        return Vec::new();
    };
    if diary.history.is_none() {
        return vec![Placed {
            area,
            lines: vec![Line::new().then(Tone::Dim, " Reading.")],
            spots: Vec::new(),
        }];
    }
    let told = |area| told(diary, within(model.style, area));
    with_detail(area, 12, model.style, |area| rows(model, diary, area), told)
}

fn rows(model: &Model, diary: &Diary, area: Rect) -> Placed {
    let style = within(model.style, area);
    let all = diary.rows();
    let digits = all.first().map_or(1, |row| width(&row.attempt.to_string()));
    let times = all.iter().map(|row| width(&ago(model.now - row.at)));
    let times = times.max().unwrap_or(0);
    let shown = usize::from(area.height);
    let first = first_in_view(diary.selected, all.len(), shown);
    let mut placed = Placed {
        area,
        ..Placed::default()
    };
    for (place, row) in all.iter().enumerate().skip(first).take(shown) {
        let y = area.y + cells(placed.lines.len());
        placed
            .spots
            .push((Rect::new(area.x, y, area.width, 1), Spot::Row(place)));
        let time = pad(&ago(model.now - row.at), times);
        let mark = if diary.marked == Some(row.attempt) {
            "m"
        } else {
            " "
        };
        let line = Line::new()
            .then(Tone::Accent, mark)
            .then(Tone::Bold, format!("{:>digits$}", row.attempt))
            .then(Tone::Dim, format!("  {time}  "))
            .join(came_to(row, style));
        let line = selectable(place == diary.selected, line, style);
        let columns = usize::from(area.width).saturating_sub(1);
        placed.lines.push(draw::cut_line(&line, columns, style));
    }
    placed
}

fn came_to(row: &AttemptRow, style: Style) -> Line {
    let sign = match row.glyph() {
        Some(glyph) => Line::new().then(glyph.tone(), glyph.text(style.ascii)),
        None => Line::plain(" "),
    };
    sign.then(Tone::Plain, format!(" {}", row.sum(style)))
}

/// What an attempt changed, and what brings it back.
fn told(diary: &Diary, style: Style) -> Vec<Line> {
    let Some(row) = diary.here() else {
        return Vec::new();
    };
    let mut lines = row.told(1, style);
    if let Some((from, to)) = diary.pair().filter(|_| diary.marked.is_some()) {
        let text = format!("Compared are attempts {from} and {to}.");
        lines.extend(hanging(Line::new(), 1, &text, Tone::Accent, style));
    }
    lines
}
