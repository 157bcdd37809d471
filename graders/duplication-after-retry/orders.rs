//! Which events are one order, and what it costs: the oracle.

use std::collections::BTreeMap;

use mastery_kit::random::Random;

use super::{
    desk::Place,
    fills::{Event, Fill, half_even, instant},
};

/// What makes two events one order, as a person would say it: no part has a space in it.
pub(crate) fn identity(account: &str, client_order_id: Option<&str>, event_id: &str) -> String {
    match client_order_id {
        Some(id) => format!("{id} of {account}"),
        None => format!("event {event_id}"),
    }
}

/// The identity of a fill.
pub(crate) fn identity_of(fill: &Fill) -> String {
    identity(
        &fill.account,
        fill.client_order_id.as_deref(),
        &fill.event_id,
    )
}

/// 0.0005 × quantity × price in hundred-millionths, half to even.
pub(crate) fn commission(fill: &Fill) -> i128 {
    half_even(fill.quantity * fill.price * 5, 1_000_000_000_000)
}

/// The same order as a client that heard no answer sends it again: a new message, and everything that
/// belongs to the message is new with it.
pub(crate) fn retried(random: &mut Random, first: &Event) -> Event {
    let mut again = first.clone();
    again.fill.event_id = format!("r-{}", random.word(12));
    again.fill.order_id = format!("o-{}", random.word(10));
    again.seq += 1_000;
    again.occurred_at = instant(random);
    again
}

/// Gives a fill the client's name for its order, unless it has one.
pub(crate) fn named(random: &mut Random, fill: &mut Fill) {
    if fill.client_order_id.is_none() {
        fill.client_order_id = Some(format!("c-{}", random.word(8)));
    }
}

/// An order that must be charged once, with all its events.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    pub(crate) fill: Fill,
    pub(crate) amount: i128,
    /// Its events, and where each stands in the topic, as far as known.
    pub(crate) events: Vec<(String, Option<Place>)>,
    /// How many records were taken before its first.
    pub(crate) since: usize,
}

/// All orders of a check, by identity.
#[derive(Clone, Debug, Default)]
pub(crate) struct Orders {
    pub(crate) by_identity: BTreeMap<String, Order>,
    /// How many records there are in the topic.
    pub(crate) records: usize,
}

impl Orders {
    /// An event of this fill is, or will be, in the topic.
    pub(crate) fn add(&mut self, fill: &Fill, place: Option<Place>) {
        let order = self.by_identity.entry(identity_of(fill));
        let order = order.or_insert_with(|| Order {
            fill: fill.clone(),
            amount: commission(fill),
            events: Vec::new(),
            since: self.records,
        });
        order.events.push((fill.event_id.clone(), place));
        self.records += 1;
    }

    /// An event that was posted stands here in the topic.
    pub(crate) fn stands_at(&mut self, event_id: &str, place: Place) {
        let mut all = self.by_identity.values_mut();
        let order = all.find(|order| order.events.iter().any(|(id, _)| id == event_id));
        if let Some(order) = order {
            order.events.push((event_id.to_owned(), Some(place)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::streaming::fills::{decimal, read};

    #[test]
    fn the_table_of_the_contract_is_reproduced() {
        for (quantity, price, amount) in [
            ("10", "101.25", "0.50625"),
            ("0.00001", "1", "0"),
            ("0.00003", "1", "0.00000002"),
            ("0.00005", "1", "0.00000002"),
            ("123456789.12345678", "9", "555555.55105556"),
        ] {
            let fill = Fill {
                event_id: "e-1".to_owned(),
                order_id: "o-1".to_owned(),
                account: "ACC-000001".to_owned(),
                symbol: "QXVB".to_owned(),
                is_buy: true,
                quantity: read(quantity, 8).expect("a decimal"),
                price: read(price, 8).expect("a decimal"),
                client_order_id: None,
            };
            assert_eq!(decimal(commission(&fill)), amount, "{quantity} at {price}");
        }
    }

    #[test]
    fn an_event_and_an_order_of_one_name_are_two() {
        let named = identity("ACC-000001", Some("e-1"), "e-2");
        assert_ne!(named, identity("ACC-000001", None, "e-1"));
        assert_ne!(named, identity("ACC-000002", Some("e-1"), "e-2"));
        assert_eq!(named, identity("ACC-000001", Some("e-1"), "e-3"));
    }
}
