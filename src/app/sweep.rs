//! What killed runs left behind: processes ended, tapes imported, before anything new is started.

use super::AppError;
use crate::workspace::{self, Imported, RunLock, Workspace};

/// Ends what still runs of killed runs and imports their tapes as attempts.
pub(super) fn import(workspace: &Workspace, lock: &RunLock) -> Result<Vec<Imported>, AppError> {
    let mut imported = Vec::new();
    for leftover in workspace::leftovers(workspace)? {
        for supervisor in leftover.living_supervisors() {
            // A supervisor ends everything and itself when its owner is gone; one that still lives
            // is stuck, and its whole tree is ended for it.
            mastery_kit::process::end_tree(supervisor);
        }
        imported.push(workspace::import(workspace, lock, leftover)?);
    }
    Ok(imported)
}
