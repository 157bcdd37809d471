//! What goes wrong in a command: whose fault, what to do next, and the exit code. Only here.

use std::{error::Error, process::ExitCode, sync::Arc};

use super::ui::{Lines as _, Ui};
use crate::{
    app::AppError,
    curriculum::CurriculumError,
    report::words::{Line, Tone},
    workspace::{ErrorKind as WorkspaceErrorKind, Fault, WorkspaceError},
};

/// Whose fault an error is; the exit code follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ErrorKind {
    /// A mistake of whoever typed the command, or of the learner's files.
    User,
    /// The curriculum is broken.
    Curriculum,
    /// The machine, the disk, a service.
    Bench,
    /// A bug of ours.
    Internal,
}

/// An error on its way to the person.
#[derive(Clone, Debug)]
pub(crate) struct CommandError {
    pub(crate) kind: ErrorKind,
    pub(crate) error: Arc<dyn Error + Send + Sync>,
    pub(crate) hints: Vec<String>,
}

/// How a command ended that did what it was asked to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    Good,
    /// A check failed, a proof does not hold, something needs the learner's attention.
    Failed,
    /// It could not be decided.
    Unsettled,
    Interrupted,
}

pub(crate) type CommandResult = Result<Ending, CommandError>;

impl CommandError {
    pub(crate) fn new(
        kind: ErrorKind,
        error: impl Into<Box<dyn Error + Send + Sync>>,
        hints: Vec<String>,
    ) -> Self {
        Self {
            kind,
            error: Arc::from(error.into()),
            hints,
        }
    }

    /// A mistake of the user's, in words.
    pub(crate) fn user(text: impl Into<String>) -> Self {
        Self::new(ErrorKind::User, text.into(), Vec::new())
    }

    /// Adds what to do next.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Tells it on standard error.
    pub(crate) fn tell(&self, ui: &Ui) {
        let label = match self.kind {
            ErrorKind::User => "error",
            ErrorKind::Curriculum => "error in the curriculum",
            ErrorKind::Bench => "this machine stands in the way",
            ErrorKind::Internal => "bug in mastery",
        };
        // A snippet begins with a label of its own.
        let said = if let Some(snippet) = self.snippet(ui) {
            snippet.replacen("error", label, 1)
        } else {
            let label = Line::new().then(Tone::Bad, format!("{label}:"));
            format!("{} {}", label.render(ui.err), self.error)
        };
        let mut text = String::new();
        text.line(&said);
        let mut source = self.error.source();
        while let Some(cause) = source {
            let cause_said = without_number(&cause.to_string());
            if !said.to_lowercase().contains(&cause_said.to_lowercase()) {
                text.line(format!("  because: {cause_said}"));
            }
            source = cause.source();
        }
        for hint in &self.hints {
            let line = Line::new()
                .then(Tone::Accent, "  help: ")
                .then(Tone::Plain, hint);
            text.line(line.render(ui.err));
        }
        ui.warn(&text);
    }

    /// A mistake in a file, shown where it stands, as wide and as colourful as the terminal is.
    fn snippet(&self, ui: &Ui) -> Option<String> {
        let error: &(dyn Error + 'static) = &*self.error;
        let (colour, width) = (ui.err.colour, ui.err.columns());
        if let Some(error) = error.downcast_ref::<CurriculumError>() {
            return Some(error.render(colour, width));
        }
        let error = error.downcast_ref::<WorkspaceError>()?;
        matches!(error.kind(), WorkspaceErrorKind::Text(_)).then(|| error.render(colour, width))
    }
}

/// The operating system's words without its number, which nobody knows by heart.
fn without_number(said: &str) -> String {
    said.split(" (os error").next().unwrap_or(said).to_owned()
}

impl From<WorkspaceError> for CommandError {
    fn from(error: WorkspaceError) -> Self {
        let kind = match error.fault() {
            Fault::User => ErrorKind::User,
            Fault::Bench => ErrorKind::Bench,
            Fault::Internal => ErrorKind::Internal,
        };
        let hints = error.hints();
        Self::new(kind, error, hints)
    }
}

impl From<CurriculumError> for CommandError {
    fn from(error: CurriculumError) -> Self {
        Self::new(ErrorKind::Curriculum, error, Vec::new())
    }
}

impl From<AppError> for CommandError {
    fn from(error: AppError) -> Self {
        let hints = error.hints();
        let kind = match error {
            AppError::Workspace(error) => return error.into(),
            AppError::Curriculum(error) => return error.into(),
            AppError::Scope(_)
            | AppError::Check { .. }
            | AppError::OtherCurriculum { .. }
            | AppError::NoStarter { .. }
            | AppError::NoService
            | AppError::NoLog { .. }
            | AppError::NoAttempts { .. }
            | AppError::NoAttempt { .. }
            | AppError::NoCode { .. }
            | AppError::NoFolder { .. }
            | AppError::NoHint { .. }
            | AppError::NotPassed { .. }
            | AppError::NoSolution { .. }
            | AppError::NoToolchain
            | AppError::NotOurPage { .. }
            | AppError::NoPlace { .. }
            | AppError::Problem(_) => ErrorKind::User,
            AppError::Sync(ref error) if error.is_users() => ErrorKind::User,
            AppError::NoGrader { .. } => ErrorKind::Curriculum,
            AppError::Io { .. }
            | AppError::Bench(_)
            | AppError::Fetch(_)
            | AppError::Runtime(_)
            | AppError::Sync(_) => ErrorKind::Bench,
        };
        Self::new(kind, error, hints)
    }
}

/// The exit code of a command, whatever became of it.
pub(crate) fn exit_code(result: &CommandResult) -> ExitCode {
    ExitCode::from(match result {
        Ok(Ending::Good) => 0,
        Ok(Ending::Failed) => 1,
        Ok(Ending::Unsettled) => 4,
        Ok(Ending::Interrupted) => 130,
        Err(error) => match error.kind {
            ErrorKind::User => 2,
            ErrorKind::Curriculum => 3,
            ErrorKind::Bench => 4,
            ErrorKind::Internal => 70,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_ending_has_its_own_exit_code() {
        let code = |result: CommandResult| format!("{:?}", exit_code(&result));
        let error = |kind| Err(CommandError::new(kind, "x", Vec::new()));
        let all = [
            code(Ok(Ending::Good)),
            code(Ok(Ending::Failed)),
            code(error(ErrorKind::User)),
            code(error(ErrorKind::Curriculum)),
            code(error(ErrorKind::Bench)),
            code(error(ErrorKind::Internal)),
            code(Ok(Ending::Interrupted)),
        ];
        let expected = [0_u8, 1, 2, 3, 4, 70, 130].map(|n| format!("{:?}", ExitCode::from(n)));
        assert_eq!(all, expected);
    }
}
