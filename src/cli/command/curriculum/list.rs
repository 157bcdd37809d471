//! `mastery curriculum list`.

use crate::{
    cli::{
        context::Context,
        error::{CommandResult, Ending},
        ui::{Ui, rendered},
    },
    curriculum::{Curriculum, Unit, UnitKind},
    report::words::{self, Line, Tone, counted, hanging, width},
};

/// List weeks, labs and challenges: what is open, in which languages, on which services
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(ui: &Ui, context: &Context, args: &Args) -> CommandResult {
    let curriculum = context.curriculum()?;
    if args.json {
        ui.say(&json(curriculum));
    } else {
        ui.say(&rendered(&lines(ui, curriculum), ui.out));
    }
    Ok(Ending::Good)
}

fn lines(ui: &Ui, curriculum: &Curriculum) -> Vec<Line> {
    let ids = curriculum.units().map(|unit| width(unit.id.as_str()));
    let column = ids.max().unwrap_or(0) + 4;
    let mut lines = vec![Line::new().then(Tone::Bold, curriculum.title())];
    for week in curriculum.weeks() {
        lines.push(Line::new());
        let label = Line::new().then(Tone::Bold, week.id.as_str());
        lines.extend(hanging(label, column, &week.title, Tone::Plain, ui.out));
        for unit in &week.units {
            let tone = if unit.is_open() {
                Tone::Accent
            } else {
                Tone::Dim
            };
            let label = Line::plain("  ").then(tone, unit.id.as_str());
            lines.extend(hanging(label, column, &standing(unit), Tone::Dim, ui.out));
        }
    }
    lines
}

/// `r1, 12 checks, python, go; kafka`, or that it is planned.
pub(super) fn standing(unit: &Unit) -> String {
    let challenge = match unit.kind {
        UnitKind::Lab => "",
        UnitKind::Challenge => "challenge, ",
    };
    if !unit.is_open() {
        return format!("{challenge}opens in a later release");
    }
    let checks = counted(unit.checks.len() as u64, "check");
    let languages: Vec<&str> = unit.languages.iter().map(|one| one.as_str()).collect();
    let services: Vec<&str> = unit.services.iter().map(|kind| kind.name()).collect();
    let services = match services.as_slice() {
        [] => String::new(),
        some => format!("; on {}", some.join(", ")),
    };
    let languages = languages.join(", ");
    format!(
        "{challenge}r{}, {checks}; {languages}{services}",
        unit.revision
    )
}

fn json(curriculum: &Curriculum) -> String {
    let unit = |unit: &Unit| {
        serde_json::json!({
            "id": unit.id.as_str(),
            "title": unit.title,
            "kind": match unit.kind { UnitKind::Lab => "lab", UnitKind::Challenge => "challenge" },
            "open": unit.is_open(),
            "revision": unit.revision,
            "languages": unit.languages.iter().map(|one| one.as_str()).collect::<Vec<_>>(),
            "services": unit.services.iter().map(|kind| kind.as_str()).collect::<Vec<_>>(),
            "checks": unit.checks.iter().map(|check| &check.id).collect::<Vec<_>>(),
        })
    };
    let weeks: Vec<_> = curriculum
        .weeks()
        .iter()
        .map(|week| {
            let units: Vec<_> = week.units.iter().map(unit).collect();
            serde_json::json!({ "id": week.id.as_str(), "title": week.title, "units": units })
        })
        .collect();
    let all = serde_json::json!({
        "format": 1,
        "id": curriculum.id().as_str(),
        "title": curriculum.title(),
        "weeks": weeks,
    });
    words::json(&all)
}
