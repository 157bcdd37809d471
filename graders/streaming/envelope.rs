//! The record that a gateway writes for a fill: key, headers and envelope.

use std::time::{SystemTime, UNIX_EPOCH};

use mastery_kit::{
    checker::{decimal::Decimal, instant},
    verdict::{Failure, Mismatch, Outcome},
};
use serde_json::{Value, json};

use super::{
    fills::{Fill, decimal, read},
    ground::Ground,
    records::Published,
};

/// Since 1970, as the contract's instants are read.
pub(crate) fn now_nanos() -> i128 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i128::try_from(since.as_nanos()).unwrap_or(i128::MAX)
}

/// Clocks of one machine, and a gateway may take the time before it has read the body.
pub(crate) const SLACK: i128 = 2_000_000_000;

/// The record of this fill is what the contract says. `accepted`: between request and answer. The
/// `order_id` is the fill's, where it was told one, else one of the gateway's.
pub(crate) fn follows(
    desk: &Ground,
    event: &Published,
    fill: &Fill,
    accepted: (i128, i128),
    has_order_id: bool,
) -> Outcome {
    let key = event.record.key.as_deref().unwrap_or_default();
    let key = String::from_utf8_lossy(key);
    let wrong = |summary: String, expected: String, actual: String| -> Failure {
        let wrong = Mismatch::new(summary, expected, actual).with(event.evidence());
        wrong
            .reproduce(desk.world.kcat(&desk.topic, event.place()))
            .into()
    };
    if key != fill.account.as_str() {
        let summary = "The record's key is not the account's id.".to_owned();
        return Err(wrong(summary, fill.account.clone(), key.into_owned()));
    }
    let content_type = header(event, "content-type");
    if content_type.as_deref() != Some("application/json") {
        let summary = "The record's content-type is not the contract's.".to_owned();
        let actual = content_type.unwrap_or_else(|| "no such header".to_owned());
        return Err(wrong(summary, "application/json".to_owned(), actual));
    }
    let traceparent = header(event, "traceparent").unwrap_or_default();
    if !is_traceparent(&traceparent) {
        let summary = "The record has no valid traceparent.".to_owned();
        let actual = if traceparent.is_empty() {
            "no such header".to_owned()
        } else {
            traceparent
        };
        return Err(wrong(
            summary,
            "00-<32 hex digits>-<16 hex digits>-<2>".to_owned(),
            actual,
        ));
    }
    for (pointer, expected) in members(fill) {
        if pointer == "/order_id" && !has_order_id {
            continue;
        }
        let actual = event.value.pointer(pointer).cloned().unwrap_or(Value::Null);
        if !same(pointer, &expected, &actual) {
            let summary = format!("The event's {pointer} is not what the contract says.");
            return Err(wrong(summary, expected.to_string(), shown(&actual)));
        }
    }
    let client = event
        .value
        .pointer("/data/client_order_id")
        .cloned()
        .unwrap_or(Value::Null);
    let wanted = fill
        .client_order_id
        .as_ref()
        .map_or(Value::Null, |id| json!(id));
    if client != wanted {
        let posted = if has_order_id { "fill" } else { "order" };
        let summary = format!("The event's /data/client_order_id is not the {posted}'s.");
        return Err(wrong(summary, shown(&wanted), shown(&client)));
    }
    let at = event
        .value
        .get("occurred_at")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let moment = instant::nanos(at);
    let is_then = moment.is_some_and(|moment| (accepted.0..=accepted.1).contains(&moment));
    if !is_then || !has_millis(at) {
        let summary = if is_then {
            "occurred_at has no milliseconds, or is not in UTC with a Z.".to_owned()
        } else {
            "occurred_at is not the moment at which the fill was accepted.".to_owned()
        };
        let expected =
            "RFC 3339 in UTC with Z, milliseconds or finer, between the request and its answer";
        return Err(wrong(summary, expected.to_owned(), at.to_owned()));
    }
    Ok(())
}

fn has_millis(at: &str) -> bool {
    let fraction = at.split_once('.').map_or("", |(_, rest)| rest);
    at.ends_with('Z') && fraction.trim_end_matches('Z').len() >= 3
}

fn members(fill: &Fill) -> [(&'static str, Value); 9] {
    [
        ("/event_type", json!("order.filled")),
        ("/schema_version", json!(1)),
        ("/event_id", json!(fill.event_id)),
        ("/order_id", json!(fill.order_id)),
        ("/account_id", json!(fill.account)),
        ("/data/symbol", json!(fill.symbol)),
        ("/data/side", json!(fill.side())),
        ("/data/quantity", json!(decimal(fill.quantity))),
        ("/data/price", json!(decimal(fill.price))),
    ]
}

/// Decimals are compared as numbers, and must be in the contract's form.
fn same(pointer: &str, expected: &Value, actual: &Value) -> bool {
    if !pointer.ends_with("/quantity") && !pointer.ends_with("/price") {
        return expected == actual;
    }
    let number = |value: &Value| {
        let text = value.as_str()?;
        Decimal::parse(text)?;
        read(text, 8)
    };
    number(actual).is_some() && number(expected) == number(actual)
}

fn shown(value: &Value) -> String {
    if value.is_null() {
        "absent".to_owned()
    } else {
        value.to_string()
    }
}

/// A header's value as text; of several, the first.
pub(crate) fn header(event: &Published, name: &str) -> Option<String> {
    let found = event.record.headers.iter().find(|(other, _)| other == name);
    found.map(|(_, value)| String::from_utf8_lossy(value).into_owned())
}

/// Version 00 of W3C Trace Context, neither id all zeros.
pub(crate) fn is_traceparent(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let hex = |part: &str, length: usize| {
        part.len() == length
            && part
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    match parts.as_slice() {
        [version, trace, parent, flags] => {
            *version == "00"
                && hex(trace, 32)
                && hex(parent, 16)
                && hex(flags, 2)
                && trace.bytes().any(|byte| byte != b'0')
                && parent.bytes().any(|byte| byte != b'0')
        }
        _ => false,
    }
}
