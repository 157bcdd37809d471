//! `mastery services down`.

use serde_json::json;

use super::supply;
use crate::{
    app::{supply::BackendChoice, warm},
    cli::{
        context::Context,
        error::{CommandResult, Ending},
        ui::Ui,
    },
    report::words,
};

/// End the services that this workspace keeps up
///
/// Returns when all of them are gone, with what they kept. Where none is up it says so.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(ui: &Ui, args: &Args) -> CommandResult {
    let workspace = Context::workspace(&Context::here()?)?;
    let ended = warm::down(&workspace, &supply(BackendChoice::Auto)?)?;
    let names: Vec<&str> = ended.iter().map(|kind| kind.as_str()).collect();
    if args.json {
        ui.say(&words::json(&json!({ "format": 1, "ended": names })));
    } else if names.is_empty() {
        ui.say("No services are kept up for this workspace.\n");
    } else {
        ui.say(&format!("Ended: {}.\n", names.join(", ")));
    }
    Ok(Ending::Good)
}
