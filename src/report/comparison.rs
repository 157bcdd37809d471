//! Two attempts side by side: their verdicts, and their code.

use super::{
    code::{self, FileChange},
    words::{Glyph, Line, Style, Tone, counted, hanging, pad, width},
};

/// What `mastery diff` shows.
#[derive(Clone, Debug)]
pub struct Comparison {
    pub lab: String,
    pub from: Side,
    pub to: Side,
    pub checks: Vec<CheckPair>,
    pub files: Vec<FileChange>,
}

/// One of the two.
#[derive(Clone, Debug)]
pub struct Side {
    /// `attempt 6`, or `your folder`.
    pub name: String,
    /// `6`, or `now`: what stands over its column.
    pub short: String,
    /// What is to be known of it: `partial`, `not graded`.
    pub note: Option<String>,
}

/// A check and its verdicts as letters; none where it did not run.
#[derive(Clone, Debug)]
pub struct CheckPair {
    pub id: String,
    pub from: Option<char>,
    pub to: Option<char>,
}

impl Comparison {
    /// The comparison as lines.
    pub fn lines(&self, style: Style) -> Vec<Line> {
        let name = Line::new().then(Tone::Bold, style.show(&self.lab));
        let arrow = if style.ascii { "->" } else { "→" };
        let told = format!(
            "{} {} {arrow} {}",
            style.dot(),
            self.from.told(),
            self.to.told()
        );
        let column = name.width() + 1;
        let mut lines = hanging(name, column, &told, Tone::Plain, style);
        lines.push(Line::new());
        lines.extend(self.verdicts(style));
        lines.push(Line::new());
        if self.files.is_empty() {
            lines.push(Line::plain("  The code is the same."));
        } else {
            lines.push(Line::plain(format!("  {}", code::sum(&self.files))));
            lines.extend(code::lines(&self.files, style));
        }
        lines
    }

    /// Both verdicts of each check, but for those that passed in both.
    fn verdicts(&self, style: Style) -> Vec<Line> {
        let both = |pair: &&CheckPair| pair.from == Some('p') && pair.to == Some('p');
        let rest: Vec<&CheckPair> = self.checks.iter().filter(|pair| !both(pair)).collect();
        let same = self.checks.len() - rest.len();
        let names = rest.iter().map(|pair| width(&pair.id)).max().unwrap_or(0);
        let cell = "unsettled".len() + 4;
        let column = (2 + names + 2).min(style.columns().saturating_sub(2 * cell));
        let mut lines = Vec::new();
        if !rest.is_empty() {
            let heads = [&self.from, &self.to].map(|side| pad(&side.short, cell));
            let heads = Line::new().then(Tone::Dim, heads.concat());
            lines.push(Line::plain(" ".repeat(column)).join(heads));
        }
        for pair in rest {
            let tone = match (pair.from == Some('p'), pair.to == Some('p')) {
                (false, true) => Tone::Good,
                (true, false) if pair.to.is_some() => Tone::Bad,
                (_, _) => Tone::Plain,
            };
            let label = Line::plain("  ").then(tone, style.show(&pair.id));
            let cells = verdict(pair.from, cell, style).join(verdict(pair.to, cell, style));
            if label.width() < column {
                lines.push(label.to_column(column).join(cells));
            } else {
                lines.push(label);
                lines.push(Line::plain(" ".repeat(column)).join(cells));
            }
        }
        if same > 0 {
            let text = format!("{} passed in both.", counted(same as u64, "check"));
            lines.extend(hanging(Line::new(), 2, &text, Tone::Dim, style));
        } else if self.checks.is_empty() {
            lines.extend(hanging(
                Line::new(),
                2,
                "No check ran in either.",
                Tone::Dim,
                style,
            ));
        }
        lines
    }
}

impl Side {
    fn told(&self) -> String {
        match &self.note {
            Some(note) => format!("{} ({note})", self.name),
            None => self.name.clone(),
        }
    }
}

/// A verdict in its column.
fn verdict(letter: Option<char>, cell: usize, style: Style) -> Line {
    let Some(glyph) = letter.and_then(Glyph::from_letter) else {
        return Line::new().then(Tone::Dim, pad(style.dot(), cell));
    };
    let word = match glyph {
        Glyph::Passed => "passed",
        Glyph::Failed => "failed",
        Glyph::Unsettled => "unsettled",
        Glyph::Skipped => "skipped",
        Glyph::Running | Glyph::Waiting | Glyph::Challenge | Glyph::Capstone => "",
    };
    let text = if style.ascii {
        word.to_owned()
    } else {
        format!("{} {word}", glyph.text(false))
    };
    Line::new().then(glyph.tone(), pad(&text, cell))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn comparison() -> Comparison {
        let pair = |id: &str, from, to| CheckPair {
            id: id.into(),
            from,
            to,
        };
        Comparison {
            lab: "rest-api".into(),
            from: Side {
                name: "attempt 6".into(),
                short: "6".into(),
                note: None,
            },
            to: Side {
                name: "your folder".into(),
                short: "now".into(),
                note: Some("not graded".into()),
            },
            checks: vec![
                pair("v1_wire_is_frozen", Some('p'), Some('p')),
                pair("decimals_do_not_drift", Some('f'), Some('p')),
                pair("v1_never_leaks_new_enum_values", Some('p'), Some('u')),
                pair("stale_write_is_refused", Some('s'), None),
            ],
            files: Vec::new(),
        }
    }

    fn shown(style: Style) -> String {
        let lines = comparison().lines(style);
        lines.iter().map(Line::text).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn verdicts_stand_side_by_side() {
        insta::assert_snapshot!("comparison_80", shown(Style::plain(80)));
        insta::assert_snapshot!("comparison_40", shown(Style::plain(40)));
        insta::assert_snapshot!("comparison_ascii", shown(Style::ascii_only(80)));
    }
}
