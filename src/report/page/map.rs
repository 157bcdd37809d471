//! The heat map: a row for each week, a cell for each check. State is shape and colour, and words.

use super::html::Html;
use crate::report::{
    overview::{UnitStatus, WeekRow},
    words::counted,
};

/// The shapes of verdicts, drawn once and used in every cell. Drawn, for fonts lack such signs.
pub(super) const SHAPES: &str = "\
<svg class=\"shapes\" aria-hidden=\"true\" focusable=\"false\">\
<symbol id=\"p\" viewBox=\"0 0 16 16\"><path d=\"M3.5 8.5l3 3 6-7\"/></symbol>\
<symbol id=\"f\" viewBox=\"0 0 16 16\"><path d=\"M4 4l8 8M12 4l-8 8\"/></symbol>\
<symbol id=\"u\" viewBox=\"0 0 16 16\"><circle cx=\"8\" cy=\"8\" r=\"4\" stroke-dasharray=\"2.5 1.7\"/></symbol>\
<symbol id=\"s\" viewBox=\"0 0 16 16\"><path d=\"M4 8h8\"/></symbol>\
<symbol id=\"w\" viewBox=\"0 0 16 16\"><circle cx=\"8\" cy=\"8\" r=\"1\"/></symbol>\
</svg>\n";

/// Cells in a line of the map, and their size.
const COLUMNS: usize = 36;
const CELL: usize = 18;
/// Where cells begin: names of units stand before them.
const LEFT: usize = 250;
const LINE: usize = 24;

/// A verdict in a word.
pub(super) fn word(letter: Option<char>) -> &'static str {
    match letter {
        Some('p') => "passed",
        Some('f') => "failed",
        Some('u') => "unsettled",
        Some('s') => "skipped",
        _ => "not run yet",
    }
}

fn id(letter: Option<char>) -> &'static str {
    match letter {
        Some('p') => "p",
        Some('f') => "f",
        Some('u') => "u",
        Some('s') => "s",
        _ => "w",
    }
}

/// The sign of a verdict beside its word.
pub(super) fn shape(letter: Option<char>, html: &mut Html) {
    let id = id(letter);
    html.raw(&format!(
        "<svg class=\"sign {id}\" width=\"16\" height=\"16\" aria-hidden=\"true\"><use href=\"#{id}\"/></svg>"
    ));
}

/// The map of all weeks, with its legend.
pub(super) fn map(weeks: &[WeekRow], html: &mut Html) {
    html.raw("<section>\n<h2>Weeks and checks</h2>\n<p class=\"legend\">");
    for letter in [Some('p'), Some('f'), Some('u'), Some('s'), None] {
        html.raw("<span>");
        shape(letter, html);
        html.text(word(letter));
        html.raw("</span> ");
    }
    html.raw("</p>\n");
    let height: usize = weeks.iter().map(week_height).sum();
    let width = LEFT + COLUMNS * CELL;
    html.raw(&format!(
        "<div class=\"wide\"><svg class=\"map\" role=\"img\" aria-labelledby=\"map-title map-words\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\">\n<title id=\"map-title\">The last verdict of each check, week by week</title>\n<desc id=\"map-words\">"
    ));
    html.text(&described(weeks));
    html.raw("</desc>\n");
    let mut top = 0;
    for week in weeks {
        drawn(week, top, html);
        top += week_height(week);
    }
    html.raw("</svg></div>\n</section>\n");
}

/// Lines of cells that a number of checks takes.
fn lines(checks: usize) -> usize {
    checks.div_ceil(COLUMNS).max(1)
}

fn week_height(week: &WeekRow) -> usize {
    let units = week.units.iter().map(|unit| lines(unit.checks.len()));
    LINE + units.sum::<usize>() * LINE + LINE / 2
}

fn drawn(week: &WeekRow, top: usize, html: &mut Html) {
    let mut baseline = top + 16;
    html.raw(&format!("<text class=\"week\" x=\"0\" y=\"{baseline}\">"));
    html.text(&format!("{}  {}", week.number, week.title));
    html.raw("</text>\n");
    baseline += LINE;
    for unit in &week.units {
        let planned = unit.status == UnitStatus::Planned;
        let class = if planned { "unit dim" } else { "unit" };
        html.raw(&format!(
            "<text class=\"{class}\" x=\"16\" y=\"{baseline}\">"
        ));
        html.text(&unit.id);
        html.raw("</text>\n");
        if planned {
            html.raw(&format!(
                "<text class=\"dim\" x=\"{LEFT}\" y=\"{baseline}\">planned</text>\n"
            ));
        }
        for (place, check) in unit.checks.iter().enumerate() {
            let x = LEFT + place % COLUMNS * CELL;
            let y = baseline - 13 + place / COLUMNS * LINE;
            let id = id(check.last);
            html.raw(&format!("<g class=\"cell {id}\"><title>"));
            html.text(&format!("{}: {}", check.id, word(check.last)));
            html.raw(&format!(
                "</title><rect x=\"{x}\" y=\"{y}\" width=\"16\" height=\"16\" rx=\"3\"/><use href=\"#{id}\" x=\"{x}\" y=\"{y}\" width=\"16\" height=\"16\"/></g>\n"
            ));
        }
        baseline += lines(unit.checks.len()) * LINE;
    }
}

/// The map for whoever does not see it; the tables below have each check.
fn described(weeks: &[WeekRow]) -> String {
    let week = |week: &WeekRow| {
        let mut units = week.units.iter();
        if units.all(|unit| unit.status == UnitStatus::Planned) {
            return format!("Week {}, {}: planned.", week.number, week.title);
        }
        let checks = || week.units.iter().flat_map(|unit| &unit.checks);
        let count = |letter| checks().filter(|check| check.last == Some(letter)).count();
        let of = counted(checks().count() as u64, "check");
        format!(
            "Week {}, {}: {} of {of} passed, {} failed, {} unsettled, {} skipped.",
            week.number,
            week.title,
            count('p'),
            count('f'),
            count('u'),
            count('s')
        )
    };
    let weeks: Vec<String> = weeks.iter().map(week).collect();
    weeks.join(" ")
}
