//! `mastery curriculum show`.

use mastery_kit::id::LabId;

use super::list::standing;
use crate::{
    app::scope::ScopeError,
    cli::{
        context::Context,
        error::{CommandError, CommandResult, Ending},
        ui::{Ui, rendered},
    },
    curriculum::{Found, Unit, Week},
    report::words::{Line, Tone, hanging},
};

/// Show a lab, a challenge or a week: its goal, and every check with the rule it stands on
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A lab or challenge (`rest-api`), a week (`week-01`) or the capstone
    #[arg(value_name = "NAME")]
    name: String,
}

pub(super) fn run(ui: &Ui, context: &Context, args: &Args) -> CommandResult {
    let found = context.curriculum()?.find(&args.name).map_err(|error| {
        CommandError::user(ScopeError::Name(error).to_string())
            .hint("`mastery curriculum list` names all there is.")
    })?;
    let lines = match found {
        Found::Unit(one) => unit(ui, one),
        Found::Week(one) => week(ui, one),
        Found::Capstone(one) => {
            let mut lines = head(ui, one.id.as_str(), &one.title, &one.goal);
            let parts: Vec<&str> = one.components.iter().map(LabId::as_str).collect();
            lines.push(Line::new());
            lines.extend(sentence(ui, 0, &format!("Made of {}.", parts.join(", "))));
            lines
        }
    };
    ui.say(&rendered(&lines, ui.out));
    Ok(Ending::Good)
}

fn sentence(ui: &Ui, indent: usize, text: &str) -> Vec<Line> {
    hanging(Line::new(), indent, text, Tone::Plain, ui.out)
}

fn head(ui: &Ui, id: &str, title: &str, goal: &str) -> Vec<Line> {
    let mut lines = vec![Line::new().then(Tone::Bold, id)];
    lines.extend(sentence(ui, 0, title));
    if !goal.is_empty() {
        lines.push(Line::new());
        lines.extend(sentence(ui, 0, goal));
    }
    lines
}

fn unit(ui: &Ui, unit: &Unit) -> Vec<Line> {
    let mut lines = head(ui, unit.id.as_str(), &unit.title, &unit.goal);
    lines.push(Line::new());
    lines.extend(sentence(
        ui,
        0,
        &format!("{}: {}", unit.week, standing(unit)),
    ));
    for check in &unit.checks {
        lines.push(Line::new());
        lines.push(Line::plain("  ").then(Tone::Accent, &check.id));
        lines.extend(sentence(ui, 4, &check.title));
        let rule = format!("{} ({})", check.rule.text, check.rule.source);
        lines.extend(hanging(Line::new(), 4, &rule, Tone::Dim, ui.out));
    }
    lines
}

fn week(ui: &Ui, week: &Week) -> Vec<Line> {
    let mut lines = head(ui, week.id.as_str(), &week.title, &week.goal);
    if !week.deliverable.is_empty() {
        lines.push(Line::new());
        lines.extend(sentence(ui, 0, &week.deliverable));
    }
    for unit in &week.units {
        lines.push(Line::new());
        lines.push(Line::plain("  ").then(Tone::Accent, unit.id.as_str()));
        lines.extend(sentence(ui, 4, &unit.title));
        lines.extend(hanging(Line::new(), 4, &standing(unit), Tone::Dim, ui.out));
    }
    lines
}
