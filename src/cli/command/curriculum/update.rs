//! `mastery curriculum update`.

use crate::{
    app::update::{self, Updated},
    cli::{
        context::Context,
        error::{CommandResult, Ending},
        ui::{Ui, rendered},
    },
    report::words::{Line, Tone, hanging},
};

/// Bring started labs to the revision of the course
///
/// A file that is still as it was scaffolded is replaced. One that you changed stays, and the new
/// one is laid beside it (`submission.toml.r2`). Nothing of yours is taken away, and a pass stays a
/// pass. Nothing is committed: `git diff` shows what changed.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only this lab, or a week's
    #[arg(value_name = "LAB")]
    lab: Option<String>,

    /// Say what would be done, and write nothing
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(ui: &Ui, context: &Context, args: &Args) -> CommandResult {
    let here = Context::here()?;
    let workspace = Context::workspace(&here)?;
    let labs = update::update(
        &workspace,
        context.curriculum()?,
        args.lab.as_deref(),
        args.dry_run,
    )?;
    let mut lines = Vec::new();
    for lab in &labs {
        lines.extend(told(ui, lab, args.dry_run));
    }
    let say = |text: &str| hanging(Line::new(), 0, text, Tone::Plain, ui.out);
    if labs.is_empty() {
        lines.extend(say(
            "No lab is started here; `mastery curriculum list` names those that are open.",
        ));
    } else if args.dry_run {
        lines.extend(say("Nothing was written."));
    } else if labs.iter().any(|lab| !lab.files.is_current()) {
        lines.extend(say("Nothing was committed; look at it first: git diff"));
    }
    ui.say(&rendered(&lines, ui.out));
    Ok(Ending::Good)
}

fn told(ui: &Ui, lab: &Updated, dry: bool) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut say = |indent: usize, tone: Tone, text: &str| {
        lines.extend(hanging(Line::new(), indent, text, tone, ui.out));
    };
    let revision = match lab.from {
        Some(from) if from != lab.to && !lab.files.is_current() => {
            format!("r{from} to r{}", lab.to)
        }
        Some(_) | None => format!("r{}", lab.to),
    };
    let current = if lab.files.is_current() {
        ", nothing to update"
    } else {
        ""
    };
    say(0, Tone::Bold, &format!("{} · {revision}{current}", lab.lab));
    let files = &lab.files;
    let (made, put, beside) = if dry {
        (
            "would be new",
            "would be replaced",
            "would be laid beside yours",
        )
    } else {
        ("new", "replaced", "laid beside yours")
    };
    for (paths, what) in [
        (&files.created, made),
        (&files.replaced, put),
        (&files.beside, beside),
        (
            &files.beside_already,
            "still beside yours; remove it when you have looked at it",
        ),
        (
            &files.left,
            "yours, and so is the file where the new one would be laid",
        ),
        (&files.gone, "taken away by you, and stays so"),
    ] {
        for path in paths {
            say(2, Tone::Plain, &format!("{path}: {what}"));
        }
    }
    for id in &lab.new_checks {
        say(2, Tone::Accent, &format!("new check: {id}"));
    }
    for (old, new) in &lab.renamed {
        say(
            2,
            Tone::Accent,
            &format!("renamed check: {old} is now {new}"),
        );
    }
    if let Some(revision) = lab.passed_at {
        say(
            2,
            Tone::Good,
            &format!("passed at r{revision}, and stays passed"),
        );
    }
    lines
}
