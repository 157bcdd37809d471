//! The lines of a plain report that stand between the programs and the failures.

use std::time::Duration;

use mastery_kit::verdict::{Verdict, millis};

use super::{
    failure,
    words::{
        Glyph, Line, Style, Tone, beside, counted, duration, flowing, hanging, phase, tally_parts,
    },
};
use crate::grading::{
    event::{BuildResult, RunKind, RunStarted},
    progress::{CheckState, Finished, Obstacle, Progress, Step},
};

pub(super) fn header(run: &RunStarted, style: Style) -> Vec<Line> {
    let dot = style.dot();
    let mut text = vec![
        run.language.clone(),
        format!("seed {}", run.seed),
        format!("r{}", run.revision),
    ];
    text.extend(run.backend.clone());
    let some = !run.checks.is_empty();
    if some && u32::try_from(run.checks.len()).is_ok_and(|count| count < run.of) {
        text.push(format!(
            "{} of {}",
            run.checks.len(),
            counted(run.of.into(), "check")
        ));
    }
    let lab = Line::new().then(Tone::Bold, style.show(&run.lab));
    let column = lab.width() + 1;
    let text = format!("{dot} {}", text.join(&format!(" {dot} ")));
    hanging(lab, column, &text, Tone::Plain, style)
}

pub(super) fn check_line(
    id: &str,
    badge: bool,
    verdict: &Verdict,
    took_ms: u64,
    style: Style,
) -> Vec<Line> {
    let glyph = Glyph::of(verdict);
    let left = Line::plain("  ")
        .then(glyph.tone(), glyph.text(style.ascii))
        .then(Tone::Plain, format!(" {}", style.show(id)))
        .then(Tone::Dim, if badge { " (badge)" } else { "" });
    match verdict {
        Verdict::Skipped { after } if after.contains(' ') => {
            let mut lines = vec![left];
            lines.extend(hanging(
                Line::new(),
                4,
                &failure::one_line(after),
                Tone::Dim,
                style,
            ));
            lines
        }
        Verdict::Skipped { after } => {
            let right = Line::new().then(Tone::Dim, format!("needs: {}", style.show(after)));
            beside(left, right, style)
        }
        Verdict::Passed | Verdict::Failed(_) | Verdict::Unsettled(_) => {
            beside(left, Line::new().then(Tone::Dim, duration(took_ms)), style)
        }
    }
}

pub(super) fn note_line(indent: usize, text: &str, style: Style) -> Vec<Line> {
    let label = Line::plain(" ".repeat(indent)).then(Tone::Odd, "note");
    hanging(
        label,
        indent + 6,
        &failure::one_line(text),
        Tone::Plain,
        style,
    )
}

/// Why checks were not run, where no line of theirs said so.
pub(super) fn not_run(progress: &Progress, style: Style) -> Vec<Line> {
    let waiting = |state: &&CheckState| !matches!(state.step, Step::Settled { .. });
    let skipped = |state: &&CheckState| {
        let Step::Settled { verdict, .. } = &state.step else {
            return false;
        };
        matches!(verdict, Verdict::Skipped { .. })
    };
    let waiting = progress.checks.iter().filter(waiting).count();
    let skipped = progress.checks.iter().filter(skipped).count();
    let text = match &progress.stopped_before {
        Some(obstacle) => {
            let why = match obstacle {
                Obstacle::Build {
                    result: BuildResult::Unsettled { .. },
                    ..
                } => "the build could not be run",
                Obstacle::Build { .. } => "the build failed",
                Obstacle::Program {
                    verdict: Verdict::Unsettled(_),
                    ..
                } => "the program could not be started",
                Obstacle::Program { .. } => "the program never became ready",
                Obstacle::Setup {
                    result: BuildResult::Unsettled { .. },
                } => "the setup could not be run",
                Obstacle::Setup { .. } => "the setup failed",
                Obstacle::Service { .. } => {
                    let text = format!(
                        "{} unsettled: a service is missing.",
                        counted(progress.checks.len() as u64, "check")
                    );
                    return hanging(Line::new(), 2, &text, Tone::Plain, style);
                }
            };
            format!(
                "{} skipped: {why}.",
                counted((waiting + skipped) as u64, "check")
            )
        }
        None if waiting > 0 => {
            let were = if waiting == 1 { "was" } else { "were" };
            format!("{} {were} not run.", counted(waiting as u64, "check"))
        }
        None => return Vec::new(),
    };
    hanging(Line::new(), 2, &text, Tone::Plain, style)
}

pub(super) fn closing(finished: &Finished, at: Duration, style: Style) -> Vec<Line> {
    let parts = tally_parts(&finished.tally);
    let last = parts.len() - 1;
    let mut counts: Vec<Line> = Vec::new();
    for (place, (glyph, text)) in parts.into_iter().enumerate() {
        let behind = if place < last { ", " } else { " " };
        counts.push(
            Line::new()
                .then(glyph.tone(), text)
                .then(Tone::Plain, behind),
        );
    }
    counts.push(Line::plain(format!("in {}", duration(millis(at)))));
    let dot = style.dot();
    let phases: Vec<Line> = [
        ("build", finished.build_ms),
        ("start", finished.start_ms),
        ("checks", finished.checks_ms),
        ("stop", finished.stop_ms),
    ]
    .into_iter()
    .enumerate()
    .map(|(place, (word, ms))| {
        let behind = if place < 3 {
            format!(" {dot} ")
        } else {
            String::new()
        };
        Line::new().then(Tone::Dim, format!("{word} {}{behind}", phase(ms)))
    })
    .collect();
    let whole = |pieces: &[Line]| pieces.iter().map(Line::width).sum::<usize>();
    let mut lines = if whole(&counts) + 3 + whole(&phases) <= style.columns() {
        counts.push(Line::plain("   "));
        counts.extend(phases);
        flowing(counts, 0, style)
    } else {
        let mut lines = flowing(counts, 0, style);
        lines.extend(flowing(phases, 2, style));
        lines
    };
    let kind = match finished.kind {
        RunKind::Full => return lines,
        RunKind::Partial => "A partial run: only every check on a fresh seed passes the lab.",
        RunKind::Interrupted => "Interrupted: this run decides nothing.",
    };
    lines.extend(hanging(Line::new(), 0, kind, Tone::Odd, style));
    lines
}
