//! What the learner types.

pub(crate) mod command;
pub(crate) mod context;
pub(crate) mod error;
pub(crate) mod ui;

use std::{ffi::OsString, path::PathBuf, process::ExitCode};

use clap::{CommandFactory as _, Parser, Subcommand, error::ErrorKind as ClapKind};

use self::{
    command::{
        author, completions, curriculum, demo, diff, doctor, grade, hint, history, init, man,
        progress, report_problem, restore, run, services, solution, start, sync, tutor, watch,
        week,
    },
    context::Context,
    error::{CommandResult, Ending, exit_code},
    ui::Ui,
};
use crate::app::warm::KEEP;

/// A tutor for senior backend engineers: labs on real services, graded by hidden tests.
///
/// Make a workspace with `mastery init`, scaffold a lab with `mastery start rest-api`, and let
/// `mastery grade` build it, run it and check it. Nothing leaves this machine but what you `sync`.
/// Without a command, in a terminal and a workspace, the full-screen tutor opens.
#[derive(Debug, Parser)]
#[command(
    name = "mastery",
    version,
    max_term_width = 100,
    disable_help_subcommand = true
)]
pub(crate) struct Args {
    /// Read the course's texts from this folder instead of those built in
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) curriculum: Option<PathBuf>,

    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Init(init::Args),
    Start(start::Args),
    Grade(grade::Args),
    Watch(watch::Args),
    Run(run::Args),
    Progress(progress::Args),
    Hint(hint::Args),
    History(history::Args),
    Diff(diff::Args),
    Restore(restore::Args),
    Solution(solution::Args),
    Week(week::Args),
    Curriculum(curriculum::Args),
    Sync(sync::Args),
    Services(services::Args),
    Doctor(doctor::Args),
    ReportProblem(report_problem::Args),
    Demo(demo::Args),
    Author(author::Args),
    Completions(completions::Args),
    Man(man::Args),
}

/// The command line as clap knows it: for completions, the man page and the generated docs.
pub(crate) fn command_line() -> clap::Command {
    Args::command()
}

/// Parses, runs, and turns the result into an exit code.
///
/// The supervisor is dispatched before anything else, and so is the keeper of warm services: they are
/// processes of their own that happen to live in the same file.
pub fn main() -> ExitCode {
    if std::env::args_os()
        .nth(1)
        .is_some_and(|word| word == mastery_kit::process::RUN)
    {
        return mastery_kit::process::supervisor::main();
    }
    let ui = Ui::from_environment();
    let words: Vec<OsString> = std::env::args_os().skip(1).collect();
    let result = if words.first().is_some_and(|word| word == KEEP) {
        services::keep(&words[1..])
    } else {
        match Args::try_parse() {
            Ok(args) => run(&ui, args),
            Err(error) => return usage(&error),
        }
    };
    if let Err(error) = &result {
        error.tell(&ui);
    }
    exit_code(&result)
}

fn run(ui: &Ui, args: Args) -> CommandResult {
    let context = Context::new(args.curriculum);
    let Some(command) = args.command else {
        return tutor::run(ui, context);
    };
    match command {
        Command::Init(args) => init::run(ui, &context, &args),
        Command::Start(args) => start::run(ui, &context, &args),
        Command::Grade(args) => grade::run(ui, &context, &args),
        Command::Watch(args) => watch::run(ui, &context, &args),
        Command::Run(args) => run::run(ui, &context, &args),
        Command::Progress(args) => progress::run(ui, &context, &args),
        Command::Hint(args) => hint::run(ui, &context, &args),
        Command::History(args) => history::run(ui, &context, &args),
        Command::Diff(args) => diff::run(ui, &context, &args),
        Command::Restore(args) => restore::run(ui, &context, &args),
        Command::Solution(args) => solution::run(ui, &context, &args),
        Command::Week(args) => week::run(ui, &context, &args),
        Command::Curriculum(args) => curriculum::run(ui, &context, &args),
        Command::Sync(args) => sync::run(ui, &args),
        Command::Services(args) => services::run(ui, &context, &args),
        Command::Doctor(args) => doctor::run(ui, &context, &args),
        Command::ReportProblem(args) => report_problem::run(ui, &context, &args),
        Command::Demo(args) => demo::run(ui, &context, &args),
        Command::Author(args) => author::run(ui, &context, &args),
        Command::Completions(args) => completions::run(ui, &args),
        Command::Man(args) => man::run(ui, &args),
    }
}

/// Help and version are no errors; everything else clap has to say is the user's.
fn usage(error: &clap::Error) -> ExitCode {
    if error.print().is_err() {
        // The reader went away.
    }
    let asked_for = matches!(
        error.kind(),
        ClapKind::DisplayHelp | ClapKind::DisplayVersion
    );
    exit_code(&if asked_for {
        Ok(Ending::Good)
    } else {
        Err(error::CommandError::user("usage"))
    })
}
