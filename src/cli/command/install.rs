//! Files of ours in folders of the user's: written over only where they are ours.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

use crate::{
    cli::error::{CommandError, ErrorKind},
    report::words::counted,
};

/// A file to be installed.
pub(super) struct Owned {
    pub(super) path: PathBuf,
    pub(super) text: String,
    /// A line that makes it ours.
    pub(super) mark: &'static str,
}

/// What an install did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wrote {
    pub(super) new: usize,
    pub(super) renewed: usize,
    pub(super) same: usize,
}

impl Wrote {
    /// `Installed completions: PATH`, or that they are there.
    pub(super) fn told(self, path: &Path, what: &str) -> String {
        let path = path.display();
        let files = counted((self.new + self.renewed) as u64, "file");
        match self {
            Self {
                new: 0, renewed: 0, ..
            } => format!("The {what} are current: {path}"),
            Self { new: 0, .. } => format!("Renewed the {what} ({files}): {path}"),
            Self { .. } => format!("Installed the {what} ({files}): {path}"),
        }
    }
}

/// A folder of the user's by the XDG rules: the variable, else this below the home folder.
pub(super) fn folder(variable: &str, below_home: &str) -> Result<PathBuf, CommandError> {
    let set = |name: &str| {
        let path = env::var_os(name).map(PathBuf::from);
        path.filter(|path| path.is_absolute())
    };
    set(variable)
        .or_else(|| Some(set("HOME")?.join(below_home)))
        .ok_or_else(|| {
            CommandError::user(format!(
                "There is no place to install to: neither HOME nor {variable} is set."
            ))
            .hint("Set HOME to your home folder.")
        })
}

/// Writes all of them, or none where one of the places is taken by something that is not ours.
pub(super) fn install(files: &[Owned]) -> Result<Wrote, CommandError> {
    let mut wrote = Wrote {
        new: 0,
        renewed: 0,
        same: 0,
    };
    let mut to_write = Vec::new();
    for file in files {
        match fs::read(&file.path) {
            Ok(there) if there == file.text.as_bytes() => wrote.same += 1,
            Ok(there)
                if String::from_utf8_lossy(&there)
                    .lines()
                    .any(|line| line == file.mark) =>
            {
                wrote.renewed += 1;
                to_write.push(file);
            }
            Ok(_) => return Err(taken(&file.path)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                wrote.new += 1;
                to_write.push(file);
            }
            Err(error) => return Err(refused("read", &file.path, &error)),
        }
    }
    for file in to_write {
        let folder = file.path.parent().unwrap_or(Path::new("/"));
        fs::create_dir_all(folder)
            .and_then(|()| fs::write(&file.path, &file.text))
            .map_err(|error| refused("written", &file.path, &error))?;
    }
    Ok(wrote)
}

fn taken(path: &Path) -> CommandError {
    let path = path.display();
    CommandError::user(format!(
        "{path} is there and was not written by mastery; nothing was changed."
    ))
    .hint(format!(
        "Move it out of the way first: mv '{path}' '{path}.old'"
    ))
}

fn refused(deed: &str, path: &Path, error: &io::Error) -> CommandError {
    let text = format!("{} cannot be {deed}: {error}.", path.display());
    CommandError::new(ErrorKind::Bench, text, Vec::new())
}
