//! The learner's program in a report: built, started, dead, and what it said last.

use mastery_kit::verdict::{Death, Evidence, Stream, Verdict};

use super::{
    diff,
    failure::{one_line, unsettled},
    words::{Line, Style, Tone, beside, cells_wrapped, counted, duration, fold_middle, hanging},
};
use crate::grading::event::BuildResult;

/// Where the words after `  build` and `  program` begin.
pub(super) const COLUMN: usize = 11;
/// Last lines that are shown of a program or a build.
const LAST: usize = 24;

/// How a program is started, as its `ProgramStarting` said.
#[derive(Clone, Debug, Default)]
pub(super) struct Start {
    pub(super) command: Vec<String>,
    pub(super) directory: String,
    pub(super) env: Vec<(String, String)>,
}

pub(super) fn label(word: &str) -> Line {
    Line::plain("  ").then(Tone::Dim, word).to_column(COLUMN)
}

/// An argv as one would type it.
pub(super) fn typed(argv: &[String]) -> String {
    shlex::try_join(argv.iter().map(String::as_str)).unwrap_or_else(|_| argv.join(" "))
}

/// The line of a build that ended, and its last lines where it failed.
pub(super) fn built(
    commands: &[Vec<String>],
    result: &BuildResult,
    took_ms: u64,
    style: Style,
) -> Vec<Line> {
    built_as("build", commands, result, took_ms, style)
}

/// The same of anything that runs commands once: `word` is what it is called.
pub(super) fn built_as(
    word: &str,
    commands: &[Vec<String>],
    result: &BuildResult,
    took_ms: u64,
    style: Style,
) -> Vec<Line> {
    let commands: Vec<String> = commands.iter().map(|argv| typed(argv)).collect();
    let command = style.show(&commands.join(" && "));
    let mut lines = Vec::new();
    let right = match result {
        BuildResult::Cached => Line::new().then(Tone::Dim, "cached"),
        BuildResult::Built => Line::plain(duration(took_ms)),
        BuildResult::Failed { .. } => Line::new().then(Tone::Bad, duration(took_ms)),
        BuildResult::Unsettled { .. } => Line::new().then(Tone::Odd, duration(took_ms)),
    };
    lines.extend(beside(label(word).then(Tone::Plain, command), right, style));
    match result {
        BuildResult::Cached | BuildResult::Built => {}
        BuildResult::Failed { why, last_lines } => {
            lines.extend(hanging(
                Line::new(),
                COLUMN,
                &one_line(why),
                Tone::Bad,
                style,
            ));
            lines.extend(said(last_lines, COLUMN, style));
        }
        BuildResult::Unsettled { why, unlock } => {
            let error = mastery_kit::verdict::BenchError {
                why: why.clone(),
                unlock: unlock.clone(),
            };
            lines.extend(unsettled(&error, COLUMN, None, style));
        }
    }
    lines
}

/// `program  api  ready in 84 ms on 127.0.0.1:41873  (GET /healthz)`.
pub(super) fn ready(
    program: &str,
    address: &str,
    looked_at: &str,
    took_ms: u64,
    style: Style,
) -> Vec<Line> {
    let text = format!("ready in {} on {address}  ({looked_at})", duration(took_ms));
    let label = label("program").then(Tone::Bold, style.show(program));
    let column = label.width() + 2;
    let whole = label
        .clone()
        .to_column(column)
        .then(Tone::Plain, style.show(&text));
    if whole.width() <= style.measure() {
        vec![whole]
    } else {
        hanging(label, column, &text, Tone::Plain, style)
    }
}

/// A program that never became ready, with all that is known of why.
pub(super) fn not_ready(
    program: &str,
    start: Option<&Start>,
    verdict: &Verdict,
    took_ms: u64,
    style: Style,
) -> Vec<Line> {
    let name = label("program").then(Tone::Bold, style.show(program));
    let column = name.width() + 2;
    let mismatch = match verdict {
        Verdict::Failed(mismatch) => mismatch,
        Verdict::Unsettled(error) => {
            let text = format!("not ready after {}", duration(took_ms));
            let mut lines = hanging(name, column, &text, Tone::Odd, style);
            lines.extend(unsettled(error, COLUMN, None, style));
            return lines;
        }
        Verdict::Passed | Verdict::Skipped { .. } => {
            return hanging(name, column, "not ready", Tone::Odd, style);
        }
    };
    let died = mismatch.evidence.iter().find_map(|piece| match piece {
        Evidence::Death(death) => Some(death),
        Evidence::Exchange(_)
        | Evidence::Timeline { .. }
        | Evidence::Log { .. }
        | Evidence::Text { .. }
        | Evidence::Unknown => None,
    });
    if let Some(death) = died {
        return death_at(name, death, Some("before it was ready"), COLUMN, style);
    }
    let mut lines = hanging(name, column, &one_line(&mismatch.summary), Tone::Bad, style);
    if let Some(start) = start {
        lines.extend(started_as(
            &start.command,
            &start.directory,
            &start.env,
            COLUMN,
            style,
        ));
    }
    for line in diff::lines(&mismatch.expected, &mismatch.actual, style) {
        lines.push(Line::plain("     ").join(line));
    }
    for piece in &mismatch.evidence {
        match piece {
            Evidence::Log { text, .. } => {
                let last: Vec<String> = text.lines().map(str::to_owned).collect();
                lines.extend(said(&last, COLUMN, style));
            }
            Evidence::Text { text } => {
                lines.extend(hanging(Line::new(), COLUMN, text, Tone::Plain, style));
            }
            Evidence::Exchange(exchange) => lines.extend(super::exchange::lines(exchange, style)),
            Evidence::Timeline { .. } | Evidence::Death(_) | Evidence::Unknown => {}
        }
    }
    for text in &mismatch.reproduce {
        lines.extend(super::failure::command(Line::new(), COLUMN, text, style));
    }
    lines
}

/// The crash report of a program that died within a check.
pub(super) fn death(death: &Death, when: Option<&str>, style: Style) -> Vec<Line> {
    let name = Line::plain("  ").then(Tone::Bold, style.show(&death.program));
    death_at(name, death, when, 4, style)
}

fn death_at(
    name: Line,
    death: &Death,
    when: Option<&str>,
    indent: usize,
    style: Style,
) -> Vec<Line> {
    let when = when.map_or(String::new(), |when| format!(", {when}"));
    let text = format!(
        "{} after {}{when}",
        death.exit.describe(),
        duration(death.after_ms)
    );
    let column = name.width() + 2;
    let mut lines = hanging(name, column, &text, Tone::Bad, style);
    lines.extend(started_as(
        &death.command,
        &death.directory,
        &death.env,
        indent,
        style,
    ));
    if death.last_lines.is_empty() {
        lines.extend(hanging(
            Line::new(),
            indent,
            "It printed nothing.",
            Tone::Dim,
            style,
        ));
    }
    lines.extend(said(&death.last_lines, indent, style));
    if let Some(log) = &death.log {
        let label = Line::plain(" ".repeat(indent)).then(Tone::Dim, "all of it:");
        lines.push(label.then(Tone::Plain, format!(" {}", style.show(log))));
    }
    lines
}

/// The argv, the folder, and the variables that we set.
fn started_as(
    command: &[String],
    directory: &str,
    env: &[(String, String)],
    indent: usize,
    style: Style,
) -> Vec<Line> {
    let blanks = " ".repeat(indent);
    let command = Line::plain(&blanks).then(Tone::Plain, style.show(&typed(command)));
    let place = Line::new().then(Tone::Dim, format!("in {}", style.show(directory)));
    let mut lines = beside(command, place, style);
    if !env.is_empty() {
        let env: Vec<String> = env
            .iter()
            .map(|(name, value)| match shlex::try_quote(value) {
                Ok(value) => format!("{name}={value}"),
                Err(_) => format!("{name}={value}"),
            })
            .collect();
        lines.extend(hanging(
            Line::new(),
            indent,
            &one_line(&env.join(" ")),
            Tone::Dim,
            style,
        ));
    }
    lines
}

/// The last lines of a program, each behind a bar.
pub(super) fn said(last_lines: &[String], indent: usize, style: Style) -> Vec<Line> {
    let mut lines = Vec::new();
    let left_out = last_lines.len().saturating_sub(LAST);
    if left_out > 0 {
        let left_out = counted(left_out as u64, "earlier line");
        let text = format!("{}{} {left_out}", " ".repeat(indent), style.dots());
        lines.push(Line::new().then(Tone::Dim, text));
    }
    for line in &last_lines[left_out..] {
        lines.extend(output_line(&" ".repeat(indent), line, style));
    }
    lines
}

/// One line a program printed, behind a bar; very long ones lose their middle.
pub(super) fn output_line(prefix: &str, text: &str, style: Style) -> Vec<Line> {
    let bar = format!("{prefix}{} ", style.bar());
    let indent = super::words::width(&bar);
    let cells: Vec<(char, bool)> = style
        .show_output(text.trim_end_matches(['\n', '\r', ' ']))
        .chars()
        .map(|letter| (letter, false))
        .collect();
    let room = style.columns().saturating_sub(indent);
    let mut lines: Vec<Line> = cells_wrapped(&cells, room, 0, Tone::Plain)
        .into_iter()
        .map(|row| Line::new().then(Tone::Dim, &bar).join(row))
        .collect();
    if lines.is_empty() {
        lines.push(Line::new().then(Tone::Dim, bar));
    }
    fold_middle(lines, 6, indent, style)
}

/// The last lines of one stream, as evidence within a check.
pub(super) fn log(
    program: &str,
    stream: Stream,
    text: &str,
    lossy: bool,
    style: Style,
) -> Vec<Line> {
    let stream = match stream {
        Stream::Stdout => "standard output",
        Stream::Stderr => "standard error",
    };
    let mark = if lossy {
        " (not all of it was UTF-8)"
    } else {
        ""
    };
    let mut lines = vec![
        Line::plain("  ")
            .then(Tone::Bold, style.show(program))
            .then(Tone::Dim, format!("  last lines of {stream}{mark}")),
    ];
    let last: Vec<String> = text.lines().map(str::to_owned).collect();
    lines.extend(said(&last, 4, style));
    lines
}
