//! `mastery demo`.

use std::{io, path::PathBuf};

use indicatif::ProgressDrawTarget;

use super::grade::after;
use crate::{
    app::{
        AppError, demo,
        grade::{GradeRequest, Graded, Grading},
        overview,
    },
    cli::{
        context::Context,
        error::{CommandError, CommandResult, Ending, ErrorKind},
        ui::{Ui, rendered},
    },
    curriculum::Unit,
    grading::progress::Conclusion,
    report::{
        Fan, Reporter as _,
        plain::Plain,
        words::{Line, Tone},
    },
    workspace::Workspace,
};

/// Show the whole loop in a workspace that is thrown away
///
/// Starts the first lab, grades its starter (which fails, and says why), grades a solution (which
/// passes) and shows the progress. Needs Python 3.10 or Go 1.22, and nothing else: no account, no
/// Docker, no service.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Make the workspace here and leave it, to look at it
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
}

pub(crate) fn run(ui: &Ui, context: &Context, args: &Args) -> CommandResult {
    let curriculum = context.curriculum()?;
    let unit = curriculum.unit(demo::LAB).ok_or_else(|| {
        CommandError::user(format!(
            "The curriculum has no lab `{}` to show.",
            demo::LAB
        ))
    })?;
    let throw_away = tempfile::Builder::new().prefix("mastery-demo-").tempdir();
    let throw_away = throw_away.map_err(|error| {
        let text = format!("No folder can be made for the demo: {error}.");
        CommandError::new(
            ErrorKind::Bench,
            text,
            vec!["Set TMPDIR to one that can be written.".into()],
        )
    })?;
    let folder = match &args.keep {
        Some(folder) => Context::here()?.join(folder),
        None => throw_away.path().join("backend-mastery"),
    };
    let supervisor = Context::supervisor()?;
    let language = demo::choose_language(&supervisor, throw_away.path())?;
    title(
        ui,
        &format!("mastery init · mastery start {} --lang {language}", unit.id),
    );
    let workspace = demo::lay_out(&folder, language, curriculum, unit)?;
    ui.say(&format!("A workspace in {}\n", folder.display()));

    title(
        ui,
        "mastery grade        the starter: it runs, and fails honestly",
    );
    let grading = Grading::begin(&workspace, curriculum, supervisor)?;
    let starter = grade(ui, &grading, unit)?;
    if starter == Conclusion::Interrupted {
        return Ok(Ending::Interrupted);
    }

    title(
        ui,
        "mastery grade        a solution: what you will have written",
    );
    demo::solve(&workspace, unit, language)?;
    let solution = grade(ui, &grading, unit)?;
    if solution == Conclusion::Interrupted {
        return Ok(Ending::Interrupted);
    }

    title(ui, "mastery progress");
    progress(ui, &workspace, context)?;
    ui.say(&closing(args, starter, solution));
    Ok(match (starter, solution) {
        (Conclusion::Failed, Conclusion::Passed) => Ending::Good,
        (_, Conclusion::Unsettled) | (Conclusion::Unsettled, _) => Ending::Unsettled,
        (_, _) => Ending::Failed,
    })
}

fn title(ui: &Ui, text: &str) {
    let line = Line::new().then(Tone::Accent, "$ ").then(Tone::Bold, text);
    ui.say(&format!("\n{}\n", line.render(ui.out)));
}

fn grade(ui: &Ui, grading: &Grading<'_>, unit: &Unit) -> Result<Conclusion, CommandError> {
    let mut fan = Fan::new();
    let plain = Plain::new(io::stdout(), ui.out);
    if ui.watched {
        fan.add(
            "plain",
            Box::new(plain.watched(ProgressDrawTarget::stderr())),
        );
    } else {
        fan.add("plain", Box::new(plain));
    }
    let graded: Graded = grading.unit(unit, &GradeRequest::default(), &mut |at, event| {
        if let Err(error) = fan.on_event(at, event) {
            ui.warn(&format!("{error}\n"));
        }
    })?;
    ui.say(&after(ui, &graded));
    Ok(graded.progress.conclusion())
}

fn progress(ui: &Ui, workspace: &Workspace, context: &Context) -> Result<(), CommandError> {
    let overview =
        overview::overview(workspace, context.curriculum()?).map_err(AppError::Workspace)?;
    ui.say(&rendered(&overview.lines(ui.out), ui.out));
    Ok(())
}

fn closing(args: &Args, starter: Conclusion, solution: Conclusion) -> String {
    if (starter, solution) != (Conclusion::Failed, Conclusion::Passed) {
        return format!(
            "\nThe demo did not go as it should: the starter {starter:?}, the solution {solution:?}.\n"
        );
    }
    match &args.keep {
        Some(folder) => format!("\nThe workspace stays in {}.\n", folder.display()),
        None => "\nThe workspace is gone again. Make your own: `mastery init backend-mastery`.\n"
            .to_owned(),
    }
}
