//! `mastery services logs`.

use super::Kind;
use crate::{
    app::warm::{Logs, Said},
    cli::{
        context::Context,
        error::{CommandError, CommandResult, Ending, ErrorKind},
        ui::Ui,
    },
};

/// Show what the services that are kept up have said
///
/// Their logs stay when they have ended, until they are started again.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only this one's; without: all
    kind: Option<Kind>,

    /// How many of the last lines of each stream
    #[arg(long, short = 'n', default_value_t = 40, value_name = "N")]
    lines: usize,

    /// Go on with what is said from now on, until ^C
    #[arg(long, short)]
    follow: bool,

    /// Print each line as a JSON object
    #[arg(long)]
    json: bool,
}

pub(super) fn run(ui: &Ui, args: &Args) -> CommandResult {
    let workspace = Context::workspace(&Context::here()?)?;
    let mut logs = Logs::open(&workspace, args.kind.map(Kind::service))?;
    for said in logs.last(args.lines)? {
        ui.say(&line(ui, args, &said)?);
    }
    if args.follow {
        let mut wrong = None;
        logs.follow(&mut |said| match line(ui, args, &said) {
            Ok(line) => ui.say(&line),
            Err(error) => wrong = Some(error),
        })?;
        if let Some(error) = wrong {
            return Err(error);
        }
    }
    Ok(Ending::Good)
}

fn line(ui: &Ui, args: &Args, said: &Said) -> Result<String, CommandError> {
    if args.json {
        let text = serde_json::to_string(said);
        return text.map(|text| text + "\n").map_err(|error| {
            let text = format!("No JSON: {error}.");
            CommandError::new(ErrorKind::Internal, text, Vec::new())
        });
    }
    let shown = ui.out.show(&said.line);
    Ok(match args.kind {
        Some(_) => format!("{shown}\n"),
        None => format!("{:<9}| {shown}\n", said.service),
    })
}
