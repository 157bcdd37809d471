//! `mastery start`.

use super::init::{commit_told, shell_word};
use crate::{
    app::{
        scope,
        start::{self, BRIEF, Started, Starter},
        toolchain,
    },
    cli::{
        context::Context,
        error::{CommandError, CommandResult, Ending},
        ui::{Lines as _, Ui},
    },
    curriculum::Unit,
    report::words::counted,
};

/// Scaffold a lab into your workspace: brief, contract, starter, submission.toml
///
/// Never overwrites. Run again, it adds only what is missing.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A lab or challenge (`rest-api`), or a week (`week-01`): all of it that is open
    #[arg(value_name = "LAB")]
    unit: String,

    /// python, go, typescript, rust, or `other` for any language: the contract alone
    #[arg(long, value_name = "LANGUAGE")]
    lang: Option<String>,
}

pub(crate) fn run(ui: &Ui, context: &Context, args: &Args) -> CommandResult {
    let here = Context::here()?;
    let workspace = Context::workspace(&here)?;
    let curriculum = context.curriculum()?;
    let scope = scope::to_start(curriculum, &args.unit).map_err(crate::app::AppError::from)?;
    let wanted = args.lang.as_ref().unwrap_or(&workspace.settings.language);
    let starter = Starter::parse(wanted).map_err(|error| {
        CommandError::user(error).hint("`--lang other` lays out the contract for any language.")
    })?;
    let lack = match starter {
        Starter::Language(language) => {
            toolchain::lack(language, &Context::supervisor()?, &workspace.root)?
        }
        Starter::Other => None,
    };
    for unit in &scope.units {
        let laid = start::start(&workspace, curriculum, unit, starter)?;
        let shown = match here.strip_prefix(&workspace.root) {
            Ok(below) if below.as_os_str().is_empty() => laid.place.clone(),
            _ => workspace.folder(&laid.place).display().to_string(),
        };
        ui.say(&told(unit, &laid, &shown, lack.as_deref()));
    }
    if let Some(first) = scope.units.first() {
        start::remember(&workspace, first);
    }
    Ok(Ending::Good)
}

fn told(unit: &Unit, started: &Started, shown: &str, lack: Option<&str>) -> String {
    let report = &started.report;
    let mut text = format!("{} · {}\n", unit.id, unit.title);
    if report.created.is_empty() {
        text.line(format!(
            "  {shown} is complete already; nothing was changed."
        ));
    } else {
        let made = counted(report.created.len() as u64, "file");
        let language = started.language.as_str();
        text.line(format!("  {made} in {shown} ({language})"));
    }
    if !report.kept.is_empty() {
        let kept = counted(report.kept.len() as u64, "file");
        text.line(format!(
            "  {kept} of yours stayed as they are: {}",
            report.kept.join(", ")
        ));
    }
    for line in commit_told(&report.commit).lines() {
        text.line(format!("  {line}"));
    }
    if let Some(lack) = lack {
        text.line(format!("  {lack}"));
    }
    let folder = shell_word(shown);
    text.line("\nNext:");
    text.line(format!("  cd {folder}"));
    text.line(step(
        &format!("read {BRIEF} and contract/"),
        "all that is judged stands there",
    ));
    if started.language == Starter::Other {
        text.line(step(
            "fill in submission.toml",
            "how your program is built and run",
        ));
    }
    text.line(step("mastery grade", "failures explain themselves"));
    text
}

/// Something to do, and why.
fn step(deed: &str, why: &str) -> String {
    format!("  {deed:<28}  # {why}")
}
