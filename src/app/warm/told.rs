//! What is kept warm, as it is told to people and to programs.

use futures_util::future::join_all;
use mastery_kit::process::Resources;
use serde::Serialize;
use tokio::runtime::Builder;

use super::{
    Step, clear_dead, living,
    service::{KeptService, Standing},
};
use crate::{
    app::{AppError, clock, supply::Supply},
    report::words::duration,
    workspace::{KeeperFolder, Workspace},
};

/// What a workspace keeps warm.
#[derive(Clone, Debug, Serialize)]
pub struct Status {
    /// The process that keeps it; none: nothing is kept.
    pub keeper: Option<KeeperTold>,
    pub services: Vec<Warm>,
    /// The keeper had been killed, and what it left was cleared away just now.
    pub cleared: bool,
}

/// A living keeper.
#[derive(Clone, Debug, Serialize)]
pub struct KeeperTold {
    pub pid: u32,
    /// Seconds since 1970.
    pub since: i64,
    /// Seconds since 1970 of the last use; now, while a run uses it.
    pub last_used: Option<i64>,
    /// A command is using what it holds at this moment.
    pub in_use: bool,
}

/// A service that is kept.
#[derive(Clone, Debug, Serialize)]
pub struct Warm {
    pub service: String,
    /// `starting`, `ready` or `failed`.
    pub state: String,
    pub backend: String,
    pub version: Option<String>,
    pub address: Option<String>,
    /// The process that owns it, where it runs without a container.
    pub pid: Option<u32>,
    pub container: Option<String>,
    /// Seconds since 1970.
    pub since: Option<i64>,
    /// What its processes have resident, where they are ours to look at.
    pub memory_bytes: Option<u64>,
    /// A line to type that looks into it.
    pub line: Option<String>,
    /// Why it is not ready.
    pub why: Option<String>,
}

impl Warm {
    pub(super) fn of(service: &KeptService) -> Self {
        let mut warm = Self {
            service: service.asked.kind.as_str().to_owned(),
            state: "starting".to_owned(),
            backend: service.asked.backend.name().to_owned(),
            version: None,
            address: None,
            pid: None,
            container: None,
            since: None,
            memory_bytes: None,
            line: None,
            why: None,
        };
        match &service.standing {
            Standing::Starting => {}
            Standing::Ready {
                endpoint,
                since,
                supervisor,
                container,
                ..
            } => {
                "ready".clone_into(&mut warm.state);
                warm.version = Some(endpoint.version().to_owned());
                warm.address = Some(endpoint.address().to_string());
                warm.line = Some(endpoint.line());
                warm.since = Some(*since);
                warm.container.clone_from(container);
                if let Some(mark) = supervisor.as_ref().filter(|mark| mark.is_alive()) {
                    warm.pid = Some(mark.pid());
                    let resident = Resources::of_tree(mark.pid()).resident;
                    warm.memory_bytes = Some(resident).filter(|bytes| *bytes > 0);
                }
            }
            Standing::Failed { why, .. } => warm.fail(why),
        }
        warm
    }

    fn fail(&mut self, why: &str) {
        "failed".clone_into(&mut self.state);
        self.why = Some(why.to_owned());
    }
}

impl Step<'_> {
    /// The same in words.
    pub fn told(&self) -> String {
        match self {
            Self::Already(warm) => format!("{} is up already", warm.service),
            Self::Replacing { kind, why } => {
                format!("{} was up and is started anew: {why}", kind.as_str())
            }
            Self::Starting { kind, backend } => format!("{} starts ({backend}) …", kind.as_str()),
            Self::Ready { warm, took_ms } => {
                format!("{} is ready in {}", warm.service, duration(*took_ms))
            }
        }
    }
}

/// What a living keeper wrote down of what it holds. No service is asked, so it is had at once, and
/// one that died a moment ago may still be called ready.
pub fn noted(workspace: &Workspace) -> Vec<Warm> {
    let file = living(&KeeperFolder::of(workspace));
    let services = file.map_or_else(Vec::new, |file| file.services);
    services.iter().map(Warm::of).collect()
}

/// Looks at what is kept, and asks each service whether it answers.
pub fn status(workspace: &Workspace, supply: &Supply) -> Result<Status, AppError> {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(AppError::Runtime)?;
    runtime.block_on(look(workspace, supply))
}

/// The same for whoever has a runtime.
pub(in crate::app) async fn look(
    workspace: &Workspace,
    supply: &Supply,
) -> Result<Status, AppError> {
    let folder = KeeperFolder::of(workspace);
    let cleared = clear_dead(workspace, supply).await?;
    let Some(file) = living(&folder) else {
        return Ok(Status {
            keeper: None,
            services: Vec::new(),
            cleared,
        });
    };
    let services = file.services.iter().map(async |service| {
        let mut warm = Warm::of(service);
        if let Standing::Ready { endpoint, .. } = &service.standing
            && let Err(error) = endpoint.answers().await
        {
            warm.fail(&error.why);
        }
        warm
    });
    Ok(Status {
        services: join_all(services).await,
        keeper: Some(KeeperTold {
            pid: file.keeper.pid(),
            since: file.began_at,
            last_used: folder.used_at().map(clock::seconds),
            in_use: folder.is_used(),
        }),
        cleared,
    })
}
