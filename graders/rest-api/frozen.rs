//! Version 1 as its clients see it: the frozen schema, and a client that is as strict as they are.

use std::fmt;

use jsonschema::{Draft, ValidationError, Validator, error::ValidationErrorKind};
use mastery_kit::{
    bench::Bench,
    checker::{instant, json::below},
    probe::http::Answer,
    verdict::{BenchError, Mismatch},
};
use serde_json::{Value, json};

use crate::rest_api::drafts::V1Draft;

/// The frozen contract, ready to judge.
pub(crate) struct Frozen {
    document: Value,
    order: Validator,
    list: Validator,
    error: Validator,
}

/// An order as v1 shows it.
#[derive(Debug)]
pub(crate) struct V1Order {
    pub(crate) id: String,
    pub(crate) account_id: String,
    pub(crate) symbol: String,
    pub(crate) side: String,
    pub(crate) qty: i64,
    pub(crate) price: f64,
    pub(crate) status: V1Status,
    /// Nanoseconds since 1970.
    pub(crate) created_at: i128,
}

/// Closed: v1's clients switch over it without a default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum V1Status {
    Open,
    Filled,
    Cancelled,
    Rejected,
}

/// A page as v1 shows it.
pub(crate) struct V1List {
    pub(crate) orders: Vec<V1Order>,
    pub(crate) total: i64,
    pub(crate) page: i64,
}

impl Frozen {
    /// Reads the tool's own copy of the contract.
    pub(crate) fn read(bench: &Bench) -> Result<Self, BenchError> {
        let bytes = bench.contract("orders.v1.openapi.json")?;
        let document: Value = serde_json::from_slice(bytes).map_err(|error| {
            BenchError::new(format!("The frozen contract cannot be read: {error}."))
        })?;
        Ok(Self {
            order: validator(&document, "Order")?,
            list: validator(&document, "OrderList")?,
            error: validator(&document, "Error")?,
            document,
        })
    }

    /// The answer is one order, as the contract has it.
    pub(crate) fn order(&self, answer: &Answer) -> Result<V1Order, Mismatch> {
        let body = self.body(answer, &self.order)?;
        decode(answer, body, "")
    }

    /// The answer is a page of orders, as the contract has it.
    pub(crate) fn list(&self, answer: &Answer) -> Result<V1List, Mismatch> {
        let body = self.body(answer, &self.list)?;
        let orders = answer.list_at("/orders")?;
        let decoded = orders.iter().enumerate().map(|(place, _)| {
            let pointer = format!("/orders/{place}");
            decode(answer, body, &pointer)
        });
        Ok(V1List {
            orders: decoded.collect::<Result<_, _>>()?,
            total: answer.integer_at("/total")?,
            page: answer.integer_at("/page")?,
        })
    }

    /// The answer is an error of this status, as the contract has it.
    pub(crate) fn error(&self, answer: &Answer, status: u16) -> Result<(), Mismatch> {
        answer.expect_status(status)?;
        self.body(answer, &self.error).map(drop)
    }

    fn body<'a>(&self, answer: &'a Answer, schema: &Validator) -> Result<&'a Value, Mismatch> {
        if answer.media_type() != "application/json" {
            let media_type = answer.header("content-type").unwrap_or_default();
            return Err(answer.wrong(
                format!(
                    "Your answer to {} is `{media_type}`, not JSON to a client.",
                    answer.label()
                ),
                "Content-Type: application/json",
                format!("Content-Type: {media_type}"),
            ));
        }
        let body = answer.json()?;
        match schema.validate(body) {
            Ok(()) => Ok(body),
            Err(error) => Err(self.breach(answer, body, &error)),
        }
    }

    fn breach(&self, answer: &Answer, body: &Value, error: &ValidationError<'_>) -> Mismatch {
        let label = answer.label();
        let at = error.instance_path().to_string();
        let found = short(&body.pointer(&at).unwrap_or(&Value::Null).to_string());
        let path = error.schema_path().to_string();
        let keyword = path.rsplit('/').next().unwrap_or_default();
        let rule = self.rule(&path, keyword);
        if let ValidationErrorKind::Required { property } = error.kind() {
            let name = property.as_str().unwrap_or_default();
            let summary =
                format!("Your answer to {label} has no `{name}`, which v1's clients read.");
            let there = body.pointer(&at).and_then(Value::as_object);
            let names: Vec<_> = there.map_or(Vec::new(), |there| there.keys().cloned().collect());
            let expected = format!("a member {name}");
            return answer.wrong_at(&at, summary, expected, names.join(", "));
        }
        let summary = match keyword {
            "enum" => {
                format!("You answered {found} at {at} of {label}, which no client of v1 knows.")
            }
            "type" => {
                format!("You answered {found} at {at} of {label}: v1 froze another JSON type.")
            }
            _ => format!("You answered {found} at {at} of {label}: {error}."),
        };
        answer.wrong_at(&at, summary, rule, found)
    }

    /// The rule that was broken, as it stands in the contract.
    fn rule(&self, path: &str, keyword: &str) -> String {
        let rule = path
            .find("/components/schemas/")
            .and_then(|begin| self.document.pointer(&path[begin..]));
        match (keyword, rule) {
            ("enum", Some(Value::Array(values))) => {
                let values: Vec<String> = values.iter().map(Value::to_string).collect();
                format!("one of {}", values.join(", "))
            }
            ("type", Some(Value::String(name))) => format!("a JSON {name}"),
            (_, Some(rule)) => short(&format!("{keyword}: {rule}")),
            (_, None) => format!("what orders.v1.openapi.json says at {path}"),
        }
    }
}

fn validator(document: &Value, name: &str) -> Result<Validator, BenchError> {
    let schema = json!({
        "$ref": format!("#/components/schemas/{name}"),
        "components": document["components"],
    });
    jsonschema::options()
        // OpenAPI 3.0's own dialect descends from this draft: `exclusiveMinimum` is a boolean.
        .with_draft(Draft::Draft4)
        .build(&schema)
        .map_err(|error| {
            BenchError::new(format!(
                "The frozen contract's {name} cannot be used: {error}."
            ))
        })
}

/// Decodes as a strict client does: integers written as integers, the enum closed.
fn decode(answer: &Answer, body: &Value, at: &str) -> Result<V1Order, Mismatch> {
    let text = |name: &str| answer.text_at(&below(at, name));
    let price_at = below(at, "price");
    let price = body.pointer(&price_at).unwrap_or(&Value::Null);
    let created_at = text("created_at")?;
    Ok(V1Order {
        id: text("id")?,
        account_id: text("account_id")?,
        symbol: text("symbol")?,
        side: text("side")?,
        qty: answer.integer_at(&below(at, "qty"))?,
        price: price
            .as_f64()
            .ok_or_else(|| answer.wrong_kind(&price_at, "a number", price))?,
        status: V1Status::decode(answer, &below(at, "status"))?,
        created_at: instant::nanos(&created_at).ok_or_else(|| {
            let pointer = below(at, "created_at");
            answer.wrong_kind(&pointer, "an RFC 3339 instant in UTC", &json!(created_at))
        })?,
    })
}

impl V1Status {
    fn decode(answer: &Answer, pointer: &str) -> Result<Self, Mismatch> {
        let text = answer.text_at(pointer)?;
        match text.as_str() {
            "open" => Ok(Self::Open),
            "filled" => Ok(Self::Filled),
            "cancelled" => Ok(Self::Cancelled),
            "rejected" => Ok(Self::Rejected),
            other => Err(answer.wrong_at(
                pointer,
                format!(
                    "Your answer to {} leaks `{other}`, which no v1 client knows.",
                    answer.label()
                ),
                "open, filled, cancelled or rejected",
                other,
            )),
        }
    }
}

impl fmt::Display for V1Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Open => "open",
            Self::Filled => "filled",
            Self::Cancelled => "cancelled",
            Self::Rejected => "rejected",
        })
    }
}

impl V1Order {
    /// It shows what was sent, in this status. `at` is where it stands in the answer.
    pub(crate) fn expect(
        &self,
        answer: &Answer,
        at: &str,
        draft: &V1Draft,
        status: V1Status,
    ) -> Result<(), Mismatch> {
        use crate::rest_api::acts::expect_equal;
        let price: f64 = draft.price.parse().unwrap_or(f64::NAN);
        expect_equal(
            answer,
            &below(at, "account_id"),
            &draft.account,
            &self.account_id,
        )?;
        expect_equal(answer, &below(at, "symbol"), &draft.symbol, &self.symbol)?;
        expect_equal(answer, &below(at, "side"), draft.side, self.side.as_str())?;
        expect_equal(answer, &below(at, "qty"), &draft.qty, &self.qty)?;
        expect_equal(answer, &below(at, "price"), &price, &self.price)?;
        expect_equal(answer, &below(at, "status"), &status, &self.status)
    }
}

fn short(text: &str) -> String {
    const SHOWN: usize = 160;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
