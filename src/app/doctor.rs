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

/// Free space below which a run may end with a full disk.
const ROOM: u64 = 1 << 30;

/// Looks at everything; sweeps what killed runs left.
pub fn examine(
    workspace: Option<&Workspace>,
    here: &Path,
    supervisor: &Supervisor,
) -> Result<Vec<Finding>, AppError> {
    let mut findings = vec![Finding {
        subject: "mastery".to_owned(),
        state: Health::Good,
        found: format!("{} on {}", env!("CARGO_PKG_VERSION"), std::env::consts::OS),
        deed: None,
    }];
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
    let subject = "git identity".to_owned();
    match (&said[0], &said[1]) {
        (Some(name), Some(email)) => Finding {
            subject,
            state: Health::Good,
            found: format!("{name} <{email}>"),
            deed: None,
        },
        _ => Finding {
            subject,
            state: Health::Optional,
            found: "not set: `init` and `start` write files and leave the commits to you"
                .to_owned(),
            deed: Some(
                "git config --global user.name NAME; git config --global user.email EMAIL"
                    .to_owned(),
            ),
        },
    }
}

fn home() -> Finding {
    let subject = "HOME".to_owned();
    match std::env::var("HOME") {
        Ok(home) if Path::new(&home).is_dir() => Finding {
            subject,
            state: Health::Good,
            found: home,
            deed: None,
        },
        Ok(home) => Finding {
            subject,
            state: Health::Optional,
            found: format!("`{home}` is no folder"),
            deed: Some(
                "Set HOME to your home folder: toolchains keep their caches there.".to_owned(),
            ),
        },
        Err(_) => Finding {
            subject,
            state: Health::Optional,
            found: "not set".to_owned(),
            deed: Some(
                "Set HOME to your home folder: toolchains keep their caches there.".to_owned(),
            ),
        },
    }
}

fn disk(folder: &Path) -> Finding {
    let subject = "disk".to_owned();
    match rustix::fs::statvfs(folder) {
        Ok(stat) => {
            let free = stat.f_bavail.saturating_mul(stat.f_frsize);
            let found = format!("{} MiB free in {}", free >> 20, folder.display());
            if free >= ROOM {
                Finding {
                    subject,
                    state: Health::Good,
                    found,
                    deed: None,
                }
            } else {
                let deed = Some("Make room: a build and its logs want 1 GiB.".to_owned());
                Finding {
                    subject,
                    state: Health::Bad,
                    found,
                    deed,
                }
            }
        }
        Err(error) => Finding {
            subject,
            state: Health::Optional,
            found: format!("free space of {} cannot be read: {error}", folder.display()),
            deed: None,
        },
    }
}

fn supervision() -> Finding {
    let subject = "supervision".to_owned();
    if cfg!(target_os = "linux") {
        let found = "every process a program starts is ended with it".to_owned();
        Finding {
            subject,
            state: Health::Good,
            found,
            deed: None,
        }
    } else {
        Finding {
            subject,
            state: Health::Optional,
            found: "process groups only: a child that leaves its group may survive".to_owned(),
            deed: Some(
                "Look for leftovers with `ps` after a run of a program that daemonises.".to_owned(),
            ),
        }
    }
}

fn of_workspace(workspace: Option<&Workspace>) -> Finding {
    let subject = "workspace".to_owned();
    match workspace {
        Some(workspace) => Finding {
            subject,
            state: Health::Good,
            found: workspace.root.display().to_string(),
            deed: None,
        },
        None => Finding {
            subject,
            state: Health::Optional,
            found: "none around this folder".to_owned(),
            deed: Some("`mastery init DIR` makes one.".to_owned()),
        },
    }
}

fn leftovers(workspace: &Workspace) -> Result<Finding, AppError> {
    let subject = "killed runs".to_owned();
    let lock = match workspace::lock(workspace, "mastery doctor") {
        Ok(lock) => lock,
        Err(error) if matches!(error.kind(), ErrorKind::Busy { .. }) => {
            let found = "not looked for: another mastery is at work here".to_owned();
            return Ok(Finding {
                subject,
                state: Health::Good,
                found,
                deed: None,
            });
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
    Ok(Finding {
        subject,
        state: Health::Good,
        found,
        deed: None,
    })
}
