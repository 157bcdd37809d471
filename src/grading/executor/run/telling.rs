//! What a run says of itself: its beginning, its verdicts, its end.

use std::collections::BTreeMap;

use mastery_kit::{
    service::Endpoint,
    spec::{Ready, RunSpec},
    stop::StopLevel,
    verdict::{BenchError, Verdict, millis},
    world::World,
};

use super::Run;
use crate::grading::event::{FORMAT, GradeEvent, RunKind, RunStarted};

impl Run<'_> {
    pub(super) async fn skip_rest(&mut self, from: usize, after: &str) {
        if self.interrupted() {
            return;
        }
        for planned in &self.plan.checks[from..] {
            let verdict = Verdict::Skipped {
                after: after.to_owned(),
            };
            self.settle(planned.check.id, verdict, 0).await;
        }
    }

    pub(super) async fn unsettle_rest(&mut self, from: usize, error: &BenchError) {
        if self.interrupted() {
            return;
        }
        for planned in &self.plan.checks[from..] {
            let verdict = Verdict::Unsettled(error.clone());
            self.settle(planned.check.id, verdict, 0).await;
        }
    }

    pub(super) async fn settle(&mut self, id: &'static str, verdict: Verdict, took_ms: u64) {
        self.tally.count(&verdict);
        self.verdicts.push((id, verdict == Verdict::Passed));
        self.sink
            .send(GradeEvent::CheckFinished {
                check: id.to_owned(),
                verdict,
                took_ms,
            })
            .await;
    }

    pub(super) async fn hold(&mut self, check: &str) {
        let mut addresses = BTreeMap::new();
        if let Some(scene) = &self.scene {
            let programs = scene.stage.addresses_by_variable();
            addresses.extend(self.asking(&programs));
            addresses.extend(programs);
            let world = scene.world.as_ref();
            addresses.extend(world.map(|world| world.addresses()).unwrap_or_default());
        }
        let world = self.scene.as_ref().and_then(|scene| scene.world.as_deref());
        for endpoint in self.services.endpoints() {
            let name = endpoint.kind().as_str().to_owned();
            addresses.insert(name, endpoint.address().to_string());
            addresses.extend(self.lines(endpoint, world));
        }
        self.sink
            .send(GradeEvent::Held {
                check: check.to_owned(),
                addresses,
            })
            .await;
        self.stop.at_least(StopLevel::WindDown).await;
    }

    /// A line to type for each program that speaks HTTP: what its readiness was told by.
    fn asking(&self, addresses: &BTreeMap<String, String>) -> Vec<(String, String)> {
        let line = |program: &RunSpec| {
            let Some(Ready::Http { path }) = &program.ready else {
                return None;
            };
            let (name, port) = (&program.name, program.ports.first()?);
            // Where there are several, their variables are told with their names.
            let (label, address) = match addresses.get(port) {
                Some(address) => ("curl".to_owned(), address),
                None => (
                    format!("{name} curl"),
                    addresses.get(&format!("{name} {port}"))?,
                ),
            };
            Some((label, format!("curl -si {address}{path}")))
        };
        self.plan.programs.iter().filter_map(line).collect()
    }

    /// Lines to type that look into a service, past every interposer, each by its name.
    fn lines(&self, endpoint: &Endpoint, world: Option<&World>) -> Vec<(String, String)> {
        match endpoint {
            Endpoint::Postgres(postgres) => {
                let database = world.and_then(World::database).unwrap_or("postgres");
                let url = postgres.url(postgres.address, database);
                vec![("psql".to_owned(), format!("psql '{url}'"))]
            }
            Endpoint::Kafka(_) => {
                let topics = self.plan.topics.keys();
                let line = |variable: &String| {
                    let world = world?;
                    let line = world.kcat_all(world.topic(variable).ok()?);
                    Some((format!("kcat {variable}"), line))
                };
                topics.filter_map(line).collect()
            }
            Endpoint::Redis(_) => vec![("redis-cli".to_owned(), endpoint.line())],
        }
    }

    /// ^C ended the run. Held runs end by ^C too, but that is how they are meant to end.
    pub(super) fn interrupted(&self) -> bool {
        self.stop.level() > StopLevel::Run && !self.held()
    }

    pub(super) fn held(&self) -> bool {
        self.plan.serve || (self.plan.hold && self.verdicts.iter().any(|(_, passed)| !passed))
    }

    pub(super) fn started(&self) -> GradeEvent {
        let plan = self.plan;
        GradeEvent::RunStarted(Box::new(RunStarted {
            format: FORMAT,
            mastery: env!("CARGO_PKG_VERSION").to_owned(),
            lab: plan.lab.to_string(),
            title: plan.title.clone(),
            revision: plan.revision,
            contract: plan.contract_hash.clone(),
            seed: plan.seed.to_string(),
            language: plan.language.clone(),
            backend: None, // each service tells its own when it is ready
            services: BTreeMap::new(),
            fresh: plan.fresh,
            kind: plan.kind,
            checks: plan
                .checks
                .iter()
                .map(|planned| planned.told.clone())
                .collect(),
            of: plan.of,
            began_at: plan.began_at,
        }))
    }

    pub(super) fn finished(&self) -> GradeEvent {
        GradeEvent::RunFinished {
            kind: if self.interrupted() {
                RunKind::Interrupted
            } else {
                self.plan.kind
            },
            tally: self.tally,
            build_ms: millis(self.times.build),
            start_ms: millis(self.times.start),
            checks_ms: millis(self.times.checks),
            stop_ms: millis(self.times.stop),
        }
    }
}
