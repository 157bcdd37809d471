//! `mastery solution`: the references of a lab that was passed, beside the learner's own code.

use super::{AppError, compare::file_changes, scope::place, start::BRIEF};
use crate::{
    curriculum::{Templates, Unit},
    report::solution::Solution,
    workspace::{
        self, Diary, Trees, Workspace, changes_of,
        patch::{PatchFile, PatchFiles},
    },
};

/// Shows a reference, once the lab is passed. `language`: as asked for, else that of the pass.
pub fn solution(
    workspace: &Workspace,
    unit: &Unit,
    language: Option<&str>,
) -> Result<Solution, AppError> {
    let lab = unit.id.as_str();
    let diary = Diary::open(workspace, lab)?;
    let pass = diary.record().and_then(|record| record.passed);
    let Some(pass) = pass else {
        return Err(AppError::NotPassed {
            lab: lab.to_owned(),
            tried: !diary.is_empty(),
        });
    };
    let passing = diary.attempt(pass.position);
    let there: Vec<&str> = mastery_graders::references(lab)
        .map(|reference| reference.language)
        .collect();
    let wanted = match (language, &passing) {
        (Some(language), _) => language,
        (None, Some(attempt)) if there.contains(&attempt.language.as_str()) => &attempt.language,
        (None, _) => there.first().copied().unwrap_or_default(),
    };
    let reference = mastery_graders::references(lab).find(|one| one.language == wanted);
    let reference = reference.ok_or_else(|| AppError::NoSolution {
        lab: lab.to_owned(),
        language: wanted.to_owned(),
        there: there.iter().map(ToString::to_string).collect(),
    })?;
    let solution: PatchFiles = reference
        .files
        .iter()
        .map(|file| {
            let (bytes, executable) = (file.bytes.to_vec(), file.executable);
            (file.path.to_owned(), PatchFile { bytes, executable })
        })
        .collect();
    let (yours, at) = yours(workspace, unit, &diary, pass.position)?;
    let same = solution
        .iter()
        .filter(|(path, file)| yours.get(*path).is_some_and(|own| own.bytes == file.bytes));
    Ok(Solution {
        lab: lab.to_owned(),
        language: wanted.to_owned(),
        others: (there.iter())
            .filter(|language| **language != wanted)
            .map(ToString::to_string)
            .collect(),
        yours: at,
        same: same.map(|(path, _)| path.clone()).collect(),
        files: file_changes(changes_of(&yours, &solution)?),
    })
}

/// The learner's own files, without what every learner was given: those of their folder, or of the
/// attempt that passed where the folder is gone.
fn yours(
    workspace: &Workspace,
    unit: &Unit,
    diary: &Diary,
    passed: u32,
) -> Result<(PatchFiles, String), AppError> {
    let trees = Trees::open(workspace)?;
    let place = place(unit);
    let (tree, at) = if workspace.folder(&place).is_dir() {
        (Some(workspace::snapshot(workspace, &place)?.tree), place)
    } else {
        let attempt = diary.attempt(passed);
        let work = match &attempt {
            Some(attempt) => trees.work_of(attempt.id)?,
            None => None,
        };
        (work, format!("attempt {passed}"))
    };
    let mut files = match tree {
        Some(tree) => trees.files(tree)?,
        None => PatchFiles::new(),
    };
    for given in Templates::embedded().contract(unit.id.as_str()).keys() {
        files.remove(&format!("contract/{given}"));
    }
    files.remove(BRIEF);
    Ok((files, at))
}
