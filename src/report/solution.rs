//! A reference beside the learner's own code, once the lab is passed.

use super::{
    code::{self, FileChange, FileKind},
    words::{Line, Style, Tone, counted, hanging},
};

/// What `mastery solution` shows.
#[derive(Clone, Debug)]
pub struct Solution {
    pub lab: String,
    pub language: String,
    /// The other languages there is one in.
    pub others: Vec<String>,
    /// Where the learner's own is.
    pub yours: String,
    /// Files that are the same in both.
    pub same: Vec<String>,
    /// From the learner's to the reference's.
    pub files: Vec<FileChange>,
}

impl Solution {
    /// The solution as lines.
    pub fn lines(&self, style: Style) -> Vec<Line> {
        let name = Line::new().then(Tone::Bold, style.show(&self.lab));
        let column = name.width() + 1;
        let told = format!(
            "{} a solution in {}, beside yours in {}",
            style.dot(),
            self.language,
            self.yours
        );
        let mut lines = hanging(name, column, &told, Tone::Plain, style);
        if !self.others.is_empty() {
            let text = format!("Also in {}: --lang.", self.others.join(", "));
            lines.extend(hanging(Line::new(), 2, &text, Tone::Dim, style));
        }
        lines.push(Line::new());
        let lists = [
            ("same", self.same.join(", ")),
            (
                "differ",
                self.names(|kind| !matches!(kind, FileKind::Added | FileKind::Removed)),
            ),
            ("new", self.names(|kind| *kind == FileKind::Added)),
            ("only yours", self.names(|kind| *kind == FileKind::Removed)),
        ];
        for (word, names) in lists.iter().filter(|(_, names)| !names.is_empty()) {
            let label = Line::plain("  ").then(Tone::Dim, *word);
            lines.extend(hanging(label, 14, names, Tone::Plain, style));
        }
        lines.push(Line::new());
        let shown: Vec<FileChange> = self.shown().cloned().collect();
        if shown.is_empty() {
            lines.push(Line::plain("  Yours is the same, line by line."));
            return lines;
        }
        let text = format!(
            "{} from yours (-) to the solution (+): {}",
            counted(
                shown.iter().map(|file| file.hunks.len() as u64).sum(),
                "place"
            ),
            code::sum(&shown)
        );
        lines.extend(hanging(Line::new(), 2, &text, Tone::Plain, style));
        lines.extend(code::lines(&shown, style));
        lines
    }

    /// What the learner has beside is named; its lines are known to them.
    fn shown(&self) -> impl Iterator<Item = &FileChange> {
        self.files
            .iter()
            .filter(|file| file.kind != FileKind::Removed)
    }

    fn names(&self, wanted: impl Fn(&FileKind) -> bool) -> String {
        let of_it = self.files.iter().filter(|file| wanted(&file.kind));
        let names: Vec<&str> = of_it.map(|file| file.path.as_str()).collect();
        names.join(", ")
    }
}
