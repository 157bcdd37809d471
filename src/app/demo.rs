//! `mastery demo`: the whole loop on a fresh machine, in a workspace that is thrown away.

use std::{fs, path::Path};

use mastery_kit::process::Supervisor;
use tokio::runtime::Builder;

use super::{
    AppError, layout,
    scope::place,
    start::{self, Starter},
    toolchain::{self, Found},
};
use crate::{
    curriculum::{Curriculum, Language, Unit},
    workspace::Workspace,
};

/// The lab the demo shows.
pub const LAB: &str = "rest-api";

/// The languages it can show it in: starter and solution exist in both.
const LANGUAGES: [Language; 2] = [Language::Python, Language::Go];

/// The first language whose toolchain is there.
pub fn choose_language(supervisor: &Supervisor, folder: &Path) -> Result<Language, AppError> {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(AppError::Runtime)?;
    for language in LANGUAGES {
        let found = runtime.block_on(toolchain::of(language).look(supervisor, folder));
        if matches!(found, Found::Good { .. }) {
            return Ok(language);
        }
    }
    Err(AppError::NoToolchain)
}

/// Makes the workspace and starts the lab in it.
pub fn lay_out(
    folder: &Path,
    language: Language,
    curriculum: &Curriculum,
    unit: &Unit,
) -> Result<Workspace, AppError> {
    layout::init(folder, language.as_str(), curriculum)?;
    let workspace = Workspace::discover(folder)?;
    start::start(&workspace, curriculum, unit, Starter::Language(language))?;
    Ok(workspace)
}

/// Replaces the starter's code by the reference solution: what a learner works towards.
pub fn solve(workspace: &Workspace, unit: &Unit, language: Language) -> Result<(), AppError> {
    let folder = workspace.folder(&place(unit));
    let references = mastery_graders::references(unit.id.as_str());
    let wanted =
        |reference: &&mastery_graders::embedded::Reference| reference.language == language.as_str();
    for file in references
        .filter(wanted)
        .flat_map(|reference| reference.files)
    {
        let path = folder.join(file.path);
        let written = path
            .parent()
            .map_or(Ok(()), fs::create_dir_all)
            .and_then(|()| fs::write(&path, file.bytes));
        written.map_err(|error| AppError::Io {
            doing: "Writing",
            path,
            error,
        })?;
    }
    Ok(())
}
