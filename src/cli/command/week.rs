//! `mastery week`.

use std::{
    env,
    io::{self, IsTerminal as _},
    path::Path,
};

use crate::{
    app::{
        AppError,
        review::{self, Review},
        scope::ScopeError,
    },
    cli::{
        context::Context,
        error::{CommandError, CommandResult, Ending},
        ui::{Lines as _, Ui},
    },
};

/// What belongs to a week as a whole
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    deed: Deed,
}

#[derive(Debug, clap::Subcommand)]
enum Deed {
    Review(ReviewArgs),
}

/// Open the weekly review, with what your attempts and notes say filled in
///
/// Laid out as `review.md` in the week's folder, from `utils/weekly-review-template.md`. One that is
/// there is never overwritten. At a terminal it is opened in `$VISUAL` or `$EDITOR`; its path is
/// printed in any case.
#[derive(Debug, clap::Args)]
struct ReviewArgs {
    /// The week (`week-01`); else that of the folder you stand in, or of the lab you started last
    #[arg(value_name = "WEEK")]
    week: Option<String>,

    /// Print the review instead of opening it
    #[arg(long)]
    print: bool,
}

pub(crate) fn run(ui: &Ui, context: &Context, args: &Args) -> CommandResult {
    match &args.deed {
        Deed::Review(args) => review(ui, context, args),
    }
}

fn review(ui: &Ui, context: &Context, args: &ReviewArgs) -> CommandResult {
    let here = Context::here()?;
    let workspace = Context::workspace(&here)?;
    let here = here.canonicalize().unwrap_or(here);
    let curriculum = context.curriculum()?;
    let review = match review::review(&workspace, curriculum, &here, args.week.as_deref()) {
        Ok(review) => review,
        Err(AppError::Scope(ScopeError::Nothing)) => {
            let text = "No week was named, and none can be told from this folder.";
            return Err(CommandError::user(text)
                .hint("Name one (`mastery week review week-01`), or stand in its folder."));
        }
        Err(error) => return Err(error.into()),
    };
    if args.print {
        ui.say(&review.text);
        return Ok(Ending::Good);
    }
    ui.say(&told(&review, &here));
    let editor = editor(|name| env::var(name).ok());
    if let Some(editor) = editor
        && ui.watched
        && io::stdin().is_terminal()
    {
        return open(&editor, &review.path);
    }
    Ok(Ending::Good)
}

fn told(review: &Review, here: &Path) -> String {
    let shown = review.path.strip_prefix(here).unwrap_or(&review.path);
    let mut text = format!("{}\n", shown.display());
    text.line(if review.is_new {
        "  Filled in from your attempts and notes; the questions are yours."
    } else {
        "  It was there already and stays as it is."
    });
    text
}

/// The words of the editor's command line.
fn editor(variable: impl Fn(&str) -> Option<String>) -> Option<Vec<String>> {
    let set = |name| variable(name).filter(|value| !value.trim().is_empty());
    let line = set("VISUAL").or_else(|| set("EDITOR"))?;
    shlex::split(&line).filter(|words| !words.is_empty())
}

#[expect(
    clippy::disallowed_methods,
    reason = "an editor needs this very terminal, which a supervised program has not"
)]
fn open(editor: &[String], path: &Path) -> CommandResult {
    let (program, words) = editor.split_first().expect("an editor's line is not empty");
    let status = std::process::Command::new(program)
        .args(words)
        .arg(path)
        .status();
    match status {
        Ok(status) if status.success() => Ok(Ending::Good),
        Ok(status) => Err(CommandError::user(format!(
            "The editor `{program}` ended with {status}."
        ))
        .hint("The review is there, whatever the editor says of it.")),
        Err(error) => Err(CommandError::user(format!(
            "The editor `{program}` cannot be started: {error}."
        ))
        .hint("Set EDITOR to one that is there; the review lies at the path above.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_editor_is_a_command_line_and_visual_goes_before_editor() {
        let of = |visual: &str, line: &str| {
            editor(|name| Some(if name == "VISUAL" { visual } else { line }.to_owned()))
        };
        let words = |text: &str| Some(text.split(' ').map(str::to_owned).collect::<Vec<_>>());
        assert_eq!(of("", "code --wait"), words("code --wait"));
        assert_eq!(of("vi", "code --wait"), words("vi"));
        assert_eq!(of(" ", ""), None);
    }
}
