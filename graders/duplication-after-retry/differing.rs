//! The first thing that is not as the orders ask, and how it is told.

use std::collections::BTreeMap;

use mastery_kit::verdict::{Evidence, Mismatch};

use super::{
    charged::Row,
    desk::{Desk, Place, counted},
    fills::{Fill, decimal},
    orders::{Order, Orders},
    outside::{Asked, short},
};

/// How many calls and events of an order are shown.
const SHOWN: usize = 3;
const EVENTS: usize = 8;

/// Something that is wrong with one order.
pub(crate) struct Found {
    identity: String,
    pub(crate) mismatch: Mismatch,
    /// Calls that show it.
    calls: Vec<Asked>,
    /// Waiting does not change it any more.
    pub(crate) is_final: bool,
    /// Orders that look alike have nothing to do with it.
    is_about_amount: bool,
}

impl Found {
    /// Something that time may still change.
    pub(crate) fn of(identity: String, mismatch: Mismatch, calls: Vec<Asked>) -> Self {
        Self {
            identity,
            mismatch,
            calls,
            is_final: false,
            is_about_amount: false,
        }
    }

    fn about_amount(mut self) -> Self {
        self.is_about_amount = true;
        self.for_good()
    }

    fn for_good(mut self) -> Self {
        self.is_final = true;
        self
    }

    /// The whole: events of the order, its calls, what happened on the wire, and lines that look.
    pub(crate) fn told(self, desk: &Desk, orders: &Orders) -> Mismatch {
        let mut told = self.mismatch;
        let order = orders.by_identity.get(&self.identity);
        if let Some(order) = order {
            let mut lines = events_of(&self.identity, order);
            if !self.is_about_amount {
                lines.extend(look_alikes(&self.identity, order, orders));
            }
            let text = lines.join("\n");
            told = told.with(Evidence::Text { text });
        }
        let shown: Vec<&Asked> = self.calls.iter().take(SHOWN).collect();
        told = desk.outside.show(told, &shown);
        let mut about: Vec<&str> = shown.iter().map(|one| one.identity.as_str()).collect();
        about.push(&self.identity);
        let events = order.map_or(&[][..], |order| order.events.as_slice());
        let places: Vec<Place> = events.iter().filter_map(|(_, place)| *place).collect();
        told = desk.story_of(told, &about, &places);
        let account = order.map(|order| order.fill.account.as_str());
        let query = match account {
            Some(account) => format!("SELECT * FROM v_charges WHERE account_id = '{account}'"),
            None => "SELECT * FROM v_charges".to_owned(),
        };
        told = told.reproduce(desk.world.psql(&query));
        let place = order.and_then(|order| order.events.iter().find_map(|(_, place)| *place));
        match place {
            Some(place) => told.reproduce(desk.world.kcat(&desk.topic, place)),
            None => told,
        }
    }
}

fn events_of(identity: &str, order: &Order) -> Vec<String> {
    let fill = &order.fill;
    let mut lines = vec![format!(
        "The order {identity}: {} {} at {}, commission {}. Its events:",
        fill.side(),
        decimal(fill.quantity),
        decimal(fill.price),
        decimal(order.amount)
    )];
    for (event_id, place) in order.events.iter().take(EVENTS) {
        let place = place.map_or_else(
            || "through your gateway".to_owned(),
            |(partition, offset)| format!("partition {partition} offset {offset}"),
        );
        lines.push(format!("{event_id} · {place}"));
    }
    if order.events.len() > EVENTS {
        lines.push(format!("… {} more", order.events.len() - EVENTS));
    }
    lines
}

fn look_alikes(identity: &str, order: &Order, orders: &Orders) -> Option<String> {
    let contents = |fill: &Fill| (fill.symbol.clone(), fill.is_buy, fill.quantity, fill.price);
    let others = orders.by_identity.iter();
    let alike: Vec<&str> = others
        .filter(|(other, _)| *other != identity)
        .filter(|(_, other)| contents(&other.fill) == contents(&order.fill))
        .take(EVENTS)
        .map(|(other, _)| other.as_str())
        .collect();
    let alike = (!alike.is_empty()).then(|| alike.join(", "));
    alike.map(|alike| {
        format!("Other orders with the same symbol, side, quantity and price: {alike}.")
    })
}

/// The worst of all: two bookings of one order, or one key for two.
pub(crate) fn booked_twice(desk: &Desk, orders: &Orders) -> Option<Found> {
    let asked = desk.outside.asked();
    let mut keys = BTreeMap::<&str, &Asked>::new();
    let mut names = BTreeMap::<&str, &Asked>::new();
    for call in &asked {
        if !orders.by_identity.contains_key(&call.identity) {
            return Some(of_no_order(call).for_good());
        }
        let first = *keys.entry(&call.key).or_insert(call);
        if first.identity != call.identity {
            return Some(shared_key(first, call).for_good());
        }
        let first = *names.entry(&call.identity).or_insert(call);
        if first.key != call.key {
            return Some(two_keys(first, call, &asked).for_good());
        }
    }
    None
}

fn of_no_order(call: &Asked) -> Found {
    let summary = format!(
        "Your ledger calls for {}, and no event of the topic asks for it.",
        call.identity
    );
    let expected = "account_id and client_order_id of the event; event_id where there is no other";
    let actual = format!("a call for {}", call.identity);
    let mismatch = Mismatch::new(summary, expected, actual);
    Found::of(call.identity.clone(), mismatch, vec![call.clone()])
}

fn shared_key(first: &Asked, call: &Asked) -> Found {
    let summary = format!(
        "Two orders have one Idempotency-Key, so the second is never booked: {} and {}.",
        first.identity, call.identity
    );
    let expected = "a key of its own for each identity";
    let actual = format!("calls {} and {} share one", first.number, call.number);
    let mismatch = Mismatch::new(summary, expected, actual);
    Found::of(
        call.identity.clone(),
        mismatch,
        vec![first.clone(), call.clone()],
    )
}

fn two_keys(first: &Asked, call: &Asked, asked: &[Asked]) -> Found {
    let booked = asked.iter().filter(|one| one.identity == call.identity);
    let times = booked.filter(|one| one.booked).count();
    let summary = if times > 1 {
        format!(
            "The order {} is booked outside {times} times: its calls have different keys, and the client pays {times} times.",
            call.identity
        )
    } else {
        format!(
            "The order {} is called for again under another Idempotency-Key: had the first call been booked, the client would pay twice.",
            call.identity
        )
    };
    let expected = format!("key {} in each of its calls", short(&first.key));
    let actual = format!("key {} in call {}", short(&call.key), call.number);
    let mismatch = Mismatch::new(summary, expected, actual);
    Found::of(
        call.identity.clone(),
        mismatch,
        vec![first.clone(), call.clone()],
    )
}

/// The first thing that is not as the orders ask. Where there is a retention, rows of orders that are
/// older may be gone.
pub(crate) fn difference(desk: &Desk, orders: &Orders, span: usize, seen: &[Row]) -> Option<Found> {
    booked_twice(desk, orders)
        .or_else(|| calls_differ(desk, orders))
        .or_else(|| rows_differ(desk, orders, span, seen))
}

fn calls_differ(desk: &Desk, orders: &Orders) -> Option<Found> {
    for call in desk.outside.asked() {
        let order = orders.by_identity.get(&call.identity)?;
        let known = order.events.iter().any(|(id, _)| *id == call.event_id);
        let is_about_amount = call.amount != order.amount;
        let (what, expected, actual) = if is_about_amount {
            let (wanted, found) = (decimal(order.amount), decimal(call.amount));
            ("amount", wanted, found)
        } else if known {
            continue;
        } else {
            let ids: Vec<&str> = order.events.iter().map(|(id, _)| id.as_str()).collect();
            ("event_id", ids.join(" or "), call.event_id.clone())
        };
        let summary = format!(
            "The {what} of call {} for {} is not the order's.",
            call.number, call.identity
        );
        let mismatch = Mismatch::new(summary, expected, actual);
        let found = Found::of(call.identity.clone(), mismatch, vec![call]);
        return Some(if is_about_amount {
            found.about_amount()
        } else {
            found.for_good()
        });
    }
    None
}

fn rows_differ(desk: &Desk, orders: &Orders, span: usize, seen: &[Row]) -> Option<Found> {
    let times = counted(seen.iter().map(|row| row.identity.as_str()));
    let calls = |identity: &str| desk.outside.asked_of(identity);
    for row in seen {
        let identity = row.identity.clone();
        let Some(order) = orders.by_identity.get(&identity) else {
            let summary = format!("v_charges has a row for {identity}, which no event asks for.");
            let mismatch = Mismatch::new(summary, "no such row", "a row");
            return Some(Found::of(identity, mismatch, Vec::new()).for_good());
        };
        let rows = times.get(row.identity.as_str()).copied().unwrap_or(0);
        if rows > 1 {
            let summary = format!("v_charges has {rows} rows for the order {identity}.");
            let mismatch = Mismatch::new(summary, "one row", format!("{rows} rows"));
            let calls = calls(&identity);
            return Some(Found::of(identity, mismatch, calls).for_good());
        }
        if row.amount() != Some(order.amount) {
            let summary = format!("The commission of {identity} is not what v_charges shows.");
            let mismatch = Mismatch::new(summary, decimal(order.amount), row.shown());
            return Some(Found::of(identity, mismatch, Vec::new()).about_amount());
        }
        if !order.events.iter().any(|(id, _)| *id == row.event_id) {
            let ids: Vec<&str> = order.events.iter().map(|(id, _)| id.as_str()).collect();
            let summary = format!("The event_id that v_charges shows for {identity} is not its.");
            let mismatch = Mismatch::new(summary, ids.join(" or "), row.event_id.clone());
            return Some(Found::of(identity, mismatch, Vec::new()).for_good());
        }
        let calls = calls(&identity);
        if !calls.iter().any(|call| call.booked) {
            let summary = format!(
                "v_charges shows {identity}, and the outside ledger has not booked it: nobody will charge it any more."
            );
            let actual = "a row, and no booking".to_owned();
            let mismatch = Mismatch::new(summary, "a row once a call is confirmed", actual);
            return Some(Found::of(identity, mismatch, calls));
        }
    }
    missing(desk, orders, span, &times)
}

fn missing(
    desk: &Desk,
    orders: &Orders,
    span: usize,
    times: &BTreeMap<&str, usize>,
) -> Option<Found> {
    let all = orders.by_identity.iter();
    let mut missing = all
        .filter(|(identity, _)| !times.contains_key(identity.as_str()))
        .filter(|(_, order)| order.since + span >= orders.records);
    let (identity, _) = missing.next()?;
    let calls = desk.outside.asked_of(identity);
    let booked = if calls.iter().any(|call| call.booked) {
        "it is booked outside"
    } else {
        "it is not booked outside"
    };
    let summary = format!(
        "The order {identity} has no row in v_charges although later records are charged; {booked}."
    );
    let actual = format!("no row; {booked}");
    let mismatch = Mismatch::new(summary, "one row", actual);
    Some(Found::of(identity.clone(), mismatch, calls))
}
