//! `mastery author replay`.

use std::{io, path::PathBuf};

use crate::{
    cli::{
        error::{CommandError, CommandResult, Ending},
        ui::Ui,
    },
    report::{
        plain::Plain,
        tape::{read_tape, replay},
    },
};

/// Tell a run again from its tape
///
/// For the folder that `mastery report-problem` writes, or an `events.jsonl`. Nothing is started.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The folder, or the tape in it
    #[arg(value_name = "TAPE")]
    tape: PathBuf,

    /// With what the programs printed
    #[arg(long, short)]
    verbose: bool,
}

pub(super) fn run(ui: &Ui, args: &Args) -> CommandResult {
    let path = if args.tape.is_dir() {
        args.tape.join("events.jsonl")
    } else {
        args.tape.clone()
    };
    let bytes = std::fs::read(&path).map_err(|error| {
        let said = error.to_string();
        let why = said.split(" (os error").next().unwrap_or(&said);
        CommandError::user(format!("{} cannot be read: {why}.", path.display()))
            .hint("Name a folder of `mastery report-problem`.")
    })?;
    let tape = read_tape(&bytes);
    if tape.is_empty() {
        let text = format!("{} is no tape: no event of a run is in it.", path.display());
        return Err(CommandError::user(text).hint("Name a folder of `mastery report-problem`."));
    }
    let mut plain = Plain::new(io::stdout(), ui.out).verbose(args.verbose);
    if replay(&tape, &mut plain).is_err() {
        // The reader went away.
    }
    Ok(Ending::Good)
}
