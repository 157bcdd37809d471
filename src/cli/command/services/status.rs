//! `mastery services status`.

use super::{supply, told};
use crate::{
    app::{
        clock::now,
        supply::BackendChoice,
        warm::{self, Status},
    },
    cli::{
        context::Context,
        error::{CommandResult, Ending},
        ui::{Lines as _, Ui},
    },
};

/// Show the services that this workspace keeps up
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(ui: &Ui, args: &Args) -> CommandResult {
    let workspace = Context::workspace(&Context::here()?)?;
    let status = warm::status(&workspace, &supply(BackendChoice::Auto)?)?;
    if args.json {
        ui.say(&told::json_of(&status));
    } else {
        ui.say(&words(ui, &status));
    }
    Ok(Ending::Good)
}

fn words(ui: &Ui, status: &Status) -> String {
    let mut text = String::new();
    if status.cleared {
        text.line("The keeper of services had been killed; what it left is cleared away.");
    }
    let Some(keeper) = &status.keeper else {
        text.line("No services are kept up for this workspace; `mastery services up` starts them.");
        return text;
    };
    let (pid, since) = (keeper.pid, told::ago(now() - keeper.since));
    let used = match keeper.last_used {
        _ if keeper.in_use => "in use now".to_owned(),
        Some(at) => format!("last used {} ago", told::ago(now() - at)),
        None => "not used yet".to_owned(),
    };
    text.line(format!("kept by process {pid} for {since}, {used}"));
    text + &told::lines(ui, &status.services)
}
