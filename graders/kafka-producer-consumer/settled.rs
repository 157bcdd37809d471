//! Whether positions are what the events make of them, and what is said where they are not.

use std::{collections::BTreeMap, time::Duration};

use mastery_kit::{
    probe::sql::Row,
    random::Random,
    verdict::{Evidence, Failure, Mismatch, Outcome},
    wait::Look,
};

use super::{
    book::{Book, Position},
    desk::{BACK_AT_WORK, Desk, Place},
    fills::{Event, decimal, one_in_each_partition, read, written},
};
use crate::streaming::moving::Moving;

/// Once the last record of each partition was applied, how long others of it may still be under way in
/// a program that applies accounts side by side.
const STRAGGLERS: Duration = Duration::from_secs(5);

/// How many events of a position are shown.
const SHOWN: usize = 16;

/// Events whose effect is known, with where they stand in the topic.
#[derive(Clone, Debug, Default)]
pub(crate) struct Story {
    pub(crate) events: Vec<Event>,
    pub(crate) places: BTreeMap<String, Place>,
    /// Where events stand once more, by their ids.
    pub(crate) again: BTreeMap<String, Vec<Place>>,
    /// What is newer about events, by their ids.
    pub(crate) newer: BTreeMap<String, &'static str>,
}

impl Story {
    /// Produces events and remembers them.
    pub(crate) async fn produce(&mut self, desk: &Desk, events: &[Event]) -> Outcome {
        let places = desk.produce(events).await?;
        for (event, place) in events.iter().zip(places) {
            self.places.insert(event.fill.event_id.clone(), place);
            self.events.push(event.clone());
        }
        Ok(())
    }

    /// Produces events that are there already, and remembers where they stand now.
    pub(crate) async fn produce_again(&mut self, desk: &Desk, events: &[Event]) -> Outcome {
        let places = desk.produce(events).await?;
        for (event, place) in events.iter().zip(places) {
            let again = self.again.entry(event.fill.event_id.clone()).or_default();
            again.push(place);
        }
        Ok(())
    }

    /// Waits until a marker behind everything in each partition was applied, then compares all
    /// positions: "never twice" is asked of what is past, not of a pause.
    pub(crate) async fn settle(&mut self, desk: &Desk, random: &mut Random) -> Outcome {
        let markers = one_in_each_partition(random, |account| {
            let of_it = |event: &Event| event.fill.account == account;
            !self.events.iter().any(of_it)
        });
        let before = self.events.len();
        self.produce(desk, &markers).await?;
        let wanted = &self.events[before..];
        let expected = "the last event of each partition is applied";
        let moving = Moving::from_now(&desk.trace);
        desk.wait(desk.trace.left(), expected, || async {
            let seen = positions(desk).await?;
            let late = wanted.iter().find(|event| {
                let key = (event.fill.account.clone(), event.fill.symbol.clone());
                !seen.contains_key(&key)
            });
            let Some(event) = late else {
                return Ok(Look::Ready(()));
            };
            let applied: i64 = seen.values().map(Shown::last_seq).sum();
            let still = moving.still_for(applied);
            if still <= BACK_AT_WORK {
                return Ok(Look::NotYet(self.not_applied(event)));
            }
            let seconds = still.as_secs();
            let summary = format!(
                "Nothing moves for {seconds} s: {}.",
                self.not_applied(event)
            );
            let wrong = Mismatch::new(summary, expected, "it is not applied");
            Ok(Look::Never(desk.wrong(wrong).into()))
        })
        .await
        .map_err(|failure| explain(desk, failure))?;
        self.compare(desk).await
    }

    /// Compares all positions with what the events make of them; stragglers get a moment.
    pub(crate) async fn compare(&self, desk: &Desk) -> Outcome {
        let book = Book::of(&self.events);
        let looked = desk
            .wait(
                STRAGGLERS,
                "each position is what its events make it",
                || {
                    let book = &book;
                    async move {
                        let seen = positions(desk).await?;
                        Ok(match difference(book, &seen) {
                            None => Look::Ready(()),
                            Some(found) => Look::NotYet(found.summary()),
                        })
                    }
                },
            )
            .await;
        let Err(Failure::Wrong(_)) = looked else {
            return looked;
        };
        let seen = positions(desk).await?;
        match difference(&book, &seen) {
            None => Ok(()),
            Some(found) => Err(desk.wrong(self.told(desk, &found)).into()),
        }
    }

    fn told(&self, desk: &Desk, found: &Difference) -> Mismatch {
        let (account, symbol) = &found.key;
        let of_it = |event: &&Event| event.fill.account == *account && event.fill.symbol == *symbol;
        let events: Vec<&Event> = self.events.iter().filter(of_it).collect();
        let mut lines: Vec<String> = events.iter().map(|event| self.line(event)).collect();
        if lines.len() > SHOWN {
            let left_out = lines.len() - SHOWN;
            lines.drain(2..2 + left_out);
            lines.insert(2, format!("… {left_out} more"));
        }
        let text = format!(
            "The events of {account} {symbol}, in their order:\n{}",
            lines.join("\n")
        );
        let query = format!(
            "SELECT * FROM v_positions WHERE account_id = '{account}' AND symbol = '{symbol}'"
        );
        let summary = format!("{}.", found.summary());
        let mut mismatch = Mismatch::new(summary, found.expected(), found.actual());
        if !lines.is_empty() {
            mismatch = mismatch.with(Evidence::Text { text });
        }
        mismatch = mismatch.reproduce(desk.world.psql(&query));
        let last = events
            .last()
            .and_then(|event| self.places.get(&event.fill.event_id));
        match last {
            Some(place) => mismatch.reproduce(desk.world.kcat(&desk.topic, *place)),
            None => mismatch,
        }
    }

    /// `seq 3 buy 10 at 101.25 · partition 2 offset 17 · k2f-00003`.
    pub(crate) fn line(&self, event: &Event) -> String {
        let fill = &event.fill;
        let place = self
            .places
            .get(&fill.event_id)
            .map_or_else(String::new, |(partition, offset)| {
                format!(" · partition {partition} offset {offset}")
            });
        let again = self.again.get(&fill.event_id).into_iter().flatten();
        let again: Vec<String> = again
            .map(|(_, offset)| format!(", again at offset {offset}"))
            .collect();
        let again = again.concat();
        let newer = self.newer.get(&fill.event_id);
        let newer = newer.map_or_else(String::new, |newer| format!(" · {newer}"));
        format!(
            "seq {} {} {} at {}{place}{again} · {}{newer}",
            event.seq,
            fill.side(),
            decimal(fill.quantity),
            decimal(fill.price),
            fill.event_id
        )
    }

    fn not_applied(&self, event: &Event) -> String {
        let place = self.places.get(&event.fill.event_id);
        let (partition, offset) = place.copied().unwrap_or_default();
        format!("the event at partition {partition} offset {offset} is not applied")
    }
}

/// Adds how to look at what is missing.
fn explain(desk: &Desk, failure: Failure) -> Failure {
    match failure {
        Failure::Wrong(mismatch) => {
            let query = "SELECT count(*), max(last_seq) FROM v_positions";
            Failure::Wrong(Box::new(mismatch.reproduce(desk.world.psql(query))))
        }
        bench @ Failure::Bench(_) => bench,
    }
}

/// What the learner's view shows, by account and symbol.
pub(crate) async fn positions(desk: &Desk) -> Result<BTreeMap<(String, String), Shown>, Failure> {
    let query =
        "SELECT account_id, symbol, qty, avg_price, realized_pnl, last_seq FROM v_positions";
    let rows = desk.rows(query).await?;
    let mut seen = BTreeMap::new();
    for row in &rows {
        let text = |name: &str| row.get(name).unwrap_or_default().to_owned();
        let key = (text("account_id"), text("symbol"));
        if seen.insert(key.clone(), Shown::of(row)).is_some() {
            let summary = format!("v_positions has two rows for {} {}.", key.0, key.1);
            let query = format!("SELECT * FROM v_positions WHERE account_id = '{}'", key.0);
            let wrong = Mismatch::new(summary, "one row for each account and symbol", "two rows");
            return Err(wrong.reproduce(desk.world.psql(&query)).into());
        }
    }
    Ok(seen)
}

/// A row of the view, as it was written.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    qty: String,
    avg: String,
    realized: String,
    last_seq: String,
}

impl Shown {
    fn of(row: &Row) -> Self {
        let text = |name: &str| row.get(name).unwrap_or("NULL").to_owned();
        Self {
            qty: text("qty"),
            avg: text("avg_price"),
            realized: text("realized_pnl"),
            last_seq: text("last_seq"),
        }
    }

    /// The highest sequence applied.
    pub(crate) fn last_seq(&self) -> i64 {
        self.last_seq.parse().unwrap_or(0)
    }

    fn is(&self, position: &Position) -> bool {
        read(&self.qty, 8) == Some(position.qty)
            && (position.qty == 0 || read(&self.avg, 8) == Some(position.avg))
            && read(&self.realized, 16) == Some(position.realized)
            && self.last_seq.parse() == Ok(position.last_seq)
    }

    fn told(&self, flat: bool) -> String {
        let plain = |text: &str, scale| {
            read(text, scale).map_or_else(|| text.to_owned(), |units| written(units, scale))
        };
        let avg = if flat {
            String::new()
        } else {
            format!(" · avg_price {}", plain(&self.avg, 8))
        };
        format!(
            "qty {}{avg} · realized_pnl {} · last_seq {}",
            plain(&self.qty, 8),
            plain(&self.realized, 16),
            self.last_seq
        )
    }
}

/// The first position that is not what it should be.
struct Difference {
    key: (String, String),
    wanted: Option<Position>,
    seen: Option<Shown>,
}

impl Difference {
    fn expected(&self) -> String {
        match &self.wanted {
            Some(position) => position.to_string(),
            None => "no row".to_owned(),
        }
    }

    fn actual(&self) -> String {
        let flat = self.wanted.as_ref().is_some_and(|wanted| wanted.qty == 0);
        match &self.seen {
            Some(shown) => shown.told(flat),
            None => "no row".to_owned(),
        }
    }

    fn summary(&self) -> String {
        let (account, symbol) = &self.key;
        match (&self.wanted, &self.seen) {
            (_, None) => format!("v_positions has no row for {account} {symbol}"),
            (None, Some(_)) => format!(
                "v_positions has a row for {account} {symbol}, to which no event was to be applied"
            ),
            (Some(_), Some(_)) => {
                format!("The position of {account} in {symbol} is not what its events make it")
            }
        }
    }
}

fn difference(book: &Book, seen: &BTreeMap<(String, String), Shown>) -> Option<Difference> {
    for (key, wanted) in &book.0 {
        let shown = seen.get(key);
        if !shown.is_some_and(|shown| shown.is(wanted)) {
            return Some(Difference {
                key: key.clone(),
                wanted: Some(wanted.clone()),
                seen: shown.cloned(),
            });
        }
    }
    let extra = seen.iter().find(|(key, _)| !book.0.contains_key(*key));
    extra.map(|(key, shown)| Difference {
        key: key.clone(),
        wanted: None,
        seen: Some(shown.clone()),
    })
}

/// A moment of the bench's own, for the story.
pub(crate) fn bench_did(desk: &Desk, text: impl Into<String>) {
    desk.did(text);
}
