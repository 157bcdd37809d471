//! `mastery doctor`.

use crate::{
    app::doctor::{self, Finding, Health},
    cli::{
        context::Context,
        error::{CommandResult, Ending},
        ui::{Ui, rendered},
    },
    report::words::{self, Glyph, Line, Tone, hanging},
    workspace::ErrorKind as WorkspaceErrorKind,
};

/// Look at this machine: toolchains, git, disk, Docker, caches, what killed runs left behind
///
/// Every line that is not good says what to do. Leftovers of killed runs are swept.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(ui: &Ui, context: &Context, args: &Args) -> CommandResult {
    let here = Context::here()?;
    let workspace = match crate::workspace::Workspace::discover(&here) {
        Ok(workspace) => Some(workspace),
        Err(error) if matches!(error.kind(), WorkspaceErrorKind::NotAWorkspace { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    let findings = doctor::examine(
        workspace.as_ref(),
        // A broken one is told by the commands that need it.
        context.curriculum().ok(),
        &here,
        &Context::supervisor()?,
    )?;
    if args.json {
        ui.say(&words::json(
            &serde_json::json!({ "format": 1, "findings": findings }),
        ));
    } else {
        ui.say(&told(ui, &findings));
    }
    let bad = findings.iter().any(|finding| finding.state == Health::Bad);
    Ok(if bad { Ending::Failed } else { Ending::Good })
}

fn told(ui: &Ui, findings: &[Finding]) -> String {
    let mut lines = Vec::new();
    for finding in findings {
        let glyph = match finding.state {
            Health::Good => Glyph::Passed,
            Health::Optional => Glyph::Unsettled,
            Health::Bad => Glyph::Failed,
        };
        let label = Line::new()
            .then(glyph.tone(), format!("{} ", glyph.text(ui.out.ascii)))
            .then(Tone::Bold, format!("{:<15}", finding.subject));
        // Beside its subject; below it where that would leave a few letters a line.
        let column = if ui.out.measure() < 60 { 4 } else { 17 };
        if column == 4 {
            lines.push(label);
            lines.extend(hanging(
                Line::new(),
                column,
                &finding.found,
                Tone::Plain,
                ui.out,
            ));
        } else {
            lines.extend(hanging(label, column, &finding.found, Tone::Plain, ui.out));
        }
        if let Some(deed) = &finding.deed {
            lines.extend(hanging(Line::new(), column, deed, Tone::Dim, ui.out));
        }
    }
    rendered(&lines, ui.out)
}
