//! What checks of labs between a gateway, a topic and a consumer do and see: records produced and read,
//! views asked, members removed, conditions awaited.

use std::{sync::Arc, time::Duration};

use mastery_kit::{
    bench::{Bench, Trace},
    probe::{
        http::Http,
        kafka::{Group, Kafka, KafkaError, Member, Produced, Stored, partition_of},
        sql::{Row, SqlError},
    },
    stage::Control,
    verdict::{BenchError, Failure, Mismatch, Outcome},
    wait::{Look, WaitError, until},
    world::World,
};

/// Partitions of the topic, as the contracts say.
pub(crate) const PARTITIONS: i32 = 6;

/// From a fault's end, or a start, until a program must be back at work.
pub(crate) const BACK_AT_WORK: Duration = Duration::from_secs(15);

/// The programs, their world, and everything a check asks of them.
#[derive(Clone)]
pub(crate) struct Ground {
    pub(crate) world: Arc<World>,
    pub(crate) trace: Trace,
    pub(crate) gateway: Control,
    pub(crate) consumer: Control,
    pub(crate) topic: String,
    pub(crate) parked: String,
}

/// A record's place in the topic.
pub(crate) type Place = (i32, i64);

impl Ground {
    /// The ground of a check whose consumer is the program of this name.
    pub(crate) fn of(bench: &Bench, consumer: &str) -> Result<Self, BenchError> {
        let world = bench.world()?;
        Ok(Self {
            topic: world.topic("TOPIC")?.to_owned(),
            parked: world.topic("DLQ_TOPIC")?.to_owned(),
            world,
            trace: bench.trace().clone(),
            gateway: bench.program("gateway"),
            consumer: bench.program(consumer),
        })
    }

    /// Speaks to the gateway where it listens now.
    pub(crate) fn http(&self) -> Result<Http, BenchError> {
        Ok(Http::new(self.gateway.address()?, self.trace.clone()))
    }

    /// The bench's own client of the broker.
    pub(crate) fn kafka(&self) -> Result<&Kafka, BenchError> {
        self.world.kafka()
    }

    /// Produces records as they are. Where each went.
    pub(crate) async fn produce_records(
        &self,
        records: Vec<Produced>,
    ) -> Result<Vec<Place>, Failure> {
        let partitions: Vec<i32> = records.iter().map(|record| record.partition).collect();
        let offsets = self.kafka()?.produce(&self.topic, records).await?;
        Ok(partitions.into_iter().zip(offsets).collect())
    }

    /// Everything that is in the topic, in the order of each partition.
    pub(crate) async fn published(&self) -> Result<Vec<Stored>, Failure> {
        self.all_of(&self.topic).await
    }

    /// Everything that was parked.
    pub(crate) async fn parked(&self) -> Result<Vec<Stored>, Failure> {
        self.all_of(&self.parked).await
    }

    async fn all_of(&self, topic: &str) -> Result<Vec<Stored>, Failure> {
        let read = self.kafka()?.read_all(topic).await;
        read.map_err(|error| match error {
            KafkaError::Wrong(mismatch) => {
                Failure::Wrong(Box::new(mismatch.reproduce(self.world.kcat_all(topic))))
            }
            KafkaError::Bench(error) => Failure::Bench(error),
        })
    }

    /// Rows of one of the learner's views.
    pub(crate) async fn rows(&self, query: &str) -> Result<Vec<Row>, Failure> {
        let rows = self.world.sql()?.rows(query).await;
        rows.map_err(|error| match error {
            SqlError::Wrong(mismatch) => {
                Failure::Wrong(Box::new(mismatch.reproduce(self.world.psql(query))))
            }
            SqlError::Bench(error) => Failure::Bench(error),
        })
    }

    /// Starts the consumer again after it was killed: whoever is dead is taken out of the group first,
    /// so that nobody waits for a session to expire.
    pub(crate) async fn come_back(&self) -> Result<(), Failure> {
        self.remove(|_| true).await?;
        self.fence(self.consumer.name()).await?;
        self.consumer.start().await?;
        let name = self.consumer.name();
        self.did(format!("starts {name} again"));
        Ok(())
    }

    /// The ids of the group's members.
    pub(crate) async fn members(&self) -> Result<Vec<String>, BenchError> {
        let found = self.kafka()?.group(self.world.group()).await?;
        Ok(found.members.into_iter().map(|member| member.id).collect())
    }

    /// Ends every session that is in the middle of something.
    pub(crate) async fn end_open_transactions(&self) -> Result<(), BenchError> {
        let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                   WHERE datname = current_database() AND pid <> pg_backend_pid() \
                   AND state IN ('idle in transaction', 'active')";
        self.world.sql()?.run(end).await
    }

    /// Takes the members of this choice out of the group.
    pub(crate) async fn remove(&self, choice: impl Fn(&Member) -> bool) -> Result<(), BenchError> {
        let (kafka, group) = (self.kafka()?, self.world.group());
        let found = kafka.group(group).await?;
        let chosen = found.members.into_iter().filter(|member| choice(member));
        let gone: Vec<_> = chosen.map(|member| (member.id, member.instance)).collect();
        if gone.is_empty() {
            return Ok(());
        }
        kafka.remove_members(group, &gone).await
    }

    /// Ends what a dead, or frozen, program has open with the broker: nobody waits for its transactions
    /// to expire, as nobody waits for its session.
    pub(crate) async fn fence(&self, program: &str) -> Result<(), BenchError> {
        let ids = self.world.wire()?.transactional_ids(program);
        if ids.is_empty() {
            return Ok(());
        }
        let kafka = self.kafka()?;
        for open in kafka.open_transactions().await? {
            if ids.contains(&open) {
                kafka.fence(&open).await?;
            }
        }
        Ok(())
    }

    /// Waits until `look` finds what it wants. Too long is the program's fault; `expected` says what
    /// was waited for.
    pub(crate) async fn wait<T, F, Fut>(
        &self,
        limit: Duration,
        expected: &str,
        mut look: F,
    ) -> Result<T, Failure>
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<Look<T, Failure>, Failure>>,
    {
        self.trace.waiting_for(expected);
        let limit = limit.min(self.trace.left());
        let looked = until(limit, || {
            let looking = look();
            async move { looking.await.unwrap_or_else(Look::Never) }
        });
        match looked.await {
            Ok(value) => Ok(value),
            Err(WaitError::Never(failure)) => Err(failure),
            Err(WaitError::TooLong { waited, last_seen }) => {
                let seen = last_seen.unwrap_or_else(|| "nothing".to_owned());
                Err(self.still(expected, waited, seen))
            }
        }
    }

    /// What was waited for has not come, and will not be waited for any longer.
    pub(crate) fn still(&self, expected: &str, waited: Duration, seen: String) -> Failure {
        let seconds = waited.as_secs_f64();
        let summary = format!("After {seconds:.1} s still: {seen}.");
        self.wrong(Mismatch::new(summary, expected, seen)).into()
    }

    /// Adds what happened on the wire to a difference.
    pub(crate) fn wrong(&self, mismatch: Mismatch) -> Mismatch {
        match self.world.timeline.evidence() {
            Some(story) => mismatch.with(story),
            None => mismatch,
        }
    }

    /// Waits until the group is as large as wanted; a program without a group passes.
    pub(crate) async fn until_members(&self, wanted: usize) -> Outcome {
        let desk = self;
        let kafka = desk.kafka()?.clone();
        let group = desk.world.group().to_owned();
        let looked = desk
            .wait(
                Duration::from_secs(10),
                "the group has rebalanced",
                || async {
                    let found = kafka.group(&group).await?;
                    let is_whole = found.members.len() == wanted && all_have_work(&found);
                    let settled = found.members.is_empty() || (is_whole && found.state == "Stable");
                    Ok(if settled {
                        Look::Ready(())
                    } else {
                        Look::NotYet(format!("{} members, {}", found.members.len(), found.state))
                    })
                },
            )
            .await;
        match looked {
            // How a group comes to rest is not judged; what becomes of the events is.
            Ok(()) | Err(Failure::Wrong(_)) => Ok(()),
            bench => bench,
        }
    }

    /// A deed of the bench's own, for the story.
    pub(crate) fn did(&self, text: impl Into<String>) {
        self.world.timeline.note("bench", text);
    }
}

/// A cooperative rebalance comes to rest once without and once with partitions for who is new.
fn all_have_work(group: &Group) -> bool {
    let owned: usize = group.members.iter().map(|one| one.assigned.len()).sum();
    let has_work = group.members.iter().all(|one| !one.assigned.is_empty());
    has_work && i32::try_from(owned) == Ok(PARTITIONS)
}

/// A record of another gateway: keyed by its account, with the contract's headers.
pub(crate) fn record(account: &str, value: Vec<u8>) -> Produced {
    Produced {
        partition: partition_of(account.as_bytes(), PARTITIONS),
        key: Some(account.to_owned().into()),
        value: Some(value.into()),
        headers: vec![("content-type".to_owned(), "application/json".into())],
    }
}
