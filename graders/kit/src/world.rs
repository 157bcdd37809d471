//! What a check with services has for itself: a database, topics, a group, and interposers in front of
//! them. Made before the check, unmade behind it, by the scope that runs checks.

mod left;
mod lines;

use std::{collections::BTreeMap, net::SocketAddr, sync::Arc};

use crate::{
    bench::Check,
    interposer::{kafka_proxy::KafkaProxy, pg_proxy::PgProxy},
    probe::{kafka::Kafka, sql::Sql},
    random::{Random, Seed},
    service::{self, Endpoint},
    stage::Stage,
    stub::Stub,
    timeline::Timeline,
    verdict::BenchError,
};

/// The running services of a run, and the names it uses on them.
pub struct Site {
    postgres: Option<service::Postgres>,
    kafka: Option<Broker>,
    redis: Option<service::Redis>,
    /// Part of every name of this run.
    token: String,
    /// The database that every check gets a copy of.
    template: Option<String>,
    /// Topics by their variable: the contract's name and the number of partitions.
    topics: BTreeMap<String, (String, i32)>,
    /// Variables that hold the URL of a service which the bench plays.
    outside: Vec<String>,
}

struct Broker {
    bench: Kafka,
    proxy: KafkaProxy,
}

/// What belongs to one check.
pub struct World {
    /// The check's story; interposers write into it.
    pub timeline: Timeline,
    database: Option<(String, Sql)>,
    server: Option<service::Postgres>,
    kafka: Option<(Kafka, KafkaProxy)>,
    topics: BTreeMap<String, String>,
    group: String,
    proxies: BTreeMap<String, PgProxy>,
    outside: BTreeMap<String, Stub>,
    shared: BTreeMap<String, String>,
    own: BTreeMap<String, BTreeMap<String, String>>,
}

impl Site {
    /// A site on these services. `proxy` holds the port that Kafka advertises; `token` makes the
    /// names of this run its own.
    pub fn new(
        endpoints: &[Endpoint],
        proxy: Option<&KafkaProxy>,
        token: &str,
        topics: BTreeMap<String, (String, i32)>,
    ) -> Self {
        let mut site = Self {
            postgres: None,
            kafka: None,
            redis: None,
            token: token.to_owned(),
            template: None,
            topics,
            outside: Vec::new(),
        };
        for endpoint in endpoints {
            match endpoint {
                Endpoint::Postgres(postgres) => site.postgres = Some(postgres.clone()),
                Endpoint::Redis(redis) => site.redis = Some(redis.clone()),
                Endpoint::Kafka(kafka) => {
                    if let Some(proxy) = proxy {
                        proxy.point_at(kafka.behind);
                        site.kafka = Some(Broker {
                            bench: Kafka::new(kafka.bench),
                            proxy: proxy.clone(),
                        });
                    }
                }
            }
        }
        site
    }

    /// Each check also gets a service that the bench plays, behind each of these variables.
    #[must_use]
    pub fn with_outside(mut self, variables: &[String]) -> Self {
        self.outside = variables.to_vec();
        self
    }

    /// Makes the database that every check gets a copy of; what `setup` is given to reach it.
    pub async fn make_template(&mut self) -> Result<BTreeMap<String, String>, BenchError> {
        let Some(postgres) = &self.postgres else {
            return Ok(BTreeMap::new());
        };
        let name = format!("setup_{}", self.token);
        let admin = Sql::connect(postgres, "postgres").await?;
        admin.drop_database(&name).await?;
        admin
            .create_database(&name, None, Some(&postgres.program.user))
            .await?;
        let url = postgres.url(postgres.address, &name);
        self.template = Some(name);
        Ok(BTreeMap::from([("DATABASE_URL".to_owned(), url)]))
    }

    /// Makes what the check at `place` of the run has for itself, for these programs.
    pub async fn world(
        &self,
        place: usize,
        programs: &[String],
        timeline: Timeline,
    ) -> Result<World, BenchError> {
        let suffix = format!("{}-{place:02}", self.token);
        let mut world = World {
            timeline,
            database: None,
            server: self.postgres.clone(),
            kafka: None,
            topics: BTreeMap::new(),
            group: format!("group-{suffix}"),
            proxies: BTreeMap::new(),
            outside: BTreeMap::new(),
            shared: BTreeMap::new(),
            own: BTreeMap::new(),
        };
        let plain = suffix.replace('-', "_");
        let (kafka, database) = tokio::join!(self.make_topics(&suffix), self.make_database(&plain));
        // Kept even when the other failed: what was made is unmade.
        if let Some((name, sql)) = database? {
            for program in programs {
                world
                    .add_proxy(program, &name, self.postgres.as_ref())
                    .await?;
            }
            world.database = Some((name, sql));
        }
        world.topics = kafka?;
        world.shared.extend(world.topics.clone());
        if let Some(broker) = &self.kafka {
            broker.proxy.begin(world.timeline.clone());
            world.kafka = Some((broker.bench.clone(), broker.proxy.clone()));
            let at = format!("127.0.0.1:{}", broker.proxy.port());
            world
                .shared
                .insert("KAFKA_BOOTSTRAP_SERVERS".to_owned(), at);
            world
                .shared
                .insert("KAFKA_GROUP_ID".to_owned(), world.group.clone());
        }
        for variable in &self.outside {
            let stub = Stub::start(world.timeline.clone()).await?;
            world.shared.insert(variable.clone(), stub.url());
            world.outside.insert(variable.clone(), stub);
        }
        if let Some(redis) = &self.redis {
            let url = format!("redis://{}/0", redis.address);
            world.shared.insert("REDIS_URL".to_owned(), url);
        }
        Ok(world)
    }

    /// Takes away what belonged to one check. Its programs have ended.
    pub async fn unmake(&self, world: &World) -> Result<(), BenchError> {
        for proxy in world.proxies.values() {
            proxy.close();
        }
        for stub in world.outside.values() {
            stub.close();
        }
        let (of_kafka, of_postgres) =
            tokio::join!(Self::unmake_topics(world), self.unmake_database(world));
        of_kafka.and(of_postgres)
    }

    async fn unmake_topics(world: &World) -> Result<(), BenchError> {
        let Some((kafka, proxy)) = &world.kafka else {
            return Ok(());
        };
        proxy.clear();
        // Its members were killed; nobody has told the group.
        let found = kafka.group(&world.group).await?;
        let members = found.members.into_iter();
        let dead: Vec<_> = members.map(|one| (one.id, one.instance)).collect();
        if !dead.is_empty() {
            kafka.remove_members(&world.group, &dead).await?;
        }
        kafka.delete_group(&world.group).await?;
        let topics: Vec<&str> = world.topics.values().map(String::as_str).collect();
        kafka.delete_topics(&topics).await
    }

    async fn unmake_database(&self, world: &World) -> Result<(), BenchError> {
        match &world.database {
            Some((name, _)) => self.drop_database(name).await,
            None => Ok(()),
        }
    }

    /// Takes away what belonged to the run; the services stay.
    pub async fn leave(&mut self) -> Result<(), BenchError> {
        match self.template.take() {
            Some(name) => self.drop_database(&name).await,
            None => Ok(()),
        }
    }

    async fn drop_database(&self, name: &str) -> Result<(), BenchError> {
        let Some(postgres) = &self.postgres else {
            return Ok(());
        };
        let admin = Sql::connect(postgres, "postgres").await?;
        admin.drop_database(name).await
    }

    async fn make_topics(&self, suffix: &str) -> Result<BTreeMap<String, String>, BenchError> {
        let Some(broker) = &self.kafka else {
            return Ok(BTreeMap::new());
        };
        let named = |name: &str| format!("{name}.{suffix}");
        let topics: Vec<(String, i32)> = self
            .topics
            .values()
            .map(|(name, partitions)| (named(name), *partitions))
            .collect();
        let wanted: Vec<(&str, i32)> = topics.iter().map(|(name, n)| (name.as_str(), *n)).collect();
        broker.bench.create_topics(&wanted).await?;
        let by_variable = self.topics.iter();
        Ok(by_variable
            .map(|(variable, (name, _))| (variable.clone(), named(name)))
            .collect())
    }

    async fn make_database(&self, suffix: &str) -> Result<Option<(String, Sql)>, BenchError> {
        let Some(postgres) = &self.postgres else {
            return Ok(None);
        };
        let name = format!("check_{suffix}");
        let admin = Sql::connect(postgres, "postgres").await?;
        admin.drop_database(&name).await?;
        admin
            .create_database(
                &name,
                self.template.as_deref(),
                Some(&postgres.program.user),
            )
            .await?;
        let sql = Sql::connect(postgres, &name).await?;
        Ok(Some((name, sql)))
    }
}

impl World {
    /// Variables that all programs of the check get.
    pub fn shared(&self) -> &BTreeMap<String, String> {
        &self.shared
    }

    /// Draws the variables that this check has for itself, from a stream of their own.
    pub fn draw(&mut self, check: &Check, seed: Seed) {
        for (name, range) in check.env {
            let mut random = Random::new(seed, &format!("{} {name}", check.id));
            let drawn = random.between((*range.start()).into(), (*range.end()).into());
            self.shared.insert((*name).to_owned(), drawn.to_string());
        }
    }

    /// The whole number that [`World::draw`] put behind this variable.
    pub fn drawn(&self, variable: &str) -> Result<usize, BenchError> {
        let value = self.shared.get(variable);
        value
            .and_then(|value| value.parse().ok())
            .ok_or_else(|| missing("number"))
    }

    /// The service behind this variable, which the bench plays.
    pub fn outside(&self, variable: &str) -> Result<&Stub, BenchError> {
        self.outside
            .get(variable)
            .ok_or_else(|| missing("service outside"))
    }

    /// Variables of single programs: each has its own interposer before the database.
    pub fn own(&self) -> &BTreeMap<String, BTreeMap<String, String>> {
        &self.own
    }

    /// The bench's own look into the check's database.
    pub fn sql(&self) -> Result<&Sql, BenchError> {
        let database = self.database.as_ref().ok_or_else(|| missing("database"))?;
        Ok(&database.1)
    }

    /// What stands between this program and the database.
    pub fn postgres(&self, program: &str) -> Result<&PgProxy, BenchError> {
        let name = program.split('#').next().unwrap_or(program);
        self.proxies.get(name).ok_or_else(|| missing("database"))
    }

    /// The bench's own client of the broker.
    pub fn kafka(&self) -> Result<&Kafka, BenchError> {
        let kafka = self.kafka.as_ref().ok_or_else(|| missing("broker"))?;
        Ok(&kafka.0)
    }

    /// What stands between the programs and the broker.
    pub fn wire(&self) -> Result<&KafkaProxy, BenchError> {
        let kafka = self.kafka.as_ref().ok_or_else(|| missing("broker"))?;
        Ok(&kafka.1)
    }

    /// The check's own topic behind a variable of the contract (`TOPIC`).
    pub fn topic(&self, variable: &str) -> Result<&str, BenchError> {
        let topic = self.topics.get(variable);
        topic.map(String::as_str).ok_or_else(|| missing("topic"))
    }

    /// The check's consumer group.
    pub fn group(&self) -> &str {
        &self.group
    }

    /// Lets interposers and services outside know whose a connection is: by the sockets of each program.
    pub fn name_connections(&self, stage: &Stage) {
        for stub in self.outside.values() {
            let stage = stage.clone();
            stub.name_by(move |peer| stage.whose(peer.port()));
        }
        if let Some((_, proxy)) = &self.kafka {
            let stage = stage.clone();
            proxy.name_by(move |peer| stage.whose(peer.port()));
        }
    }

    async fn add_proxy(
        &mut self,
        program: &str,
        database: &str,
        postgres: Option<&service::Postgres>,
    ) -> Result<(), BenchError> {
        let Some(postgres) = postgres else {
            return Ok(());
        };
        let proxy = PgProxy::start(postgres.address, program, self.timeline.clone()).await?;
        let at: SocketAddr = proxy.address();
        let url = postgres.url(at, database);
        self.own
            .entry(program.to_owned())
            .or_default()
            .insert("DATABASE_URL".to_owned(), url);
        self.proxies.insert(program.to_owned(), proxy);
        Ok(())
    }
}

/// A world that a check may hold on to while its scope still owns it.
pub type SharedWorld = Arc<World>;

fn missing(what: &str) -> BenchError {
    BenchError::new(format!(
        "The check asked for a {what}, and its lab names no service that has one."
    ))
}
