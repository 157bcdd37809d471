//! Bringing services up and keeping them so: what is there already stays, the rest is started together.

use std::{
    ffi::OsStr,
    fs,
    net::{Ipv4Addr, TcpListener},
    path::Path,
    process::Child,
    time::Duration,
};

use mastery_kit::{
    process::detached,
    service::Endpoint,
    spec::ServiceKind,
    verdict::BenchError,
    wait::{Look, WaitError, until},
};
use rustix::process::Signal;
use tokio::runtime::Builder;

use super::{
    KEEP, KINDS, WarmBackend, clear,
    down::{end, end_keeper, signal},
    living,
    service::{Asked, KeptService, Standing},
    told::Warm,
};
use crate::{
    app::{AppError, keep::START_LIMIT, supply::Supply},
    curriculum::Curriculum,
    grading::{
        dispatcher::{Signals, Stop, next_of},
        plan::ServiceSource,
    },
    workspace::{KeeperFolder, ProcessMark, Workspace},
};

/// Beyond the limit of a start, which the keeper itself sees to.
const SLACK: Duration = Duration::from_secs(10);
/// Lines of a keeper that ended before it held anything.
const LAST_LINES: usize = 10;

/// What goes on, for whoever waits.
pub enum Step<'w> {
    /// It is up already.
    Already(&'w Warm),
    /// It is up and of no use; this is why it is started anew.
    Replacing {
        kind: ServiceKind,
        why: String,
    },
    Starting {
        kind: ServiceKind,
        backend: &'static str,
    },
    Ready {
        warm: &'w Warm,
        took_ms: u64,
    },
}

/// How it went.
pub enum Came {
    /// All of these are up.
    Up(Vec<Warm>),
    /// It was stopped, and what it had started is gone.
    Interrupted,
}

/// The kinds that some open lab needs.
pub fn default_kinds(curriculum: &Curriculum) -> Vec<ServiceKind> {
    let open = curriculum.units().filter(|unit| unit.is_open());
    let needed: Vec<ServiceKind> = open.flat_map(|unit| unit.services.clone()).collect();
    (KINDS.into_iter())
        .filter(|kind| needed.contains(kind))
        .collect()
}

/// What services are brought up with.
pub struct Means<'a> {
    /// Where they come from.
    pub supply: &'a Supply,
    /// This program, as something that can be started again.
    pub exe: &'a Path,
    /// Who stops it; otherwise signals do.
    pub stop: Option<&'a Stop>,
}

/// Brings up what is missing of these and returns when all of them are ready.
pub fn up(
    workspace: &Workspace,
    kinds: &[ServiceKind],
    means: Means<'_>,
    tell: &mut dyn FnMut(Step<'_>),
) -> Result<Came, AppError> {
    if kinds.is_empty() {
        return Err(AppError::NoService);
    }
    let folder = KeeperFolder::create(workspace)?;
    let _orders = folder.orders_lock()?;
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(AppError::Runtime)?;
    let rising = Rising {
        workspace,
        folder,
        means,
    };
    runtime.block_on(rising.rise(kinds, tell))
}

struct Rising<'a> {
    workspace: &'a Workspace,
    folder: KeeperFolder,
    means: Means<'a>,
}

/// What is up and stays, and what is to be started.
#[derive(Default)]
struct Chosen {
    stay: Vec<Asked>,
    fresh: Vec<Asked>,
}

/// Whoever carries the orders out.
enum Keeper {
    /// It lived already.
    Living(ProcessMark),
    Begun(Child),
}

impl Rising<'_> {
    async fn rise(
        &self,
        kinds: &[ServiceKind],
        tell: &mut dyn FnMut(Step<'_>),
    ) -> Result<Came, AppError> {
        clear(&self.folder, self.means.supply).await?;
        let chosen = self.choose(kinds, tell).await?;
        let _using = self.folder.begin_use()?;
        if chosen.fresh.is_empty() {
            return Ok(Came::Up(self.warm(kinds)));
        }
        let mut signals = match self.means.stop {
            Some(_) => None,
            None => Some(Signals::new().map_err(AppError::Runtime)?),
        };
        let mut keeper = self.order(&chosen, tell)?;
        let stopped = async {
            match self.means.stop {
                Some(stop) => stop.raised().await,
                None => next_of(&mut signals).await,
            }
        };
        let outcome = tokio::select! {
            biased;
            () = stopped => Ok(false),
            followed = self.follow(&chosen.fresh, &mut keeper, tell) => followed.map(|()| true),
        };
        if let Ok(true) = outcome {
            return Ok(Came::Up(self.warm(kinds)));
        }
        self.take_back(&chosen, keeper).await?;
        outcome.map(|_| Came::Interrupted)
    }

    /// Decides for each kind whether what is there stays; nothing is started or stopped yet.
    async fn choose(
        &self,
        kinds: &[ServiceKind],
        tell: &mut dyn FnMut(Step<'_>),
    ) -> Result<Chosen, AppError> {
        let held = living(&self.folder).map_or_else(Vec::new, |file| file.services);
        let mut chosen = Chosen::default();
        let mut missing = Vec::new();
        for service in &held {
            if !kinds.contains(&service.asked.kind)
                && matches!(service.standing, Standing::Ready { .. })
            {
                chosen.stay.push(service.asked);
            }
        }
        for kind in kinds {
            let found = held.iter().find(|service| service.asked.kind == *kind);
            let Some(service) = found else {
                missing.push((*kind, 0));
                continue;
            };
            match self.trouble(service).await {
                None => {
                    chosen.stay.push(service.asked);
                    tell(Step::Already(&Warm::of(service)));
                }
                Some(why) => {
                    missing.push((*kind, service.asked.turn + 1));
                    tell(Step::Replacing { kind: *kind, why });
                }
            }
        }
        let kinds: Vec<ServiceKind> = missing.iter().map(|(kind, _)| *kind).collect();
        let planned = self.means.supply.decide(&kinds).await;
        for (one, (kind, turn)) in planned.into_iter().zip(missing) {
            match one.source {
                ServiceSource::Start(backend) => chosen.fresh.push(Asked {
                    kind,
                    backend: WarmBackend::of(&backend),
                    turn,
                }),
                ServiceSource::Absent(error) => return Err(AppError::Bench(error)),
                // Nothing was given to be joined.
                ServiceSource::Warm { .. } => {}
            }
        }
        Ok(chosen)
    }

    /// Why a service that is held is of no use.
    async fn trouble(&self, service: &KeptService) -> Option<String> {
        let endpoint = match &service.standing {
            Standing::Ready { endpoint, .. } => endpoint,
            Standing::Starting => return Some("its start was cut off.".to_owned()),
            Standing::Failed { why, .. } => return Some(why.clone()),
        };
        let (backend, choice) = (service.asked.backend, self.means.supply.choice);
        if !backend.is_meant_by(choice) {
            return Some(format!("it runs on {}.", backend.name()));
        }
        if let Endpoint::Kafka(kafka) = endpoint
            && !self.folder.is_used()
            && let Err(error) = TcpListener::bind((Ipv4Addr::LOCALHOST, kafka.advertised))
        {
            // Programs are told to connect there, and nobody can listen.
            let port = kafka.advertised;
            return Some(format!(
                "port {port}, which it advertises, is taken: {error}."
            ));
        }
        endpoint.answers().await.err().map(|error| error.why)
    }

    /// Writes the orders down and wakes the keeper, or begins one.
    fn order(&self, chosen: &Chosen, tell: &mut dyn FnMut(Step<'_>)) -> Result<Keeper, AppError> {
        let living = living(&self.folder).map(|file| file.keeper);
        self.folder
            .want(&[&chosen.stay[..], &chosen.fresh[..]].concat())?;
        for asked in &chosen.fresh {
            tell(Step::Starting {
                kind: asked.kind,
                backend: asked.backend.name(),
            });
        }
        if let Some(mark) = living {
            signal(&mark, Signal::HUP);
            return Ok(Keeper::Living(mark));
        }
        let words = [OsStr::new(KEEP), self.workspace.root.as_os_str()];
        let log = self.folder.own_log();
        let begun = detached(self.means.exe, &words, &log);
        begun.map(Keeper::Begun).map_err(|error| AppError::Io {
            doing: "Starting the keeper of services with",
            path: self.means.exe.to_owned(),
            error,
        })
    }

    /// Waits until all that was ordered is ready; the first that cannot be had is the error.
    async fn follow(
        &self,
        fresh: &[Asked],
        keeper: &mut Keeper,
        tell: &mut dyn FnMut(Step<'_>),
    ) -> Result<(), AppError> {
        let mut told = Vec::new();
        let followed = until(START_LIMIT + SLACK, || {
            std::future::ready(self.look(fresh, keeper, &mut told, tell))
        });
        followed.await.map_err(|error| match error {
            WaitError::Never(error) => AppError::Bench(error),
            WaitError::TooLong { waited, last_seen } => {
                let seen = last_seen.unwrap_or_default();
                let limit = waited.as_secs();
                let why =
                    format!("The keeper of services did not come up within {limit} s: {seen}.");
                AppError::Bench(BenchError::new(why))
            }
        })
    }

    fn look(
        &self,
        fresh: &[Asked],
        keeper: &mut Keeper,
        told: &mut Vec<Asked>,
        tell: &mut dyn FnMut(Step<'_>),
    ) -> Look<(), BenchError> {
        let Some(file) = living(&self.folder) else {
            if keeper.has_ended() {
                return Look::Never(self.ended_early());
            }
            return Look::NotYet("it has not begun".to_owned());
        };
        for asked in fresh {
            let mut held = file.services.iter();
            let found = held.find(|service| service.asked == *asked);
            match found.map(|service| (service, &service.standing)) {
                Some((service, Standing::Ready { took_ms, .. })) if !told.contains(asked) => {
                    told.push(*asked);
                    let (warm, took_ms) = (&Warm::of(service), *took_ms);
                    tell(Step::Ready { warm, took_ms });
                }
                Some((_, Standing::Failed { why, unlock })) => {
                    let (why, unlock) = (why.clone(), unlock.clone());
                    return Look::Never(BenchError { why, unlock });
                }
                Some((_, Standing::Ready { .. } | Standing::Starting)) | None => {}
            }
        }
        if told.len() == fresh.len() {
            return Look::Ready(());
        }
        let missing = fresh.iter().filter(|asked| !told.contains(asked));
        let names: Vec<&str> = missing.map(|asked| asked.kind.name()).collect();
        Look::NotYet(format!("{} not ready", names.join(", ")))
    }

    fn ended_early(&self) -> BenchError {
        let said = fs::read_to_string(self.folder.own_log()).unwrap_or_default();
        let lines: Vec<&str> = said.lines().collect();
        let last = &lines[lines.len().saturating_sub(LAST_LINES)..];
        let why = if last.is_empty() {
            "The keeper of services ended and said nothing.".to_owned()
        } else {
            format!(
                "The keeper of services ended. It said:\n{}",
                last.join("\n")
            )
        };
        BenchError::new(why)
    }

    /// Ends what these orders had started; what was up before stays.
    async fn take_back(&self, chosen: &Chosen, keeper: Keeper) -> Result<(), AppError> {
        self.folder.want(&chosen.stay)?;
        match keeper {
            Keeper::Living(mark) if !chosen.stay.is_empty() => {
                signal(&mark, Signal::HUP);
                let gone = until::<(), (), _, _>(START_LIMIT, || {
                    let held = living(&self.folder).map_or_else(Vec::new, |file| file.services);
                    let still = |asked: &Asked| held.iter().any(|one| one.asked == *asked);
                    std::future::ready(if chosen.fresh.iter().any(still) {
                        Look::NotYet("it still holds them".to_owned())
                    } else {
                        Look::Ready(())
                    })
                });
                // One that does not obey is ended by `down`, and by the next `up`.
                gone.await.ok();
                Ok(())
            }
            Keeper::Living(_) => end(&self.folder, self.means.supply).await,
            Keeper::Begun(child) => {
                end_keeper(&ProcessMark::of(child.id())).await;
                end(&self.folder, self.means.supply).await
            }
        }
    }

    fn warm(&self, kinds: &[ServiceKind]) -> Vec<Warm> {
        let held = living(&self.folder).map_or_else(Vec::new, |file| file.services);
        let wanted = held.iter().filter(|one| kinds.contains(&one.asked.kind));
        wanted.map(Warm::of).collect()
    }
}

impl Keeper {
    fn has_ended(&mut self) -> bool {
        match self {
            Self::Living(mark) => !mark.is_alive(),
            Self::Begun(child) => !matches!(child.try_wait(), Ok(None)),
        }
    }
}
