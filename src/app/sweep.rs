//! What killed runs left behind: processes ended, containers and files removed, tapes imported,
//! before anything new is started.

use std::time::Duration;

use mastery_kit::{
    process::Supervisor,
    service::native::Native,
    wait::{Look, until},
};
use tokio::runtime::Builder;

use super::{
    AppError,
    supply::{BackendChoice, Supply},
};
use crate::workspace::{self, Imported, Leftover, RunLock, Workspace};

/// Longer than what a supervisor without an owner grants a server that must not be killed.
const PATIENCE: Duration = Duration::from_secs(4);

/// Ends what still runs of killed runs, removes what they kept and imports their tapes as attempts.
pub(super) fn import(
    workspace: &Workspace,
    lock: &RunLock,
    supervisor: &Supervisor,
) -> Result<Vec<Imported>, AppError> {
    let leftovers = workspace::leftovers(workspace)?;
    if leftovers.is_empty() {
        return Ok(Vec::new());
    }
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(AppError::Runtime)?;
    runtime.block_on(clear_away(&leftovers, supervisor));
    let mut imported = Vec::new();
    for leftover in leftovers {
        imported.push(workspace::import(workspace, lock, leftover)?);
    }
    Ok(imported)
}

/// What cannot be removed now is met again: a folder by the next run, a container by the next one that
/// uses Docker. No verdict waits for it.
async fn clear_away(leftovers: &[Leftover], supervisor: &Supervisor) {
    let supply = Supply::here(BackendChoice::Auto, supervisor.clone());
    let native = Native::new(supply.cache, supply.supervisor);
    for leftover in leftovers {
        // A supervisor ends everything and itself when its owner is gone; one that still lives after
        // that is stuck, and its whole tree is ended for it.
        let left = until(PATIENCE, || {
            let living = leftover.living_supervisors();
            async move {
                match living.len() {
                    0 => Look::<(), std::convert::Infallible>::Ready(()),
                    left => Look::NotYet(format!("{left} supervisors live")),
                }
            }
        });
        if left.await.is_err() {
            for supervisor in leftover.living_supervisors() {
                mastery_kit::process::end_tree(supervisor);
            }
        }
        native.clear_away(&leftover.scratch()).await.ok();
    }
    native.sweep().await;
    // Whatever is asked for now, they may have run in containers.
    if supply.docker.ping().await.is_ok() {
        supply.docker.sweep().await.ok();
    }
}
