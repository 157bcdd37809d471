//! `mastery services up`.

use mastery_kit::spec::ServiceKind;

use super::{Kind, supply, told};
use crate::{
    app::{
        supply::BackendChoice,
        warm::{self, Came, Means, Step},
    },
    cli::{
        command::grade::backend,
        context::Context,
        error::{CommandError, CommandResult, Ending},
        ui::Ui,
    },
    workspace::Workspace,
};

/// Start services and keep them up for this workspace
///
/// Starts what is missing and waits until all of it is ready; what is up already stays as it is, and
/// what no longer answers is replaced. ^C takes back what this call started.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only these; without: what the open labs need
    #[arg(value_name = "KIND")]
    kinds: Vec<Kind>,

    /// Where they run: auto, docker or native; else `backend` of mastery.toml
    #[arg(long, value_name = "BACKEND")]
    backend: Option<BackendChoice>,

    /// Print JSON when they are up
    #[arg(long)]
    json: bool,
}

pub(super) fn run(ui: &Ui, context: &Context, args: &Args) -> CommandResult {
    let workspace = Context::workspace(&Context::here()?)?;
    let mut kinds: Vec<ServiceKind> = args.kinds.iter().map(|kind| kind.service()).collect();
    if kinds.is_empty() {
        kinds = warm::default_kinds(context.curriculum()?);
    }
    kinds.sort_unstable();
    kinds.dedup();
    let supply = supply(backend(args.backend, &workspace))?;
    let exe = Context::own_path()?;
    let mut tell = |step: Step<'_>| {
        // JSON alone on standard output.
        let text = format!("{}\n", step.told());
        if args.json {
            ui.warn(&text);
        } else {
            ui.say(&text);
        }
    };
    let means = Means {
        supply: &supply,
        exe: &exe,
        stop: None,
    };
    match warm::up(&workspace, &kinds, means, &mut tell)? {
        Came::Up(services) if args.json => ui.say(&told::json(&services)),
        Came::Up(services) => ui.say(&told::lines(ui, &services)),
        Came::Interrupted => {
            ui.warn("Stopped; nothing of what was being started is left.\n");
            return Ok(Ending::Interrupted);
        }
    }
    Ok(Ending::Good)
}

/// The same for whoever needs them on the way to something else; false when it was stopped.
pub(in crate::cli::command) fn bring_up(
    ui: &Ui,
    workspace: &Workspace,
    kinds: &[ServiceKind],
    choice: BackendChoice,
) -> Result<bool, CommandError> {
    let exe = Context::own_path()?;
    let mut tell = |step: Step<'_>| ui.say(&format!("{}\n", step.told()));
    let means = Means {
        supply: &supply(choice)?,
        exe: &exe,
        stop: None,
    };
    let came = warm::up(workspace, kinds, means, &mut tell)?;
    Ok(matches!(came, Came::Up(_)))
}
