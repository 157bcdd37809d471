//! `mastery sync`.

use crate::{
    app::sync::{self, LabMoved, Synced},
    cli::{
        context::Context,
        error::{CommandResult, Ending},
        ui::{Ui, rendered},
    },
    report::words::{Line, Tone, counted, hanging},
};

/// Carry your attempts between machines through a git remote
///
/// Fetches and pushes `refs/mastery/*`, where attempts and passes are kept, and nothing of your
/// branches. Attempts that two machines made apart are joined; none is lost. Without a name: origin,
/// or the only remote there is. A folder will do: `git init --bare FOLDER` makes it a remote.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A remote of this repository, an address or a folder
    remote: Option<String>,
}

pub(crate) fn run(ui: &Ui, args: &Args) -> CommandResult {
    let here = Context::here()?;
    let workspace = Context::workspace(&here)?;
    let named = args.remote.as_deref();
    let synced = sync::sync(&workspace, named, &here, &Context::supervisor()?)?;
    ui.say(&told(ui, &synced));
    Ok(Ending::Good)
}

fn told(ui: &Ui, synced: &Synced) -> String {
    // The address stays whole, to be copied.
    let remote = ui.out.show(&synced.remote);
    let mut lines = if synced.labs.is_empty() {
        let text = "Nothing moved: all attempts are on both sides.";
        let mut lines = hanging(Line::new(), 0, text, Tone::Plain, ui.out);
        lines.push(Line::plain(format!("  {remote}")));
        lines
    } else {
        vec![Line::plain(format!("Synced with {remote}."))]
    };
    let mut line = |text: &str, tone: Tone| {
        lines.extend(hanging(Line::new(), 2, text, tone, ui.out));
    };
    for lab in &synced.labs {
        line(&format!("{}: {}", lab.lab, moved(lab)), Tone::Plain);
    }
    for name in &synced.apart {
        let text = format!("{name} differs on both sides, and each keeps its own.");
        line(&text, Tone::Odd);
    }
    rendered(&lines, ui.out)
}

fn moved(lab: &LabMoved) -> String {
    let attempts = |n: u32| counted(u64::from(n), "attempt");
    let mut parts = Vec::new();
    if lab.came > 0 {
        parts.push(format!("{} came", attempts(lab.came)));
    }
    if lab.went > 0 {
        parts.push(format!("{} went", attempts(lab.went)));
    }
    let mut text = parts.join(", ");
    if lab.merged {
        text.push_str("; both machines' are joined");
    }
    text
}
