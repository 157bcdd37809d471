//! The map: the weeks as a road, and what is to be known of the unit that is selected.

use ratatui::layout::Rect;

use super::{
    Placed, Spot, cells, draw, edges, first_in_view, fitted, selectable, title, with_detail, within,
};
use crate::{
    report::{
        overview::{UnitKind, UnitRow, UnitStatus, WeekRow, passed_checks, standing},
        words::{Glyph, Line, Style, Tone, ago, counted, hanging, pad, tally, width},
    },
    tui::model::{Model, Tried},
};

/// Columns of a week's title.
const TITLE: usize = 26;
/// Columns of a week's road.
const ROAD: usize = 20;
/// Attempts in the small picture.
const SPARKS: usize = 16;

pub(super) fn head(model: &Model) -> (Line, Line) {
    let overview = &model.course.overview;
    let units = || model.course.units().map(|(_, unit)| unit);
    let passed: usize = units().map(passed_checks).sum();
    let of: usize = units().map(|unit| unit.checks.len()).sum();
    let attempts: u32 = units().map(|unit| unit.attempts).sum();
    let right = if model.course.is_read {
        format!(
            "{passed} of {} {} {}",
            counted(of as u64, "check"),
            model.style.dot(),
            counted(attempts.into(), "attempt")
        )
    } else {
        "reading what you did".to_owned()
    };
    (title(model, "mastery", &overview.title), Line::plain(right))
}

pub(super) fn parts(model: &Model, area: Rect) -> Vec<Placed> {
    if model.prompt.is_some() {
        return vec![found(model, area)];
    }
    let list = |area| road(model, area);
    with_detail(area, 14, model.style, list, |area| unit_told(model, area))
}

/// The weeks; the units of the one that holds the selected unit stand below it.
fn road(model: &Model, area: Rect) -> Placed {
    let style = model.style;
    let mut lines: Vec<(Line, Option<usize>)> = Vec::new();
    let mut at = 0;
    let mut here = 0;
    for week in &model.course.overview.weeks {
        let units = at..at + week.units.len();
        let is_open = units.contains(&model.selected);
        lines.push((week_line(week, is_open, style), Some(units.start)));
        if is_open {
            let names = week.units.iter().map(|unit| width(&unit.id)).max();
            let column = 9 + names.unwrap_or(0) + 2;
            for (place, unit) in units.clone().zip(&week.units) {
                let is_selected = place == model.selected;
                if is_selected {
                    here = lines.len();
                }
                let line = unit_line(unit, column, style);
                lines.push((selectable(is_selected, line, style), Some(place)));
            }
        }
        at = units.end;
    }
    lines.extend(capstone_line(model).map(|line| (line, None)));
    let rows = usize::from(area.height);
    let first = first_in_view(here, lines.len(), rows);
    let seen = lines.into_iter().skip(first).take(rows);
    let mut placed = Placed {
        area,
        ..Placed::default()
    };
    for (line, place) in seen {
        let y = area.y + cells(placed.lines.len());
        let row = Rect::new(area.x, y, area.width, 1);
        placed
            .spots
            .extend(place.map(|place| (row, Spot::Row(place))));
        placed.lines.push(line);
    }
    placed
}

fn week_line(week: &WeekRow, is_open: bool, style: Style) -> Line {
    let tone = if is_open { Tone::Bold } else { Tone::Plain };
    let columns = usize::from(style.width);
    let room = TITLE.min(columns.saturating_sub(14));
    let mut line = Line::plain(" ")
        .then(Tone::Dim, format!("{:>2}", week.number))
        .then(Tone::Plain, "  ")
        .then(tone, pad(&fitted(&week.title, room, style), room));
    if columns >= 70 {
        let passed: usize = week.units.iter().map(passed_checks).sum();
        let of: usize = week.units.iter().map(|unit| unit.checks.len()).sum();
        line = line
            .then(Tone::Plain, "  ")
            .join(draw::gauge(passed, of, ROAD, style))
            .then(Tone::Plain, " ");
    }
    if is_open {
        return line;
    }
    let named = week.units.iter().fold(line.clone(), |line, unit| {
        let line = line.then(Tone::Plain, "  ").join(sign(unit, style));
        line.then(Tone::Plain, format!(" {}", style.show(&unit.id)))
    });
    if named.width() <= columns {
        return named;
    }
    week.units.iter().fold(line, |line, unit| {
        line.then(Tone::Plain, " ").join(sign(unit, style))
    })
}

/// How far a unit is, by shape and colour; a challenge by its star.
fn sign(unit: &UnitRow, style: Style) -> Line {
    let glyph = glyph_of(unit);
    let text = if style.ascii {
        glyph.text(true).trim_end()
    } else {
        glyph.text(false)
    };
    let star = match unit.kind {
        UnitKind::Challenge => Glyph::Challenge.text(style.ascii),
        UnitKind::Lab | UnitKind::Capstone => "",
    };
    Line::new()
        .then(Tone::Accent, star)
        .then(glyph.tone(), text)
}

/// The sign of how far a unit is.
pub(super) fn glyph_of(unit: &UnitRow) -> Glyph {
    match unit.status {
        UnitStatus::Passed { .. } => Glyph::Passed,
        UnitStatus::Tried { .. } => Glyph::Failed,
        UnitStatus::Started => Glyph::Running,
        UnitStatus::Planned | UnitStatus::NotStarted => Glyph::Waiting,
    }
}

fn unit_line(unit: &UnitRow, column: usize, style: Style) -> Line {
    let star = match unit.kind {
        UnitKind::Challenge => Glyph::Challenge.text(style.ascii),
        UnitKind::Lab | UnitKind::Capstone => " ",
    };
    let glyph = glyph_of(unit);
    let line = Line::plain("   ")
        .then(Tone::Accent, star)
        .then(Tone::Plain, " ")
        .then(glyph.tone(), glyph.text(style.ascii))
        .then(Tone::Plain, format!(" {}", style.show(&unit.id)));
    let column = if style.ascii { column + 3 } else { column };
    let line = line.to_column(column).then(Tone::Dim, standing(unit));
    draw::cut_line(&line, usize::from(style.width).saturating_sub(1), style)
}

/// What passed labs are joined into: a component is lit when its lab is passed.
fn capstone_line(model: &Model) -> Option<Line> {
    let capstone = model.course.overview.capstone.as_ref()?;
    let style = model.style;
    let line = Line::plain("  ")
        .then(Tone::Accent, Glyph::Capstone.text(style.ascii))
        .then(Tone::Plain, format!("  {}", style.show(&capstone.title)));
    let passed = model.course.units().filter(|(_, unit)| {
        let passed = matches!(unit.status, UnitStatus::Passed { .. });
        passed && component(model, unit).is_some()
    });
    let unlocked: Vec<&str> = passed
        .filter_map(|(_, unit)| component(model, unit))
        .collect();
    let told = if unlocked.is_empty() {
        "planned; passed labs become its parts".to_owned()
    } else {
        format!("planned; yours so far: {}", unlocked.join(", "))
    };
    let line = line.then(Tone::Dim, format!("   {told}"));
    Some(draw::cut_line(
        &line,
        usize::from(style.width).saturating_sub(1),
        style,
    ))
}

fn component<'m>(model: &'m Model, unit: &UnitRow) -> Option<&'m str> {
    model.course.texts.get(&unit.id)?.component.as_deref()
}

/// What is to be known of the unit that is selected.
fn unit_told(model: &Model, area: Rect) -> Vec<Line> {
    let style = within(model.style, area);
    let Some(unit) = model.course.unit_at(model.selected) else {
        return Vec::new();
    };
    let text = model.course.texts.get(&unit.id);
    let arrow = if style.ascii { "->" } else { "→" };
    let name = Line::plain(" ").then(Tone::Bold, style.show(&unit.title));
    let becomes = text.and_then(|text| text.component.as_ref());
    let becomes = becomes.map_or(String::new(), |part| format!("{arrow} {part}"));
    let mut lines = vec![edges(name, Line::new().then(Tone::Dim, becomes), style)];
    if let Some(text) = text {
        let mut goal = hanging(Line::new(), 1, &text.goal, Tone::Plain, style);
        goal.truncate(2);
        lines.extend(goal);
        if let Some(services) = model.services_of(&unit.id) {
            lines.extend(hanging(Line::new(), 1, &services, Tone::Dim, style));
        }
    }
    let tried = model
        .course
        .tried
        .get(&unit.id)
        .map_or(&[][..], Vec::as_slice);
    if let Some(last) = tried.last() {
        lines.push(last_attempt(model, unit, tried, last, style));
    }
    if let Some(next) = &model.course.overview.next {
        let label = Line::plain(" ").then(Tone::Dim, "next ");
        lines.push(label.then(Tone::Accent, style.show(next)));
    }
    lines
}

fn last_attempt(
    model: &Model,
    unit: &UnitRow,
    tried: &[Tried],
    last: &Tried,
    style: Style,
) -> Line {
    let left = format!(
        " attempt {}, {}: {}",
        unit.attempts,
        ago(model.now - last.at),
        tally(&last.tally)
    );
    let full: Vec<u32> = tried
        .iter()
        .filter(|one| one.is_full)
        .map(|one| one.tally.passed)
        .collect();
    let recent = &full[full.len().saturating_sub(SPARKS)..];
    let of = u32::try_from(unit.checks.len()).unwrap_or(u32::MAX);
    if recent.len() < 2 {
        return Line::plain(left);
    }
    let right = Line::new()
        .then(Tone::Dim, "passed checks  ")
        .then(Tone::Good, draw::sparkline(recent, of, style));
    edges(Line::plain(left), right, style)
}

/// What the search found.
fn found(model: &Model, area: Rect) -> Placed {
    let style = model.style;
    let Some(prompt) = &model.prompt else {
        return Placed::default();
    };
    let found = model.course.find(&prompt.text);
    let rows = usize::from(area.height);
    let first = first_in_view(prompt.selected, found.len(), rows);
    let names = found.iter().map(|entry| width(&entry.lab)).max();
    let column = 2 + names.unwrap_or(0) + 2;
    let columns = usize::from(area.width);
    let line = |(place, entry): (usize, &&crate::tui::model::Entry)| {
        let text = match &entry.check {
            Some(check) => format!("{check}  {}", entry.text),
            None => entry.text.clone(),
        };
        let line = Line::plain(" ")
            .then(Tone::Accent, style.show(&entry.lab))
            .to_column(column)
            .then(Tone::Plain, style.show(&text));
        let line = selectable(place == prompt.selected, line, style);
        draw::cut_line(&line, columns.saturating_sub(1), style)
    };
    let mut lines: Vec<Line> = found
        .iter()
        .enumerate()
        .skip(first)
        .take(rows)
        .map(line)
        .collect();
    if lines.is_empty() {
        lines.push(Line::new().then(Tone::Dim, "  Nothing has these words."));
    }
    Placed {
        area,
        lines,
        spots: Vec::new(),
    }
}
