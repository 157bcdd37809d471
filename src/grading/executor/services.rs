//! The services of a run: joined where they are warm, started where not, and stopped again by this
//! scope. What goes wrong here is never the learner's fault.

use std::{
    convert::Infallible,
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use mastery_kit::{
    interposer::kafka_proxy::KafkaProxy,
    service::{Backend, Endpoint, Owner, Request, Running},
    spec::ServiceKind,
    verdict::{BenchError, millis},
    wait::{Look, until},
    world::Site,
};

use crate::grading::{
    event::GradeEvent,
    plan::{Plan, PlannedService, ServiceSource},
    sink::Sink,
};

/// The services of a run while it needs them.
pub(super) struct Services<'p> {
    plan: &'p Plan,
    sink: Sink,
    running: Vec<Running>,
    endpoints: Vec<Endpoint>,
    /// Those that were joined: their end is ours to notice, and nobody tells us.
    joined: Vec<Endpoint>,
    proxy: Option<KafkaProxy>,
    /// What one of them died of, until all are started anew.
    gone: Option<BenchError>,
    /// How often services were started: each start has a folder of its own.
    starts: u32,
}

impl<'p> Services<'p> {
    pub(super) fn new(plan: &'p Plan, sink: Sink) -> Self {
        Self {
            plan,
            sink,
            running: Vec::new(),
            endpoints: Vec::new(),
            joined: Vec::new(),
            proxy: None,
            gone: None,
            starts: 0,
        }
    }

    /// Joins or starts all of them together; the error was told.
    pub(super) async fn start(&mut self) -> Result<(), BenchError> {
        self.starts += 1;
        let this = &*self;
        let all = this.plan.services.iter().map(|planned| this.one(planned));
        let mut wrong = None;
        for outcome in join_all(all).await {
            match outcome {
                Ok(up) => {
                    if up.running.is_none() {
                        self.joined.push(up.endpoint.clone());
                    }
                    self.endpoints.push(up.endpoint);
                    self.running.extend(up.running);
                    self.proxy = up.proxy.or(self.proxy.take());
                }
                Err(error) => wrong = Some(wrong.unwrap_or(error)),
            }
        }
        wrong.map_or(Ok(()), Err)
    }

    /// What checks stand on. `token` makes the names of this run its own.
    pub(super) async fn site(&self, token: &str) -> Site {
        let topics = self.plan.topics.clone();
        let site = Site::new(&self.endpoints, self.proxy.as_ref(), token, topics)
            .with_outside(&self.plan.outside);
        if self.is_alone()
            && let Err(error) = site.clear_left().await
        {
            // It costs nothing but room there.
            let text = format!("What an earlier run left on a service stays there: {error}");
            self.sink.note(text, None).await;
        }
        site
    }

    /// Whether something was joined that only this run uses.
    fn is_alone(&self) -> bool {
        let shared = |one: &PlannedService| {
            let source = &one.source;
            matches!(source, ServiceSource::Warm { alone: false, .. })
        };
        !self.joined.is_empty() && !self.plan.services.iter().any(shared)
    }

    /// The first service that is gone, with what it said last; told once.
    pub(super) async fn lost(&mut self) -> Option<BenchError> {
        if self.gone.is_none()
            && let Some((kind, error)) = self.first_gone().await
        {
            self.tell_lost(kind, &error, 0).await;
            self.gone = Some(error);
        }
        self.gone.clone()
    }

    /// The same, asked because something failed: the end of a service may just not be known yet.
    pub(super) async fn lost_under_it(&mut self) -> Option<BenchError> {
        for running in &self.running {
            // Silence alone is no end: a program can use up the connections that it may have.
            if running.endpoint().answers().await.is_err() {
                let ended = async || match running.ended().await {
                    Some(_) => Look::Ready(()),
                    None => Look::NotYet(String::new()),
                };
                // Whether it came or not, `lost` looks.
                until::<(), Infallible, _, _>(END_IS_KNOWN, ended)
                    .await
                    .ok();
            }
        }
        self.lost().await
    }

    async fn first_gone(&self) -> Option<(ServiceKind, BenchError)> {
        for running in &self.running {
            if let Some(error) = running.ended().await {
                return Some((running.kind(), error));
            }
        }
        for endpoint in &self.joined {
            if let Err(error) = endpoint.answers().await {
                return Some((endpoint.kind(), error));
            }
        }
        None
    }

    /// Addresses and versions, for people who want to look.
    pub(super) fn endpoints(&self) -> &[Endpoint] {
        &self.endpoints
    }

    /// Stops what was started; what was joined stays.
    pub(super) async fn stop(&mut self) {
        if let Some(proxy) = self.proxy.take() {
            proxy.close().await;
        }
        self.endpoints.clear();
        self.joined.clear();
        self.gone = None;
        let stops = std::mem::take(&mut self.running)
            .into_iter()
            .map(|running| {
                let sink = self.sink.clone();
                async move {
                    let (service, begun) = (running.kind().as_str(), Instant::now());
                    if let Err(error) = running.stop().await {
                        sink.note(error.to_string(), None).await;
                    }
                    sink.send(GradeEvent::ServiceStopped {
                        service: service.to_owned(),
                        took_ms: millis(begun.elapsed()),
                    })
                    .await;
                }
            });
        join_all(stops).await;
        if let Some(backend) = self.plan.services.iter().find_map(in_containers) {
            // Whatever stands in its way: the next start sweeps again.
            backend.sweep().await.ok();
        }
    }

    async fn one(&self, planned: &PlannedService) -> Result<Up, BenchError> {
        let begun = Instant::now();
        let outcome = match &planned.source {
            ServiceSource::Absent(error) => Err(error.clone()),
            ServiceSource::Start(backend) => self.started(planned.kind, backend).await,
            ServiceSource::Warm {
                endpoint,
                backend,
                otherwise,
                ..
            } => match (self.joined(endpoint, backend).await, otherwise) {
                (Ok(up), _) => Ok(up),
                (Err(error), Some(backend)) => {
                    let name = planned.kind.name();
                    let text =
                        format!("The warm {name} is of no use, so a fresh one is started: {error}");
                    self.sink.note(text, None).await;
                    self.started(planned.kind, backend).await
                }
                (Err(error), None) => Err(error),
            },
        };
        if let Err(error) = &outcome {
            self.tell_lost(planned.kind, error, millis(begun.elapsed()))
                .await;
        }
        outcome
    }

    async fn joined(&self, endpoint: &Endpoint, backend: &str) -> Result<Up, BenchError> {
        let begun = Instant::now();
        let proxy = match endpoint {
            Endpoint::Kafka(kafka) => Some(KafkaProxy::bind_at(kafka.advertised).await?),
            Endpoint::Postgres(_) | Endpoint::Redis(_) => None,
        };
        endpoint.answers().await?;
        let up = Up {
            endpoint: endpoint.clone(),
            running: None,
            proxy,
        };
        self.tell_ready(&up, backend, true, millis(begun.elapsed()))
            .await;
        Ok(up)
    }

    async fn started(&self, kind: ServiceKind, backend: &Backend) -> Result<Up, BenchError> {
        let begun = Instant::now();
        self.sink
            .send(GradeEvent::ServiceStarting {
                service: kind.as_str().to_owned(),
                backend: backend.name().to_owned(),
            })
            .await;
        let proxy = if kind == ServiceKind::Kafka {
            Some(KafkaProxy::bind().await?)
        } else {
            None
        };
        let folder = self.plan.logs.join("services");
        let scratch = self
            .plan
            .scratch
            .join(format!("{}-{}", kind.as_str(), self.starts));
        std::fs::create_dir_all(&scratch).map_err(|error| {
            BenchError::new(format!("{} cannot be made: {error}.", scratch.display()))
        })?;
        let request = Request {
            kind,
            advertised: proxy.as_ref().map_or(0, KafkaProxy::port),
            scratch,
            logs: folder,
            limit: START_LIMIT,
            owner: Owner {
                run: format!("{}-{}", self.plan.lab, self.plan.seed),
                workspace: self.plan.workspace.clone(),
            },
        };
        let running = backend.start(&request).await?;
        let up = Up {
            endpoint: running.endpoint().clone(),
            running: Some(running),
            proxy,
        };
        self.tell_ready(&up, backend.name(), false, millis(begun.elapsed()))
            .await;
        Ok(up)
    }

    async fn tell_ready(&self, up: &Up, backend: &str, warm: bool, took_ms: u64) {
        self.sink
            .send(GradeEvent::ServiceReady {
                service: up.endpoint.kind().as_str().to_owned(),
                backend: backend.to_owned(),
                version: up.endpoint.version().to_owned(),
                address: up.endpoint.address().to_string(),
                warm,
                supervisor: up.running.as_ref().and_then(Running::supervisor_pid),
                took_ms,
            })
            .await;
    }

    async fn tell_lost(&self, kind: ServiceKind, error: &BenchError, took_ms: u64) {
        self.sink
            .send(GradeEvent::ServiceLost {
                service: kind.as_str().to_owned(),
                why: error.why.clone(),
                unlock: error.unlock.clone(),
                took_ms,
            })
            .await;
    }
}

/// The engine that a service is run on.
fn in_containers(planned: &PlannedService) -> Option<&Backend> {
    match &planned.source {
        ServiceSource::Start(backend @ Backend::Docker(_))
        | ServiceSource::Warm {
            otherwise: Some(backend @ Backend::Docker(_)),
            ..
        } => Some(backend),
        ServiceSource::Start(Backend::Native(_))
        | ServiceSource::Warm { .. }
        | ServiceSource::Absent(_) => None,
    }
}

/// One service that is there.
struct Up {
    endpoint: Endpoint,
    /// Ours to stop; `None` where it was joined.
    running: Option<Running>,
    proxy: Option<KafkaProxy>,
}

/// From the start to ready; a second on a quiet machine, and machines are not always quiet.
const START_LIMIT: Duration = Duration::from_secs(45);

/// How soon the end of a process is known here, on a machine that is not quiet.
const END_IS_KNOWN: Duration = Duration::from_secs(1);
