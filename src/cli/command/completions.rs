//! `mastery completions`.

use std::{env, path::PathBuf};

use clap_complete::Shell;

use super::install::{self, Owned};
use crate::cli::{
    command_line,
    error::{CommandError, CommandResult, Ending, ErrorKind},
    ui::{Lines as _, Ui},
};

/// Print a completion script for your shell, or install it
///
/// `--install` writes it where your shell looks for it: for bash and zsh below `XDG_DATA_HOME`
/// (`~/.local/share`), for fish below `XDG_CONFIG_HOME` (`~/.config`). A file there that is not ours
/// is left alone. Nothing else of yours is changed: what your shell still needs is printed.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    shell: Shell,

    /// Write it to your own folder for completions (bash, zsh, fish)
    #[arg(long)]
    install: bool,
}

/// What makes a file one of ours: a comment in every shell.
const MARK: &str = "# Written by `mastery completions --install`.";

pub(crate) fn run(ui: &Ui, args: &Args) -> CommandResult {
    let script = script(args.shell)?;
    if !args.install {
        ui.say(&script);
        return Ok(Ending::Good);
    }
    let Some((path, advice)) = place(args.shell)? else {
        let text = format!("Where {} looks for scripts is not known here.", args.shell);
        return Err(CommandError::user(text).hint(format!(
            "Print it and load it from your profile: `mastery completions {}`.",
            args.shell
        )));
    };
    let file = Owned {
        path: path.clone(),
        text: marked(&script),
        mark: MARK,
    };
    let wrote = install::install(&[file])?;
    let mut text = String::new();
    text.line(wrote.told(&path, "completions"));
    for line in advice {
        text.line(line);
    }
    ui.say(&text);
    Ok(Ending::Good)
}

fn script(shell: Shell) -> Result<String, CommandError> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command_line(), "mastery", &mut script);
    String::from_utf8(script).map_err(|error| {
        let text = format!("The script is no UTF-8: {error}.");
        CommandError::new(ErrorKind::Internal, text, Vec::new())
    })
}

/// With the mark behind the first line, which zsh reads for itself (`#compdef`).
fn marked(script: &str) -> String {
    match script.split_once('\n') {
        Some((first, rest)) => format!("{first}\n{MARK}\n{rest}"),
        None => format!("{MARK}\n{script}"),
    }
}

/// Where a script belongs, and what the shell needs to find it.
fn place(shell: Shell) -> Result<Option<(PathBuf, Vec<String>)>, CommandError> {
    let data = || install::folder("XDG_DATA_HOME", ".local/share");
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the list of shells is open, and the folders of these three are known"
    )]
    let found = match shell {
        Shell::Bash => (
            data()?.join("bash-completion/completions/mastery"),
            vec!["New shells have it, where the package bash-completion is installed.".to_owned()],
        ),
        Shell::Zsh => {
            let folder = data()?.join("zsh/site-functions");
            let mut advice = vec![
                "Add this to ~/.zshrc; where compinit is called there already, the first line above it is enough:"
                    .to_owned(),
            ];
            advice.push(format!(
                "  fpath=({} $fpath)",
                super::init::shell_word(&folder.display().to_string())
            ));
            advice.push("  autoload -Uz compinit && compinit".to_owned());
            if env::var("FPATH").is_ok_and(|path| env::split_paths(&path).any(|one| one == folder))
            {
                advice = vec!["New shells have it: the folder is in `fpath` already.".to_owned()];
            }
            (folder.join("_mastery"), advice)
        }
        Shell::Fish => (
            install::folder("XDG_CONFIG_HOME", ".config")?.join("fish/completions/mastery.fish"),
            vec!["New shells have it.".to_owned()],
        ),
        _ => return Ok(None),
    };
    Ok(Some(found))
}
