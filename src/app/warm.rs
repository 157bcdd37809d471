//! Services that stay up between runs, kept for a workspace by a keeper process of its own
//! ([`keeper::keep`]).
//!
//! `services up` writes down what is to be held and wakes the keeper; the keeper writes down what it
//! holds. A run that finds a living keeper joins what it needs ([`joinable`]). Whoever comes by and
//! finds a dead one clears away what it left ([`clear_dead`]): its life-lines have ended the servers.

mod down;
pub mod keeper;
mod logs;
mod service;
mod told;
mod up;

use std::{fs, time::Duration};

use mastery_kit::{
    process::end_tree,
    service::Endpoint,
    spec::ServiceKind,
    wait::{Look, until},
};

use self::service::{KeptService, Standing};
pub use self::{
    down::down,
    logs::{Logs, Said},
    service::WarmBackend,
    told::{KeeperTold, Status, Warm, noted, status},
    up::{Came, Means, Step, default_kinds, up},
};
use super::{AppError, supply::Supply};
use crate::workspace::{KeeperFile, KeeperFolder, Using, Workspace};

/// The first argument that makes our own executable a keeper; the workspace's folder comes after it.
pub const KEEP: &str = "__keep";

/// The kinds of services that can be kept.
pub const KINDS: [ServiceKind; 3] = [
    ServiceKind::Kafka,
    ServiceKind::Postgres,
    ServiceKind::Redis,
];

/// Servers whose owner is gone end within milliseconds; one that takes longer is stuck.
const LIFE_LINE_LIMIT: Duration = Duration::from_secs(3);

/// A service that a run may join.
#[derive(Clone, Debug)]
pub struct Joinable {
    pub kind: ServiceKind,
    pub backend: WarmBackend,
    pub endpoint: Endpoint,
}

/// What a living keeper of this workspace holds and says to be ready.
pub fn joinable(workspace: &Workspace) -> Vec<Joinable> {
    let Some(file) = living(&KeeperFolder::of(workspace)) else {
        return Vec::new();
    };
    let ready = file.services.into_iter();
    ready
        .filter_map(|service| match service.standing {
            Standing::Ready { endpoint, .. } => Some(Joinable {
                kind: service.asked.kind,
                backend: service.asked.backend,
                endpoint,
            }),
            Standing::Starting | Standing::Failed { .. } => None,
        })
        .collect()
}

/// Notes that warm services are used, for as long as the answer lives.
pub fn begin_use(workspace: &Workspace) -> Result<Using, AppError> {
    Ok(KeeperFolder::create(workspace)?.begin_use()?)
}

/// What a keeper that still lives wrote down.
fn living(folder: &KeeperFolder) -> Option<KeeperFile<KeptService>> {
    let file = folder.read::<KeptService>()?;
    file.keeper.is_alive().then_some(file)
}

/// Clears away what a keeper left that was killed, unless somebody else is at it; whether there was
/// anything.
pub async fn clear_dead(workspace: &Workspace, supply: &Supply) -> Result<bool, AppError> {
    let folder = KeeperFolder::of(workspace);
    if !folder.is_noted() || living(&folder).is_some() {
        return Ok(false);
    }
    match folder.try_orders_lock()? {
        Some(_orders) => clear(&folder, supply).await,
        None => Ok(false),
    }
}

/// The same for whoever holds the lock of orders.
async fn clear(folder: &KeeperFolder, supply: &Supply) -> Result<bool, AppError> {
    if living(folder).is_some() {
        return Ok(false);
    }
    // Held by a keeper that has begun and not yet written anything.
    let Some(lock) = folder.keeper_lock()? else {
        return Ok(false);
    };
    let file = folder.read::<KeptService>();
    let services = file.map_or_else(Vec::new, |file| file.services);
    for service in &services {
        service.end_what_is_left().await;
    }
    if services
        .iter()
        .any(|one| one.asked.backend == WarmBackend::Docker)
    {
        // An engine that does not answer now is asked again by the next start.
        supply.docker.sweep().await.ok();
    }
    let noted = folder.is_noted();
    folder.forget(&lock);
    fs::remove_dir_all(folder.scratch()).ok();
    Ok(noted)
}

impl KeptService {
    /// Ends a server whose keeper is gone, should its life-line not have done so.
    async fn end_what_is_left(&self) {
        let Standing::Ready {
            supervisor: Some(mark),
            ..
        } = &self.standing
        else {
            return;
        };
        let ended = until::<(), (), _, _>(LIFE_LINE_LIMIT, || async {
            if mark.is_alive() {
                Look::NotYet("it still runs".to_owned())
            } else {
                Look::Ready(())
            }
        });
        if ended.await.is_err() {
            end_tree(mark.pid());
        }
    }
}
