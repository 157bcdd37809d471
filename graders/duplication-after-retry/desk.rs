//! What checks do and see: charges posted, events produced, the outside ledger played.

use std::{collections::BTreeMap, ops::Deref};

use mastery_kit::{
    bench::Bench,
    probe::{http::Answer, kafka::Produced},
    stage::Control,
    stub::REFUSED,
    verdict::{BenchError, Failure, Mismatch, Outcome},
};
use serde_json::Value;

use super::{
    fills::{Event, Fill},
    outside::Outside,
};
pub(crate) use crate::streaming::ground::{BACK_AT_WORK, PARTITIONS, Place};
use crate::streaming::ground::{Ground, record};

/// The programs, their world, and everything a check asks of them.
#[derive(Clone)]
pub(crate) struct Desk {
    ground: Ground,
    pub(crate) ledger: Control,
    pub(crate) outside: Outside,
}

impl Deref for Desk {
    type Target = Ground;

    fn deref(&self) -> &Ground {
        &self.ground
    }
}

impl Desk {
    pub(crate) fn of(bench: &Bench) -> Result<Self, BenchError> {
        let ground = Ground::of(bench, "ledger")?;
        let outside = Outside::open(ground.world.outside("LEDGER_URL")?);
        let ledger = ground.consumer.clone();
        Ok(Self {
            ground,
            ledger,
            outside,
        })
    }

    /// Posts one charge; whatever the answer.
    pub(crate) async fn post(&self, body: &Value) -> Result<Answer, Failure> {
        Ok(self.http()?.post("/charges").json(body).send().await?)
    }

    /// Posts one charge that must be new.
    pub(crate) async fn created(&self, fill: &Fill) -> Result<Answer, Failure> {
        let answer = self.post(&charge(fill)).await?;
        answer.expect_status(201)?;
        Ok(answer)
    }

    /// Adds what was done to the programs, and what became of these orders: their calls, and offsets
    /// committed where their events stand.
    pub(crate) fn story_of(
        &self,
        mismatch: Mismatch,
        identities: &[&str],
        places: &[Place],
    ) -> Mismatch {
        let calls: Vec<String> = identities
            .iter()
            .map(|one| format!("· {one}, key "))
            .collect();
        let commits: Vec<String> = places
            .iter()
            .map(|(partition, _)| format!("of partition {partition}"))
            .collect();
        let story = self.world.timeline.evidence_of(|moment| {
            let text = moment.text.as_str();
            let commits_here = |commit: &String| text.contains(commit.as_str());
            text.starts_with("joins the group")
                || text.starts_with(REFUSED)
                || calls.iter().any(|call| text.contains(call.as_str()))
                || (text.starts_with("commits offset") && commits.iter().any(commits_here))
        });
        match story {
            Some(story) => mismatch.with(story),
            None => mismatch,
        }
    }

    /// Kills the ledger and starts it again.
    pub(crate) async fn crash(&self, why: &str) -> Outcome {
        self.world.timeline.mark("bench", "SIGKILL to ledger", why);
        self.ledger.kill().await?;
        self.come_back().await
    }
}

/// The body of `POST /charges`: what a fill has, without an order id, which is the gateway's to make.
pub(crate) fn charge(fill: &Fill) -> Value {
    let mut body = fill.body();
    if let Some(members) = body.as_object_mut() {
        members.remove("order_id");
    }
    body
}

/// An event's record, keyed by its account.
pub(crate) fn keyed(event: &Event) -> Produced {
    record(
        &event.fill.account,
        event.envelope().to_string().into_bytes(),
    )
}

/// The same, in a partition that its key would not lead it to: another producer's mistake.
pub(crate) fn misplaced(event: &Event, partition: i32) -> Produced {
    Produced {
        partition,
        key: None,
        ..keyed(event)
    }
}

/// How often each number of something occurs, for sentences.
pub(crate) fn counted<K: Ord>(keys: impl IntoIterator<Item = K>) -> BTreeMap<K, usize> {
    let mut counts = BTreeMap::new();
    for key in keys {
        *counts.entry(key).or_default() += 1;
    }
    counts
}
