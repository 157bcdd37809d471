//! Code that differs, file by file: in one column, or in two where the terminal is wide enough.

use super::words::{Line, Style, Tone, counted, hanging, pad, width};

/// From here on both sides have a column of their own.
const WIDE: usize = 120;

/// One file.
#[derive(Clone, Debug)]
pub struct FileChange {
    pub path: String,
    pub kind: FileKind,
    /// Its bytes are no text.
    pub binary: bool,
    pub added: usize,
    pub removed: usize,
    pub hunks: Vec<Part>,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileKind {
    Added,
    Removed,
    Changed,
    Moved { from: String },
}

/// A place in a file with the lines around it.
#[derive(Clone, Debug)]
pub struct Part {
    /// The first line on either side, from 1.
    pub before: u32,
    pub after: u32,
    /// `+`, `-` or a blank, and the line.
    pub lines: Vec<(char, String)>,
}

/// Files and lines, counted: `2 files, +41 -7`.
pub(super) fn sum(files: &[FileChange]) -> String {
    let added: usize = files.iter().map(|file| file.added).sum();
    let removed: usize = files.iter().map(|file| file.removed).sum();
    format!(
        "{}, +{added} -{removed}",
        counted(files.len() as u64, "file")
    )
}

/// Every file with its lines.
pub(super) fn lines(files: &[FileChange], style: Style) -> Vec<Line> {
    files.iter().flat_map(|file| of_file(file, style)).collect()
}

fn of_file(file: &FileChange, style: Style) -> Vec<Line> {
    let what = match &file.kind {
        FileKind::Added => "new".to_owned(),
        FileKind::Removed => "removed".to_owned(),
        FileKind::Changed => String::new(),
        FileKind::Moved { from } => format!("was {from}"),
    };
    let mut parts = vec![what, format!("+{} -{}", file.added, file.removed)];
    parts.retain(|part| !part.is_empty());
    let name = Line::new().then(Tone::Bold, style.show(&file.path));
    let column = name.width() + 2;
    let mut lines = vec![Line::new()];
    lines.extend(hanging(name, column, &parts.join(", "), Tone::Dim, style));
    if file.binary {
        lines.push(Line::new().then(Tone::Dim, "  its bytes are no text"));
    } else if file.hunks.is_empty() {
        lines.push(Line::new().then(Tone::Dim, "  only its name or its mode"));
    }
    for part in &file.hunks {
        let place = match file.kind {
            FileKind::Removed => part.before,
            FileKind::Added | FileKind::Changed | FileKind::Moved { .. } => part.after,
        };
        let dots = style.dots();
        lines.push(Line::new().then(Tone::Accent, format!("{dots} line {place}")));
        if style.columns() >= WIDE && file.kind == FileKind::Changed {
            lines.extend(in_two(part, style));
        } else {
            lines.extend(part.lines.iter().map(|(sign, text)| {
                Line::new().then(tone(*sign), format!("{sign} {}", style.show_output(text)))
            }));
        }
    }
    lines
}

fn tone(sign: char) -> Tone {
    match sign {
        '+' => Tone::Good,
        '-' => Tone::Bad,
        _ => Tone::Plain,
    }
}

/// A row of two columns: what was, what is.
type Pair<'p> = (Option<&'p str>, Option<&'p str>);

/// Old lines at the left, new ones at the right; a long one takes several rows.
fn in_two(part: &Part, style: Style) -> Vec<Line> {
    let column = (style.columns() - 3) / 2;
    let mut lines = Vec::new();
    for (equal, (was, is)) in pairs(&part.lines) {
        let side = |text: Option<&str>| {
            text.map_or_else(Vec::new, |text| {
                chopped(&style.show_output(text), column - 2)
            })
        };
        let (was, is) = (side(was), side(is));
        let (minus, plus) = if equal { (' ', ' ') } else { ('-', '+') };
        for row in 0..was.len().max(is.len()) {
            let cell = |rows: &[String], sign: char| {
                let text = rows.get(row);
                text.map_or_else(String::new, |text| format!("{sign} {text}"))
            };
            lines.push(
                Line::new()
                    .then(tone(minus), pad(&cell(&was, minus), column))
                    .then(Tone::Dim, if style.ascii { " | " } else { " │ " })
                    .then(tone(plus), cell(&is, plus)),
            );
        }
    }
    lines
}

/// Runs of removed and added lines, paired in order; equal lines stand on both sides.
fn pairs(lines: &[(char, String)]) -> Vec<(bool, Pair<'_>)> {
    let mut pairs = Vec::new();
    let mut rest = lines;
    while let Some((sign, text)) = rest.first() {
        if *sign == ' ' {
            pairs.push((true, (Some(text.as_str()), Some(text.as_str()))));
            rest = &rest[1..];
            continue;
        }
        let (old, behind) = run_of('-', rest);
        let (new, behind) = run_of('+', behind);
        for row in 0..old.len().max(new.len()) {
            pairs.push((
                false,
                (old.get(row).map(text_of), new.get(row).map(text_of)),
            ));
        }
        rest = behind;
    }
    pairs
}

/// A line of a hunk behind its sign.
type Signed = (char, String);

/// The lines of this sign at the beginning, and what comes behind them.
fn run_of(sign: char, lines: &[Signed]) -> (&[Signed], &[Signed]) {
    let count = lines.iter().take_while(|(other, _)| *other == sign).count();
    lines.split_at(count)
}

fn text_of((_, text): &(char, String)) -> &str {
    text
}

/// A line broken hard into rows of no more than these columns; an empty one is one row.
fn chopped(text: &str, columns: usize) -> Vec<String> {
    let mut rows = Vec::new();
    let mut row = String::new();
    for letter in text.chars() {
        if width(&row) + width(letter.encode_utf8(&mut [0; 4])) > columns && !row.is_empty() {
            rows.push(std::mem::take(&mut row));
        }
        row.push(letter);
    }
    rows.push(row);
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> FileChange {
        let lines = [
            (' ', "def price(order):"),
            ('-', "    return float(order[\"price\"])"),
            (
                '+',
                "    # money is text: a double keeps fifteen digits of eighteen, and clients compare all",
            ),
            ('+', "    return Decimal(order[\"price\"])"),
            (' ', ""),
        ];
        FileChange {
            path: "app.py".into(),
            kind: FileKind::Changed,
            binary: false,
            added: 2,
            removed: 1,
            hunks: vec![Part {
                before: 12,
                after: 12,
                lines: lines.map(|(sign, text)| (sign, text.to_owned())).into(),
            }],
        }
    }

    fn shown(style: Style) -> String {
        let moved = FileChange {
            path: "core/store.py".into(),
            kind: FileKind::Moved {
                from: "store.py".into(),
            },
            added: 0,
            removed: 0,
            hunks: Vec::new(),
            ..file()
        };
        let lines = lines(&[file(), moved], style);
        lines.iter().map(Line::text).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn code_stands_in_one_column_and_in_two_where_there_is_room() {
        insta::assert_snapshot!("code_80", shown(Style::plain(80)));
        insta::assert_snapshot!("code_140", shown(Style::plain(140)));
        assert_eq!(sum(&[file(), file()]), "2 files, +4 -2");
    }
}
