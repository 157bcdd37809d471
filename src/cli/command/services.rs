//! `mastery services`.

mod down;
mod fetch;
mod logs;
mod status;
mod told;
mod up;

use std::{ffi::OsString, path::Path};

use mastery_kit::spec::ServiceKind;

pub(super) use self::up::bring_up;
use crate::{
    app::{
        supply::{BackendChoice, Supply},
        warm::{self, KEEP},
    },
    cli::{
        context::Context,
        error::{CommandError, CommandResult, Ending},
        ui::Ui,
    },
};

/// Keep the real services that labs need up between runs, or fetch them
///
/// `up` starts them and they stay up for this workspace: `mastery grade` and `mastery run` join them
/// instead of starting their own, which saves seconds each time. Each check still has a database,
/// topics and a group of its own. They end at `down`, after four hours without use, and when the
/// workspace is deleted.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    deed: Deed,
}

#[derive(Debug, clap::Subcommand)]
enum Deed {
    Up(up::Args),
    Down(down::Args),
    Status(status::Args),
    Logs(logs::Args),
    Fetch(fetch::Args),
}

/// A service that can be kept warm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Kind {
    Kafka,
    Postgres,
    Redis,
}

impl Kind {
    fn service(self) -> ServiceKind {
        match self {
            Self::Kafka => ServiceKind::Kafka,
            Self::Postgres => ServiceKind::Postgres,
            Self::Redis => ServiceKind::Redis,
        }
    }
}

pub(crate) fn run(ui: &Ui, context: &Context, args: &Args) -> CommandResult {
    match &args.deed {
        Deed::Up(args) => up::run(ui, context, args),
        Deed::Down(args) => down::run(ui, args),
        Deed::Status(args) => status::run(ui, args),
        Deed::Logs(args) => logs::run(ui, args),
        Deed::Fetch(args) => fetch::run(ui, args),
    }
}

/// `mastery __keep WORKSPACE`: the keeper that `up` begins. What it prints goes into its log.
pub(crate) fn keep(words: &[OsString]) -> CommandResult {
    let [root] = words else {
        let text = format!("`mastery {KEEP}` is begun by `mastery services up`, with a workspace.");
        return Err(CommandError::user(text));
    };
    warm::keeper::keep(Path::new(root), Context::supervisor()?)?;
    Ok(Ending::Good)
}

/// Where services may come from, whatever is warm.
fn supply(choice: BackendChoice) -> Result<Supply, CommandError> {
    Ok(Supply::here(choice, Context::supervisor()?))
}
