//! `mastery diff`.

use crate::{
    app::compare::{self, Between},
    cli::{
        context::Context,
        error::{CommandResult, Ending},
        ui::{Ui, rendered},
    },
};

/// Compare two attempts on a lab: their verdicts side by side, and their code
///
/// From 120 columns on the code stands side by side too.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Two attempts by their numbers (`6..7`), or one and your folder as it is (`6..`)
    #[arg(value_name = "A..B")]
    between: Between,

    /// A lab or a challenge; without: the one whose folder you stand in, or that you started last
    #[arg(value_name = "LAB")]
    lab: Option<String>,
}

pub(crate) fn run(ui: &Ui, context: &Context, args: &Args) -> CommandResult {
    let (workspace, unit) = context.unit(args.lab.as_deref())?;
    let comparison = compare::compare(&workspace, unit, args.between)?;
    ui.say(&rendered(&comparison.lines(ui.out), ui.out));
    Ok(Ending::Good)
}
