//! What was expected and what came, under each other, with a finger on the first difference.

use super::words::{Line, Style, Tone, fold_middle, hanging, width};

const LABEL: usize = 16;
const ROWS: usize = 8;

/// The lines of a comparison, six blanks in.
pub(super) fn lines(expected: &str, actual: &str, style: Style) -> Vec<Line> {
    if expected.is_empty() && actual.is_empty() {
        return Vec::new();
    }
    if expected.contains('\n') || actual.contains('\n') {
        return blocks(expected, actual, style);
    }
    let expected: Vec<char> = style.show(expected).chars().collect();
    let actual: Vec<char> = style.show(actual).chars().collect();
    let same = common(expected.iter(), actual.iter());
    let tail = common(expected[same..].iter().rev(), actual[same..].iter().rev());
    let shorter = expected.len().min(actual.len());
    // Sentences that happen to begin alike are not compared letter by letter.
    let alike = expected != actual && same > 0 && (same + tail) * 2 >= shorter;
    if alike {
        pointed(&expected, &actual, same, style)
    } else {
        let mut lines = labelled("expected", &text(&expected), Tone::Good, style);
        lines.extend(labelled("actual", &text(&actual), Tone::Bad, style));
        lines
    }
}

fn text(letters: &[char]) -> String {
    letters.iter().collect()
}

fn common<T: PartialEq>(a: impl Iterator<Item = T>, b: impl Iterator<Item = T>) -> usize {
    a.zip(b).take_while(|(a, b)| a == b).count()
}

fn labelled(label: &str, text: &str, tone: Tone, style: Style) -> Vec<Line> {
    let label = Line::plain("      ").then(Tone::Plain, label);
    fold_middle(hanging(label, LABEL, text, tone, style), ROWS, LABEL, style)
}

/// Both on one line, cut at the same column, and a caret under the first difference.
fn pointed(expected: &[char], actual: &[char], same: usize, style: Style) -> Vec<Line> {
    let room = style.columns().saturating_sub(LABEL).max(12);
    let dots = style.dots();
    let widest = width(&text(expected)).max(width(&text(actual)));
    let start = if widest <= room || same <= room / 2 {
        0
    } else {
        same - room / 3
    };
    let row = |label: &str, letters: &[char], tone| {
        let mut shown = String::new();
        let mut used = 0;
        if start > 0 {
            shown.push_str(dots);
            used = width(dots);
        }
        let mut left = letters.get(start..).unwrap_or_default();
        while let Some((letter, rest)) = left.split_first() {
            let columns = width(letter.encode_utf8(&mut [0; 4]));
            let reserve = if rest.is_empty() { 0 } else { width(dots) };
            if used + columns + reserve > room {
                shown.push_str(dots);
                break;
            }
            shown.push(*letter);
            used += columns;
            left = rest;
        }
        let same = shown_prefix(&shown, same - start, if start > 0 { dots } else { "" });
        Line::plain("      ")
            .then(Tone::Plain, label)
            .to_column(LABEL)
            .then(Tone::Plain, &shown[..same])
            .then(tone, &shown[same..])
    };
    let before = width(&text(&actual[start..same])) + if start > 0 { width(dots) } else { 0 };
    let said = "differs from here";
    let caret = " ".repeat(LABEL + before) + "^";
    let caret = if width(&caret) + 1 + said.len() <= style.columns() {
        format!("{caret} {said}")
    } else {
        caret
    };
    vec![
        row("expected", expected, Tone::Good),
        row("actual", actual, Tone::Bad),
        Line::new().then(Tone::Dim, caret),
    ]
}

/// Bytes of the first `letters` behind the dots.
fn shown_prefix(shown: &str, letters: usize, dots: &str) -> usize {
    let behind = &shown[dots.len()..];
    let end = behind
        .char_indices()
        .nth(letters)
        .map_or(behind.len(), |(at, _)| at);
    dots.len() + end
}

/// Texts of several lines: equal lines at both ends are folded, two of them kept.
fn blocks(expected: &str, actual: &str, style: Style) -> Vec<Line> {
    const KEPT: usize = 2;
    let (expected, actual): (Vec<_>, Vec<_>) =
        (expected.lines().collect(), actual.lines().collect());
    let same = common(expected.iter(), actual.iter());
    let tail = common(expected[same..].iter().rev(), actual[same..].iter().rev());
    let before = same.saturating_sub(KEPT);
    let mut lines = Vec::new();
    let folded = |count: usize, lines: &mut Vec<Line>| {
        if count > 0 {
            let dots = style.dots();
            let noun = if count == 1 { "line" } else { "lines" };
            let text = format!("{}{dots} {count} equal {noun}", " ".repeat(LABEL));
            lines.push(Line::new().then(Tone::Dim, text));
        }
    };
    let shown = |rows: &[&str], label: &str, tone: Tone| {
        if rows.is_empty() {
            return labelled(label, "(nothing)", tone, style);
        }
        let mut label = Some(Line::plain("      ").then(Tone::Plain, label));
        let lines = rows
            .iter()
            .flat_map(|row| {
                let text = style.show_output(row);
                let label = label.take().unwrap_or_default();
                hanging_code(label, &text, tone, style)
            })
            .collect();
        fold_middle(lines, ROWS, LABEL, style)
    };
    folded(before, &mut lines);
    for row in &expected[before..same] {
        lines.extend(hanging_code(
            Line::new(),
            &style.show_output(row),
            Tone::Dim,
            style,
        ));
    }
    lines.extend(shown(
        &expected[same..expected.len() - tail],
        "expected",
        Tone::Good,
    ));
    lines.extend(shown(
        &actual[same..actual.len() - tail],
        "actual",
        Tone::Bad,
    ));
    let after = &expected[expected.len() - tail..];
    for row in after.iter().take(KEPT) {
        lines.extend(hanging_code(
            Line::new(),
            &style.show_output(row),
            Tone::Dim,
            style,
        ));
    }
    folded(tail.saturating_sub(KEPT), &mut lines);
    lines
}

/// One row at the label's column, its blanks kept, broken hard.
fn hanging_code(label: Line, text: &str, tone: Tone, style: Style) -> Vec<Line> {
    let room = style.columns().saturating_sub(LABEL).max(12);
    let mut lines = Vec::new();
    let mut label = Some(label);
    let mut row = String::new();
    for letter in text.chars() {
        if width(&row) + width(letter.encode_utf8(&mut [0; 4])) > room {
            let label = label.take().unwrap_or_default();
            lines.push(label.to_column(LABEL).then(tone, std::mem::take(&mut row)));
        }
        row.push(letter);
    }
    let label = label.take().unwrap_or_default();
    lines.push(label.to_column(LABEL).then(tone, row));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(expected: &str, actual: &str, columns: u16) -> String {
        let lines = lines(expected, actual, Style::plain(columns));
        lines.iter().map(Line::text).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn the_caret_stands_under_the_first_difference() {
        insta::assert_snapshot!(shown("0.3", "0.30000000000000004", 80), @"
              expected  0.3
              actual    0.30000000000000004
                           ^ differs from here
        ");
    }

    #[test]
    fn different_answers_are_not_compared_by_letter() {
        insta::assert_snapshot!(shown("409 Conflict or 422 Unprocessable Content", "200 OK", 40), @"
              expected  409 Conflict or 422
                        Unprocessable Content
              actual    200 OK
        ");
    }

    #[test]
    fn long_values_are_cut_around_the_difference() {
        let long = "x".repeat(300);
        let text = shown(&format!("{long}a{long}"), &format!("{long}b{long}"), 60);
        insta::assert_snapshot!(text, @"
              expected  …xxxxxxxxxxxxxxaxxxxxxxxxxxxxxxxxxxxxxxxxxx…
              actual    …xxxxxxxxxxxxxxbxxxxxxxxxxxxxxxxxxxxxxxxxxx…
                                       ^ differs from here
        ");
    }

    #[test]
    fn equal_lines_are_folded() {
        let lines: Vec<String> = (0..20).map(|n| format!("line {n}")).collect();
        let expected = lines.join("\n");
        insta::assert_snapshot!(shown(&expected, &expected.replace("line 9", "line nine"), 60), @"
                        … 7 equal lines
                        line 7
                        line 8
              expected  line 9
              actual    line nine
                        line 10
                        line 11
                        … 8 equal lines
        ");
    }

    #[test]
    fn wide_letters_and_escapes_keep_the_caret_in_place() {
        insta::assert_snapshot!(shown("日本\x1b[1mA", "日本\x1b[1mB", 80), @"
              expected  日本␛[1mA
              actual    日本␛[1mB
                                ^ differs from here
        ");
    }
}
