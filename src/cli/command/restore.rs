//! `mastery restore`.

use super::grade::imported_told;
use crate::{
    app::restore::{self, Before, Outcome},
    cli::{
        context::Context,
        error::{CommandResult, Ending},
        ui::{Lines as _, Ui},
    },
    report::words::counted,
};

/// Bring back a lab's folder as it was in an attempt
///
/// What is in the folder now is kept as an attempt first, so nothing is lost and you can go back.
/// Only the lab's folder is touched: branches, index and HEAD stay as they are, and so does what git
/// ignores.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A lab or a challenge
    #[arg(value_name = "LAB")]
    lab: String,

    /// The attempt's number, as `mastery history` tells it
    #[arg(value_name = "ATTEMPT")]
    attempt: u32,
}

pub(crate) fn run(ui: &Ui, context: &Context, args: &Args) -> CommandResult {
    let (workspace, unit) = context.unit(Some(&args.lab))?;
    let outcome = restore::restore(&workspace, unit, args.attempt, &Context::supervisor()?)?;
    ui.warn(&imported_told(&outcome.imported));
    ui.say(&told(unit.id.as_str(), &outcome));
    Ok(Ending::Good)
}

fn told(lab: &str, outcome: &Outcome) -> String {
    let Outcome {
        place,
        number,
        before,
        done,
        left_out,
        imported: _,
    } = outcome;
    let mut text = String::new();
    if *before == Before::Same {
        text.line(format!(
            "{place} is as in attempt {number} already; nothing was changed."
        ));
        return text;
    }
    text.line(format!("{place} is as in attempt {number} again."));
    let written = counted(done.written as u64, "file");
    let removed = counted(done.removed as u64, "file");
    text.line(format!("  {written} written, {removed} removed"));
    for left in left_out {
        text.line(format!("  stays: {left}"));
    }
    let back = match before {
        Before::Saved(saved) => {
            text.line(format!("  what was there is kept as attempt {saved}"));
            Some(saved)
        }
        Before::Is(same) => {
            text.line(format!("  what was there is attempt {same}"));
            Some(same)
        }
        Before::Nothing | Before::Same => None,
    };
    if let Some(back) = back {
        text.line("\nBack to where you were:");
        text.line(format!("  mastery restore {lab} {back}"));
    }
    text
}
