//! `mastery` without a command: the full-screen tutor.

use std::io::IsTerminal as _;

use crate::{
    cli::{
        command_line,
        context::Context,
        error::{CommandError, CommandResult, Ending, ErrorKind},
        ui::Ui,
    },
    tui::{self, Left, Opening},
};

/// Opens the tutor where there is a terminal and a workspace; else says what there is to do.
pub(crate) fn run(ui: &Ui, context: Context) -> CommandResult {
    let workspace = Context::here().and_then(|here| Context::workspace(&here));
    let is_seen = ui.watched && std::io::stdin().is_terminal();
    let workspace = match workspace {
        Ok(workspace) if is_seen => workspace,
        Ok(_) => {
            ui.warn(&overview());
            let text =
                "The full-screen tutor needs a terminal, and here is none that it could fill.";
            let hint = "Every command works without one: `mastery progress` says what is next.";
            return Err(CommandError::user(text).hint(hint));
        }
        Err(error) => {
            ui.warn(&overview());
            return Err(error);
        }
    };
    let backend = super::grade::backend(None, &workspace);
    let opening = Opening {
        workspace,
        curriculum: context.into_curriculum()?,
        supervisor: Context::supervisor()?,
        exe: Context::own_path()?,
        backend,
        style: ui.out,
    };
    match tui::open(opening) {
        Ok(Left::ByKey) => Ok(Ending::Good),
        Ok(Left::BySignal) => Ok(Ending::Interrupted),
        Err(error) => {
            let text = format!("The terminal cannot be used: {error}.");
            Err(CommandError::new(ErrorKind::Bench, text, Vec::new()).hint(
                "Every command works without the tutor: `mastery progress` says what is next.",
            ))
        }
    }
}

/// Every command, with a line each.
fn overview() -> String {
    format!("{}\n", command_line().render_help())
}
