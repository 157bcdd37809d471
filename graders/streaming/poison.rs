//! Records that can never be dealt with, made of good ones.

use mastery_kit::random::Random;
use serde_json::{Value, json};

use super::fills::Event;

/// What is to stand between good events, made of one of them.
pub(crate) type Spoil = fn(&mut Random, &Event) -> (Vec<u8>, &'static str);

/// An event with a change in it.
pub(crate) fn spoilt(event: &Event, change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let mut value = event.envelope();
    change(&mut value);
    value.to_string().into_bytes()
}

/// Every kind of poison of the contract.
pub(crate) const POISON: [Spoil; 10] = [
    |random, _| {
        (
            format!("{{\"event_id\":\"{}", random.word(9)).into_bytes(),
            "cut-off JSON",
        )
    },
    |_, event| {
        let mut bytes = event.envelope().to_string().into_bytes();
        let last = bytes.len() - 2;
        bytes[last] = 0xff;
        (bytes, "no UTF-8")
    },
    |_, event| {
        (
            spoilt(event, |value| {
                value["data"]["quantity"] = json!("1.123456789");
            }),
            "nine fraction digits",
        )
    },
    |_, event| {
        (
            spoilt(event, |value| value["data"]["price"] = json!("-5")),
            "a negative price",
        )
    },
    |_, event| {
        (
            spoilt(event, |value| value["data"]["quantity"] = json!(3)),
            "a number for a decimal",
        )
    },
    |_, event| {
        (
            spoilt(event, |value| value["data"]["side"] = json!("hold")),
            "an unknown side",
        )
    },
    |_, event| {
        (
            spoilt(event, |value| value["account_id"] = json!("ACC-12")),
            "a malformed account_id",
        )
    },
    |_, event| {
        (
            spoilt(event, |value| value["account_seq"] = json!(0)),
            "account_seq 0",
        )
    },
    |_, event| {
        let value = spoilt(event, |value| {
            if let Some(data) = value["data"].as_object_mut() {
                data.remove("price");
            }
        });
        (value, "no price")
    },
    |_, event| {
        let value = spoilt(event, |value| {
            if let Some(members) = value.as_object_mut() {
                members.remove("event_id");
            }
        });
        (value, "no event_id")
    },
];
