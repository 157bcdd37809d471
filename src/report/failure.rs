//! One failure in full, always in the same five parts: what happened, the evidence, the rule, how to
//! see it again, where help is.

use std::path::Path;

use mastery_kit::verdict::{BenchError, Evidence, Mismatch, Moment, Verdict};

use super::{
    diff, exchange, program,
    words::{Glyph, Line, Style, Tone, hanging, width},
};
use crate::grading::event::{PlannedCheck, Rule, RunStarted};

/// Where labels end and commands begin.
const COLUMN: usize = 14;
/// Pieces of evidence and moments of a timeline that are shown at most.
const PIECES: usize = 12;
const MOMENTS: usize = 40;

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
    let mut lines = hanging(
        Line::new(),
        indent,
        &one_line(&error.why),
        Tone::Bold,
        style,
    );
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
    let actors = moments
        .iter()
        .map(|moment| width(&style.show(&moment.actor)));
    let column = 14 + actors.max().unwrap_or(0).min(24) + 2;
    let mut lines = Vec::new();
    let mut left_out = 0;
    for (place, moment) in moments.iter().enumerate() {
        let near_the_ends = place < MOMENTS / 4 || place + MOMENTS / 2 >= moments.len();
        if moments.len() > MOMENTS && !near_the_ends && moment.mark.is_none() {
            left_out += 1;
            continue;
        }
        lines.extend(left_out_moments(std::mem::take(&mut left_out), style));
        lines.extend(moment_lines(moment, column, style));
    }
    lines.extend(left_out_moments(left_out, style));
    lines
}

fn left_out_moments(count: usize, style: Style) -> Option<Line> {
    (count > 0).then(|| {
        let text = format!("   {} {count} moments", style.dots());
        Line::new().then(Tone::Dim, text)
    })
}

fn moment_lines(moment: &Moment, column: usize, style: Style) -> Vec<Line> {
    let time = format!("+{}.{:03} s", moment.at_ms / 1000, moment.at_ms % 1000);
    let label = Line::new()
        .then(Tone::Dim, format!("{time:>11}"))
        .to_column(14)
        .then(Tone::Accent, style.show(&moment.actor));
    let mut lines = hanging(label, column, &one_line(&moment.text), Tone::Plain, style);
    if let Some(mark) = &moment.mark {
        let mark = format!("{} {}", style.arrow(), style.show(mark));
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
    let hold = format!(
        "mastery grade {} --only {} --seed {} --hold",
        run.lab, check.id, run.seed
    );
    let mut lines = Vec::new();
    let mut label = Line::plain("  ").then(Tone::Dim, "reproduce");
    for text in std::iter::once(&hold).chain(&mismatch.reproduce) {
        lines.extend(command(std::mem::take(&mut label), COLUMN, text, style));
    }
    lines
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
    let mut lines = hanging(label, COLUMN, hint, Tone::Plain, style);
    if of > 1 {
        let label = Line::plain("  ").then(Tone::Dim, "next");
        let text = format!("mastery hint {}", check.id);
        lines.extend(command(label, COLUMN, &text, style));
    }
    lines
}

/// Line ends of a sentence made visible: a sentence is one line.
pub(super) fn one_line(text: &str) -> String {
    text.replace('\n', "\u{240a}")
}

#[cfg(test)]
mod tests {
    use mastery_kit::verdict::Exchange;

    use super::*;
    use crate::report::sample;

    fn shown(verdict: &Verdict, style: Style) -> String {
        let run = sample::run();
        let lines = full(&run, &run.checks[2], verdict, style);
        let lines: Vec<String> = lines.iter().map(|line| line.render(style)).collect();
        for line in &lines {
            assert_eq!(line.trim_end(), line, "trailing blanks");
        }
        lines.join("\n")
    }

    #[test]
    fn a_decimal_that_drifted() {
        let verdict = Verdict::Failed(sample::drifted());
        insta::assert_snapshot!("drifted_80", shown(&verdict, Style::plain(80)));
        insta::assert_snapshot!("drifted_140", shown(&verdict, Style::plain(140)));
        insta::assert_snapshot!("drifted_40", shown(&verdict, Style::plain(40)));
        insta::assert_snapshot!("drifted_ascii", shown(&verdict, Style::ascii_only(80)));
    }

    #[test]
    fn a_failure_on_the_wire() {
        let verdict = Verdict::Failed(sample::applied_twice());
        insta::assert_snapshot!("timeline_80", shown(&verdict, Style::plain(80)));
        insta::assert_snapshot!("timeline_140", shown(&verdict, Style::plain(140)));
        insta::assert_snapshot!("timeline_40", shown(&verdict, Style::plain(40)));
    }

    #[test]
    fn a_program_that_died_within_a_check() {
        let verdict = Verdict::Failed(sample::died());
        insta::assert_snapshot!("died_in_check_80", shown(&verdict, Style::plain(80)));
    }

    #[test]
    fn what_is_unsettled_does_not_count() {
        let error = BenchError::new("The machine stood still for 412 ms while time was taken.");
        insta::assert_snapshot!(shown(&Verdict::Unsettled(error.clone()), Style::plain(80)), @"
        ◌ decimals_do_not_drift · A price comes back as the number that was sent

          The machine stood still for 412 ms while time was taken.
          This is not about your program: it does not count, neither as passed nor as
          failed.
          what helps  mastery grade rest-api --only decimals_do_not_drift --seed 7f3a91c204be5d10
        ");
        let known = error.unlock("docker start mastery-kafka");
        insta::assert_snapshot!(shown(&Verdict::Unsettled(known), Style::plain(40)), @"
        ◌ decimals_do_not_drift · A price comes
          back as the number that was sent

          The machine stood still for 412 ms
          while time was taken.
          This is not about your program: it
          does not count, neither as passed nor
          as failed.
          what helps  docker start mastery-kafka
        ");
    }

    #[test]
    fn whatever_a_program_sends_a_failure_stays_short() {
        let long = format!("a\u{1b}é\n {}", "日x ".repeat(100_000));
        let exchange = Exchange {
            request: format!("GET /{long} HTTP/1.1\r\nX: {long}\r\n\r\n{long}"),
            response: format!("HTTP/1.1 200 OK\r\nX-{long}: 1\r\n\r\n[\"{long}\"]"),
            at: Some(long.clone()),
            ended: Some(long.clone()),
            ..Exchange::default()
        };
        let moment = Moment {
            at_ms: u64::MAX,
            actor: long.clone(),
            text: long.clone(),
            mark: Some(long.clone()),
        };
        let mismatch = Mismatch::new(&long, format!("{long}a"), format!("{long}b"))
            .with(Evidence::Exchange(exchange))
            .with(Evidence::Text { text: long.clone() })
            .with(Evidence::Timeline {
                moments: vec![moment; 500],
            });
        for columns in [1, 40, 140] {
            for style in [Style::plain(columns), Style::ascii_only(columns)] {
                let text = shown(&Verdict::Failed(mismatch.clone()), style);
                let rows = text.lines().count();
                assert!(rows < 20_000, "{rows} rows at {columns} columns");
            }
        }
    }

    #[test]
    fn a_text_of_the_learner_is_never_obeyed() {
        let mismatch = Mismatch::new("You said \x1b[2J.", "\u{202e}a", "\u{9b}2Jb\r\n\0")
            .with(Evidence::Text {
                text: "\x07".into(),
            })
            .reproduce("echo \x1b]0;title\x07");
        let text = shown(&Verdict::Failed(mismatch), Style::plain(80));
        assert!(
            text.chars()
                .all(|letter| letter == '\n' || !letter.is_control()),
            "{text:?}"
        );
        assert!(
            !text.contains('\u{202e}') && text.contains("␛[2J"),
            "{text}"
        );
    }

    #[test]
    fn the_source_of_a_rule_is_a_link_where_links_can_be_shown() {
        let run = sample::run();
        let style = Style {
            hyperlinks: true,
            ..Style::plain(100)
        };
        let verdict = Verdict::Failed(sample::drifted());
        let root = Path::new("/home/me/my course/rest-api");
        let lines = told(&run, &run.checks[2], &verdict, style, Some(root));
        let text: String = lines.iter().map(|line| line.render(style)).collect();
        assert!(
            text.contains(
                "\x1b]8;;file:///home/me/my%20course/rest-api/contract/orders.v2.md\x1b\\(contract"
            ),
            "{text}"
        );
    }
}
