//! Services that stay up while several runs use them: kept by a thread of their own, stopped by the
//! scope that asked for them.

use std::{
    fs, io,
    net::Ipv4Addr,
    path::PathBuf,
    thread::{self, JoinHandle},
    time::Duration,
};

use futures_util::future::join_all;
use mastery_kit::{
    service::{Backend, Endpoint, Owner, Request, Running},
    spec::ServiceKind,
    verdict::BenchError,
};
use tokio::{net::TcpSocket, runtime::Builder, sync::oneshot};

use crate::grading::plan::{PlannedService, ServiceSource};

/// From the start of a service to ready.
pub const START_LIMIT: Duration = Duration::from_mins(1);

/// Services of this scope. Dropped, they are stopped.
pub struct Kept {
    planned: Vec<PlannedService>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// What a keeper is asked for.
#[derive(Clone)]
pub struct Wanted {
    pub services: Vec<(ServiceKind, Backend)>,
    /// A folder for what services keep; each has one of its own in it.
    pub scratch: PathBuf,
    pub logs: PathBuf,
    pub owner: Owner,
}

impl Kept {
    /// Starts services and keeps them; the first that cannot be had is the error, and then none runs.
    pub fn start(wanted: Wanted) -> Result<Self, BenchError> {
        let (told, ready) = std::sync::mpsc::channel();
        let (stop, stopped) = oneshot::channel();
        let kinds = wanted.services.clone();
        let thread = thread::spawn(move || {
            let result = Builder::new_current_thread().enable_all().build();
            let runtime = match result {
                Ok(runtime) => runtime,
                Err(error) => {
                    let why = format!("No runtime for services can be made: {error}.");
                    told.send(Err(BenchError::new(why))).ok();
                    return;
                }
            };
            runtime.block_on(async move {
                let started = start_all(&wanted).await;
                let running = match started {
                    Ok(running) => running,
                    Err(error) => {
                        told.send(Err(error)).ok();
                        return;
                    }
                };
                let endpoints = running.iter().map(|one| one.running.endpoint().clone());
                let endpoints = endpoints.collect();
                if told.send(Ok(endpoints)).is_ok() {
                    // Ends when asked to, and when whoever would ask is gone.
                    stopped.await.ok();
                }
                stop_all(running).await;
            });
        });
        let answer: Result<Vec<Endpoint>, BenchError> = ready
            .recv()
            .unwrap_or_else(|_| Err(BenchError::new("The keeper of services ended.")));
        let endpoints = match answer {
            Ok(endpoints) => endpoints,
            Err(error) => {
                thread.join().ok();
                return Err(error);
            }
        };
        let planned = endpoints.into_iter().zip(kinds);
        Ok(Self {
            planned: planned
                .map(|(endpoint, (kind, backend))| PlannedService {
                    kind,
                    source: ServiceSource::Warm {
                        endpoint,
                        backend: backend.name(),
                        otherwise: Some(backend),
                        // Variants are proved side by side.
                        alone: false,
                    },
                })
                .collect(),
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// The same services, as a run joins them.
    pub fn planned(&self) -> &[PlannedService] {
        &self.planned
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            stop.send(()).ok();
        }
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

/// A service that is kept.
pub struct Held {
    pub running: Running,
    /// What the service tells programs to connect to. Each run listens there itself while it lasts.
    _advertised: Reserved,
}

/// A port of 127.0.0.1 that is nobody else's, whether anybody listens there or not.
struct Reserved {
    port: u16,
    /// Bound and never listening. Linux gives such a port to no other socket that lets it choose, and
    /// still to a listener that names it, as every listener of ours does with `SO_REUSEADDR`. Elsewhere
    /// that listener would be refused, and the port is only likely to stay free.
    _socket: Option<TcpSocket>,
}

impl Reserved {
    fn take() -> io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.set_reuseaddr(true)?;
        socket.bind((Ipv4Addr::LOCALHOST, 0).into())?;
        Ok(Self {
            port: socket.local_addr()?.port(),
            _socket: cfg!(target_os = "linux").then_some(socket),
        })
    }
}

/// Starts all of them side by side; on an error those that came up are stopped again.
pub async fn start_all(wanted: &Wanted) -> Result<Vec<Held>, BenchError> {
    let starts = (wanted.services.iter()).map(|(kind, backend)| start(wanted, *kind, backend));
    let mut running = Vec::new();
    let mut wrong = None;
    for outcome in join_all(starts).await {
        match outcome {
            Ok(one) => running.push(one),
            Err(error) => wrong = Some(wrong.unwrap_or(error)),
        }
    }
    let Some(error) = wrong else {
        return Ok(running);
    };
    stop_all(running).await;
    Err(error)
}

/// Stops all of them side by side.
pub async fn stop_all(held: Vec<Held>) {
    join_all(held.into_iter().map(|one| async move {
        // What cannot be stopped now is swept by the next start.
        one.running.stop().await.ok();
    }))
    .await;
}

/// Starts one of them.
pub(super) async fn start(
    wanted: &Wanted,
    kind: ServiceKind,
    backend: &Backend,
) -> Result<Held, BenchError> {
    let advertised = Reserved::take().map_err(|error| {
        BenchError::new(format!(
            "The system gives no free port on 127.0.0.1: {error}."
        ))
    })?;
    let scratch = wanted.scratch.join(kind.as_str());
    fs::create_dir_all(&scratch).map_err(|error| {
        BenchError::new(format!("{} cannot be made: {error}.", scratch.display()))
    })?;
    let request = Request {
        kind,
        advertised: advertised.port,
        scratch,
        logs: wanted.logs.clone(),
        limit: START_LIMIT,
        owner: wanted.owner.clone(),
    };
    Ok(Held {
        running: backend.start(&request).await?,
        _advertised: advertised,
    })
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn a_reserved_port_is_a_listeners_who_names_it_one_after_the_other() {
        let reserved = Reserved::take().unwrap();
        let place = (Ipv4Addr::LOCALHOST, reserved.port);
        for _run in 0..2 {
            let listener = TcpListener::bind(place).unwrap();
            TcpListener::bind(place).expect_err("two listen on one port");
            drop(listener);
        }
    }
}
