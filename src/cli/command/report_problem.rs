//! `mastery report-problem`.

use std::path::{Path, PathBuf};

use super::init::shell_word;
use crate::{
    app::problem::{self, Problem, ProblemRequest},
    cli::{
        context::Context,
        error::{CommandResult, Ending},
        ui::{Lines as _, Ui, rendered},
    },
    report::words::{Line, Tone, counted, hanging, size},
};

/// Write an attempt as a folder that an author can replay
///
/// In it: lab, seed, versions, verdicts, the tape of the run and what `mastery doctor` finds. Home
/// folders, user names, mail addresses and secrets are replaced; your code is in it only with
/// `--with-code`. Nothing is sent: read it, then attach it to your report.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The number of the attempt, as `mastery grade` said it
    #[arg(value_name = "ATTEMPT", value_parser = clap::value_parser!(u32).range(1..))]
    attempt: u32,

    /// Of this lab; else of the one whose folder you stand in, or that you started last
    #[arg(value_name = "LAB")]
    lab: Option<String>,

    /// The folder to write; it must not be there yet, or be empty
    #[arg(long, value_name = "FOLDER")]
    output: Option<PathBuf>,

    /// With your code as it was graded
    #[arg(long)]
    with_code: bool,
}

pub(crate) fn run(ui: &Ui, context: &Context, args: &Args) -> CommandResult {
    let here = Context::here()?;
    let workspace = Context::workspace(&here)?;
    let request = ProblemRequest {
        lab: args.lab.clone(),
        attempt: args.attempt,
        output: args.output.as_ref().map(|output| here.join(output)),
        with_code: args.with_code,
    };
    let place = here.canonicalize().unwrap_or_else(|_| here.clone());
    let supervisor = Context::supervisor()?;
    let curriculum = context.curriculum()?;
    let problem = problem::report(&workspace, curriculum, &place, &request, &supervisor)?;
    ui.say(&told(ui, &problem, &place));
    Ok(Ending::Good)
}

fn told(ui: &Ui, problem: &Problem, here: &Path) -> String {
    let shown = problem.folder.strip_prefix(here).unwrap_or(&problem.folder);
    let mut lines = vec![Line::plain(format!(
        "{} · attempt {}, written to",
        problem.lab, problem.attempt
    ))];
    let sentence = |text: &str| hanging(Line::new(), 0, text, Tone::Plain, ui.out);
    lines.push(Line::plain(format!(
        "  {}",
        ui.out.show(&shown.display().to_string())
    )));
    lines.push(Line::new());
    let (code, own): (Vec<_>, Vec<_>) = problem
        .files
        .iter()
        .partition(|file| file.name.starts_with("work/"));
    for file in own {
        let label = Line::plain("  ").then(Tone::Bold, &file.name);
        let text = format!("{}, {}", file.what, size(file.bytes));
        lines.extend(hanging(label, 17, &text, Tone::Plain, ui.out));
    }
    if !code.is_empty() {
        let label = Line::plain("  ").then(Tone::Bold, "work/");
        let bytes = code.iter().map(|file| file.bytes).sum();
        let files = counted(code.len() as u64, "file");
        let text = format!("your code, {files}, {}", size(bytes));
        lines.extend(hanging(label, 17, &text, Tone::Plain, ui.out));
    }
    lines.push(Line::new());
    let replaced: Vec<String> = problem
        .replaced
        .iter()
        .map(|(kind, times)| format!("{kind} ({times})"))
        .collect();
    let replaced = match replaced.as_slice() {
        [] => "Nothing private was found in it.".to_owned(),
        kinds => format!("Replaced: {}.", kinds.join(", ")),
    };
    lines.extend(sentence(&replaced));
    if !problem.left_out.is_empty() {
        lines.extend(sentence(&format!(
            "Left out: {}.",
            problem.left_out.join(", ")
        )));
    }
    lines.extend(sentence(
        "Nothing was sent. Read it through, then attach it to your report:",
    ));
    let mut text = rendered(&lines, ui.out);
    // Commands and addresses are there to be copied, whole.
    let name = shown.file_name().unwrap_or_default().to_string_lossy();
    let above = shown.parent().unwrap_or(Path::new(""));
    let above = if above.as_os_str().is_empty() {
        Path::new(".")
    } else {
        above
    };
    text.line(format!(
        "  tar -czf {}.tar.gz -C {} {}",
        shell_word(&name),
        shell_word(&above.display().to_string()),
        shell_word(&name)
    ));
    text.line(format!("  {}/issues", env!("CARGO_PKG_REPOSITORY")));
    text
}
