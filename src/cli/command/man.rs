//! `mastery man`.

use std::io;

use super::install::{self, Owned};
use crate::cli::{
    command_line,
    error::{CommandError, CommandResult, Ending, ErrorKind},
    ui::{Lines as _, Ui},
};

/// Print the manual page, or one of a command, or install them all
///
/// `--install` writes a page for mastery and one for each command to `man/man1` below
/// `XDG_DATA_HOME` (`~/.local/share`). Pages there that are not ours are left alone.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The command to describe
    #[arg(conflicts_with = "install")]
    command: Option<String>,

    /// Write all pages to your own folder for manual pages
    #[arg(long)]
    install: bool,
}

/// What makes a page one of ours: a comment of roff.
const MARK: &str = ".\\\" Written by `mastery man --install`.";

pub(crate) fn run(ui: &Ui, args: &Args) -> CommandResult {
    let mut whole = command_line();
    whole.build();
    if args.install {
        return install(ui, &whole);
    }
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
    ui.say(&render(page)?);
    Ok(Ending::Good)
}

fn install(ui: &Ui, whole: &clap::Command) -> CommandResult {
    let folder = install::folder("XDG_DATA_HOME", ".local/share")?.join("man/man1");
    let mut files = Vec::new();
    let commands = whole.get_subcommands().filter(|one| !one.is_hide_set());
    for (name, command) in std::iter::once(("mastery".to_owned(), whole))
        .chain(commands.map(|one| (format!("mastery-{}", one.get_name()), one)))
    {
        files.push(Owned {
            path: folder.join(format!("{name}.1")),
            text: format!("{MARK}\n{}", render(command.clone())?),
            mark: MARK,
        });
    }
    let wrote = install::install(&files)?;
    let mut text = String::new();
    text.line(wrote.told(&folder, "manual pages"));
    text.line("Read them with `man mastery` and `man mastery-grade`.");
    if let Some(above) = folder.parent() {
        text.line("Where `man` does not find them, add this to your shell's profile:");
        text.line(format!(
            "  export MANPATH={}:",
            super::init::shell_word(&above.display().to_string())
        ));
    }
    ui.say(&text);
    Ok(Ending::Good)
}

fn render(command: clap::Command) -> Result<String, CommandError> {
    let mut page = Vec::new();
    clap_mangen::Man::new(command)
        .render(&mut page)
        .and_then(|()| String::from_utf8(page).map_err(io::Error::other))
        .map_err(|error| {
            let text = format!("The page cannot be written: {error}.");
            CommandError::new(ErrorKind::Internal, text, Vec::new())
        })
}
