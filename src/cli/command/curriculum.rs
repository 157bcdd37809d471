//! `mastery curriculum`.

mod list;
mod show;
mod update;

use crate::cli::{context::Context, error::CommandResult, ui::Ui};

/// Look at the course, and bring started labs to its newest revision
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    deed: Deed,
}

#[derive(Debug, clap::Subcommand)]
enum Deed {
    List(list::Args),
    Show(show::Args),
    Update(update::Args),
}

pub(crate) fn run(ui: &Ui, context: &Context, args: &Args) -> CommandResult {
    match &args.deed {
        Deed::List(args) => list::run(ui, context, args),
        Deed::Show(args) => show::run(ui, context, args),
        Deed::Update(args) => update::run(ui, context, args),
    }
}
