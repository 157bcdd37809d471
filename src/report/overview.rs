//! How far a learner is: weeks, their units, the checks of what was tried, and what comes next.

use serde::Serialize;

use super::{
    failure::command,
    words::{self, Glyph, Line, Style, Tone, beside, counted, cut, duration, hanging, width},
};

/// Everything `mastery progress` shows. Filled by the command; a pure picture of it is made here.
#[derive(Clone, Debug, Serialize)]
pub struct Overview {
    pub title: String,
    pub weeks: Vec<WeekRow>,
    /// What passed labs are joined into.
    pub capstone: Option<UnitRow>,
    /// The one thing to do now, as a sentence or a command.
    pub next: Option<String>,
}

/// One week of the course.
#[derive(Clone, Debug, Serialize)]
pub struct WeekRow {
    pub number: u32,
    pub id: String,
    pub title: String,
    pub units: Vec<UnitRow>,
}

/// One lab or challenge.
#[derive(Clone, Debug, Serialize)]
pub struct UnitRow {
    pub id: String,
    pub title: String,
    pub kind: UnitKind,
    pub status: UnitStatus,
    pub attempts: u32,
    /// Its checks in order; empty where the unit is planned.
    pub checks: Vec<CheckRow>,
}

/// What kind of unit it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnitKind {
    Lab,
    Challenge,
    Capstone,
}

/// How far a unit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum UnitStatus {
    /// The course names it; its tests are not written yet.
    Planned,
    /// It can be started.
    NotStarted,
    /// It lies in the workspace and was never graded.
    Started,
    Tried {
        passed: u32,
        of: u32,
    },
    Passed {
        revision: u32,
        after_attempts: u32,
        /// From the first attempt to the one that passed.
        took_s: u64,
    },
}

/// One check and how it ended last.
#[derive(Clone, Debug, Serialize)]
pub struct CheckRow {
    pub id: String,
    pub title: String,
    /// `p`, `f`, `u`, `s`; none where it never ran.
    pub last: Option<char>,
    /// How many hints there are, and how many of them were taken. Nothing is scored by it.
    pub hints: u32,
    pub hints_taken: u32,
}

#[derive(Serialize)]
struct Document<'o> {
    format: u32,
    #[serde(flatten)]
    overview: &'o Overview,
}

impl Overview {
    /// The overview as JSON, indented, with its end of line.
    pub fn to_json(&self) -> String {
        words::json(&Document {
            format: 1,
            overview: self,
        })
    }

    /// The overview as lines.
    pub fn lines(&self, style: Style) -> Vec<Line> {
        let mut lines = self.head(style);
        let shown = self.weeks.iter().filter(|week| !is_planned(week));
        let units = shown.flat_map(|week| &week.units).chain(&self.capstone);
        let column = units.map(|unit| width(&unit.id)).max().unwrap_or(0) + 2;
        for week in &self.weeks {
            lines.push(Line::new());
            let number = Line::plain("  ").then(Tone::Dim, week.number.to_string());
            lines.extend(hanging(number, 5, &week.title, Tone::Bold, style));
            if week
                .units
                .iter()
                .all(|unit| unit.status == UnitStatus::Planned)
            {
                // Nothing to do there yet: its names are enough.
                lines.extend(hanging(
                    Line::new(),
                    5,
                    &planned(week, style),
                    Tone::Dim,
                    style,
                ));
                continue;
            }
            for unit in &week.units {
                lines.extend(unit_lines(unit, column, style));
            }
        }
        if let Some(capstone) = &self.capstone {
            lines.push(Line::new());
            lines.extend(unit_lines(capstone, column, style));
        }
        if let Some(next) = &self.next {
            lines.push(Line::new());
            let label = Line::new().then(Tone::Dim, "next");
            // A command is there to be copied, whole.
            lines.extend(if next.starts_with("mastery ") {
                command(label, 6, next, style)
            } else {
                hanging(label, 6, next, Tone::Accent, style)
            });
        }
        lines
    }

    /// One unit with every check of it, titles whole; `None` where no unit has this id.
    pub fn unit_lines(&self, id: &str, style: Style) -> Option<Vec<Line>> {
        let units = self.weeks.iter().flat_map(|week| &week.units);
        let unit = units.chain(&self.capstone).find(|unit| unit.id == id)?;
        let name = Line::new().then(Tone::Bold, style.show(&unit.id));
        let mut lines = beside(name, Line::plain(standing(unit)), style);
        lines.extend(hanging(Line::new(), 0, &unit.title, Tone::Plain, style));
        for check in &unit.checks {
            lines.push(Line::new());
            lines.push(check_label(check, 2, style));
            lines.extend(hanging(Line::new(), 4, &check.title, Tone::Dim, style));
            if check.hints_taken > 0 {
                let taken = format!(
                    "{} of {} taken",
                    check.hints_taken,
                    counted(check.hints.into(), "hint")
                );
                lines.extend(hanging(Line::new(), 4, &taken, Tone::Dim, style));
            }
        }
        Some(lines)
    }

    fn head(&self, style: Style) -> Vec<Line> {
        let open = || {
            let units = self.weeks.iter().flat_map(|week| &week.units);
            units.filter(|unit| unit.status != UnitStatus::Planned)
        };
        let passed: usize = open().map(passed_checks).sum();
        let of: usize = open().map(|unit| unit.checks.len()).sum();
        let attempts: u32 = open().map(|unit| unit.attempts).sum();
        let title = Line::new().then(Tone::Bold, style.show(&self.title));
        let sum = format!(
            "{passed} of {} {} {}",
            counted(of as u64, "check"),
            style.dot(),
            counted(attempts.into(), "attempt")
        );
        beside(title, Line::plain(sum), style)
    }
}

/// Whether nothing of a week is open.
fn is_planned(week: &WeekRow) -> bool {
    week.units
        .iter()
        .all(|unit| unit.status == UnitStatus::Planned)
}

/// The names of a week that is planned.
fn planned(week: &WeekRow, style: Style) -> String {
    let names: Vec<String> = week
        .units
        .iter()
        .map(|unit| match unit.kind {
            UnitKind::Challenge => format!("{} {}", Glyph::Challenge.text(style.ascii), unit.id),
            UnitKind::Lab | UnitKind::Capstone => unit.id.clone(),
        })
        .collect();
    format!("{}: planned", names.join(", "))
}

/// How many of a unit's checks stand as passed: all of one that is passed.
pub fn passed_checks(unit: &UnitRow) -> usize {
    match unit.status {
        UnitStatus::Passed { .. } => unit.checks.len(),
        UnitStatus::Planned
        | UnitStatus::NotStarted
        | UnitStatus::Started
        | UnitStatus::Tried { .. } => unit
            .checks
            .iter()
            .filter(|check| check.last == Some('p'))
            .count(),
    }
}

fn unit_lines(unit: &UnitRow, column: usize, style: Style) -> Vec<Line> {
    let glyph = match unit.status {
        UnitStatus::Passed { .. } => Glyph::Passed,
        UnitStatus::Tried { .. } => Glyph::Failed,
        UnitStatus::Started => Glyph::Running,
        UnitStatus::Planned | UnitStatus::NotStarted => Glyph::Waiting,
    };
    let kind = match unit.kind {
        UnitKind::Lab => Line::plain(" "),
        UnitKind::Challenge => sign(Glyph::Challenge, style),
        UnitKind::Capstone => sign(Glyph::Capstone, style),
    };
    let left = Line::plain("  ")
        .join(kind)
        .then(Tone::Plain, " ")
        .then(glyph.tone(), glyph.text(style.ascii))
        .then(Tone::Plain, format!(" {}", style.show(&unit.id)));
    let indent = left.width() - width(&style.show(&unit.id));
    let mut said = standing(unit);
    if unit.status == UnitStatus::Planned && style.columns() < 60 {
        // Nothing to do there: in a narrow place its title may go.
        return vec![left.to_column(indent + column).then(Tone::Dim, said)];
    }
    if matches!(unit.status, UnitStatus::NotStarted | UnitStatus::Planned) {
        let room = style
            .measure()
            .saturating_sub(indent + column + width(&said) + 2);
        let title = cut(&style.show(&unit.title), room, style);
        if width(&title) > 8 {
            let left = left.to_column(indent + column).then(Tone::Dim, title);
            return beside(left, Line::new().then(Tone::Dim, said), style);
        }
    }
    let mut lines = Vec::new();
    let strip = strip(unit, style);
    let whole = left.clone().to_column(indent + column).join(strip.clone());
    if whole.width() + 2 + width(&said) <= style.measure() {
        lines.push(if strip.width() > 0 {
            whole.then(Tone::Plain, format!("  {said}"))
        } else {
            whole.then(Tone::Plain, std::mem::take(&mut said))
        });
    } else {
        lines.push(left);
        if strip.width() > 0 {
            lines.push(Line::plain(" ".repeat(indent)).join(strip));
        }
        lines.extend(hanging(Line::new(), indent, &said, Tone::Plain, style));
    }
    if matches!(unit.status, UnitStatus::Tried { .. }) {
        let open = || unit.checks.iter().filter(|check| check.last != Some('p'));
        let labels: Vec<Line> = open()
            .map(|check| check_label(check, indent, style))
            .collect();
        let column = labels.iter().map(Line::width).max().unwrap_or(0) + 2;
        for (label, check) in labels.into_iter().zip(open()) {
            lines.push(check_line(label, column, check, style));
        }
    }
    lines
}

fn sign(glyph: Glyph, style: Style) -> Line {
    Line::new().then(glyph.tone(), glyph.text(style.ascii))
}

fn glyph_of(check: &CheckRow) -> Glyph {
    check
        .last
        .and_then(Glyph::from_letter)
        .unwrap_or(Glyph::Waiting)
}

/// One sign for each check; in ASCII its letter.
fn strip(unit: &UnitRow, style: Style) -> Line {
    if !matches!(unit.status, UnitStatus::Tried { .. }) {
        return Line::new();
    }
    unit.checks.iter().fold(Line::new(), |line, check| {
        let glyph = glyph_of(check);
        if style.ascii {
            line.then(glyph.tone(), glyph.letter().to_string())
        } else {
            line.then(glyph.tone(), glyph.text(false))
        }
    })
}

fn check_label(check: &CheckRow, indent: usize, style: Style) -> Line {
    let glyph = glyph_of(check);
    Line::plain(" ".repeat(indent))
        .then(glyph.tone(), glyph.text(style.ascii))
        .then(Tone::Plain, format!(" {}", style.show(&check.id)))
}

fn check_line(label: Line, column: usize, check: &CheckRow, style: Style) -> Line {
    let room = style.measure().saturating_sub(column);
    let title = cut(&style.show(&check.title), room, style);
    if room < 12 {
        return label;
    }
    label.to_column(column).then(Tone::Dim, title)
}

/// How far a unit is, in words: `12 of 46 checks passed, 3 attempts`.
pub fn standing(unit: &UnitRow) -> String {
    let taken: u32 = unit.checks.iter().map(|check| check.hints_taken).sum();
    let hints = match taken {
        0 => String::new(),
        taken => format!(", {}", counted(taken.into(), "hint")),
    };
    let attempts = || counted(unit.attempts.into(), "attempt") + &hints;
    match unit.status {
        UnitStatus::Planned => "planned".to_owned(),
        UnitStatus::NotStarted => "not started".to_owned(),
        UnitStatus::Started if unit.attempts == 0 => format!("started, not graded yet{hints}"),
        UnitStatus::Started => format!("started, {}", attempts()),
        UnitStatus::Tried { passed, of } => {
            format!(
                "{passed} of {} passed, {}",
                counted(of.into(), "check"),
                attempts()
            )
        }
        UnitStatus::Passed {
            revision,
            after_attempts,
            took_s,
        } => {
            let took = if after_attempts > 1 {
                format!(" in {}", duration(took_s * 1000))
            } else {
                String::new()
            };
            let after = counted(after_attempts.into(), "attempt");
            format!("passed at r{revision} after {after}{took}{hints}")
        }
    }
}

#[cfg(test)]
#[path = "overview_tests.rs"]
mod tests;
