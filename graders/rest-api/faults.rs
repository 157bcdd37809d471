//! Faults to plant into an order of v2, each at a place of its own.

use mastery_kit::{checker::json::below, random::Random};
use serde_json::{Value, json};

/// What was done to a body.
#[derive(Clone, Debug)]
pub(crate) struct Planted {
    /// Where an error has to point, as RFC 6901 writes it.
    pub(crate) pointer: String,
    /// What is at fault there, to be read behind the pointer: `is missing`.
    pub(crate) what: String,
}

/// The members with a form of their own, and values that have another.
const FORMS: [(&str, &[&str]); 8] = [
    (
        "/account_id",
        &[
            "ACC-12",
            "acc-123456",
            "ACC-1234567",
            "ACC-12345x",
            "ACC-123456\n",
        ],
    ),
    ("/instrument/symbol", &["qxvb", "Q", "QXVBQXV", "QX1", ""]),
    ("/side", &["BUY", "hold", ""]),
    ("/quantity", DECIMALS),
    ("/limit_price/amount", DECIMALS),
    ("/limit_price/currency", &["EUR", "usd", ""]),
    ("/time_in_force", &["DAY", "fok", ""]),
    ("/client_order_id", &["", LONG]),
];

/// What is no decimal of the contract: signs, exponents, zeros, too many digits, digits of other
/// scripts, an invisible end of line.
const DECIMALS: &[&str] = &[
    "0",
    "0.00000000",
    "-1",
    "+1",
    "1e3",
    "01",
    "1.",
    ".5",
    "1.123456789",
    "1234567890123456789",
    "12345678901.12345678",
    "1,5",
    "NaN",
    " 1",
    "12\n",
    "\u{661}\u{662}",
    "",
];

const LONG: &str = "c-3456789012345678901234567890123456789012345678901234567890123456";

/// Members that nobody knows, and where.
const UNKNOWN: [(&str, &str); 6] = [
    ("", "limit_prcie"),
    ("", "limit/price"),
    ("", "a~b"),
    ("/instrument", "simbol"),
    ("/limit_price", "ammount"),
    ("/limit_price", "scale"),
];

/// Plants one fault.
pub(crate) fn plant(body: &mut Value, random: &mut Random) -> Planted {
    match random.below(10) {
        0 | 1 => missing(body, random),
        2 => unknown(body, random),
        3 => whole(body, random),
        4 | 5 => other_type(body, random),
        _ => other_form(body, random),
    }
}

/// A body for each form that is none, and for each member that nobody knows, with one fault.
pub(crate) fn each_once(body: &Value) -> Vec<(Value, Planted)> {
    let mut all = Vec::new();
    for (pointer, forms) in FORMS {
        for form in forms {
            let mut faulty = body.clone();
            let planted = with_form(&mut faulty, pointer, form);
            all.push((faulty, planted));
        }
    }
    for (place, name) in UNKNOWN {
        let mut faulty = body.clone();
        let planted = with_unknown(&mut faulty, place, name);
        all.push((faulty, planted));
    }
    all
}

fn other_form(body: &mut Value, random: &mut Random) -> Planted {
    let (pointer, forms) = *random.pick(&FORMS);
    let form = *random.pick(forms);
    with_form(body, pointer, form)
}

fn with_form(body: &mut Value, pointer: &str, form: &str) -> Planted {
    set(body, pointer, json!(form));
    planted(pointer, format!("is {}", json!(form)))
}

fn other_type(body: &mut Value, random: &mut Random) -> Planted {
    let (pointer, _) = *random.pick(&FORMS);
    let mut kinds = vec![json!(12), json!(true), json!([]), json!({})];
    // Of a client_order_id that is null the contract says nothing.
    if pointer != "/client_order_id" {
        kinds.push(Value::Null);
    }
    let value = random.pick(&kinds).clone();
    let what = format!("is the JSON value {value}");
    set(body, pointer, value);
    planted(pointer, what)
}

fn whole(body: &mut Value, random: &mut Random) -> Planted {
    let pointer = *random.pick(&["/instrument", "/limit_price"]);
    let value = random
        .pick(&[json!("1.5"), json!([]), Value::Null, json!(7)])
        .clone();
    let what = format!("is the JSON value {value}");
    set(body, pointer, value);
    planted(pointer, what)
}

fn missing(body: &mut Value, random: &mut Random) -> Planted {
    let pointer = *random.pick(&[
        "/account_id",
        "/instrument",
        "/instrument/symbol",
        "/side",
        "/quantity",
        "/limit_price",
        "/limit_price/amount",
        "/limit_price/currency",
        "/time_in_force",
    ]);
    if let Some((place, name)) = pointer.rsplit_once('/')
        && let Some(members) = body.pointer_mut(place).and_then(Value::as_object_mut)
    {
        members.remove(name);
    }
    planted(pointer, "is missing".to_owned())
}

fn unknown(body: &mut Value, random: &mut Random) -> Planted {
    let (place, name) = *random.pick(&UNKNOWN);
    with_unknown(body, place, name)
}

fn with_unknown(body: &mut Value, place: &str, name: &str) -> Planted {
    if let Some(members) = body.pointer_mut(place).and_then(Value::as_object_mut) {
        members.insert(name.to_owned(), json!("1.5"));
    }
    planted(&below(place, name), format!("(`{name}`) is not known"))
}

fn planted(pointer: &str, what: String) -> Planted {
    Planted {
        pointer: pointer.to_owned(),
        what,
    }
}

fn set(body: &mut Value, pointer: &str, value: Value) {
    if let Some((place, name)) = pointer.rsplit_once('/')
        && let Some(members) = body.pointer_mut(place).and_then(Value::as_object_mut)
    {
        members.insert(name.to_owned(), value);
    }
}

/// Whether one of two places is the other or lies in it.
pub(crate) fn touch(one: &str, other: &str) -> bool {
    let within = |inner: &str, outer: &str| {
        inner
            .strip_prefix(outer)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    within(one, other) || within(other, one)
}

/// A body with so many faults that do not touch each other.
pub(crate) fn plant_apart(body: &mut Value, random: &mut Random, count: usize) -> Vec<Planted> {
    let mut all: Vec<Planted> = Vec::new();
    while all.len() < count {
        let mut tried = body.clone();
        let one = plant(&mut tried, random);
        if all.iter().all(|known| !touch(&known.pointer, &one.pointer)) {
            *body = tried;
            all.push(one);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use mastery_kit::random::Seed;

    use super::*;
    use crate::rest_api::drafts::V2Draft;

    #[test]
    fn every_fault_is_at_a_place_of_its_own_and_changes_the_body() {
        let mut random = Random::new(Seed(8), "faults");
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..2000 {
            let mut draft = V2Draft::draw(&mut random, "ACC-000001");
            draft.client_order_id = Some("c-1".to_owned());
            let sound = draft.body();
            let mut body = sound.clone();
            let all = plant_apart(&mut body, &mut random, 2);
            assert_ne!(body, sound);
            assert!(!touch(&all[0].pointer, &all[1].pointer), "{all:?}");
            seen.extend(all.into_iter().map(|one| one.pointer));
        }
        for pointer in ["/limit~1price", "/a~0b", "/instrument", "/client_order_id"] {
            assert!(seen.contains(pointer), "{pointer}: {seen:?}");
        }
        assert!(LONG.len() > 64);
    }

    #[test]
    fn places_touch_where_one_lies_in_the_other() {
        assert!(touch("/limit_price", "/limit_price/amount"));
        assert!(touch("/side", "/side"));
        assert!(touch("", "/side"));
        assert!(!touch("/limit_price", "/limit_prcie"));
        assert!(!touch("/limit", "/limit_price"));
    }
}
