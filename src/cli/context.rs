//! Opens the curriculum and the workspace when a command first asks; nothing more.

use std::{
    cell::OnceCell,
    env,
    path::{Path, PathBuf},
};

use mastery_kit::process::Supervisor;

use super::error::{CommandError, ErrorKind};
use crate::{curriculum::Curriculum, workspace::Workspace};

/// What commands share.
pub(crate) struct Context {
    texts: Option<PathBuf>,
    curriculum: OnceCell<Curriculum>,
}

impl Context {
    pub(crate) fn new(texts: Option<PathBuf>) -> Self {
        Self {
            texts,
            curriculum: OnceCell::new(),
        }
    }

    /// The course: the one built in, or that of `--curriculum`.
    pub(crate) fn curriculum(&self) -> Result<&Curriculum, CommandError> {
        if let Some(curriculum) = self.curriculum.get() {
            return Ok(curriculum);
        }
        let opened = match &self.texts {
            Some(folder) => Curriculum::open(folder),
            None => Curriculum::embedded(),
        };
        let opened =
            opened.map_err(|error| CommandError::new(ErrorKind::Curriculum, error, Vec::new()))?;
        Ok(self.curriculum.get_or_init(|| opened))
    }

    /// The folder one stands in.
    pub(crate) fn here() -> Result<PathBuf, CommandError> {
        env::current_dir().map_err(|error| {
            CommandError::user(format!("The folder you stand in cannot be read: {error}."))
                .hint("It may have been deleted; `cd` to another.")
        })
    }

    /// The workspace around `here`.
    pub(crate) fn workspace(here: &Path) -> Result<Workspace, CommandError> {
        Workspace::discover(here).map_err(CommandError::from)
    }

    /// What starts and owns programs: this very executable.
    pub(crate) fn supervisor() -> Result<Supervisor, CommandError> {
        Self::own_path().map(Supervisor::new)
    }

    /// This program, as something that can be started again.
    pub(crate) fn own_path() -> Result<PathBuf, CommandError> {
        if cfg!(target_os = "linux") {
            // Leads to this very program even after an update has replaced its file.
            return Ok("/proc/self/exe".into());
        }
        env::current_exe().map_err(|error| {
            let text = format!("The path of this program cannot be told: {error}.");
            CommandError::new(ErrorKind::Bench, text, Vec::new())
        })
    }
}
