//! `mastery sync`: attempts travel between machines through a git remote.
//!
//! The network is git's own: what the learner has set up for it (agents, helpers, proxies) is what
//! is used. Joining is ours and never takes an attempt away.

mod error;
mod git;

use std::path::Path;

use mastery_kit::process::{Supervisor, redact};

pub use self::error::SyncError;
use self::git::{Pushed, Speaker};
use super::AppError;
use crate::workspace::{self, Joined, Push, Remote, Workspace};

/// How often a push that another machine was faster than is tried anew.
const TRIES: usize = 5;

/// What a sync came to.
#[derive(Debug)]
pub struct Synced {
    /// The remote as it is shown: its name and address, without passwords.
    pub remote: String,
    pub labs: Vec<LabMoved>,
    /// Refs of which each side keeps its own.
    pub apart: Vec<String>,
}

/// What moved of one lab.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LabMoved {
    pub lab: String,
    pub came: u32,
    pub went: u32,
    pub merged: bool,
}

/// Fetches, joins and pushes.
pub fn sync(
    workspace: &Workspace,
    named: Option<&str>,
    here: &Path,
    supervisor: &Supervisor,
) -> Result<Synced, AppError> {
    let lock = workspace::lock(workspace, "mastery sync")?;
    let remote = choose(&workspace::remotes(workspace)?, named, here)?;
    let speaker = Speaker::new(workspace, &remote, supervisor)?;
    workspace::forget_incoming(workspace)?;
    let result = exchange(workspace, &speaker);
    workspace::forget_incoming(workspace)?;
    drop(lock);
    let (labs, apart) = result?;
    Ok(Synced {
        remote: remote.shown(),
        labs,
        apart,
    })
}

/// What is told: what moved by lab, and the refs that stay apart.
type Exchanged = (Vec<LabMoved>, Vec<String>);

fn exchange(workspace: &Workspace, speaker: &Speaker<'_>) -> Result<Exchanged, AppError> {
    let mut labs: Vec<LabMoved> = Vec::new();
    for _ in 0..TRIES {
        speaker.fetch()?;
        let joined = workspace::join(workspace)?;
        for one in &joined {
            note(&mut labs, one);
        }
        let wanted: Vec<Push> = joined.iter().filter_map(Joined::push).collect();
        let pushed = if wanted.is_empty() {
            Pushed::All
        } else {
            speaker.push(&wanted)?
        };
        if pushed == Pushed::All {
            labs.retain(|lab| lab.came + lab.went > 0);
            let apart = joined.into_iter().filter(|one| one.differs);
            return Ok((labs, apart.map(|one| one.name).collect()));
        }
    }
    Err(SyncError::Raced.into())
}

fn note(labs: &mut Vec<LabMoved>, joined: &Joined) {
    let Some(lab) = joined.name.strip_prefix("attempts/") else {
        return;
    };
    let at = labs.iter().position(|one| one.lab == lab);
    let at = at.unwrap_or_else(|| {
        labs.push(LabMoved {
            lab: lab.to_owned(),
            ..LabMoved::default()
        });
        labs.len() - 1
    });
    let moved = &mut labs[at];
    moved.came += joined.came;
    // A push that is tried anew sends all of it again.
    moved.went = joined.goes;
    moved.merged |= joined.merged;
}

/// Where to, as git takes it and as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Target {
    name: Option<String>,
    address: String,
}

impl Target {
    /// What git is told: the name, so that the remote's own settings count.
    fn for_git(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.address)
    }

    fn shown(&self) -> String {
        let address = redact(&self.address);
        match &self.name {
            Some(name) => format!("{name} ({address})"),
            None => address,
        }
    }
}

/// The remote that is meant: a name the repository knows, an address, or a folder.
fn choose(remotes: &[Remote], named: Option<&str>, here: &Path) -> Result<Target, SyncError> {
    let of = |remote: &Remote| Target {
        name: Some(remote.name.clone()),
        address: remote.url.clone(),
    };
    let known = |name: &str| remotes.iter().find(|remote| remote.name == name);
    let Some(named) = named else {
        return match (known("origin"), remotes) {
            (Some(origin), _) => Ok(of(origin)),
            (None, [only]) => Ok(of(only)),
            (None, []) => Err(SyncError::NoRemote),
            (None, many) => Err(SyncError::WhichRemote {
                names: many.iter().map(|remote| remote.name.clone()).collect(),
            }),
        };
    };
    if let Some(remote) = known(named) {
        return Ok(of(remote));
    }
    let folder = here.join(named);
    if folder.exists() {
        let address = folder.canonicalize().unwrap_or(folder);
        return Ok(Target {
            name: None,
            address: address.display().to_string(),
        });
    }
    // `https://…`, `host:path`; a path may hold a colon behind its first slash.
    let is_address = named.contains("://")
        || named
            .split_once(':')
            .is_some_and(|(host, _)| !host.is_empty() && !host.contains('/'));
    if is_address {
        return Ok(Target {
            name: None,
            address: named.to_owned(),
        });
    }
    Err(SyncError::UnknownRemote {
        named: named.to_owned(),
        names: remotes.iter().map(|remote| remote.name.clone()).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remote(name: &str) -> Remote {
        Remote {
            name: name.to_owned(),
            url: format!("https://ada:secret@git.example.org/{name}.git"),
        }
    }

    fn chosen(remotes: &[Remote], named: Option<&str>) -> Result<String, String> {
        let folder = tempfile::tempdir().unwrap();
        choose(remotes, named, folder.path())
            .map(|target| target.shown())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn without_a_name_it_is_origin_or_the_only_one() {
        let (origin, other) = (remote("origin"), remote("laptop"));
        let both = [other.clone(), origin];
        let shown = chosen(&both, None).unwrap();
        assert_eq!(shown, "origin (https://ada:***@git.example.org/origin.git)");
        assert!(
            chosen(std::slice::from_ref(&other), None)
                .unwrap()
                .starts_with("laptop")
        );
        assert!(chosen(&[], None).unwrap_err().contains("no remote"));
        let two = [other, remote("desk")];
        assert!(chosen(&two, None).unwrap_err().contains("laptop, desk"));
    }

    #[test]
    fn an_address_is_taken_as_it_is_and_a_word_must_be_a_remote() {
        for address in ["ssh://git.example.org/x.git", "git.example.org:x.git"] {
            assert_eq!(chosen(&[], Some(address)).as_deref(), Ok(address));
        }
        for unknown in ["orgin", "./gone", "/gone/a:b"] {
            let said = chosen(&[remote("origin")], Some(unknown)).unwrap_err();
            assert!(said.contains(unknown), "{said}");
        }
    }
}
