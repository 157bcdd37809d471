//! Opens the curriculum and the workspace when a command first asks; nothing more.

use std::{
    cell::OnceCell,
    env,
    path::{Path, PathBuf},
};

use mastery_kit::process::Supervisor;

use super::error::{CommandError, ErrorKind};
use crate::{
    app::{AppError, scope, start::last_started},
    curriculum::{Curriculum, Unit},
    workspace::Workspace,
};

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

    /// The course, for whoever keeps it: the one built in, or that of `--curriculum`.
    pub(crate) fn into_curriculum(self) -> Result<Curriculum, CommandError> {
        self.curriculum()?;
        Ok(self.curriculum.into_inner().expect("it was opened"))
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

    /// The one lab or challenge whose attempts a command is about: the one named, else the one whose
    /// folder one stands in, else the one that was started last; with the workspace one stands in.
    pub(crate) fn unit(&self, named: Option<&str>) -> Result<(Workspace, &Unit), CommandError> {
        let here = Self::here()?;
        let workspace = Self::workspace(&here)?;
        let last = last_started(&workspace);
        let here = here.canonicalize().unwrap_or(here);
        let (root, last) = (&workspace.root, last.as_deref());
        let unit = scope::to_look_at(self.curriculum()?, root, &here, named, last);
        let unit = unit.map_err(AppError::from)?;
        Ok((workspace, unit))
    }

    /// The one started lab or challenge that a command works on, found like those that `grade` grades,
    /// with the workspace and the folder one stands in. Of several `says` why one is wanted, and
    /// `command` is what is typed to name it.
    pub(crate) fn started(
        &self,
        named: Option<&str>,
        says: &str,
        command: &str,
    ) -> Result<(PathBuf, Workspace, &Unit), CommandError> {
        let here = Self::here()?;
        let workspace = Self::workspace(&here)?;
        let curriculum = self.curriculum()?;
        let last = last_started(&workspace);
        let here = here.canonicalize().unwrap_or(here);
        let scope = scope::to_grade(curriculum, &workspace.root, &here, named, last.as_deref())
            .map_err(AppError::from)?;
        let [unit] = scope.units.as_slice() else {
            let units: Vec<&str> = scope.units.iter().map(|unit| unit.id.as_str()).collect();
            let text = format!("{says}, and here are {}.", units.join(", "));
            let hint = format!("Name one: `mastery {command} {}`.", units[0]);
            return Err(CommandError::user(text).hint(hint));
        };
        Ok((here, workspace, unit))
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
