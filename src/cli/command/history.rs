//! `mastery history`.

use std::num::NonZeroUsize;

use crate::{
    app::{
        clock,
        history::{self, Page},
    },
    cli::{
        context::Context,
        error::{CommandResult, Ending},
        ui::{Lines as _, Ui, rendered},
    },
    report::{
        history::History,
        words::{Line, Tone},
    },
};

/// Show the attempts on a lab: when, how they ended, what each changed
///
/// The newest first, a page at a time. `mastery diff A..B` shows two of them side by side, `mastery
/// restore LAB ATTEMPT` brings one back.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A lab or a challenge; without: the one whose folder you stand in, or that you started last
    #[arg(value_name = "LAB")]
    lab: Option<String>,

    /// How many attempts at most
    #[arg(long, short = 'n', value_name = "NUMBER", default_value = "20")]
    limit: NonZeroUsize,

    /// Every attempt
    #[arg(long, conflicts_with = "limit")]
    all: bool,

    /// Only attempts before this one
    #[arg(long, value_name = "ATTEMPT")]
    before: Option<u32>,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(ui: &Ui, context: &Context, args: &Args) -> CommandResult {
    let (workspace, unit) = context.unit(args.lab.as_deref())?;
    let page = Page {
        limit: (!args.all).then_some(args.limit.get()),
        before: args.before,
    };
    let history = history::history(&workspace, unit, page)?;
    if args.json {
        ui.say(&history.to_json());
        return Ok(Ending::Good);
    }
    let mut text = rendered(&history.lines(clock::now(), ui.out), ui.out);
    for line in next(&history, args) {
        text.line(line.render(ui.out));
    }
    ui.say(&text);
    Ok(Ending::Good)
}

/// What can be done with what is shown.
fn next(history: &History, args: &Args) -> Vec<Line> {
    let lab = &history.lab;
    let mut deeds = Vec::new();
    if let [newest, before, ..] = history.rows.as_slice() {
        let (from, to) = (before.attempt, newest.attempt);
        deeds.push(("compare", format!("mastery diff {from}..{to} {lab}")));
    }
    if let Some(older) = history.older {
        let limit = args.limit;
        let limit = if limit.get() == 20 {
            String::new()
        } else {
            format!(" --limit {limit}")
        };
        let before = older.saturating_add(1);
        deeds.push((
            "older",
            format!("mastery history {lab} --before {before}{limit}"),
        ));
    }
    let mut lines = Vec::new();
    if history.rows.is_empty() {
        lines.push(Line::plain("  There is none before that."));
    }
    if !deeds.is_empty() {
        lines.push(Line::new());
    }
    for (word, command) in deeds {
        let label = Line::plain("  ").then(Tone::Dim, word).to_column(11);
        lines.push(label.then(Tone::Accent, command));
    }
    lines
}
