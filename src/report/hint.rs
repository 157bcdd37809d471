//! A rung of a check's ladder, or those that were taken.

use super::words::{Line, Style, Tone, hanging};
use crate::grading::event::Rule;

/// Where hints begin, behind `hint 1 of 3`.
const COLUMN: usize = 16;

/// What `mastery hint` shows.
#[derive(Clone, Debug)]
pub struct Hint {
    pub check: String,
    pub title: String,
    pub rule: Rule,
    /// How the check ended last: `failed in attempt 7`.
    pub last: Option<String>,
    /// The rungs to show, from this number on.
    pub first: u32,
    pub rungs: Vec<String>,
    pub of: u32,
    /// What to do next: a command, and what it gives.
    pub next: Option<(String, String)>,
}

impl Hint {
    /// The hint as lines.
    pub fn lines(&self, style: Style) -> Vec<Line> {
        let name = Line::new().then(Tone::Bold, style.show(&self.check));
        let column = name.width() + 1;
        let title = format!("{} {}", style.dot(), self.title);
        let mut lines = hanging(name, column, &title, Tone::Plain, style);
        if let Some(last) = &self.last {
            lines.extend(hanging(Line::new(), 2, last, Tone::Dim, style));
        }
        for (number, rung) in (self.first..).zip(&self.rungs) {
            lines.push(Line::new());
            let label = format!("hint {number} of {}", self.of);
            let label = Line::plain("  ").then(Tone::Accent, label);
            lines.extend(hanging(label, COLUMN, rung, Tone::Plain, style));
        }
        lines.push(Line::new());
        let label = Line::plain("  ").then(Tone::Dim, "contract");
        let rule = format!("{} ({})", self.rule.text, self.rule.source);
        lines.extend(hanging(label, COLUMN, &rule, Tone::Plain, style));
        if let Some((command, gives)) = &self.next {
            let label = Line::plain("  ").then(Tone::Dim, "next");
            lines.extend(super::failure::command(label, COLUMN, command, style));
            lines.extend(hanging(Line::new(), COLUMN, gives, Tone::Dim, style));
        }
        lines
    }
}
