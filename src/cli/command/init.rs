//! `mastery init`.

use std::path::PathBuf;

use crate::{
    app::layout,
    cli::{
        context::Context,
        error::{CommandResult, Ending},
        ui::{Lines as _, Ui},
    },
    curriculum::Language,
    report::words::counted,
    workspace::{Commit, Git, InitReport},
};

/// Make a workspace: a git repository laid out for the seven weeks
///
/// Writes only what is missing and never touches a file that is there; a second `init` changes
/// nothing. In a repository that is not ours to commit to, it writes files and says why it did not
/// commit.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Where to make it; the folder is created
    #[arg(default_value = ".")]
    dir: PathBuf,

    /// The language `mastery start` scaffolds
    #[arg(long, value_name = "LANGUAGE", default_value_t = Language::Python)]
    lang: Language,
}

pub(crate) fn run(ui: &Ui, context: &Context, args: &Args) -> CommandResult {
    let dir = Context::here()?.join(&args.dir);
    let report = layout::init(&dir, args.lang.as_str(), context.curriculum()?)?;
    ui.say(&told(&report, args));
    Ok(Ending::Good)
}

fn told(report: &InitReport, args: &Args) -> String {
    let root = report.root.display();
    if report.nothing_changed() {
        return format!("{root} is a workspace already; nothing was changed.\n");
    }
    let made = counted(report.created.len() as u64, "file");
    let mut text = match report.git {
        Git::Created => format!("Made a workspace in {root}: {made} in a new git repository.\n"),
        Git::Existing => format!("Laid out a workspace in {root}: {made}.\n"),
    };
    if !report.already_there.is_empty() {
        let there = counted(report.already_there.len() as u64, "file");
        text.line(format!(
            "{there} stood there already and stayed as they are."
        ));
    }
    text.push_str(&commit_told(&report.commit));
    text.line("\nNext:");
    if args.dir.as_os_str() != "." {
        text.line(format!(
            "  cd {}",
            shell_word(&args.dir.display().to_string())
        ));
    }
    text.line("  mastery doctor            # what this machine has");
    text.line("  mastery start rest-api    # the first lab");
    text
}

/// What became of a commit, where there is something to say.
pub(super) fn commit_told(commit: &Commit) -> String {
    match commit {
        Commit::Made(id) => format!("Committed as {}.\n", id.short()),
        Commit::None { why: None, .. } => String::new(),
        Commit::None {
            why: Some(why),
            hints,
        } => {
            // Each reason is a sentence that ends in what it means: nothing was committed.
            let mut text = format!("{why}\n");
            for hint in hints {
                text.line(format!("  {hint}"));
            }
            text
        }
    }
}

/// A word as a shell takes it.
pub(super) fn shell_word(text: &str) -> String {
    shlex::try_quote(text).map_or_else(|_| text.to_owned(), std::borrow::Cow::into_owned)
}
