//! `mastery hint`.

use crate::{
    app::hint::{self, HintRequest},
    cli::{
        context::Context,
        error::{CommandResult, Ending},
        ui::{Ui, rendered},
    },
};

/// Give the next hint on a check: a question, then where to look, then a sketch
///
/// Each call takes one rung of three, remembered for each lab and check; `mastery progress` shows what
/// was taken. A hint costs nothing.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The check, or a unique beginning of it; without: the first that failed in the last attempt
    #[arg(value_name = "CHECK")]
    check: Option<String>,

    /// The lab or challenge; without: the one whose folder you stand in, or that you started last
    #[arg(long, value_name = "LAB")]
    lab: Option<String>,

    /// Show the hints on it that were taken, and take none
    #[arg(long)]
    again: bool,
}

pub(crate) fn run(ui: &Ui, context: &Context, args: &Args) -> CommandResult {
    let (workspace, unit) = context.unit(args.lab.as_deref())?;
    let lab_words = match &args.lab {
        Some(_) => format!(" --lab {}", unit.id),
        None => String::new(),
    };
    let request = HintRequest {
        check: args.check.as_deref(),
        again: args.again,
        lab_words: &lab_words,
    };
    let hint = hint::hint(&workspace, context.curriculum()?, unit, &request)?;
    ui.say(&rendered(&hint.lines(ui.out), ui.out));
    Ok(Ending::Good)
}
