//! `mastery run`.

use std::io;

use indicatif::ProgressDrawTarget;

use super::grade::{backend, ending, imported_told};
use crate::{
    app::{run as app, supply::BackendChoice},
    cli::{context::Context, error::CommandResult, ui::Ui},
    report::{Reporter as _, plain::Plain},
};

/// Start a lab's services and your programs, and leave them up to be looked at
///
/// Builds, starts the services, runs your setup, starts your programs and shows what they print,
/// with the addresses and ready lines for curl, psql, kcat and redis-cli. ^C ends all of it. Nothing
/// is checked and no attempt is kept.
///
/// Exit codes: 0 it was up until ^C, 1 a build, the setup or a program failed, 2 usage, 4 a service
/// is missing, 130 stopped before it was up.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A lab or a challenge; without: the one whose folder you stand in, or that you started last
    lab: Option<String>,

    /// Where the lab's services run: auto, docker or native; else `backend` of mastery.toml
    #[arg(long, value_name = "BACKEND")]
    backend: Option<BackendChoice>,
}

pub(crate) fn run(ui: &Ui, context: &Context, args: &Args) -> CommandResult {
    let (_, workspace, unit) =
        context.started(args.lab.as_deref(), "One lab runs at a time", "run")?;
    let curriculum = context.curriculum()?;
    let grading = app::begin(&workspace, curriculum, Context::supervisor()?)?;
    ui.warn(&imported_told(&grading.imported));
    let mut plain = Plain::new(io::stdout(), ui.out).verbose(true);
    if ui.watched {
        plain = plain.watched(ProgressDrawTarget::stderr());
    }
    let backend = backend(args.backend, &workspace);
    let conclusion = grading.serve(unit, backend, None, &mut |at, event| {
        // A reader that went away is no reason to end the programs: ^C does.
        plain.on_event(at, event).ok();
    })?;
    Ok(ending(conclusion))
}
