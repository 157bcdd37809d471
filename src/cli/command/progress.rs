//! `mastery progress`.

use crate::{
    app::overview,
    cli::{
        context::Context,
        error::{CommandResult, Ending},
        ui::{Ui, rendered},
    },
};

/// Show weeks, labs and checks: attempts, first attempt to pass, what is next
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The checks of this lab too
    #[arg(value_name = "LAB")]
    lab: Option<String>,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(ui: &Ui, context: &Context, args: &Args) -> CommandResult {
    let here = Context::here()?;
    let workspace = Context::workspace(&here)?;
    let overview = overview::overview(&workspace, context.curriculum()?)?;
    if args.json {
        ui.say(&overview.to_json());
        return Ok(Ending::Good);
    }
    ui.say(&rendered(&overview.lines(ui.out), ui.out));
    Ok(Ending::Good)
}
