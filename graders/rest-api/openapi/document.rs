//! An OpenAPI document as it was served: read, and followed along its references.

use std::collections::BTreeSet;

use mastery_kit::{
    checker::json::below,
    probe::http::Answer,
    verdict::{Failure, Mismatch},
};
use serde_json::Value;

use crate::rest_api::acts::Api;

/// Which rules its schemas follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// OpenAPI 3.0: a dialect of its own, near draft 4 of JSON Schema.
    V30,
    /// OpenAPI 3.1: JSON Schema 2020-12.
    V31,
}

/// A document that can be followed.
pub(super) struct Document {
    pub(super) answer: Answer,
    pub(super) dialect: Dialect,
}

/// How many references may lead to each other.
const STEPS: usize = 16;

/// Members whose values are examples, not parts of the description.
const EXAMPLES: [&str; 5] = ["example", "examples", "default", "enum", "const"];

impl Document {
    /// Asks for the document, and reads it.
    pub(super) async fn read(api: &Api) -> Result<Self, Failure> {
        let answer = api.http.get("/openapi.json").send().await?;
        answer.expect_status(200)?;
        let body = answer.json()?;
        if !body.is_object() {
            return Err(answer
                .wrong_kind("", "an OpenAPI document, an object,", body)
                .into());
        }
        let dialect = dialect(&answer)?;
        for pointer in ["/info/title", "/info/version"] {
            answer.text_at(pointer)?;
        }
        let paths = answer.member("/paths")?;
        if !paths.is_object() {
            return Err(answer.wrong_kind("/paths", "an object", paths).into());
        }
        let document = Self { answer, dialect };
        document.references(document.root()?, "")?;
        document.ends()?;
        document.paths_are_whole()?;
        Ok(document)
    }

    pub(super) fn root(&self) -> Result<&Value, Mismatch> {
        self.answer.json()
    }

    /// A judgement on a place in the document.
    pub(super) fn wrong(
        &self,
        pointer: &str,
        summary: impl Into<String>,
        expected: impl Into<String>,
        actual: impl Into<String>,
    ) -> Mismatch {
        self.answer.wrong_at(pointer, summary, expected, actual)
    }

    /// What stands at a place once all references are followed, and where that is.
    pub(super) fn follow(&self, pointer: &str) -> Result<(&Value, String), Mismatch> {
        let root = self.root()?;
        let mut at = pointer.to_owned();
        for _ in 0..STEPS {
            let node = root.pointer(&at).unwrap_or(&Value::Null);
            let Some(reference) = node.get("$ref").and_then(Value::as_str) else {
                return Ok((node, at));
            };
            at = self.target(reference, &at)?;
        }
        let summary = format!("The references at {pointer} of your document lead to each other.");
        Err(self.wrong(pointer, summary, "an end after some steps", "a circle"))
    }

    /// Where a reference leads.
    fn target(&self, reference: &str, at: &str) -> Result<String, Mismatch> {
        let root = self.root()?;
        let place = reference.strip_prefix('#').map(decoded);
        let target = match place {
            Some(pointer) if pointer.is_empty() || pointer.starts_with('/') => {
                root.pointer(&pointer).map(|_| pointer)
            }
            Some(anchor) => anchored(root, &anchor, ""),
            None => None,
        };
        target.ok_or_else(|| {
            let summary =
                format!("The reference `{reference}` at {at} leads to no place in your document.");
            let expected =
                "a $ref to a place in the document itself, such as #/components/schemas/Order";
            self.wrong(&below(at, "$ref"), summary, expected, reference)
        })
    }

    /// Every reference leads somewhere.
    fn references(&self, node: &Value, at: &str) -> Result<(), Mismatch> {
        match node {
            Value::Object(members) => {
                if let Some(reference) = members.get("$ref").and_then(Value::as_str) {
                    self.target(reference, at)?;
                }
                for (name, value) in members {
                    if !is_example(name, at) {
                        self.references(value, &below(at, name))?;
                    }
                }
                Ok(())
            }
            Value::Array(list) => list
                .iter()
                .enumerate()
                .try_for_each(|(place, value)| self.references(value, &format!("{at}/{place}"))),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
        }
    }

    /// No schema stands on itself alone: whoever validates by it would never come to an end.
    fn ends(&self) -> Result<(), Mismatch> {
        let mut places = Vec::new();
        referring(self.root()?, "", &mut places);
        let mut done = BTreeSet::new();
        for place in places {
            self.ends_at(&place, &mut Vec::new(), &mut done)?;
        }
        Ok(())
    }

    fn ends_at(
        &self,
        at: &str,
        path: &mut Vec<String>,
        done: &mut BTreeSet<String>,
    ) -> Result<(), Mismatch> {
        if path.iter().any(|known| known == at) {
            let summary = format!(
                "The schema at {at} of your document refers to itself and to nothing else."
            );
            return Err(self.wrong(at, summary, "a schema that says something", "a circle"));
        }
        if !done.insert(at.to_owned()) {
            return Ok(());
        }
        let node = self.root()?.pointer(at).unwrap_or(&Value::Null);
        path.push(at.to_owned());
        if let Some(reference) = node.get("$ref").and_then(Value::as_str) {
            self.ends_at(&self.target(reference, at)?, path, done)?;
        }
        for name in ["allOf", "anyOf", "oneOf"] {
            let count = node.get(name).and_then(Value::as_array).map_or(0, Vec::len);
            for place in 0..count {
                self.ends_at(&format!("{at}/{name}/{place}"), path, done)?;
            }
        }
        for name in ["not", "if", "then", "else"] {
            if node.get(name).is_some_and(Value::is_object) {
                self.ends_at(&format!("{at}/{name}"), path, done)?;
            }
        }
        path.pop();
        Ok(())
    }
}

/// Whether a member holds an example. A property may be called so, and a response is: `default`.
fn is_example(name: &str, at: &str) -> bool {
    EXAMPLES.contains(&name) && !at.ends_with("/properties") && !at.ends_with("/responses")
}

fn dialect(answer: &Answer) -> Result<Dialect, Mismatch> {
    let pointer = if answer.json()?.get("swagger").is_some() {
        "/swagger"
    } else {
        "/openapi"
    };
    let version = answer.text_at(pointer)?;
    match (
        pointer,
        version.split('.').take(2).collect::<Vec<_>>()[..]
            .join(".")
            .as_str(),
    ) {
        ("/openapi", "3.0") => Ok(Dialect::V30),
        ("/openapi", "3.1") => Ok(Dialect::V31),
        _ => {
            let summary = format!("Your document is of version {version}.");
            Err(answer.wrong_at(pointer, summary, "openapi: 3.0.x or 3.1.x", version))
        }
    }
}

/// The places that hold a reference.
fn referring(node: &Value, at: &str, places: &mut Vec<String>) {
    match node {
        Value::Object(members) => {
            if members.get("$ref").is_some_and(Value::is_string) {
                places.push(at.to_owned());
            }
            for (name, value) in members {
                if !is_example(name, at) {
                    referring(value, &below(at, name), places);
                }
            }
        }
        Value::Array(list) => {
            for (place, value) in list.iter().enumerate() {
                referring(value, &format!("{at}/{place}"), places);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The place of an `$anchor` of this name.
pub(super) fn anchored(node: &Value, anchor: &str, at: &str) -> Option<String> {
    match node {
        Value::Object(members) => {
            if members.get("$anchor").and_then(Value::as_str) == Some(anchor) {
                return Some(at.to_owned());
            }
            let mut members = members.iter();
            members.find_map(|(name, value)| anchored(value, anchor, &below(at, name)))
        }
        Value::Array(list) => {
            let mut list = list.iter().enumerate();
            list.find_map(|(place, value)| anchored(value, anchor, &format!("{at}/{place}")))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

/// A fragment without its percent-encoding.
fn decoded(fragment: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = fragment.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let hex = tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        let byte = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match (first, byte) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            (other, _) => {
                bytes.push(*other);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fragment_is_read_without_its_percent_encoding() {
        let read = decoded("/paths/~1v2~1orders~1%7Bid%7D/get%");
        assert_eq!(read, "/paths/~1v2~1orders~1{id}/get%");
    }
}
