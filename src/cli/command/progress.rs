//! `mastery progress`.

use std::path::PathBuf;

use crate::{
    app::{overview, page},
    cli::{
        context::Context,
        error::{CommandError, CommandResult, Ending},
        ui::{Ui, rendered},
    },
    curriculum::{Curriculum, Found},
};

/// Show weeks, labs and checks: attempts, first attempt to pass, what is next
///
/// `--html progress.html` makes one page of it, with charts and with nothing that has to be fetched: to
/// keep, to print, to hand in. A page it made before is replaced; any other file stays as it is.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only this lab, with every check of it
    #[arg(value_name = "LAB")]
    lab: Option<String>,

    /// Print JSON
    #[arg(long)]
    json: bool,

    /// Write a page with charts into this file; `-` is standard output
    #[arg(long, value_name = "FILE", conflicts_with_all = ["json", "lab"])]
    html: Option<PathBuf>,
}

pub(crate) fn run(ui: &Ui, context: &Context, args: &Args) -> CommandResult {
    let here = Context::here()?;
    let workspace = Context::workspace(&here)?;
    if let Some(file) = &args.html {
        let page = page::page(&workspace, context.curriculum()?)?.html();
        if file.as_os_str() == "-" {
            ui.say(&page);
        } else {
            page::write(file, &page)?;
            ui.say(&format!("Written to {}.\n", file.display()));
        }
        return Ok(Ending::Good);
    }
    let overview = overview::overview(&workspace, context.curriculum()?)?;
    if args.json {
        ui.say(&overview.to_json());
        return Ok(Ending::Good);
    }
    if let Some(lab) = &args.lab {
        let id = named(context.curriculum()?, lab)?;
        let lines = overview.unit_lines(&id, ui.out).unwrap_or_default();
        ui.say(&rendered(&lines, ui.out));
        return Ok(Ending::Good);
    }
    ui.say(&rendered(&overview.lines(ui.out), ui.out));
    Ok(Ending::Good)
}

/// The lab, challenge or capstone of this name.
fn named(curriculum: &Curriculum, text: &str) -> Result<String, CommandError> {
    match curriculum.find(text) {
        Ok(Found::Unit(unit)) => Ok(unit.id.to_string()),
        Ok(Found::Capstone(capstone)) => Ok(capstone.id.to_string()),
        Ok(Found::Week(week)) => {
            let labs: Vec<&str> = week.units.iter().map(|unit| unit.id.as_str()).collect();
            Err(
                CommandError::user(format!("`{}` is a week; name one of its units.", week.id))
                    .hint(labs.join(", ")),
            )
        }
        Err(error) => Err(CommandError::user(error.to_string())
            .hint("`mastery progress` lists every lab and which are open.")),
    }
}
