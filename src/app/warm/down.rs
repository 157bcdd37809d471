//! Ending what is kept warm.

use std::time::Duration;

use mastery_kit::{
    process::end_tree,
    spec::ServiceKind,
    wait::{Look, until},
};
use rustix::process::{Pid, Signal, kill_process};
use tokio::runtime::Builder;

use super::{clear, living};
use crate::{
    app::{AppError, supply::Supply},
    workspace::{KeeperFolder, ProcessMark, Workspace},
};

/// A keeper that has not ended after this is stuck.
const END_LIMIT: Duration = Duration::from_secs(45);

/// Ends the keeper of a workspace and returns when it and all it held is gone: what that was.
pub fn down(workspace: &Workspace, supply: &Supply) -> Result<Vec<ServiceKind>, AppError> {
    let folder = KeeperFolder::of(workspace);
    if !folder.path().is_dir() {
        return Ok(Vec::new());
    }
    let _orders = folder.orders_lock()?;
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(AppError::Runtime)?;
    runtime.block_on(async {
        let held = living(&folder).map_or_else(Vec::new, |file| file.services);
        end(&folder, supply).await?;
        Ok(held.into_iter().map(|service| service.asked.kind).collect())
    })
}

/// Ends a living keeper and clears away whatever is left of it, or of a dead one.
pub(super) async fn end(folder: &KeeperFolder, supply: &Supply) -> Result<(), AppError> {
    if let Some(file) = living(folder) {
        end_keeper(&file.keeper).await;
    }
    clear(folder, supply).await.map(drop)
}

/// Asks a keeper to end, waits until it has, and ends it where it does not.
pub(super) async fn end_keeper(keeper: &ProcessMark) {
    signal(keeper, Signal::TERM);
    let ended = until::<(), (), _, _>(END_LIMIT, || async {
        if keeper.is_alive() {
            Look::NotYet("it still runs".to_owned())
        } else {
            Look::Ready(())
        }
    });
    if ended.await.is_err() {
        end_tree(keeper.pid());
    }
}

/// Signals a keeper; one that is gone hears nothing.
pub(super) fn signal(keeper: &ProcessMark, signal: Signal) {
    let pid = i32::try_from(keeper.pid()).ok().and_then(Pid::from_raw);
    if let Some(pid) = pid.filter(|_| keeper.is_alive()) {
        kill_process(pid, signal).ok();
    }
}
