//! One failure in full, always in the same five parts: what happened, the evidence, the rule, how to
//! see it again, where help is.

use std::path::Path;

use mastery_kit::verdict::{BenchError, Evidence, Mismatch, Moment, Verdict};

use super::{
    diff, exchange, program,
    words::{Glyph, Line, Style, Tone, counted, cut, fold_middle, hanging, width},
};
use crate::grading::event::{PlannedCheck, Rule, RunStarted};

/// Where labels end and commands begin.
const COLUMN: usize = 14;
/// Pieces of evidence and moments of a timeline that are shown at most.
const PIECES: usize = 12;
const MOMENTS: usize = 40;
/// Columns of who did it, and of what must not be missed.
const ACTOR: usize = 24;
const MARK: usize = 40;

/// A check that failed or stayed unsettled, in full. Nothing for the others.
pub fn full(run: &RunStarted, check: &PlannedCheck, verdict: &Verdict, style: Style) -> Vec<Line> {
    told(run, check, verdict, style, None)
}

/// As [`full`], with links to the files below `root`.
pub(super) fn told(
    run: &RunStarted,
    check: &PlannedCheck,
    verdict: &Verdict,
    style: Style,
    root: Option<&Path>,
) -> Vec<Line> {
    let mut lines = title(check, verdict, style);
    match verdict {
        Verdict::Failed(mismatch) => {
            lines.push(Line::new());
            lines.extend(hanging(
                Line::new(),
                2,
                &one_line(&mismatch.summary),
                Tone::Bold,
                style,
            ));
            lines.push(Line::new());
            lines.extend(evidence(mismatch, style));
            if let Some(rule) = &check.rule {
                lines.extend(stands_on(rule, style, root));
            }
            lines.push(Line::new());
            lines.extend(again(run, check, mismatch, style));
            lines.extend(help(check, style));
        }
        Verdict::Unsettled(error) => {
            lines.push(Line::new());
            let again = format!(
                "mastery grade {} --only {} --seed {}",
                run.lab, check.id, run.seed
            );
            lines.extend(unsettled(error, 2, Some(&again), style));
        }
        Verdict::Passed | Verdict::Skipped { .. } => return Vec::new(),
    }
    lines
}

fn title(check: &PlannedCheck, verdict: &Verdict, style: Style) -> Vec<Line> {
    let glyph = Glyph::of(verdict);
    let label = Line::new().then(glyph.tone(), glyph.text(style.ascii));
    let badge = if check.badge { " (badge)" } else { "" };
    let text = format!("{} {} {}{badge}", check.id, style.dot(), check.title);
    let column = label.width() + 1;
    hanging(label, column, &one_line(&text), Tone::Bold, style)
}

/// What stood in the way, that it does not count, and the one command that helps.
pub(super) fn unsettled(
    error: &BenchError,
    indent: usize,
    again: Option<&str>,
    style: Style,
) -> Vec<Line> {
    let (why, last_words) = error.why.split_once('\n').unwrap_or((&error.why, ""));
    let mut lines = hanging(Line::new(), indent, why, Tone::Bold, style);
    let last_words: Vec<String> = last_words.lines().map(str::to_owned).collect();
    lines.extend(program::said(&last_words, indent, style));
    let count =
        "This is not about your program: it does not count, neither as passed nor as failed.";
    lines.extend(hanging(Line::new(), indent, count, Tone::Plain, style));
    if let Some(deed) = error.unlock.as_deref().or(again) {
        let label = Line::plain(" ".repeat(indent)).then(Tone::Dim, "what helps");
        lines.extend(command(label, indent + 12, deed, style));
    }
    lines
}

/// The evidence with expected and actual: traffic in front of them, logs behind.
pub(super) fn evidence(mismatch: &Mismatch, style: Style) -> Vec<Line> {
    let mut lines = Vec::new();
    let behind = |piece: &&Evidence| matches!(piece, Evidence::Log { .. } | Evidence::Death(_));
    let front: Vec<_> = mismatch
        .evidence
        .iter()
        .filter(|piece| !behind(piece))
        .collect();
    let left_out = front.len().saturating_sub(PIECES);
    for (place, piece) in front.into_iter().enumerate() {
        if left_out > 0 && place == 2 {
            let text = format!("  {} {left_out} more in between", style.dots());
            lines.push(Line::new().then(Tone::Dim, text));
        }
        if place < 2 || place >= 2 + left_out {
            lines.extend(one(piece, style));
        }
    }
    lines.extend(diff::lines(&mismatch.expected, &mismatch.actual, style));
    for piece in mismatch.evidence.iter().filter(behind) {
        lines.extend(one(piece, style));
    }
    lines
}

fn one(piece: &Evidence, style: Style) -> Vec<Line> {
    match piece {
        Evidence::Exchange(exchange) => exchange::lines(exchange, style),
        Evidence::Timeline { moments } => timeline(moments, style),
        Evidence::Log {
            program,
            stream,
            text,
            lossy,
        } => program::log(program, *stream, text, *lossy, style),
        Evidence::Death(death) => program::death(death, None, style),
        Evidence::Text { text } => hanging(Line::new(), 2, text, Tone::Plain, style),
        Evidence::Unknown => {
            let text = "(evidence of a kind this release does not know: update mastery)";
            hanging(Line::new(), 2, text, Tone::Dim, style)
        }
    }
}

fn timeline(moments: &[Moment], style: Style) -> Vec<Line> {
    let actors = moments.iter().filter(|moment| moment.left_out == 0);
    let actors = actors.map(|moment| width(&style.show(&moment.actor)));
    let column = 14 + actors.max().unwrap_or(0).min(ACTOR) + 2;
    let mut lines = Vec::new();
    let mut left_out = 0;
    for (place, moment) in moments.iter().enumerate() {
        let near_the_ends = place < MOMENTS / 4 || place + MOMENTS / 2 >= moments.len();
        let shown = moments.len() <= MOMENTS || near_the_ends || moment.is_deed();
        if !shown || moment.left_out > 0 {
            left_out += moment.left_out.max(1);
            continue;
        }
        lines.extend(left_out_moments(std::mem::take(&mut left_out), style));
        lines.extend(moment_lines(moment, column, style));
    }
    lines.extend(left_out_moments(left_out, style));
    lines
}

fn left_out_moments(count: u64, style: Style) -> Option<Line> {
    (count > 0).then(|| {
        let text = format!("   {} {}", style.dots(), counted(count, "moment"));
        Line::new().then(Tone::Dim, text)
    })
}

fn moment_lines(moment: &Moment, column: usize, style: Style) -> Vec<Line> {
    let time = format!("+{}.{:03} s", moment.at_ms / 1000, moment.at_ms % 1000);
    let label = Line::new()
        .then(Tone::Dim, format!("{time:>11}"))
        .to_column(14)
        .then(Tone::Accent, cut(&style.show(&moment.actor), ACTOR, style));
    let rows = hanging(label, column, &one_line(&moment.text), Tone::Plain, style);
    let mut lines = fold_middle(rows, 4, column.min(style.columns() / 2), style);
    if let Some(mark) = &moment.mark {
        let mark = format!("{} {}", style.arrow(), cut(&style.show(mark), MARK, style));
        let fits = lines
            .last()
            .is_some_and(|last| last.width() + 2 + width(&mark) <= style.columns());
        match lines.pop() {
            Some(last) if fits => {
                let next = (last.width() + 2)
                    .max((column + 40).min(style.measure().saturating_sub(width(&mark))));
                lines.push(last.to_column(next).then(Tone::Odd, mark));
            }
            last => {
                lines.extend(last);
                let column = column.min(style.columns().saturating_sub(width(&mark)));
                lines.push(Line::new().to_column(column).then(Tone::Odd, mark));
            }
        }
    }
    lines
}

fn stands_on(rule: &Rule, style: Style, root: Option<&Path>) -> Vec<Line> {
    let label = Line::plain("  The contract:");
    let mut lines = hanging(label, 16, &one_line(&rule.text), Tone::Plain, style);
    let source = format!("({})", style.show(&rule.source));
    let to = root.and_then(|root| {
        let file = rule
            .source
            .split('#')
            .next()
            .filter(|file| !file.is_empty())?;
        link(&root.join(file))
    });
    let fits = lines
        .last()
        .is_some_and(|last| last.width() + 2 + width(&source) <= style.measure());
    let line = if fits {
        let last = lines.pop().unwrap_or_default();
        last.then(Tone::Plain, "  ")
    } else {
        Line::plain("    ")
    };
    lines.push(line.linked(Tone::Dim, source, to));
    lines
}

/// A link to a file, with what must be escaped in one.
pub(super) fn link(file: &Path) -> Option<String> {
    use std::fmt::Write as _;
    let mut link = "file://".to_owned();
    for byte in file.to_str()?.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte) {
            link.push(char::from(byte));
        } else {
            write!(link, "%{byte:02X}").expect("a string takes all");
        }
    }
    Some(link)
}

/// How to see it again: first the whole check with everything held, then its single steps.
fn again(run: &RunStarted, check: &PlannedCheck, mismatch: &Mismatch, style: Style) -> Vec<Line> {
    let hold = reproduce(run, check);
    let mut lines = Vec::new();
    let mut label = Line::plain("  ").then(Tone::Dim, "reproduce");
    for text in std::iter::once(&hold).chain(&mismatch.reproduce) {
        lines.extend(command(std::mem::take(&mut label), COLUMN, text, style));
    }
    lines
}

/// The line that runs a check again on the same seed and holds everything up at its failure.
pub fn reproduce(run: &RunStarted, check: &PlannedCheck) -> String {
    format!(
        "mastery grade {} --only {} --seed {} --hold",
        run.lab, check.id, run.seed
    )
}

/// A command is never broken: it is there to be copied.
pub(super) fn command(label: Line, column: usize, text: &str, style: Style) -> Vec<Line> {
    let text = style.show(text.trim_end());
    if column + width(&text) <= style.columns() || style.columns() >= 60 {
        return vec![label.to_column(column).then(Tone::Accent, text)];
    }
    let mut lines = Vec::new();
    if label.width() > 0 {
        lines.push(label);
    }
    lines.push(Line::plain("    ").then(Tone::Accent, text));
    lines
}

fn help(check: &PlannedCheck, style: Style) -> Vec<Line> {
    let Some(hint) = &check.first_hint else {
        return Vec::new();
    };
    let of = check.hints.max(1);
    let label = Line::plain("  ").then(Tone::Dim, format!("hint 1 of {of}"));
    hanging(label, COLUMN, hint, Tone::Plain, style)
}

/// Line ends of a sentence made visible: a sentence is one line.
pub(super) fn one_line(text: &str) -> String {
    text.replace('\n', "\u{240a}")
}

#[cfg(test)]
#[path = "failure_tests.rs"]
mod tests;
