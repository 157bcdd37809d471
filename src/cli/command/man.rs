//! `mastery man`.

use std::io;

use crate::cli::{
    command_line,
    error::{CommandError, CommandResult, Ending, ErrorKind},
    ui::Ui,
};

/// Print the manual page, or one of a command
///
/// `mastery man > ~/.local/share/man/man1/mastery.1`, `mastery man grade > …/mastery-grade.1`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The command to describe
    command: Option<String>,
}

pub(crate) fn run(ui: &Ui, args: &Args) -> CommandResult {
    let mut whole = command_line();
    whole.build();
    let page = match &args.command {
        None => whole,
        Some(name) => match whole.find_subcommand(name) {
            Some(found) => found.clone(),
            None => {
                return Err(CommandError::user(format!("There is no command `{name}`."))
                    .hint("`mastery --help` lists them."));
            }
        },
    };
    ui.say(&render(page).map_err(|error| {
        CommandError::new(
            ErrorKind::Internal,
            format!("The page cannot be written: {error}."),
            Vec::new(),
        )
    })?);
    Ok(Ending::Good)
}

fn render(command: clap::Command) -> io::Result<String> {
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page)?;
    String::from_utf8(page).map_err(io::Error::other)
}
