//! What the gateway has put into the topic, and what is to be found there.

use std::{collections::BTreeMap, time::Duration};

use mastery_kit::{
    verdict::{Failure, Mismatch},
    wait::Look,
};

use super::{
    desk::{Desk, Place},
    fills::{Event, Fill},
};
use crate::streaming::ground::Ground;
pub(crate) use crate::streaming::records::{Published, shown};

impl Desk {
    /// As [`Ground::until_published`]; what is missing there may wait in this lab's view.
    pub(crate) async fn until_published(
        &self,
        fills: &[Fill],
        limit: Duration,
    ) -> Result<Vec<Published>, Failure> {
        let published = Ground::until_published(self, fills, limit).await;
        published.map_err(|failure| match failure {
            Failure::Wrong(mut wrong) => {
                wrong.reproduce.insert(0, self.look_at_pending());
                Failure::Wrong(wrong)
            }
            bench @ Failure::Bench(_) => bench,
        })
    }

    fn look_at_pending(&self) -> String {
        let query = "SELECT * FROM v_outbox_pending ORDER BY created_at";
        self.world.psql(query)
    }

    /// Waits until nothing waits to be published any more.
    pub(crate) async fn until_drained(&self, limit: Duration) -> Result<(), Failure> {
        let query = "SELECT event_id, created_at FROM v_outbox_pending";
        self.wait(limit, "v_outbox_pending is empty", || async {
            let rows = self.rows(query).await?;
            Ok(match rows.first() {
                None => Look::Ready(()),
                Some(row) => Look::NotYet(format!(
                    "v_outbox_pending has {} rows, the first of them {}",
                    rows.len(),
                    row.get("event_id").unwrap_or("NULL")
                )),
            })
        })
        .await
        .map_err(|failure| self.show_pending(failure))
    }

    /// The ids that wait to be published.
    pub(crate) async fn pending(&self) -> Result<Vec<String>, Failure> {
        let rows = self
            .rows("SELECT event_id, created_at FROM v_outbox_pending")
            .await?;
        let ids = rows
            .iter()
            .map(|row| row.get("event_id").unwrap_or_default());
        Ok(ids.map(str::to_owned).collect())
    }

    fn show_pending(&self, failure: Failure) -> Failure {
        match failure {
            Failure::Wrong(mismatch) => {
                let look = self.look_at_pending();
                let read = self.world.kcat_all(&self.topic);
                Failure::Wrong(Box::new(mismatch.reproduce(look).reproduce(read)))
            }
            bench @ Failure::Bench(_) => bench,
        }
    }

    /// Each of these ids is in the topic once. `may_repeat`: a gateway was killed meanwhile.
    pub(crate) fn expect_once(&self, events: &[Published], fills: &[Fill]) -> Result<(), Failure> {
        let mut places = BTreeMap::<&str, Vec<&Published>>::new();
        for event in events {
            places.entry(event.event_id()).or_default().push(event);
        }
        for fill in fills {
            let found = places
                .get(fill.event_id.as_str())
                .map_or(&[][..], Vec::as_slice);
            let [first, second, ..] = found else { continue };
            let summary = format!(
                "The event {} is in the topic {} times: a consumer without the contract's care would apply it {} times.",
                fill.event_id,
                found.len(),
                found.len()
            );
            let at = |event: &Published| {
                format!(
                    "partition {} offset {}",
                    event.record.partition, event.record.offset
                )
            };
            let wrong = Mismatch::new(
                summary,
                "one record",
                format!("records at {} and {}", at(first), at(second)),
            );
            let wrong = self
                .wrong(wrong.with(first.evidence()).with(second.evidence()))
                .reproduce(self.world.kcat_all(&self.topic));
            return Err(wrong.into());
        }
        let known = |id: &str| fills.iter().any(|fill| fill.event_id == id);
        if let Some(extra) = events.iter().find(|event| !known(event.event_id())) {
            let summary = format!(
                "The topic has an event `{}` that no accepted fill stands behind.",
                extra.event_id()
            );
            let wrong = Mismatch::new(summary, "no such event", extra.event_id());
            let wrong = self
                .wrong(wrong.with(extra.evidence()))
                .reproduce(self.world.kcat(&self.topic, extra.place()));
            return Err(wrong.into());
        }
        Ok(())
    }

    /// The events of each account stand in one partition, numbered 1, 2, 3 … in that order. A number
    /// that was seen may be repeated where `may_repeat` says so.
    pub(crate) fn expect_in_order(
        &self,
        events: &[Published],
        may_repeat: bool,
    ) -> Result<(), Failure> {
        let mut last = BTreeMap::<&str, &Published>::new();
        let mut sorted: Vec<&Published> = events.iter().collect();
        sorted.sort_by_key(|event| event.place());
        for event in sorted {
            let before = last.get(event.account());
            let expected = before.map_or(1, |before| before.seq() + 1);
            if let Some(before) = before
                && before.record.partition != event.record.partition
            {
                let summary = format!(
                    "The events of {} are in more than one partition, so their order is nobody's.",
                    event.account()
                );
                let wrong = Mismatch::new(
                    summary,
                    format!("partition {}", before.record.partition),
                    format!("partition {}", event.record.partition),
                );
                let wrong = wrong.with(before.evidence()).with(event.evidence());
                return Err(self
                    .wrong(wrong)
                    .reproduce(self.world.kcat_all(&self.topic))
                    .into());
            }
            if event.seq() == expected {
                last.insert(event.account(), event);
                continue;
            }
            if may_repeat && event.seq() < expected {
                continue;
            }
            let summary = format!(
                "{} has account_seq {} where {expected} is next in the topic.",
                event.account(),
                event.seq()
            );
            let mut wrong = Mismatch::new(summary, expected.to_string(), event.seq().to_string());
            if let Some(before) = before {
                wrong = wrong.with(before.evidence());
            }
            let wrong = wrong.with(event.evidence());
            return Err(self
                .wrong(wrong)
                .reproduce(self.world.kcat_all(&self.topic))
                .into());
        }
        Ok(())
    }
}

/// The events of these fills, as they stand in the topic: what positions must be made of.
pub(crate) fn as_events(published: &[Published], fills: &[Fill]) -> Vec<Event> {
    let mut events: Vec<(Place, Event)> = Vec::new();
    for one in published {
        let Some(fill) = fills.iter().find(|fill| fill.event_id == one.event_id()) else {
            continue;
        };
        if events
            .iter()
            .all(|(_, event)| event.fill.event_id != fill.event_id)
        {
            let event = Event {
                fill: fill.clone(),
                seq: one.seq(),
                occurred_at: String::new(),
            };
            events.push((one.place(), event));
        }
    }
    events.sort_by_key(|(place, _)| *place);
    events.into_iter().map(|(_, event)| event).collect()
}
