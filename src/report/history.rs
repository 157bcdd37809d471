//! The diary of a lab: its attempts, what each changed, and which was the first to pass.

use serde::Serialize;

use super::words::{
    self, Glyph, Line, Style, Tone, ago, counted, cut, duration, hanging, tally, utc,
};
use crate::grading::event::Tally;

/// Names of checks that are told at most of one attempt; the JSON has all.
const NAMES: usize = 6;

/// Some of a lab's attempts, the newest first.
#[derive(Clone, Debug, Serialize)]
pub struct History {
    pub lab: String,
    /// The number of the newest attempt there is.
    pub attempts: u32,
    pub passed: Option<PassRow>,
    pub rows: Vec<AttemptRow>,
    /// The newest that is not shown any more.
    pub older: Option<u32>,
}

/// The attempt that passed the lab.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct PassRow {
    pub attempt: u32,
    pub revision: u32,
    pub after_attempts: u32,
    /// From the first attempt to this one.
    pub took_s: u64,
}

/// One attempt.
#[derive(Clone, Debug, Serialize)]
pub struct AttemptRow {
    pub attempt: u32,
    pub id: String,
    /// When it ended, in seconds since 1970.
    pub at: i64,
    /// `full`, `partial`, `interrupted`; `saved` for a folder that was kept without a run.
    pub kind: String,
    pub passes: bool,
    pub seed: String,
    pub language: String,
    pub revision: u32,
    pub took_ms: u64,
    pub tally: Tally,
    /// The verdicts that differ from the ones before.
    pub changes: Vec<VerdictChange>,
    /// What was done to the code since the attempt before; none for the first.
    pub code: Option<CodeExtent>,
}

/// A check that ended otherwise than the last time it ran.
#[derive(Clone, Debug, Serialize)]
pub struct VerdictChange {
    pub check: String,
    pub from: char,
    pub to: char,
}

/// How much the code differs.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct CodeExtent {
    pub files: usize,
    pub added: usize,
    pub removed: usize,
}

#[derive(Serialize)]
struct Document<'h> {
    format: u32,
    #[serde(flatten)]
    history: &'h History,
}

impl History {
    /// The history as JSON, indented, with its end of line.
    pub fn to_json(&self) -> String {
        words::json(&Document {
            format: 1,
            history: self,
        })
    }

    /// The history as lines; `now` in seconds since 1970.
    pub fn lines(&self, now: i64, style: Style) -> Vec<Line> {
        let name = Line::new().then(Tone::Bold, style.show(&self.lab));
        let mut said = vec![counted(self.attempts.into(), "attempt")];
        said.extend(self.passed.map(|pass| first_pass(&pass)));
        let dot = style.dot();
        let said = format!("{dot} {}", said.join(&format!(" {dot} ")));
        let column = name.width() + 1;
        let mut lines = hanging(name, column, &said, Tone::Plain, style);
        if !self.rows.is_empty() {
            lines.push(Line::new());
        }
        let widest = |text: fn(&AttemptRow, i64) -> String| {
            let all = self.rows.iter().map(|row| text(row, now).len());
            all.max().unwrap_or(0)
        };
        let digits = widest(|row, _| row.attempt.to_string());
        let times = widest(|row, now| ago(now - row.at));
        for row in &self.rows {
            lines.extend(row.lines(now, (digits, times), style));
        }
        lines
    }
}

fn first_pass(pass: &PassRow) -> String {
    let took = if pass.after_attempts > 1 {
        format!(", {} after the first", duration(pass.took_s * 1000))
    } else {
        String::new()
    };
    format!(
        "passed at r{} with attempt {}{took}",
        pass.revision, pass.attempt
    )
}

impl AttemptRow {
    fn lines(&self, now: i64, (digits, times): (usize, usize), style: Style) -> Vec<Line> {
        let number = format!("{:>digits$}", self.attempt);
        let begin = 2 + digits + 2 + times + 2;
        let label = Line::plain("  ")
            .then(Tone::Bold, number)
            .then(Tone::Dim, format!("  {}", ago(now - self.at)))
            .to_column(begin);
        let label = match self.glyph() {
            Some(glyph) => label.then(glyph.tone(), glyph.text(style.ascii)),
            None => label,
        };
        // In ASCII the sign is a word.
        let column = begin + if style.ascii { 10 } else { 2 };
        let mut lines = hanging(label, column, &self.sum(style), Tone::Plain, style);
        let narrow = style.measure() < column + 20;
        lines.extend(self.told(if narrow { 4 } else { column }, style));
        lines
    }

    /// What it changed and what brings it back, from this column on.
    pub fn told(&self, column: usize, style: Style) -> Vec<Line> {
        let below = |text: &str, tone| hanging(Line::new(), column, text, tone, style);
        let mut lines = Vec::new();
        let told = [
            ('p', "now passes", Tone::Good),
            ('f', "no longer passes", Tone::Bad),
        ];
        for (letter, word, tone) in told {
            let names = self.names(letter, style);
            if !names.is_empty() {
                lines.extend(below(&format!("{word}: {names}"), tone));
            }
        }
        lines.extend(below(&self.beside(style), Tone::Dim));
        lines
    }

    /// What brings it back: its seed, its code, its instant.
    fn beside(&self, style: Style) -> String {
        let mut parts = Vec::new();
        if !self.seed.is_empty() {
            parts.push(format!("seed {}", self.seed));
        }
        parts.extend(self.code.map(extent));
        if style.columns() >= 100 || parts.is_empty() {
            parts.push(utc(self.at));
        }
        parts.join(&format!(" {} ", style.dot()))
    }

    /// How it ended, as a sign; none for a folder that was saved.
    pub fn glyph(&self) -> Option<Glyph> {
        match self.kind.as_str() {
            "saved" => None,
            _ if self.passes => Some(Glyph::Passed),
            _ if self.tally.failed > 0 => Some(Glyph::Failed),
            _ if self.tally.unsettled > 0 => Some(Glyph::Unsettled),
            _ => Some(Glyph::Skipped),
        }
    }

    /// Counts, and what is to be known of the run.
    pub fn sum(&self, style: Style) -> String {
        if self.kind == "saved" {
            return "your folder, saved before a restore".to_owned();
        }
        let mut parts = vec![tally(&self.tally)];
        match self.kind.as_str() {
            "full" => {}
            "newer" => parts.push("of a newer release".to_owned()),
            kind => parts.push(kind.to_owned()),
        }
        parts.push(self.language.clone());
        parts.join(&format!(" {} ", style.dot()))
    }

    /// The checks that pass now (`p`), or that passed before and do not now.
    fn names(&self, letter: char, style: Style) -> String {
        let wanted = |change: &&VerdictChange| match letter {
            'p' => change.to == 'p',
            _ => change.from == 'p',
        };
        let all: Vec<&str> = self
            .changes
            .iter()
            .filter(wanted)
            .map(|change| change.check.as_str())
            .collect();
        let mut names = all[..all.len().min(NAMES)].join(", ");
        if all.len() > NAMES {
            names = format!("{names}, {} {} more", style.dots(), all.len() - NAMES);
        }
        cut(&names, 1000, style)
    }
}

fn extent(code: CodeExtent) -> String {
    if code.files == 0 {
        return "the same code as before".to_owned();
    }
    format!(
        "{}, +{} -{}",
        counted(code.files as u64, "file"),
        code.added,
        code.removed
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(attempt: u32, kind: &str, passed: u32, failed: u32) -> AttemptRow {
        AttemptRow {
            attempt,
            id: "8ff1e85b5a1d0f3c5f4c7bbd2c2c1d6f0a9e8d7c".into(),
            at: 1_700_000_000 + i64::from(attempt) * 7_200,
            kind: kind.into(),
            passes: failed == 0 && kind == "full",
            seed: "7f3a91c204be5d10".into(),
            language: "python".into(),
            revision: 1,
            took_ms: 1_904,
            tally: Tally {
                passed,
                failed,
                ..Tally::default()
            },
            changes: Vec::new(),
            code: None,
        }
    }

    fn history() -> History {
        let change = |check: &str, from, to| VerdictChange {
            check: check.into(),
            from,
            to,
        };
        let mut newest = row(12, "full", 12, 0);
        newest.changes = vec![
            change("decimals_do_not_drift", 'f', 'p'),
            change("v1_never_leaks_new_enum_values", 's', 'p'),
            change("stale_write_is_refused", 'p', 'f'),
        ];
        newest.code = Some(CodeExtent {
            files: 2,
            added: 41,
            removed: 7,
        });
        let mut partial = row(10, "partial", 1, 1);
        partial.code = Some(CodeExtent {
            files: 0,
            added: 0,
            removed: 0,
        });
        History {
            lab: "rest-api".into(),
            attempts: 12,
            passed: Some(PassRow {
                attempt: 12,
                revision: 1,
                after_attempts: 11,
                took_s: 79_200,
            }),
            rows: vec![newest, row(11, "saved", 0, 0), partial],
            older: Some(9),
        }
    }

    fn shown(style: Style) -> String {
        let lines = history().lines(1_700_000_000 + 14 * 7_200, style);
        lines.iter().map(Line::text).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn a_diary_is_read_from_the_newest_back() {
        insta::assert_snapshot!("history_80", shown(Style::plain(80)));
        insta::assert_snapshot!("history_140", shown(Style::plain(140)));
        insta::assert_snapshot!("history_40", shown(Style::plain(40)));
        insta::assert_snapshot!("history_ascii", shown(Style::ascii_only(80)));
    }

    #[test]
    fn a_diary_is_told_to_programs_with_everything() {
        let value: serde_json::Value = serde_json::from_str(&history().to_json()).unwrap();
        assert_eq!(value["format"], 1);
        assert_eq!(value["rows"][0]["changes"][0]["to"], "p");
        assert_eq!(value["rows"][1]["kind"], "saved");
        assert_eq!(value["passed"]["attempt"], 12);
    }
}
