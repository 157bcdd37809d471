//! What can go wrong with a workspace: whose fault it is, where, and what to do next.

use std::{
    fmt, io,
    path::{Path, PathBuf},
};

use super::TextError;

/// What the functions of this room return.
pub type Result<T> = std::result::Result<T, WorkspaceError>;

/// Something wrong with a workspace. Its display is full sentences; for a mistake in a TOML file it
/// is a snippet of several lines.
#[derive(Debug)]
pub struct WorkspaceError(Box<ErrorKind>);

/// Whose fault an error is, which decides the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The learner can put it right.
    User,
    /// The machine: a disk, rights, a damaged repository.
    Bench,
    /// A bug of ours.
    Internal,
}

/// What went wrong.
#[derive(Debug)]
pub enum ErrorKind {
    /// Neither this folder nor one above it has a `mastery.toml`.
    NotAWorkspace { from: PathBuf },
    /// A mistake in a TOML file, shown where it stands.
    Text(TextError),
    /// A file that must be there is not.
    Missing { path: PathBuf, hint: String },
    /// Another run holds the workspace.
    Busy { pid: Option<u32>, command: String },
    /// The folder is a bare repository: there is no work tree to lay files into.
    Bare { path: PathBuf },
    /// The folder belongs to a workspace that is already there.
    InsideWorkspace { dir: PathBuf, root: PathBuf },
    /// A path that leaves its folder, or leads through a symbolic link.
    UnsafePath { path: String, why: String },
    /// Something else stands where a folder is needed.
    InTheWay { path: PathBuf },
    /// Something would be written over that is in no attempt: ignored by git, too large, a link.
    NotKept { paths: Vec<String> },
    /// A file changed while the folder was being put back.
    Changed { path: String },
    /// The workspace is in no git repository.
    NoRepository { root: PathBuf },
    /// The repository belongs to another user of the machine.
    NotYours { path: PathBuf },
    /// The disk or the operating system refused.
    Disk {
        doing: String,
        path: PathBuf,
        source: io::Error,
    },
    /// libgit2 refused.
    Git { doing: String, said: String },
    /// It cannot be, and is a bug of ours.
    Internal(String),
}

impl WorkspaceError {
    pub fn kind(&self) -> &ErrorKind {
        &self.0
    }

    /// Whose fault it is.
    pub fn fault(&self) -> Fault {
        match *self.0 {
            ErrorKind::NotAWorkspace { .. }
            | ErrorKind::Text(_)
            | ErrorKind::Missing { .. }
            | ErrorKind::Busy { .. }
            | ErrorKind::Bare { .. }
            | ErrorKind::InsideWorkspace { .. }
            | ErrorKind::UnsafePath { .. }
            | ErrorKind::InTheWay { .. }
            | ErrorKind::NotKept { .. }
            | ErrorKind::Changed { .. }
            | ErrorKind::NoRepository { .. }
            | ErrorKind::NotYours { .. } => Fault::User,
            ErrorKind::Disk { .. } | ErrorKind::Git { .. } => Fault::Bench,
            ErrorKind::Internal(_) => Fault::Internal,
        }
    }

    /// What to do next, one deed or command line each.
    pub fn hints(&self) -> Vec<String> {
        match &*self.0 {
            ErrorKind::NotAWorkspace { .. } => {
                vec!["Go into your workspace, or make one: mastery init DIR".to_owned()]
            }
            // A snippet carries its own.
            ErrorKind::Text(_) => Vec::new(),
            ErrorKind::Missing { hint, .. } => vec![format!("Lay out what is missing: {hint}")],
            ErrorKind::Busy { pid, .. } => {
                let stop = pid.map_or_else(String::new, |pid| format!(", or stop it: kill {pid}"));
                vec![format!("Wait until it ends{stop}")]
            }
            ErrorKind::Bare { .. } => {
                vec!["Choose another folder: mastery init DIR".to_owned()]
            }
            ErrorKind::InsideWorkspace { root, .. } => {
                vec![format!(
                    "Go there and see what is next: cd '{}'",
                    root.display()
                )]
            }
            ErrorKind::UnsafePath { .. } => {
                vec!["Put a folder in the place of the symbolic link, then run it again".to_owned()]
            }
            ErrorKind::InTheWay { path } => vec![format!(
                "Move it out of the way, then run it again: mv '{0}' '{0}.old'",
                path.display()
            )],
            ErrorKind::NotKept { .. } => {
                vec!["Move it out of the lab's folder, or copy it, then run it again".to_owned()]
            }
            ErrorKind::Changed { .. } => {
                vec!["Wait until nothing writes into the folder, then run it again".to_owned()]
            }
            ErrorKind::NoRepository { root } => vec![format!("git init '{}'", root.display())],
            ErrorKind::NotYours { path } => vec![
                format!(
                    "Make it yours: sudo chown -R \"$(id -u)\" '{}'",
                    path.display()
                ),
                format!(
                    "Or trust it: git config --global --add safe.directory '{}'",
                    path.display()
                ),
            ],
            ErrorKind::Disk { path, source, .. } => disk_hints(path, source),
            ErrorKind::Git { .. } => {
                vec!["Look at the repository: git status, git fsck".to_owned()]
            }
            ErrorKind::Internal(_) => {
                vec!["This is a bug in mastery: report it with this line".to_owned()]
            }
        }
    }

    /// The text for a terminal of this width, without a final newline.
    pub fn render(&self, colour: bool, width: usize) -> String {
        if let ErrorKind::Text(text) = &*self.0 {
            text.render(colour, width)
        } else {
            self.to_string()
        }
    }

    pub(super) fn disk(
        doing: impl Into<String>,
        path: impl Into<PathBuf>,
        source: io::Error,
    ) -> Self {
        ErrorKind::Disk {
            doing: doing.into(),
            path: path.into(),
            source,
        }
        .into()
    }

    pub(super) fn git(doing: impl Into<String>, error: &git2::Error) -> Self {
        ErrorKind::Git {
            doing: doing.into(),
            said: error.message().trim_end_matches('.').to_owned(),
        }
        .into()
    }
}

fn disk_hints(path: &Path, source: &io::Error) -> Vec<String> {
    use io::ErrorKind as Kind;
    let (path, kind) = (path.display(), source.kind());
    let hint = if matches!(kind, Kind::StorageFull | Kind::QuotaExceeded) {
        format!("Free some space, then run it again: df -h '{path}'")
    } else if kind == Kind::ReadOnlyFilesystem {
        "The file system can only be read: choose a folder on another one".to_owned()
    } else {
        format!("Look at what is there and at its rights: ls -ld '{path}'")
    };
    vec![hint]
}

impl From<ErrorKind> for WorkspaceError {
    fn from(kind: ErrorKind) -> Self {
        Self(Box::new(kind))
    }
}

impl From<TextError> for WorkspaceError {
    fn from(error: TextError) -> Self {
        ErrorKind::Text(error).into()
    }
}

impl fmt::Display for WorkspaceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            ErrorKind::NotAWorkspace { from } => write!(
                f,
                "{} is not in a workspace: neither it nor a folder above it has a mastery.toml.",
                from.display()
            ),
            ErrorKind::Text(text) => f.write_str(&text.render(false, 100)),
            ErrorKind::Missing { path, .. } => write!(f, "{} is not there.", path.display()),
            ErrorKind::Busy { pid, command } => {
                let who = pid.map_or_else(String::new, |pid| format!(" (pid {pid})"));
                write!(f, "This workspace is in use by `{command}`{who}.")
            }
            ErrorKind::Bare { path } => write!(
                f,
                "{} is a bare git repository: it has no work tree to lay a workspace into.",
                path.display()
            ),
            ErrorKind::InsideWorkspace { dir, root } => write!(
                f,
                "{} is inside the workspace {}, and workspaces do not nest.",
                dir.display(),
                root.display()
            ),
            ErrorKind::UnsafePath { path, why } => {
                write!(f, "Nothing is written to `{path}`: {why}.")
            }
            ErrorKind::InTheWay { path } => write!(
                f,
                "{} is no folder, and a folder is needed there.",
                path.display()
            ),
            ErrorKind::NotKept { paths } => write!(
                f,
                "Nothing was changed: no attempt has your {} (git ignores it, or it is too large to be kept), and it would be written over.",
                paths.join(", ")
            ),
            ErrorKind::Changed { path } => write!(
                f,
                "`{path}` changed at this very moment, so it was left as it is."
            ),
            ErrorKind::NoRepository { root } => write!(
                f,
                "{} is in no git repository, so attempts cannot be kept.",
                root.display()
            ),
            ErrorKind::NotYours { path } => write!(
                f,
                "git refuses the repository {}, because its folder belongs to another user of this machine.",
                path.display()
            ),
            ErrorKind::Disk {
                doing,
                path,
                source,
            } => write!(
                f,
                "Could not {doing} {}: {}.",
                path.display(),
                reason(source)
            ),
            ErrorKind::Git { doing, said } => write!(f, "git could not {doing}: {said}."),
            ErrorKind::Internal(what) => write!(f, "This cannot be: {what}."),
        }
    }
}

/// The operating system's words as a fragment, without its number.
fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_lowercase().chain(letters).collect()
    })
}

impl std::error::Error for WorkspaceError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        if let ErrorKind::Disk { source, .. } = &*self.0 {
            Some(source)
        } else {
            None
        }
    }
}
