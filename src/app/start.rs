//! `mastery start`: a lab's contract, brief and starter, laid into the workspace.

use std::fs;

use super::{AppError, layout::layout_file, scope::place};
use crate::{
    curriculum::{Curriculum, Language, Templates, Unit},
    workspace::{self, LayoutFile, SUBMISSION, ScaffoldReport, Workspace},
};

/// Where the brief stands in a lab's folder.
pub const BRIEF: &str = "BRIEF.md";

/// What was laid out, and where.
#[derive(Debug)]
pub struct Started {
    /// The lab's folder, from the workspace's root.
    pub place: String,
    pub language: Starter,
    pub report: ScaffoldReport,
}

/// What a lab is started from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Starter {
    Language(Language),
    /// No starter: the contract and a submission.toml to fill in.
    Other,
}

impl Starter {
    /// Reads what `--lang` or mastery.toml says.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text == "other" {
            return Ok(Self::Other);
        }
        text.parse()
            .map(Self::Language)
            .map_err(|error: crate::curriculum::LanguageError| error.to_string())
    }

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Language(language) => language.as_str(),
            Self::Other => "other",
        }
    }
}

/// Scaffolds a unit; adds only what is missing.
///
/// A lab that was started in another language keeps its own files beside the new ones.
pub fn start(
    workspace: &Workspace,
    curriculum: &Curriculum,
    unit: &Unit,
    starter: Starter,
) -> Result<Started, AppError> {
    let files = files(curriculum, unit, starter)?;
    let place = place(unit);
    let subject = format!("Start {}: {}", unit.id, unit.title);
    let report = workspace::scaffold(workspace, &place, &files, &subject)?;
    Ok(Started {
        place,
        language: starter,
        report,
    })
}

pub(super) fn files(
    curriculum: &Curriculum,
    unit: &Unit,
    starter: Starter,
) -> Result<Vec<LayoutFile>, AppError> {
    let templates = Templates::embedded();
    let lab = unit.id.as_str();
    let found = match starter {
        Starter::Language(language) => templates.starter(lab, language),
        Starter::Other => templates.other(lab),
    };
    let Some(found) = found else {
        return Err(AppError::NoStarter {
            lab: lab.to_owned(),
            language: starter.as_str().to_owned(),
            there: unit.languages.iter().map(ToString::to_string).collect(),
        });
    };
    let mut files: Vec<LayoutFile> = found.into_iter().map(layout_file).collect();
    if let Some(submission) = files.iter_mut().find(|file| file.path == SUBMISSION) {
        submission.bytes = workspace::stamp(
            &submission.bytes,
            unit.revision,
            &templates.contract_hash(lab),
        );
    }
    files.extend(curriculum.brief(unit).map(|brief| LayoutFile {
        path: BRIEF.to_owned(),
        bytes: brief.as_bytes().to_vec(),
        executable: false,
    }));
    Ok(files)
}

const LAST: &str = "last-started";

/// Keeps which unit was started last, of a week its first, for commands that name none. Losing it
/// costs a name.
pub fn remember(workspace: &Workspace, unit: &Unit) {
    let Ok(own) = workspace::own_folder(workspace) else {
        return;
    };
    if fs::write(own.join(LAST), format!("{}\n", unit.id)).is_err() {
        // Then the next command asks for a name.
    }
}

/// The unit last started here, if anybody remembers.
pub fn last_started(workspace: &Workspace) -> Option<String> {
    let text = fs::read_to_string(workspace.root.join(workspace::OWN).join(LAST)).ok()?;
    Some(text.trim().to_owned())
}
