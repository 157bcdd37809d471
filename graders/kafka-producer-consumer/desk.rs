//! What checks do and see: fills posted, events produced, views, topics and offsets read.

use std::{collections::BTreeMap, ops::Deref};

use mastery_kit::{
    bench::Bench,
    probe::http::Answer,
    stage::Control,
    verdict::{BenchError, Failure},
};

use super::fills::{Event, Fill};
use crate::streaming::ground::Ground;
pub(crate) use crate::streaming::ground::{BACK_AT_WORK, Place, record};

/// The programs, their world, and everything a check asks of them.
#[derive(Clone)]
pub(crate) struct Desk {
    ground: Ground,
    pub(crate) positions: Control,
}

impl Deref for Desk {
    type Target = Ground;

    fn deref(&self) -> &Ground {
        &self.ground
    }
}

impl Desk {
    pub(crate) fn of(bench: &Bench) -> Result<Self, BenchError> {
        let ground = Ground::of(bench, "positions")?;
        let positions = ground.consumer.clone();
        Ok(Self { ground, positions })
    }

    /// Posts one fill; whatever the answer.
    pub(crate) async fn post(&self, fill: &Fill) -> Result<Answer, Failure> {
        Ok(self
            .http()?
            .post("/fills")
            .json(&fill.body())
            .send()
            .await?)
    }

    /// Posts one fill that must be accepted.
    pub(crate) async fn accepted(&self, fill: &Fill) -> Result<Answer, Failure> {
        let answer = self.post(fill).await?;
        answer.expect_status(202)?;
        Ok(answer)
    }

    /// Posts fills, of each account in order, of several accounts at once. All must be accepted.
    pub(crate) async fn post_all(&self, fills: &[Fill]) -> Result<(), Failure> {
        let mut by_account = BTreeMap::<&str, Vec<&Fill>>::new();
        for fill in fills {
            by_account.entry(&fill.account).or_default().push(fill);
        }
        let lanes: Vec<Vec<&Fill>> = spread(by_account.into_values().collect());
        let posting = lanes.into_iter().map(|lane| async move {
            for fill in lane {
                self.accepted(fill).await?;
            }
            Ok::<(), Failure>(())
        });
        mastery_kit::wait::all(posting).await?;
        Ok(())
    }

    /// Produces events as another gateway of the platform would: keyed, in order. Where each went.
    pub(crate) async fn produce(&self, events: &[Event]) -> Result<Vec<Place>, Failure> {
        let records = events.iter().map(|event| {
            let value = event.envelope().to_string();
            record(&event.fill.account, value.into_bytes())
        });
        self.produce_records(records.collect()).await
    }
}

/// Lanes in which fills are posted at once: few enough for any server, enough to meet each other.
const LANES: usize = 8;

fn spread(accounts: Vec<Vec<&Fill>>) -> Vec<Vec<&Fill>> {
    let mut lanes: Vec<Vec<&Fill>> = vec![Vec::new(); LANES];
    for (place, fills) in accounts.into_iter().enumerate() {
        lanes[place % LANES].extend(fills);
    }
    lanes
}
