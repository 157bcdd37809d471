//! `mastery doctor`.

use crate::{
    app::doctor::{self, Finding, Health},
    cli::{
        context::Context,
        error::{CommandError, CommandResult, Ending, ErrorKind},
        ui::{Lines as _, Ui},
    },
    report::words::{Glyph, Line, Tone},
    workspace::ErrorKind as WorkspaceErrorKind,
};

/// Look at this machine: toolchains, git, disk, what killed runs left behind
///
/// Every line that is not good says what to do. Leftovers of killed runs are swept.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(ui: &Ui, args: &Args) -> CommandResult {
    let here = Context::here()?;
    let workspace = match crate::workspace::Workspace::discover(&here) {
        Ok(workspace) => Some(workspace),
        Err(error) if matches!(error.kind(), WorkspaceErrorKind::NotAWorkspace { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    let findings = doctor::examine(workspace.as_ref(), &here, &Context::supervisor()?)?;
    if args.json {
        ui.say(&json(&findings)?);
    } else {
        ui.say(&told(ui, &findings));
    }
    let bad = findings.iter().any(|finding| finding.state == Health::Bad);
    Ok(if bad { Ending::Failed } else { Ending::Good })
}

fn told(ui: &Ui, findings: &[Finding]) -> String {
    let mut text = String::new();
    for finding in findings {
        let glyph = match finding.state {
            Health::Good => Glyph::Passed,
            Health::Optional => Glyph::Unsettled,
            Health::Bad => Glyph::Failed,
        };
        let line = Line::new()
            .then(glyph.tone(), format!("{} ", glyph.text(ui.out.ascii)))
            .then(Tone::Bold, format!("{:<13}", finding.subject))
            .then(Tone::Plain, ui.out.show(&finding.found));
        text.line(line.render(ui.out));
        if let Some(deed) = &finding.deed {
            let line = Line::new().then(Tone::Dim, format!("{:15}{deed}", ""));
            text.line(line.render(ui.out));
        }
    }
    text
}

fn json(findings: &[Finding]) -> Result<String, CommandError> {
    let value = serde_json::json!({ "format": 1, "findings": findings });
    serde_json::to_string_pretty(&value)
        .map(|text| text + "\n")
        .map_err(|error| {
            CommandError::new(
                ErrorKind::Internal,
                format!("No JSON: {error}."),
                Vec::new(),
            )
        })
}
