//! The events of a proof as text. Nothing is printed here.

use std::fmt::Write as _;

use super::event::{Fault, ProofEvent, Proved, Summary};
use crate::report::words::{Glyph, Style, counted, duration};

/// What to print of an event; empty for nothing.
pub fn text(event: &ProofEvent, style: Style) -> String {
    match event {
        ProofEvent::LabStarted {
            lab,
            base,
            seeds,
            variants,
            sampled,
        } => {
            let (variants, seeds) = (
                counted(u64::from(*variants), "variant"),
                counted(u64::from(*seeds), "seed"),
            );
            let mut text = format!("{lab} · {variants} · {seeds} from {base}\n");
            if let Some((by, names)) = sampled {
                let names = names.join(", ");
                put(
                    &mut text,
                    format_args!("  of the unusual ones, chosen by {by}: {names}\n"),
                );
            }
            plain(text, style)
        }
        ProofEvent::Note { text } => plain(format!("  {text}\n"), style),
        ProofEvent::Started { .. } => String::new(),
        ProofEvent::Finished(proved) => finished(proved, style),
        ProofEvent::Ended(summary) => ended(*summary),
    }
}

/// What is being proved now, for a line that is drawn over.
pub fn running(event: &ProofEvent) -> Option<String> {
    match event {
        ProofEvent::Started { proof, subject } => Some(format!("{} {subject}", proof.as_str())),
        ProofEvent::LabStarted { .. }
        | ProofEvent::Note { .. }
        | ProofEvent::Finished(_)
        | ProofEvent::Ended(_) => None,
    }
}

fn finished(proved: &Proved, style: Style) -> String {
    let glyph = if proved.holds() {
        Glyph::Passed
    } else {
        Glyph::Failed
    };
    let mut text = format!(
        "  {} {:<20} {:<40}",
        glyph.text(style.ascii),
        proved.proof.as_str(),
        proved.subject
    );
    if proved.runs > 0 {
        put(
            &mut text,
            format_args!(" {}", counted(u64::from(proved.runs), "run")),
        );
        if proved.kept > 0 {
            put(&mut text, format_args!(", {} kept", proved.kept));
        }
        put(&mut text, format_args!("  {}", duration(proved.took_ms)));
    }
    if let Some(note) = &proved.note {
        put(&mut text, format_args!("  {note}"));
    }
    let mut text = text.trim_end().to_owned();
    text.push('\n');
    for fault in &proved.faults {
        text.push_str(&fault_text(fault));
    }
    plain(text, style)
}

/// A fault in full: also what a failing test says.
pub fn fault_text(fault: &Fault) -> String {
    let mut text = String::new();
    let seed = fault.seed.as_ref().map(|seed| format!("seed {seed}: "));
    let what = format!("{}{}", seed.unwrap_or_default(), fault.what);
    for line in what.lines() {
        put(&mut text, format_args!("      {line}\n"));
    }
    for line in fault.report.iter().flat_map(|report| report.lines()) {
        text.push_str(format!("      | {line}").trim_end());
        text.push('\n');
    }
    put(&mut text, format_args!("      again: {}\n", fault.again));
    text
}

fn ended(summary: Summary) -> String {
    let mut text = String::new();
    if summary.interrupted {
        text.push_str(
            "Interrupted: what holds so far is kept, the next proof goes on from there.\n",
        );
    }
    put(
        &mut text,
        format_args!("proved in {}\n", duration(summary.took_ms)),
    );
    put(
        &mut text,
        format_args!("{} passed, {} failed\n", summary.passed, summary.failed),
    );
    text
}

fn put(text: &mut String, more: std::fmt::Arguments<'_>) {
    text.write_fmt(more).expect("a String takes all");
}

/// ASCII where that is asked for: our own signs have a counterpart there.
fn plain(text: String, style: Style) -> String {
    if style.ascii {
        text.replace('·', "-")
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proof::event::ProofKind;

    #[test]
    fn a_fault_tells_seed_report_and_the_line_that_runs_it_again() {
        let mut proved = Proved::without_runs(ProofKind::MutantIsCaught, "key-ignored");
        proved.runs = 3;
        proved.took_ms = 1900;
        proved.faults.push(Fault {
            seed: Some("00000000000000a1".to_owned()),
            what: "`a` passed on it.".to_owned(),
            report: Some("1 passed".to_owned()),
            again: "mastery author prove --lab l --only key-ignored".to_owned(),
        });
        let told = text(&ProofEvent::Finished(proved), Style::ascii_only(80));
        assert_eq!(
            told,
            "  FAIL mutant is caught     key-ignored                              3 runs  1.9 s\n      \
             seed 00000000000000a1: `a` passed on it.\n      | 1 passed\n      \
             again: mastery author prove --lab l --only key-ignored\n"
        );
    }

    #[test]
    fn the_last_line_counts() {
        let summary = Summary {
            passed: 9,
            failed: 1,
            interrupted: false,
            took_ms: 1000,
        };
        let told = text(&ProofEvent::Ended(summary), Style::plain(80));
        assert_eq!(told.lines().last(), Some("9 passed, 1 failed"));
        let summary = Summary {
            interrupted: true,
            ..summary
        };
        assert!(text(&ProofEvent::Ended(summary), Style::plain(80)).starts_with("Interrupted"));
    }
}
