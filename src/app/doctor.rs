//! `mastery doctor`: what this machine has, what is missing, and what to do about it.

use std::path::Path;

use futures_util::future::{join, join_all, join4};
use mastery_kit::process::{Launch, Supervisor};
use serde::Serialize;
use tokio::runtime::Builder;

use super::{
    AppError, caches, places,
    supply::{BackendChoice, Supply},
    sweep,
    toolchain::{self, Found, GIT, Tool},
    warm,
};
use crate::{
    curriculum::{Curriculum, Language},
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
    pub(super) fn new(subject: &str, state: Health, found: impl Into<String>) -> Self {
        Self {
            subject: subject.to_owned(),
            state,
            found: found.into(),
            deed: None,
        }
    }

    pub(super) fn good(subject: &str, found: impl Into<String>) -> Self {
        Self::new(subject, Health::Good, found)
    }

    pub(super) fn optional(subject: &str, found: impl Into<String>) -> Self {
        Self::new(subject, Health::Optional, found)
    }

    pub(super) fn deed(mut self, deed: impl Into<String>) -> Self {
        self.deed = Some(deed.into());
        self
    }
}

/// Free space below which a run may end with a full disk.
const ROOM: u64 = 1 << 30;

/// Findings about who uses the machine, which no report of a problem needs.
pub const PRIVATE: [&str; 2] = ["git identity", "HOME"];

/// Looks at everything; sweeps what killed runs left. Without a curriculum no toolchain is tied to
/// a lab.
pub fn examine(
    workspace: Option<&Workspace>,
    curriculum: Option<&Curriculum>,
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
    let chosen = workspace.map(|workspace| workspace.settings.language.as_str());
    let languages = Language::ALL.map(|language| {
        let needed = chosen == Some(language.as_str());
        let labs = curriculum.map_or_else(Vec::new, |course| labs_in(course, language));
        tool(toolchain::of(language), needed, labs, supervisor, folder)
    });
    runtime.block_on(async {
        // Side by side: each asks programs that take their time.
        let (git, identity, languages, places) = join4(
            tool(GIT, true, Vec::new(), supervisor, folder),
            identity(supervisor, folder),
            join_all(languages),
            places::examine(supervisor),
        )
        .await;
        findings.extend([git, identity]);
        findings.extend(languages);
        findings.extend(places);
    });
    findings.push(home());
    findings.push(disk(folder));
    findings.push(supervision());
    findings.push(of_workspace(workspace));
    if let Some(workspace) = workspace {
        findings.push(leftovers(workspace, supervisor)?);
        findings.push(kept_warm(workspace, supervisor)?);
    }
    findings.extend(caches::examine(workspace, supervisor));
    Ok(findings)
}

/// The open labs that have a starter in this language.
fn labs_in(curriculum: &Curriculum, language: Language) -> Vec<String> {
    let open = curriculum.units().filter(|unit| unit.is_open());
    let in_it = open.filter(|unit| unit.languages.contains(&language));
    in_it.map(|unit| unit.id.to_string()).collect()
}

async fn tool(
    tool: Tool,
    needed: bool,
    labs: Vec<String>,
    supervisor: &Supervisor,
    folder: &Path,
) -> Finding {
    let missing = if needed {
        Health::Bad
    } else {
        Health::Optional
    };
    let wanted = tool.wanted_text();
    let install = {
        let (name, from) = (tool.name, tool.install);
        let labs = match labs.as_slice() {
            [] => String::new(),
            labs => format!(", for the starters of {}", labs.join(", ")),
        };
        format!("Install {name} {wanted} or newer{labs}: {from}")
    };
    let (state, found, deed) = match tool.look(supervisor, folder).await {
        Found::Good { version } => (Health::Good, format!("{version} ({wanted} or newer)"), None),
        Found::TooOld { version } => (missing, format!("{version}, too old"), Some(install)),
        Found::Missing => (missing, "not on PATH".to_owned(), Some(install)),
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
    let ask = async |key: &str| {
        let command = ["git", "config", key].map(str::to_owned).to_vec();
        let launch = Launch::new("git", command, folder.to_path_buf());
        let answer = supervisor
            .run(launch, None, std::time::Duration::from_secs(10))
            .await;
        let text = answer.ok().filter(mastery_kit::process::Finished::success);
        text.map(|finished| finished.output.stdout.text().trim().to_owned())
    };
    match join(ask("user.name"), ask("user.email")).await {
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

fn leftovers(workspace: &Workspace, supervisor: &Supervisor) -> Result<Finding, AppError> {
    let lock = match workspace::lock(workspace, "mastery doctor") {
        Ok(lock) => lock,
        Err(error) if matches!(error.kind(), ErrorKind::Busy { .. }) => {
            let found = "not looked for: another mastery is at work here";
            return Ok(Finding::good("killed runs", found));
        }
        Err(error) => return Err(error.into()),
    };
    let imported = sweep::import(workspace, &lock, supervisor)?;
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

fn kept_warm(workspace: &Workspace, supervisor: &Supervisor) -> Result<Finding, AppError> {
    let supply = Supply::here(BackendChoice::Auto, supervisor.clone());
    let status = warm::status(workspace, &supply)?;
    let subject = "warm services";
    let Some(keeper) = status.keeper else {
        return Ok(Finding::good(
            subject,
            if status.cleared {
                "their keeper had been killed; what it left is cleared away"
            } else {
                "none are kept"
            },
        ));
    };
    let told = status.services.iter().map(|one| match &one.version {
        Some(version) if one.why.is_none() => format!("{} {version}", one.service),
        Some(_) | None => format!("{} {}", one.service, one.state),
    });
    let told: Vec<String> = told.collect();
    let found = format!("{} (kept by pid {})", told.join(", "), keeper.pid);
    Ok(if status.services.iter().any(|one| one.why.is_some()) {
        Finding::optional(subject, found).deed("`mastery services up` starts what has failed anew.")
    } else {
        Finding::good(subject, found)
    })
}
