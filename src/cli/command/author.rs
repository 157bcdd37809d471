//! `mastery author`.

mod replay;

use std::path::PathBuf;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use mastery_kit::random::Seed;

use crate::{
    app::supply::BackendChoice,
    cli::{
        context::Context,
        error::{CommandError, CommandResult, Ending, ErrorKind},
        ui::{Lines as _, Ui},
    },
    curriculum::rules,
    proof::{
        Checkout, Keeping, Part, ProofError, ProofEvent, ProofFault, ProveOptions, Sample, new,
        prove, told,
    },
    report::words::counted,
};

/// Check and prove the curriculum, and begin new labs (for authors)
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    deed: Deed,
}

#[derive(Debug, clap::Subcommand)]
enum Deed {
    /// Hold the curriculum against the rules for authors
    Check,
    Prove(Prove),
    New(New),
    Replay(replay::Args),
}

/// Prove graders on programs whose verdict is known beforehand
///
/// References and unusual variants must pass, mutants must be caught by the check they name, starters
/// pass exactly their smoke checks, bad manners get a clear verdict, and every check earns its
/// place. Needs a checkout of the project. Results are kept under target/ until the sources change.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of its own on the command line"
)]
#[derive(Debug, clap::Args)]
struct Prove {
    /// This lab; may be repeated
    #[arg(long, value_name = "LAB")]
    lab: Vec<String>,

    /// Every lab that has a grader
    #[arg(long, conflicts_with = "lab")]
    all: bool,

    /// How many seeds
    #[arg(long, value_name = "N", default_value_t = 1)]
    seeds: u32,

    /// This seed alone
    #[arg(long, value_name = "SEED", conflicts_with = "seeds")]
    seed: Option<Seed>,

    /// Only these variants: mutants, unusual ones, manners, references, starters
    #[arg(long, value_name = "VARIANT", num_args = 1..)]
    only: Vec<String>,

    /// Run every mutant against every check and write the matrix to this file
    #[arg(long, value_name = "FILE")]
    kill_matrix: Option<PathBuf>,

    /// Only this part of the unusual variants (`1/3`)
    #[arg(long, value_name = "PART", requires = "sample_by")]
    sample_unusual: Option<Part>,

    /// What chooses them: a commit
    #[arg(long, value_name = "TEXT", requires = "sample_unusual")]
    sample_by: Option<String>,

    /// Where services of labs run: auto, docker or native
    #[arg(long, value_name = "BACKEND", default_value = "auto")]
    backend: BackendChoice,

    /// How many variants at once, each with services of its own; most of a proof is waiting
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=32))]
    jobs: u16,

    /// Keep what holds in graders/LAB/proved.jsonl, with commit and machine, and prove only what does not stand there
    #[arg(long, conflicts_with_all = ["seed", "fresh"])]
    record: bool,

    /// Run again what was proved already
    #[arg(long)]
    fresh: bool,

    /// Keep what mutants and manners are told now as what they are to be told
    #[arg(long)]
    accept: bool,
}

/// Lay out the folders and files a new lab begins with
#[derive(Debug, clap::Args)]
struct New {
    /// Its id: kebab-case
    lab: String,

    /// The week it belongs to, when the curriculum does not list it yet
    #[arg(long, value_name = "WEEK")]
    week: Option<String>,
}

pub(crate) fn run(ui: &Ui, context: &Context, args: &Args) -> CommandResult {
    match &args.deed {
        Deed::Check => check(ui, context),
        Deed::Prove(args) => prove_labs(ui, context, args),
        Deed::New(args) => new_lab(ui, context, args),
        Deed::Replay(args) => replay::run(ui, args),
    }
}

fn check(ui: &Ui, context: &Context) -> CommandResult {
    let curriculum = context.curriculum()?;
    let findings = rules::check(curriculum, mastery_graders::GRADERS);
    let mut text = String::new();
    for finding in &findings {
        text.line(finding.to_string());
    }
    let units = counted(curriculum.units().count() as u64, "unit");
    let graders = counted(mastery_graders::GRADERS.len() as u64, "grader");
    let found = match findings.len() {
        0 => "no findings".to_owned(),
        n => counted(n as u64, "finding"),
    };
    text.line(format!("{units}, {graders}: {found}"));
    ui.say(&text);
    Ok(if findings.is_empty() {
        Ending::Good
    } else {
        Ending::Failed
    })
}

fn prove_labs(ui: &Ui, context: &Context, args: &Prove) -> CommandResult {
    if args.lab.is_empty() && !args.all {
        return Err(CommandError::user("Nothing was named to prove.")
            .hint("`mastery author prove --lab rest-api`, or `--all`."));
    }
    let checkout = Checkout::find(&Context::here()?)?;
    let sample = args.sample_unusual.zip(args.sample_by.clone());
    let options = ProveOptions {
        labs: args.lab.clone(),
        seeds: args.seeds,
        seed: args.seed,
        only: args.only.clone(),
        sample: sample.map(|(part, by)| Sample { part, by }),
        kill_matrix: args.kill_matrix.clone(),
        keeping: Keeping {
            fresh: args.fresh,
            accept: args.accept,
            backend: args.backend,
        },
        jobs: args.jobs.into(),
        record: args.record,
        exe: Context::own_path()?,
    };
    let bar = bar(ui);
    let summary = prove(&checkout, context.curriculum()?, &options, &mut |event| {
        if let Some(running) = told::running(event) {
            bar.set_message(running);
        }
        let text = told::text(event, ui.out);
        if !text.is_empty() {
            bar.suspend(|| ui.say(&text));
        }
        if matches!(event, ProofEvent::Ended(_)) {
            bar.finish_and_clear();
        }
    });
    bar.finish_and_clear();
    let summary = match summary {
        Ok(summary) => summary,
        Err(ProofError::Interrupted) => return Ok(Ending::Interrupted),
        Err(error) => return Err(error.into()),
    };
    Ok(match (summary.interrupted, summary.holds()) {
        (true, _) => Ending::Interrupted,
        (false, true) => Ending::Good,
        (false, false) => Ending::Failed,
    })
}

/// The line that says what is being proved, where a person watches.
fn bar(ui: &Ui) -> ProgressBar {
    let target = if ui.watched {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let bar = ProgressBar::with_draw_target(None, target);
    if let Ok(style) = ProgressStyle::with_template("  {spinner} {wide_msg} {elapsed}") {
        bar.set_style(style);
    }
    if ui.watched {
        bar.enable_steady_tick(std::time::Duration::from_millis(100));
    }
    bar
}

fn new_lab(ui: &Ui, context: &Context, args: &New) -> CommandResult {
    let checkout = Checkout::find(&Context::here()?)?;
    let made = new::new(
        &checkout,
        context.curriculum()?,
        &args.lab,
        args.week.as_deref(),
    )?;
    let mut text = String::new();
    for path in &made.created {
        text.line(format!("made  {path}"));
    }
    for path in &made.kept {
        text.line(format!("kept  {path} (there already)"));
    }
    if !made.add.is_empty() {
        text.line("\nAdd by hand:");
    }
    for (file, line) in &made.add {
        text.line(format!("  {file}: {line}"));
    }
    text.line("\nNext: CONTRIBUTING.md says what a lab needs; `mastery author check` holds it against that.");
    ui.say(&text);
    Ok(Ending::Good)
}

impl From<ProofError> for CommandError {
    fn from(error: ProofError) -> Self {
        let kind = match error.fault() {
            ProofFault::User | ProofFault::Interrupted => ErrorKind::User,
            ProofFault::Curriculum => ErrorKind::Curriculum,
            ProofFault::Bench => ErrorKind::Bench,
        };
        Self::new(kind, error, Vec::new())
    }
}
