//! Records that can never be applied, failures that pass, and events from the future.

use mastery_kit::{
    bench::Bench,
    interposer::pg_proxy::{Fail, When},
    verdict::{Evidence, Failure, Mismatch, Outcome},
};
use serde_json::json;

use super::{
    desk::{Desk, record},
    fills::{Market, numbered},
    settled::{Story, bench_did},
    topic::shown,
};
use crate::streaming::parking::{self, Poisoned};
pub(crate) use crate::streaming::poison::{POISON, Spoil, spoilt};

/// Good events with something between them that is not to be applied.
pub(crate) struct Mixed {
    pub(crate) story: Story,
    pub(crate) odd: Vec<Poisoned>,
}

impl Mixed {
    /// Produces events with one of `spoils` before every few of them. The good ones stay dense in
    /// their order; what is spoilt takes a number of its own.
    pub(crate) async fn produce(
        desk: &Desk,
        bench: &mut Bench,
        spoils: &[Spoil],
    ) -> Result<Self, Failure> {
        let random = bench.random();
        let mut market = Market::draw(random, 0, 8, 3);
        let mut fills = market.fills(random, 90);
        let mut places: Vec<usize> = (3..fills.len() - 6).collect();
        random.shuffle(&mut places);
        places.truncate(spoils.len());
        places.sort_unstable();
        let mut order: Vec<Spoil> = spoils.to_vec();
        random.shuffle(&mut order);
        let events = numbered(random, &fills);
        fills.clear();
        let mut this = Self {
            story: Story::default(),
            odd: Vec::new(),
        };
        let mut next = 0;
        for (place, spoil) in places.into_iter().zip(order) {
            this.story.produce(desk, &events[next..place]).await?;
            let (value, what) = spoil(random, &events[place]);
            let odd = record(&events[place].fill.account, value);
            let at = desk.produce_records(vec![odd.clone()]).await?;
            this.odd.extend(at.first().map(|at| (*at, odd, what)));
            // Its number is used up: a gap, and no reason to wait.
            next = place + 1;
        }
        this.story.produce(desk, &events[next..]).await?;
        Ok(this)
    }

    /// Adds what stands between the good events, and where.
    pub(crate) fn told(&self, what: &str, failure: Failure) -> Failure {
        parking::told(&self.odd, what, failure)
    }
}

pub(crate) async fn events_behind_poison_are_applied(bench: &mut Bench) -> Outcome {
    let desk = Desk::of(bench)?;
    let mut mixed = Mixed::produce(&desk, bench, &POISON[..4]).await?;
    let settled = mixed.story.settle(&desk, bench.random()).await;
    settled.map_err(|failure| mixed.told("Poison", failure))
}

pub(crate) async fn transient_failure_is_not_poison(bench: &mut Bench) -> Outcome {
    let desk = Desk::of(bench)?;
    let random = bench.random();
    let mut market = Market::draw(random, 0, 8, 3);
    let fills = market.fills(random, 160);
    let events = numbered(random, &fills);
    let mut story = Story::default();
    story.produce(&desk, &events[..40]).await?;
    story.settle(&desk, bench.random()).await?;
    let proxy = desk.world.postgres("positions")?;
    let mut faults = [Fail::Error("40001"), Fail::Fatal("57P01"), Fail::Reset];
    bench.random().shuffle(&mut faults);
    for (place, how) in faults.into_iter().enumerate() {
        desk.positions.forgive();
        let failing = proxy.fail_statements(When::any(), how, 3);
        bench_did(
            &desk,
            format!("fails three statements of positions: {how:?}"),
        );
        let from = 40 + place * 40;
        story.produce(&desk, &events[from..from + 40]).await?;
        let settled = story.settle(&desk, bench.random()).await;
        drop(failing);
        if let Err(Failure::Bench(_)) = settled {
            return settled;
        }
        // What is parked is why others are missing, the marker perhaps among them.
        nothing_is_parked(&desk).await?;
        settled?;
    }
    Ok(())
}

async fn nothing_is_parked(desk: &Desk) -> Outcome {
    let parked = desk.parked().await?;
    let Some(first) = parked.first() else {
        return Ok(());
    };
    let summary = "A record was parked because the database was away for a moment.";
    let wrong = Mismatch::new(
        summary,
        "nothing is parked",
        format!("{} parked records", parked.len()),
    );
    let wrong = wrong.with(Evidence::Text { text: shown(first) });
    Err(desk
        .wrong(wrong)
        .reproduce(desk.world.kcat_all(&desk.parked))
        .into())
}

/// Events of types that nobody told the program of.
const UNKNOWN: [Spoil; 4] = [
    |_, event| {
        (
            spoilt(event, |value| {
                value["event_type"] = json!("order.cancelled");
            }),
            "order.cancelled",
        )
    },
    |_, event| {
        let value = spoilt(event, |value| {
            value["event_type"] = json!("order.amended");
            value["data"] = json!({"new_price": "7"});
        });
        (value, "order.amended with other data")
    },
    |_, event| {
        (
            spoilt(event, |value| {
                value["event_type"] = json!("order.filled.v2");
            }),
            "order.filled.v2",
        )
    },
    |random, event| {
        let value = json!({"event_type": "account.opened", "account_id": event.fill.account, "note": random.word(12)});
        (
            value.to_string().into_bytes(),
            "account.opened without an envelope",
        )
    },
];

pub(crate) async fn unknown_events_are_ignored(bench: &mut Bench) -> Outcome {
    let desk = Desk::of(bench)?;
    let mut mixed = Mixed::produce(&desk, bench, &UNKNOWN).await?;
    let settled = mixed.story.settle(&desk, bench.random()).await;
    settled.map_err(|failure| mixed.told("Unknown events", failure))?;
    nothing_parked(&desk, "an event of a type that you do not know").await
}

async fn nothing_parked(desk: &Desk, what: &str) -> Outcome {
    let parked = desk.parked().await?;
    let Some(first) = parked.first() else {
        return Ok(());
    };
    let wrong = Mismatch::new(
        format!("You parked {what}."),
        "nothing is parked",
        "a parked record",
    );
    let wrong = wrong.with(Evidence::Text { text: shown(first) });
    Err(wrong.reproduce(desk.world.kcat_all(&desk.parked)).into())
}

pub(crate) async fn newer_events_are_applied(bench: &mut Bench) -> Outcome {
    let desk = Desk::of(bench)?;
    let random = bench.random();
    let mut market = Market::draw(random, 0, 8, 3);
    let fills = market.fills(random, 60);
    let events = numbered(random, &fills);
    let mut story = Story::default();
    let mut records = Vec::new();
    for (place, event) in events.iter().enumerate() {
        let mut value = event.envelope();
        let newer = match place % 4 {
            0 => {
                value["schema_version"] = json!(2);
                "schema_version 2"
            }
            1 => {
                value["venue"] = json!({"mic": "XETR", "lanes": [1, 2]});
                "a further member"
            }
            2 => {
                value["data"]["liquidity"] = json!("maker");
                "a further member of data"
            }
            _ => {
                value["schema_version"] = json!(7);
                value["data"]["fees"] = json!([{"currency": "USD", "amount": "0.01"}]);
                "schema_version 7, a further member of data"
            }
        };
        story.newer.insert(event.fill.event_id.clone(), newer);
        let mut odd = record(&event.fill.account, value.to_string().into_bytes());
        if place % 5 == 0 {
            odd.headers.clear();
        } else {
            odd.headers.push(("x-region".to_owned(), "eu-1".into()));
        }
        records.push(odd);
    }
    let places = desk.produce_records(records).await?;
    for (event, place) in events.into_iter().zip(places) {
        story.places.insert(event.fill.event_id.clone(), place);
        story.events.push(event);
    }
    let settled = story.settle(&desk, bench.random()).await;
    if let Err(Failure::Bench(_)) = settled {
        return settled;
    }
    // What was parked says more than the position that misses it.
    nothing_parked(&desk, "an event of a newer schema").await?;
    settled
}
