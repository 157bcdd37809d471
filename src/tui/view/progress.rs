//! Every check of every lab, and what it took.

use ratatui::layout::Rect;

use super::{Text, map::glyph_of, within};
use crate::{
    report::{
        overview::{CheckRow, UnitRow, UnitStatus, passed_checks, standing},
        words::{Glyph, Line, Style, Tone, counted, hanging},
    },
    tui::model::{Model, Tried},
};

/// Where the checks of a lab begin.
const COLUMN: usize = 7;

/// What the signs say.
const LEGEND: [(Glyph, &str); 5] = [
    (Glyph::Passed, "passed"),
    (Glyph::Failed, "failed"),
    (Glyph::Unsettled, "unsettled"),
    (Glyph::Skipped, "skipped"),
    (Glyph::Waiting, "never run"),
];

/// The whole page.
pub(super) fn text(model: &Model, area: Rect) -> Text {
    let style = within(model.style, area);
    let mut lines = sum(model, style);
    for week in &model.course.overview.weeks {
        lines.push(Line::new());
        let number = Line::plain(" ").then(Tone::Dim, week.number.to_string());
        lines.extend(hanging(number, 4, &week.title, Tone::Bold, style));
        let (planned, open): (Vec<_>, Vec<_>) = week
            .units
            .iter()
            .partition(|unit| unit.status == UnitStatus::Planned);
        for unit in open {
            lines.extend(unit_lines(model, unit, style));
        }
        if !planned.is_empty() {
            let names: Vec<&str> = planned.iter().map(|unit| unit.id.as_str()).collect();
            let text = format!("planned: {}", names.join(", "));
            lines.extend(hanging(Line::new(), 4, &text, Tone::Dim, style));
        }
    }
    lines.push(Line::new());
    lines.push(legend(style));
    Text { area, lines }
}

/// What all of it comes to.
fn sum(model: &Model, style: Style) -> Vec<Line> {
    let units = || model.course.units().map(|(_, unit)| unit);
    let passed: usize = units().map(passed_checks).sum();
    let of: usize = units().map(|unit| unit.checks.len()).sum();
    let percent = (passed * 100).checked_div(of).unwrap_or(0);
    let tried = model.course.tried.values().flatten();
    let (attempts, unsettled) = tried.fold((0_u64, 0_u64), |(all, unsettled), one| {
        (all + 1, unsettled + u64::from(one.tally.unsettled > 0))
    });
    let mut text = format!(
        "{passed} of {} passed ({percent} %), {}",
        counted(of as u64, "check"),
        counted(attempts, "attempt")
    );
    if unsettled > 0 {
        text = format!("{text}, {unsettled} of them with something unsettled");
    }
    hanging(Line::new(), 1, &format!("{text}."), Tone::Plain, style)
}

fn unit_lines(model: &Model, unit: &UnitRow, style: Style) -> Vec<Line> {
    let glyph = glyph_of(unit);
    let name = Line::plain("    ")
        .then(glyph.tone(), glyph.text(style.ascii))
        .then(Tone::Bold, format!(" {}", style.show(&unit.id)));
    let tried = model.course.tried.get(&unit.id);
    let text = format!("{}{}", standing(unit), passing(tried));
    let column = name.width() + 2;
    let mut lines = hanging(name, column, &text, Tone::Plain, style);
    lines.extend(heat(&unit.checks, style));
    lines
}

/// How many of the full runs passed everything.
fn passing(tried: Option<&Vec<Tried>>) -> String {
    let full = || tried.into_iter().flatten().filter(|one| one.is_full);
    let all = full().count();
    if all < 2 {
        return String::new();
    }
    let passing = full().filter(|one| {
        let tally = one.tally;
        tally.passed > 0 && tally.passed == tally.total()
    });
    format!(", {} of {all} full runs passing", passing.count())
}

/// A sign for each check, in tens.
fn heat(checks: &[CheckRow], style: Style) -> Vec<Line> {
    let room = style.columns().saturating_sub(COLUMN + 1);
    let tens = (room / 11).max(1);
    let mut lines = Vec::new();
    for row in checks.chunks(tens * 10) {
        let mut line = Line::plain(" ".repeat(COLUMN));
        for (place, check) in row.iter().enumerate() {
            if place > 0 && place % 10 == 0 {
                line = line.then(Tone::Plain, " ");
            }
            let glyph = check.last.and_then(Glyph::from_letter);
            let glyph = glyph.unwrap_or(Glyph::Waiting);
            line = if style.ascii {
                line.then(glyph.tone(), glyph.letter().to_string())
            } else {
                line.then(glyph.tone(), glyph.text(false))
            };
        }
        lines.push(line);
    }
    lines
}

fn legend(style: Style) -> Line {
    LEGEND.iter().fold(Line::new(), |line, (glyph, word)| {
        let sign = if style.ascii {
            glyph.letter().to_string()
        } else {
            glyph.text(false).to_owned()
        };
        line.then(Tone::Plain, " ")
            .then(glyph.tone(), sign)
            .then(Tone::Dim, format!(" {word} "))
    })
}
