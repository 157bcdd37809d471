//! `mastery solution`.

use crate::{
    app::solution,
    cli::{
        context::Context,
        error::{CommandResult, Ending},
        ui::{Ui, rendered},
    },
};

/// Show a solution of a lab you passed, and how it differs from yours
///
/// After a pass only: read before, it takes away what you would have learnt. It is a solution among
/// many, written to be read.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A lab or a challenge
    #[arg(value_name = "LAB")]
    lab: String,

    /// The language; without: the one you passed in, where there is a solution in it
    #[arg(long, value_name = "LANGUAGE")]
    lang: Option<String>,
}

pub(crate) fn run(ui: &Ui, context: &Context, args: &Args) -> CommandResult {
    let (workspace, unit) = context.unit(Some(&args.lab))?;
    let solution = solution::solution(&workspace, unit, args.lang.as_deref())?;
    ui.say(&rendered(&solution.lines(ui.out), ui.out));
    Ok(Ending::Good)
}
