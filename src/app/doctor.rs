//! `mastery doctor`: what this machine has, what is missing, and what to do about it.

use std::path::Path;

use mastery_kit::process::{Launch, Supervisor};
use serde::Serialize;
use tokio::runtime::Builder;

use super::{
    AppError, sweep,
    toolchain::{self, Found, GIT, Tool},
};
use crate::{
    curriculum::Language,
    workspace::{self, ErrorKind, Imported, Workspace},
};

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub subject: String,
    pub state: Health,
    /// What was found, as a fragment.
    pub found: String,
    /// What to do, where something is to be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deed: Option<String>,
}

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Health {
    Good,
    /// Needed by some labs only.
    Optional,
    /// Something will not work until it is mended.
    Bad,
}

impl Finding {
    fn new(subject: &str, state: Health, found: impl Into<String>) -> Self {
        Self {
            subject: subject.to_owned(),
            state,
            found: found.into(),
            deed: None,
        }
    }

    fn good(subject: &str, found: impl Into<String>) -> Self {
        Self::new(subject, Health::Good, found)
    }

    fn optional(subject: &str, found: impl Into<String>) -> Self {
        Self::new(subject, Health::Optional, found)
    }

    fn deed(mut self, deed: impl Into<String>) -> Self {
        self.deed = Some(deed.into());
        self
    }
}

/// Free space below which a run may end with a full disk.
const ROOM: u64 = 1 << 30;

/// Looks at everything; sweeps what killed runs left.
pub fn examine(
    workspace: Option<&Workspace>,
    here: &Path,
    supervisor: &Supervisor,
) -> Result<Vec<Finding>, AppError> {
    let this = format!("{} on {}", env!("CARGO_PKG_VERSION"), std::env::consts::OS);
    let mut findings = vec![Finding::good("mastery", this)];
    let folder = workspace.map_or(here, |workspace| &workspace.root);
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(AppError::Runtime)?;
    runtime.block_on(async {
        findings.push(tool(GIT, true, supervisor, folder).await);
        findings.push(identity(supervisor, folder).await);
        let chosen = workspace.map(|workspace| workspace.settings.language.as_str());
        for language in Language::ALL {
            let needed = chosen == Some(language.as_str());
            findings.push(tool(toolchain::of(language), needed, supervisor, folder).await);
        }
    });
    findings.push(home());
    findings.push(disk(folder));
    findings.push(supervision());
    findings.push(of_workspace(workspace));
    if let Some(workspace) = workspace {
        findings.push(leftovers(workspace)?);
    }
    Ok(findings)
}

async fn tool(tool: Tool, needed: bool, supervisor: &Supervisor, folder: &Path) -> Finding {
    let missing = if needed {
        Health::Bad
    } else {
        Health::Optional
    };
    let wanted = tool.wanted_text();
    let (state, found, deed) = match tool.look(supervisor, folder).await {
        Found::Good { version } => (Health::Good, format!("{version} ({wanted} or newer)"), None),
        Found::TooOld { version } => (
            missing,
            format!("{version}, too old"),
            Some(format!("Install {wanted} or newer: {}", tool.install)),
        ),
        Found::Missing => (
            missing,
            "not on PATH".to_owned(),
            Some(format!(
                "Install {wanted} or newer where you need it: {}",
                tool.install
            )),
        ),
        Found::Broken { why } => (
            missing,
            format!("there, but broken: {why}"),
            Some(format!(
                "Run `{}` and mend what it says.",
                tool.command.join(" ")
            )),
        ),
    };
    Finding {
        subject: tool.name.to_owned(),
        state,
        found,
        deed,
    }
}

async fn identity(supervisor: &Supervisor, folder: &Path) -> Finding {
    let mut said = Vec::new();
    for key in ["user.name", "user.email"] {
        let command = ["git", "config", key].map(str::to_owned).to_vec();
        let launch = Launch::new("git", command, folder.to_path_buf());
        let answer = supervisor
            .run(launch, None, std::time::Duration::from_secs(10))
            .await;
        let text = answer.ok().filter(mastery_kit::process::Finished::success);
        said.push(text.map(|finished| finished.output.stdout.text().trim().to_owned()));
    }
    match (&said[0], &said[1]) {
        (Some(name), Some(email)) => Finding::good("git identity", format!("{name} <{email}>")),
        _ => Finding::optional(
            "git identity",
            "not set: `init` and `start` write files and leave the commits to you",
        )
        .deed("git config --global user.name NAME; git config --global user.email EMAIL"),
    }
}

fn home() -> Finding {
    let found = match std::env::var("HOME") {
        Ok(home) if Path::new(&home).is_dir() => return Finding::good("HOME", home),
        Ok(home) => format!("`{home}` is no folder"),
        Err(_) => "not set".to_owned(),
    };
    Finding::optional("HOME", found)
        .deed("Set HOME to your home folder: toolchains keep their caches there.")
}

fn disk(folder: &Path) -> Finding {
    let stat = match rustix::fs::statvfs(folder) {
        Ok(stat) => stat,
        Err(error) => {
            let place = folder.display();
            let found = format!("free space of {place} cannot be read: {error}");
            return Finding::optional("disk", found);
        }
    };
    let free = stat.f_bavail.saturating_mul(stat.f_frsize);
    let found = format!("{} MiB free in {}", free >> 20, folder.display());
    if free >= ROOM {
        Finding::good("disk", found)
    } else {
        Finding::new("disk", Health::Bad, found).deed("Make room: a build and its logs want 1 GiB.")
    }
}

fn supervision() -> Finding {
    if cfg!(target_os = "linux") {
        let found = "every process a program starts is ended with it";
        Finding::good("supervision", found)
    } else {
        let found = "process groups only: a child that leaves its group may survive";
        Finding::optional("supervision", found)
            .deed("Look for leftovers with `ps` after a run of a program that daemonises.")
    }
}

fn of_workspace(workspace: Option<&Workspace>) -> Finding {
    match workspace {
        Some(workspace) => Finding::good("workspace", workspace.root.display().to_string()),
        None => Finding::optional("workspace", "none around this folder")
            .deed("`mastery init DIR` makes one."),
    }
}

fn leftovers(workspace: &Workspace) -> Result<Finding, AppError> {
    let lock = match workspace::lock(workspace, "mastery doctor") {
        Ok(lock) => lock,
        Err(error) if matches!(error.kind(), ErrorKind::Busy { .. }) => {
            let found = "not looked for: another mastery is at work here";
            return Ok(Finding::good("killed runs", found));
        }
        Err(error) => return Err(error.into()),
    };
    let imported = sweep::import(workspace, &lock)?;
    let kept = imported
        .iter()
        .filter(|one| matches!(one, Imported::Kept { .. }))
        .count();
    let found = match imported.len() {
        0 => "none".to_owned(),
        n => format!("{n} swept, {kept} kept as attempts"),
    };
    Ok(Finding::good("killed runs", found))
}
