//! Whether what was charged is what the orders ask for, here and outside.

use std::{collections::BTreeSet, time::Duration};

use mastery_kit::{
    probe::kafka::Produced,
    random::Random,
    verdict::{Evidence, Failure, Mismatch, Outcome},
    wait::Look,
};

use super::{
    charged::{Row, rows},
    desk::{BACK_AT_WORK, Desk, keyed},
    differing::{Found, booked_twice, difference},
    fills::{Event, Fill, one_in_each_partition},
    orders::{Orders, identity_of},
};
use crate::streaming::moving::Moving;

/// Once the last record of each partition is charged, how long others of it may still be under way in
/// a program that charges side by side.
const STRAGGLERS: Duration = Duration::from_secs(5);

/// What was produced, and what must come of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Story {
    pub(crate) orders: Orders,
    /// Where the check is about it: rows of older orders may be gone.
    pub(crate) retention: Option<Retention>,
}

/// How long a row stays, in records.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Retention {
    /// N, as the programs are told it.
    pub(crate) events: usize,
    /// Of this many of the newest records the rows are there in whatever order the partitions are read.
    pub(crate) surely: usize,
}

impl Story {
    /// Produces events, keyed by their accounts, and remembers them.
    pub(crate) async fn produce(&mut self, desk: &Desk, events: &[Event]) -> Outcome {
        let records = events.iter().map(|event| (event, keyed(event)));
        self.produce_as(desk, records.collect()).await
    }

    /// Produces events as these records, and remembers them.
    pub(crate) async fn produce_as(
        &mut self,
        desk: &Desk,
        events: Vec<(&Event, Produced)>,
    ) -> Outcome {
        let (events, records): (Vec<_>, Vec<_>) = events.into_iter().unzip();
        let places = desk.produce_records(records).await?;
        for (event, place) in events.into_iter().zip(places) {
            self.orders.add(&event.fill, Some(place));
        }
        Ok(())
    }

    /// The gateway was given these.
    pub(crate) fn posted(&mut self, fills: &[Fill]) {
        for fill in fills {
            self.orders.add(fill, None);
        }
    }

    /// Waits until a marker behind everything in each partition is charged, and one behind that, then
    /// compares all: "never twice" is asked of what is past, not of a pause. Of what is taken at once the
    /// first marker may be charged first; the second is taken once all of it is done.
    pub(crate) async fn settle(&mut self, desk: &Desk, random: &mut Random) -> Outcome {
        if self.retention.is_some() {
            // A marker that is taken before what stands in other partitions may be forgotten unseen.
            self.until_booked(desk).await?;
        }
        for _round in 0..2 {
            let markers = one_in_each_partition(random, |account| {
                let mut all = self.orders.by_identity.values();
                !all.any(|order| order.fill.account == account)
            });
            self.produce(desk, &markers).await?;
            let wanted: Vec<&Fill> = markers.iter().map(|marker| &marker.fill).collect();
            self.until_charged(desk, &wanted).await?;
        }
        self.compare(desk).await
    }

    /// Waits until each of these orders has a row; whoever gets nothing done for 15 s is late.
    pub(crate) async fn until_charged(&self, desk: &Desk, wanted: &[&Fill]) -> Outcome {
        let expected = "each order that is in the topic is charged";
        self.until_none_is_left(desk, expected, "have no row", || async {
            let seen = rows(desk).await?;
            let missing = wanted.iter().copied();
            let missing = missing.filter(|fill| !seen.iter().any(|row| row.is_of(fill)));
            Ok(Left {
                of: wanted.len(),
                missing: missing.collect(),
                done: seen.len(),
            })
        })
        .await
    }

    /// Waits until each order is booked outside: whatever row it had may be gone.
    pub(crate) async fn until_booked(&self, desk: &Desk) -> Outcome {
        let expected = "each order that is in the topic is booked outside";
        self.until_none_is_left(desk, expected, "are not booked", || async {
            let asked = desk.outside.asked().into_iter();
            let booked = asked.filter(|call| call.booked).map(|call| call.identity);
            let booked: BTreeSet<String> = booked.collect();
            let orders = self.orders.by_identity.iter();
            let missing = orders.filter(|(identity, _)| !booked.contains(*identity));
            Ok(Left {
                of: self.orders.by_identity.len(),
                missing: missing.map(|(_, order)| &order.fill).collect(),
                done: booked.len(),
            })
        })
        .await
    }

    async fn until_none_is_left<'a, F, Fut>(
        &self,
        desk: &Desk,
        expected: &str,
        words: &str,
        look: F,
    ) -> Outcome
    where
        F: Fn() -> Fut + Sync,
        Fut: Future<Output = Result<Left<'a>, Failure>> + Send,
    {
        let moving = Moving::from_now(&desk.trace);
        desk.wait(desk.trace.left(), expected, || async {
            if let Some(wrong) = desk.outside.wrong() {
                return Ok(Look::Never(desk.wrong(wrong).into()));
            }
            let left = look().await?;
            let Some(first) = left.missing.first() else {
                return Ok(Look::Ready(()));
            };
            if moving.still_for(left.done) <= BACK_AT_WORK {
                let (missing, of) = (left.missing.len(), left.of);
                return Ok(Look::NotYet(format!("{missing} of {of} orders {words}")));
            }
            let seen = rows(desk).await?;
            Ok(Look::Never(self.stuck(desk, &seen, first).into()))
        })
        .await
    }

    /// Compares all orders with what is charged; stragglers get a moment, a second booking does not.
    pub(crate) async fn compare(&self, desk: &Desk) -> Outcome {
        let expected = "each order is charged once, here and outside";
        let looked = desk
            .wait(STRAGGLERS, expected, || async {
                let seen = rows(desk).await?;
                let found = difference(desk, &self.orders, self.span(), &seen);
                Ok(match found {
                    None => Look::Ready(None),
                    Some(found) if found.is_final => Look::Ready(Some(found)),
                    Some(found) => Look::NotYet(found.mismatch.summary),
                })
            })
            .await;
        let found = match looked {
            Ok(found) => found,
            Err(Failure::Wrong(_)) => {
                let seen = rows(desk).await?;
                difference(desk, &self.orders, self.span(), &seen)
            }
            Err(bench @ Failure::Bench(_)) => return Err(bench),
        };
        found.map_or(Ok(()), |found| Err(self.told(desk, found).into()))
    }

    /// Nothing moves: what is most wrong now, else what is missing.
    fn stuck(&self, desk: &Desk, seen: &[Row], first: &Fill) -> Mismatch {
        if let Some(found) = booked_twice(desk, &self.orders) {
            return self.told(desk, found);
        }
        // The first that is missing in the topic, not the marker behind it.
        let orders = self.orders.by_identity.iter();
        let mut missing: Vec<_> = orders
            .filter(|(_, order)| !seen.iter().any(|row| row.is_of(&order.fill)))
            .filter(|(_, order)| order.since + self.span() >= self.orders.records)
            .collect();
        missing.sort_by_key(|(_, order)| order.since);
        let identity = missing
            .first()
            .map_or_else(|| identity_of(first), |(identity, _)| (*identity).clone());
        let calls = desk.outside.asked_of(&identity);
        let seconds = BACK_AT_WORK.as_secs();
        let booked = if calls.iter().any(|call| call.booked) {
            "it is booked there"
        } else {
            "it is not booked there"
        };
        let asked = match calls.as_slice() {
            [] => match desk.outside.refused() {
                0 => "your ledger never called the outside ledger for it".to_owned(),
                refused => format!(
                    "the outside ledger took in no call for it, and refused {refused} calls or connections"
                ),
            },
            [_] => format!("your ledger called for it once, and {booked}"),
            more => format!(
                "your ledger called for it {} times, and {booked}",
                more.len()
            ),
        };
        let summary = format!(
            "Nothing is charged for {seconds} s, and the order {identity} has no row: {asked}."
        );
        let expected = "a row of v_charges within 15 s of the event's arrival, or of a fault's end";
        let mismatch = Mismatch::new(summary, expected, format!("no row; {asked}"));
        let found = Found::of(identity, mismatch, calls);
        self.told(desk, found)
    }

    /// How many records back a missing row counts.
    fn span(&self) -> usize {
        self.retention
            .map_or(self.orders.records, |retention| retention.surely)
    }

    fn told(&self, desk: &Desk, found: Found) -> Mismatch {
        let told = found.told(desk, &self.orders);
        match self.retention {
            Some(Retention { events, .. }) => told.with(Evidence::Text {
                text: format!("RETENTION_EVENTS is {events} in this check."),
            }),
            None => told,
        }
    }
}

/// What is still waited for.
struct Left<'a> {
    missing: Vec<&'a Fill>,
    of: usize,
    /// What moves as long as there is progress.
    done: usize,
}
