//! `mastery grade`.

use std::{
    fs::File,
    io::{self, Write},
    path::{Path, PathBuf},
    str::FromStr,
};

use indicatif::ProgressDrawTarget;
use mastery_kit::{random::Seed, verdict::Verdict};

use crate::{
    app::{
        AppError,
        grade::{GradeRequest, Graded, Grading},
        scope,
        start::last_started,
        supply::BackendChoice,
        toolchain,
    },
    cli::{
        context::Context,
        error::{CommandError, CommandResult, Ending},
        ui::{Lines as _, Ui},
    },
    curriculum::Unit,
    grading::{event::PlannedCheck, progress::Conclusion},
    report::{
        Fan, Reporter as _,
        json::Json,
        junit::Junit,
        plain::Plain,
        problems::Problems,
        words::{Line, Tone, counted, tally},
    },
    workspace::{Imported, Workspace},
};

/// Build your program, start it, and check it from outside
///
/// Without a name: the lab whose folder you stand in, the started labs of a week's folder, or the
/// lab you started last. Each failure says what was expected, what happened, the traffic that shows
/// it and the line that reproduces it. The attempt is kept; your branches and index stay as they are.
///
/// Exit codes: 0 passed, 1 a check failed, 2 usage, 3 broken curriculum, 4 unsettled, 130 stopped.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A lab, a challenge or a week (`rest-api`, `week-01`)
    scope: Option<String>,

    /// Only this check, without those it needs; may be repeated. A unique prefix is enough
    #[arg(long, value_name = "CHECK")]
    only: Vec<String>,

    /// The seed of an earlier run, to see it again: sixteen hexadecimal digits
    #[arg(long, value_name = "SEED")]
    seed: Option<Seed>,

    /// Stop at the first failure
    #[arg(long)]
    fail_fast: bool,

    /// Stop at the first failure and leave everything running, to look at it; ^C ends it
    #[arg(long)]
    hold: bool,

    /// Where the lab's services run: auto, docker or native; else `backend` of mastery.toml
    #[arg(long, value_name = "BACKEND")]
    backend: Option<BackendChoice>,

    /// How to tell it: plain, json (lines), junit, or problems (for editors:
    /// `FILE:LINE:COLUMN: error: WORDS`), each with =FILE to write it there; may be repeated
    #[arg(long, value_name = "FORM[=FILE]", default_value = "plain")]
    report: Vec<ReportTo>,

    /// Write the one report to this file
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Show what your program prints as it prints it
    #[arg(long, short)]
    verbose: bool,
}

/// One `--report`.
#[derive(Clone, Debug)]
struct ReportTo {
    form: Form,
    file: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Plain,
    Json,
    Junit,
    Problems,
}

impl FromStr for ReportTo {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (form, file) = match text.split_once('=') {
            Some((_, "")) => return Err("a file is named after `=`".to_owned()),
            Some((form, file)) => (form, Some(PathBuf::from(file))),
            None => (text, None),
        };
        let form = match form {
            "plain" => Form::Plain,
            "json" => Form::Json,
            "junit" => Form::Junit,
            "problems" => Form::Problems,
            _ => return Err(format!("`{form}` is none of plain, json, junit, problems")),
        };
        Ok(Self { form, file })
    }
}

pub(crate) fn run(ui: &Ui, context: &Context, args: &Args) -> CommandResult {
    let here = Context::here()?;
    let reports = reports(args)?;
    let workspace = Context::workspace(&here)?;
    let curriculum = context.curriculum()?;
    let last = last_started(&workspace);
    let named = args.scope.as_deref();
    let here = here.canonicalize().unwrap_or(here);
    let scope = scope::to_grade(curriculum, &workspace.root, &here, named, last.as_deref())
        .map_err(AppError::from)?;
    let backend = backend(args.backend, &workspace);
    let grading = Grading::begin(&workspace, curriculum, Context::supervisor()?)?;
    ui.warn(&imported_told(&grading.imported));
    let told_here = reports
        .iter()
        .any(|report| report.form == Form::Plain && report.file.is_none());
    let mut worst = Ending::Good;
    for (place, unit) in scope.units.iter().enumerate() {
        let request = GradeRequest {
            only: args.only.clone(),
            seed: args.seed,
            fail_fast: args.fail_fast,
            hold: args.hold,
            backend,
        };
        let lab = shown_folder(&workspace, unit, &here);
        let mut fan = fan(ui, &reports, args, place > 0, lab)?;
        let graded = grading.unit(unit, &request, &mut |at, event| {
            if let Err(error) = fan.on_event(at, event) {
                ui.warn(&format!("{error}\n"));
            }
        });
        for warning in fan.take_warnings() {
            ui.warn(&format!("{warning}\n"));
        }
        let graded = graded?;
        if told_here {
            ui.say(&after(ui, &graded));
            ui.say(&next(ui, &graded));
        }
        if let Some(lack) =
            toolchain::lacked_by(&graded.progress, &Context::supervisor()?, &workspace.root)?
        {
            ui.warn(&format!("{lack}\n"));
        }
        ui.warn(&troubles(&graded));
        worst = worse(worst, ending(graded.progress.conclusion()));
        if worst == Ending::Interrupted {
            break;
        }
    }
    Ok(worst)
}

/// Where services run: as asked, else as the workspace says.
pub(super) fn backend(asked: Option<BackendChoice>, workspace: &Workspace) -> BackendChoice {
    match (asked, workspace.settings.backend.as_deref()) {
        (Some(asked), _) => asked,
        // The workspace has read it already: it is one of the three.
        (None, Some(setting)) => setting.parse().unwrap_or_default(),
        (None, None) => BackendChoice::default(),
    }
}

/// The reports asked for; two on standard output would be neither.
fn reports(args: &Args) -> Result<Vec<ReportTo>, CommandError> {
    let mut reports = args.report.clone();
    if let Some(file) = &args.output {
        match reports.as_mut_slice() {
            [one] if one.file.is_none() => one.file = Some(file.clone()),
            _ => {
                let text = "`--output` belongs to a single `--report` without a file of its own.";
                return Err(CommandError::user(text).hint("Write `--report json=FILE` instead."));
            }
        }
    }
    if reports
        .iter()
        .filter(|report| report.file.is_none())
        .count()
        > 1
    {
        return Err(
            CommandError::user("Only one report can go to standard output.")
                .hint("Give the others a file: `--report junit=FILE`."),
        );
    }
    Ok(reports)
}

/// A lab's folder, and how it is called from where one stands.
fn shown_folder(workspace: &Workspace, unit: &Unit, here: &Path) -> (PathBuf, String) {
    let folder = workspace.folder(&scope::place(unit));
    let below = folder.strip_prefix(here).unwrap_or(&folder);
    let shown = below.display().to_string();
    (folder, shown)
}

fn fan(
    ui: &Ui,
    reports: &[ReportTo],
    args: &Args,
    append: bool,
    (folder, shown): (PathBuf, String),
) -> Result<Fan, CommandError> {
    let mut fan = Fan::new();
    for report in reports {
        let here = report.file.is_none();
        let out: Box<dyn Write + Send> = match &report.file {
            None => Box::new(io::stdout()),
            Some(path) => Box::new(open(path, append)?),
        };
        let name = match report.form {
            Form::Plain => "plain",
            Form::Json => "json",
            Form::Junit => "junit",
            Form::Problems => "problems",
        };
        let reporter: Box<dyn crate::report::Reporter> = match report.form {
            Form::Json => Box::new(Json::new(out)),
            Form::Junit => Box::new(Junit::new(out)),
            Form::Problems => Box::new(Problems::new(out, folder.clone(), shown.clone())),
            Form::Plain => {
                let style = if here {
                    ui.out
                } else {
                    crate::report::words::Style::plain(80)
                };
                let plain = Plain::new(out, style).verbose(args.verbose);
                if here && ui.watched {
                    Box::new(plain.watched(ProgressDrawTarget::stderr()))
                } else {
                    Box::new(plain)
                }
            }
        };
        fan.add(name, reporter);
    }
    Ok(fan)
}

fn open(path: &PathBuf, append: bool) -> Result<File, CommandError> {
    let opened = if append {
        File::options().append(true).create(true).open(path)
    } else {
        File::create(path)
    };
    opened.map_err(|error| {
        CommandError::user(format!(
            "The report cannot be written to {}: {error}.",
            path.display()
        ))
    })
}

/// What a run comes to, as a command's ending.
pub(super) fn ending(conclusion: Conclusion) -> Ending {
    match conclusion {
        Conclusion::Passed => Ending::Good,
        Conclusion::Failed => Ending::Failed,
        Conclusion::Unsettled => Ending::Unsettled,
        Conclusion::Interrupted => Ending::Interrupted,
    }
}

/// The worse of two endings (decision 2): a failure before an unsettled.
fn worse(one: Ending, other: Ending) -> Ending {
    let rank = |ending| match ending {
        Ending::Good => 0,
        Ending::Unsettled => 1,
        Ending::Failed => 2,
        Ending::Interrupted => 3,
    };
    if rank(other) > rank(one) { other } else { one }
}

/// The line under a run: which attempt it is, and what was before.
pub(super) fn after(ui: &Ui, graded: &Graded) -> String {
    let Ok(kept) = &graded.kept else {
        return String::new();
    };
    let mut line = Line::new().then(Tone::Plain, format!("attempt {} kept", kept.position));
    if let Some(before) = &kept.before {
        let was = tally(&before.tally());
        line = line.then(Tone::Dim, format!(" (was: {was})"));
    }
    if kept.passed {
        line = line.then(Tone::Good, " · the lab is passed");
    }
    let mut text = format!("{}\n", line.render(ui.out));
    for left in &graded.left_out {
        text.line(format!("  {left}"));
    }
    text
}

/// Where help is, after a failure.
fn next(ui: &Ui, graded: &Graded) -> String {
    let Some(run) = &graded.progress.run else {
        return String::new();
    };
    let failed =
        |(_, verdict, _): &(&PlannedCheck, &Verdict, u64)| matches!(verdict, Verdict::Failed(_));
    let Some((check, ..)) = graded.progress.settled().find(failed) else {
        return String::new();
    };
    let line = Line::new().then(Tone::Dim, "next: ").then(
        Tone::Accent,
        format!("mastery hint {} --lab {}", check.id, run.lab),
    );
    format!("{}\n", line.render(ui.out))
}

pub(super) fn troubles(graded: &Graded) -> String {
    let mut text = String::new();
    if let Some(trouble) = &graded.tape_trouble {
        text.line(format!("warning: {trouble}"));
    }
    if let Err(error) = &graded.kept {
        text.line(format!(
            "warning: the attempt could not be kept as a commit: {error}\n  The verdict stands; the next `mastery grade` tries again from the run's folder."
        ));
        for hint in error.hints() {
            text.line(format!("  {hint}"));
        }
    }
    text
}

pub(super) fn imported_told(imported: &[Imported]) -> String {
    let kept: Vec<String> = imported
        .iter()
        .filter_map(|one| match one {
            Imported::Kept { lab, position, .. } => Some(format!("{lab} attempt {position}")),
            Imported::AlreadyKept { .. } | Imported::Nothing => None,
        })
        .collect();
    if kept.is_empty() {
        return String::new();
    }
    let runs = counted(kept.len() as u64, "run");
    format!(
        "{runs} that had been killed kept as attempts: {}\n",
        kept.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_a_form_and_perhaps_a_file() {
        let read = |text: &str| text.parse::<ReportTo>().map(|to| (to.form, to.file));
        assert_eq!(read("json"), Ok((Form::Json, None)));
        assert_eq!(
            read("junit=a/b.xml"),
            Ok((Form::Junit, Some("a/b.xml".into())))
        );
        assert!(read("junit=").is_err());
        assert!(read("xml").is_err());
    }

    #[test]
    fn a_failure_is_worse_than_an_unsettled_and_a_stop_than_both() {
        assert_eq!(worse(Ending::Unsettled, Ending::Failed), Ending::Failed);
        assert_eq!(worse(Ending::Failed, Ending::Unsettled), Ending::Failed);
        assert_eq!(
            worse(Ending::Failed, Ending::Interrupted),
            Ending::Interrupted
        );
        assert_eq!(worse(Ending::Good, Ending::Good), Ending::Good);
    }
}
