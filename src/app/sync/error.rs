//! Why attempts could not travel: whose fault it is and what to do.

use std::fmt;

use super::super::toolchain::GIT;
use crate::curriculum::suggest;

/// What stands in the way of a sync. Attempts are where they were.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SyncError {
    /// The repository knows no remote, and none was named.
    NoRemote,
    /// It knows several, none of which is `origin`.
    WhichRemote { names: Vec<String> },
    /// Neither a remote, nor an address, nor a folder.
    UnknownRemote { named: String, names: Vec<String> },
    /// There is no repository at that address.
    Missing { remote: String, said: String },
    /// Nobody answers there.
    Unreachable { remote: String, said: String },
    /// It wants to know who we are, and does not let us in.
    Refused { remote: String, said: String },
    /// It is reached, and does not take what is pushed.
    Declined { remote: String, said: String },
    /// Others pushed each time we did.
    Raced,
    /// Git said something else.
    Git { remote: String, said: String },
    /// There is no git, or it cannot be started.
    NoGit { said: String },
}

impl SyncError {
    /// Whether the learner can put it right; else it is the machine or the network.
    pub fn is_users(&self) -> bool {
        match self {
            Self::NoRemote
            | Self::WhichRemote { .. }
            | Self::UnknownRemote { .. }
            | Self::Missing { .. }
            | Self::Refused { .. }
            | Self::Declined { .. } => true,
            Self::Unreachable { .. } | Self::Raced | Self::Git { .. } | Self::NoGit { .. } => false,
        }
    }

    /// What to do next.
    pub fn hints(&self) -> Vec<String> {
        match self {
            Self::NoRemote => vec![
                "Give it one: git remote add origin ADDRESS".to_owned(),
                "Or name an address or a folder: `mastery sync /media/stick/mastery.git`."
                    .to_owned(),
            ],
            Self::WhichRemote { names } => {
                let first = names.first().map_or("origin", String::as_str);
                vec![format!("Name one: `mastery sync {first}`.")]
            }
            Self::UnknownRemote { named, names } => {
                match suggest(named, names.iter().map(String::as_str)) {
                    Some(meant) => vec![format!("Did you mean `{meant}`?")],
                    None if names.is_empty() => {
                        vec!["The repository has none: git remote add origin ADDRESS".to_owned()]
                    }
                    None => vec![format!("It knows {}.", names.join(", "))],
                }
            }
            Self::Missing { .. } => vec![
                "Look at its address: git remote -v".to_owned(),
                "A folder becomes one with: git init --bare FOLDER".to_owned(),
            ],
            Self::Unreachable { .. } => {
                vec!["Try again when the network is there; nothing is lost until then.".to_owned()]
            }
            Self::Refused { .. } => vec![
                "Nobody is asked for a password here: log in with an SSH agent or git's credential helper."
                    .to_owned(),
                "See whether git itself gets in: git ls-remote".to_owned(),
            ],
            Self::Declined { .. } => {
                vec!["Allow refs/mastery/* on that side, or choose another remote.".to_owned()]
            }
            Self::Raced => vec!["Run it again: `mastery sync`.".to_owned()],
            Self::Git { .. } => vec!["Look at what git says of it: git ls-remote".to_owned()],
            Self::NoGit { .. } => vec![format!("Install git: {}", GIT.install)],
        }
    }
}

impl fmt::Display for SyncError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRemote => f.write_str("This repository has no remote to sync with."),
            Self::WhichRemote { names } => write!(
                f,
                "This repository has several remotes and none is called origin: {}.",
                names.join(", ")
            ),
            Self::UnknownRemote { named, .. } => write!(
                f,
                "`{named}` is neither a remote of this repository, nor an address, nor a folder."
            ),
            Self::Missing { remote, said } => {
                write!(f, "There is no repository at {remote}: {said}.")
            }
            Self::Unreachable { remote, said } => write!(f, "{remote} cannot be reached: {said}."),
            Self::Refused { remote, said } => write!(f, "{remote} does not let us in: {said}."),
            Self::Declined { remote, said } => {
                write!(f, "{remote} does not take what is pushed: {said}.")
            }
            Self::Raced => f.write_str("Another machine pushed each time this one did."),
            Self::Git { remote, said } => write!(f, "git could not sync with {remote}: {said}."),
            Self::NoGit { said } => write!(f, "git cannot be run: {said}."),
        }
    }
}

impl std::error::Error for SyncError {}
