//! `mastery completions`.

use crate::cli::{
    command_line,
    error::{CommandError, CommandResult, Ending, ErrorKind},
    ui::Ui,
};

/// Print a completion script for your shell
///
/// bash: `mastery completions bash > ~/.local/share/bash-completion/completions/mastery`
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    shell: clap_complete::Shell,
}

pub(crate) fn run(ui: &Ui, args: &Args) -> CommandResult {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command_line(), "mastery", &mut script);
    let script = String::from_utf8(script).map_err(|error| {
        CommandError::new(
            ErrorKind::Internal,
            format!("The script is no UTF-8: {error}."),
            Vec::new(),
        )
    })?;
    ui.say(&script);
    Ok(Ending::Good)
}
