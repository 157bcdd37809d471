//! An answer, and the sentences about it: every judgement carries the exchange it is about.

use std::sync::OnceLock;

use bytes::Bytes;
use serde_json::Value;

use crate::verdict::{Evidence, Exchange, Mismatch};

/// What came back, whole.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// Names in lower case, in the order in which they came.
    pub headers: Vec<(String, String)>,
    /// The body, without its framing.
    pub body: Bytes,
    /// Both sides of it, as they went over the wire.
    pub exchange: Exchange,
    /// `POST /v2/orders`.
    pub(super) label: String,
    /// The body as JSON, once it was asked for: a long list is asked for many members.
    pub(super) parsed: OnceLock<Value>,
    /// The line that shows it again.
    pub(super) reproduce: String,
}

impl Answer {
    /// The first header of this name; `name` in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// All lines of this header as one (RFC 9110 §5.3); `name` in any case.
    pub fn field(&self, name: &str) -> Option<String> {
        let lines = self
            .headers
            .iter()
            .filter(|(found, _)| found.eq_ignore_ascii_case(name));
        lines
            .map(|(_, value)| value.trim().to_owned())
            .reduce(|all, line| format!("{all}, {line}"))
    }

    /// The media type of the body in lower case, without its parameters; empty where none is told.
    pub fn media_type(&self) -> String {
        let told = self.header("content-type").unwrap_or_default();
        let essence = told.split(';').next().unwrap_or_default();
        essence.trim().to_ascii_lowercase()
    }

    /// What was asked, in short: `POST /v2/orders`.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// The line that shows this exchange again.
    pub fn reproduce(&self) -> &str {
        &self.reproduce
    }

    /// The status as one reads it: `404 Not Found`.
    pub fn status_text(&self) -> String {
        status_text(self.status)
    }

    /// A judgement on this answer, with the exchange as evidence and the line that shows it again.
    pub fn wrong(
        &self,
        summary: impl Into<String>,
        expected: impl Into<String>,
        actual: impl Into<String>,
    ) -> Mismatch {
        Mismatch::new(summary, expected, actual)
            .with(Evidence::Exchange(self.exchange.clone()))
            .reproduce(self.reproduce.clone())
    }

    /// Adds this answer's exchange, pointing at `pointer`, to a judgement that is about more.
    #[must_use]
    pub fn show_in(&self, mismatch: Mismatch, pointer: Option<&str>) -> Mismatch {
        let mut exchange = self.exchange.clone();
        exchange.at = pointer.filter(|at| !at.is_empty()).map(str::to_owned);
        let mismatch = mismatch.with(Evidence::Exchange(exchange));
        if mismatch.reproduce.contains(&self.reproduce) {
            return mismatch;
        }
        mismatch.reproduce(self.reproduce.clone())
    }

    /// A judgement on the member at `pointer` of this answer.
    pub fn wrong_at(
        &self,
        pointer: &str,
        summary: impl Into<String>,
        expected: impl Into<String>,
        actual: impl Into<String>,
    ) -> Mismatch {
        self.show_in(Mismatch::new(summary, expected, actual), Some(pointer))
    }

    /// Fails unless the status is this one.
    pub fn expect_status(&self, wanted: u16) -> Result<&Self, Mismatch> {
        self.expect_status_of(&[wanted])
    }

    /// Fails unless the status is one of these.
    pub fn expect_status_of(&self, wanted: &[u16]) -> Result<&Self, Mismatch> {
        self.expect_status_to(&self.label, wanted)
    }

    /// Fails unless the status is one of these; `what` says what was asked, where the method and
    /// the path alone do not (`a POST without a key`).
    pub fn expect_status_to(&self, what: &str, wanted: &[u16]) -> Result<&Self, Mismatch> {
        if wanted.contains(&self.status) {
            return Ok(self);
        }
        let wanted: Vec<String> = wanted.iter().map(|status| status_text(*status)).collect();
        Err(self.wrong(
            format!("You answered {} to {what}.", self.status_text()),
            wanted.join(" or "),
            self.status_text(),
        ))
    }

    /// The body as JSON.
    pub fn json(&self) -> Result<&Value, Mismatch> {
        if let Some(parsed) = self.parsed.get() {
            return Ok(parsed);
        }
        let parsed = serde_json::from_slice(&self.body).map_err(|error| {
            let (summary, actual) = if self.body.is_empty() {
                (
                    format!("Your answer to {} has no body.", self.label),
                    "no body".to_owned(),
                )
            } else {
                (
                    format!("Your answer to {} is no JSON: {error}.", self.label),
                    start_of(&String::from_utf8_lossy(&self.body)),
                )
            };
            self.wrong(summary, "a JSON body", actual)
        })?;
        Ok(self.parsed.get_or_init(|| parsed))
    }

    /// The member at this JSON pointer.
    pub fn member(&self, pointer: &str) -> Result<&Value, Mismatch> {
        let body = self.json()?;
        body.pointer(pointer).ok_or_else(|| {
            self.wrong_at(
                pointer,
                format!("Your answer to {} has no `{pointer}`.", self.label),
                format!("a member at {pointer}"),
                start_of(&body.to_string()),
            )
        })
    }

    /// The string at this JSON pointer.
    pub fn text_at(&self, pointer: &str) -> Result<String, Mismatch> {
        let found = self.member(pointer)?;
        if let Value::String(text) = found {
            return Ok(text.clone());
        }
        Err(self.wrong_kind(pointer, "a string", found))
    }

    /// The list at this JSON pointer.
    pub fn list_at(&self, pointer: &str) -> Result<&[Value], Mismatch> {
        let found = self.member(pointer)?;
        if let Value::Array(list) = found {
            return Ok(list);
        }
        Err(self.wrong_kind(pointer, "a list", found))
    }

    /// The integer at this JSON pointer, written as one.
    pub fn integer_at(&self, pointer: &str) -> Result<i64, Mismatch> {
        let found = self.member(pointer)?;
        found
            .as_i64()
            .ok_or_else(|| self.wrong_kind(pointer, "an integer", found))
    }

    /// Says that the value at `pointer` is not of this kind.
    pub fn wrong_kind(&self, pointer: &str, kind: &str, found: &Value) -> Mismatch {
        let found = start_of(&found.to_string());
        self.wrong_at(
            pointer,
            format!(
                "You answered {found} at {pointer} of {}, where {kind} belongs.",
                self.label
            ),
            kind,
            found,
        )
    }
}

/// `404 Not Found`; the code alone where it has no name.
pub(super) fn status_text(status: u16) -> String {
    hyper::StatusCode::from_u16(status)
        .ok()
        .and_then(|known| known.canonical_reason())
        .map_or_else(|| status.to_string(), |reason| format!("{status} {reason}"))
}

/// The start of a text that may be long; the whole is in the evidence.
fn start_of(text: &str) -> String {
    const SHOWN: usize = 200;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
