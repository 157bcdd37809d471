//! `mastery restore`: a lab's folder as an attempt has it. What is there now is kept first.

use mastery_kit::process::Supervisor;

use super::{
    AppError,
    compare::{code_of, numbered},
    scope::place,
    sweep,
};
use crate::{
    curriculum::Unit,
    workspace::{self, Diary, Imported, LeftOut, ObjectId, Restored, Restoring, Trees, Workspace},
};

/// So many attempts are looked at for one that holds the folder as it is.
const LOOKED_AT: usize = 100;

/// What became of the folder.
#[derive(Debug)]
pub struct Outcome {
    /// The lab's folder, from the workspace's root.
    pub place: String,
    pub number: u32,
    /// Where the folder as it was is kept now.
    pub before: Before,
    pub done: Restored,
    /// What lies in the folder and belongs to no attempt: it stayed as it is.
    pub left_out: Vec<LeftOut>,
    /// Attempts of runs that had been killed, kept first.
    pub imported: Vec<Imported>,
}

/// Where the folder as it was can be found again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Before {
    /// It was saved as this attempt.
    Saved(u32),
    /// This attempt is the same already.
    Is(u32),
    /// There was no folder.
    Nothing,
    /// It is as the attempt already: nothing was changed.
    Same,
}

/// Brings an attempt back.
pub fn restore(
    workspace: &Workspace,
    unit: &Unit,
    number: u32,
    supervisor: &Supervisor,
) -> Result<Outcome, AppError> {
    let lock = workspace::lock(workspace, "mastery restore")?;
    let imported = sweep::import(workspace, &lock, supervisor)?;
    let diary = Diary::open(workspace, unit.id.as_str())?;
    let attempt = numbered(unit, &diary, number)?;
    let trees = Trees::open(workspace)?;
    let target = code_of(unit, &trees, &attempt)?;
    let place = place(unit);
    let is_there = workspace.folder(&place).symlink_metadata().is_ok();
    let present = if is_there {
        Some(workspace::snapshot(workspace, &place)?)
    } else {
        None
    };
    let restoring = Restoring::plan(workspace, &place, present.as_ref(), target)?;
    let (before, done) = if restoring.is_done() {
        (Before::Same, Restored::default())
    } else {
        let before = match &present {
            Some(present) => match kept_already(&diary, &trees, present.tree)? {
                Some(position) => Before::Is(position),
                None => Before::Saved(save(workspace, unit, present.tree, number)?),
            },
            None => Before::Nothing,
        };
        (before, restoring.carry_out(&lock)?)
    };
    Ok(Outcome {
        place,
        number,
        before,
        done,
        left_out: present.map(|present| present.left_out).unwrap_or_default(),
        imported,
    })
}

/// The attempt that has the folder as it is.
fn kept_already(diary: &Diary, trees: &Trees, work: ObjectId) -> Result<Option<u32>, AppError> {
    for attempt in diary.until(u32::MAX).take(LOOKED_AT) {
        if trees.work_of(attempt.id)? == Some(work) {
            return Ok(Some(attempt.position));
        }
    }
    Ok(None)
}

/// Keeps the folder as it is: this attempt is to be put in its place.
fn save(workspace: &Workspace, unit: &Unit, work: ObjectId, number: u32) -> Result<u32, AppError> {
    let why = format!("your folder before attempt {number} was restored");
    Ok(workspace::save(workspace, unit.id.as_str(), work, &why)?)
}
