//! Bodies, held against the schemas that a document gives for them.

use jsonschema::{Draft, ValidationError, Validator, error::ValidationErrorKind};
use mastery_kit::{
    checker::json::below,
    probe::http::Answer,
    verdict::{Failure, Mismatch},
};
use serde_json::{Map, Value, json};

use super::{
    document::{Dialect, Document, anchored},
    operations::Operation,
    tour::Told,
};

/// Members that one direction does not have.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Absent {
    /// `writeOnly` members are never answered.
    FromAnswers,
    /// `readOnly` members are never sent.
    FromRequests,
}

/// The body of an answer is what the document says of it.
pub(super) fn answer_holds(
    document: &Document,
    operation: &Operation<'_>,
    told: &Told,
) -> Result<(), Failure> {
    let answer = &told.answer;
    let Some((response, at)) = document.response(operation, answer.status)? else {
        return Ok(()); // the fact of another check
    };
    if answer.body.is_empty() {
        return Ok(());
    }
    let kind = answer.media_type();
    let Some(place) = media(response, &at, &kind) else {
        let (status, what) = (answer.status, &told.what);
        let known = kinds(response);
        let summary = format!(
            "Your {status} to {what} is `{kind}`, and your document has no such content for it."
        );
        let expected = format!("{kind} at {at}/content");
        let wrong = answer.wrong(summary, expected, known);
        return Err(wrong.reproduce(document.answer.reproduce()).into());
    };
    let body = answer.json()?;
    let schema = below(&place, "schema");
    if let Err(breach) = holds(document, &schema, body, Absent::FromAnswers)? {
        let whose = format!("Your {} to {}", answer.status, told.what);
        return Err(breach.of_answer(&whose, answer, document).into());
    }
    Ok(())
}

/// The body of a request that was accepted is what the document asks for.
pub(super) fn request_holds(
    document: &Document,
    operation: &Operation<'_>,
    told: &Told,
) -> Result<(), Failure> {
    let answer = &told.answer;
    let Some(sent) = told.sent.as_ref().filter(|_| answer.status < 300) else {
        return Ok(());
    };
    let at = format!("{}/requestBody", operation.pointer);
    let (request, at) = document.follow(&at)?;
    let kind = told.sent_as;
    let Some(place) = media(request, &at, kind) else {
        let summary = format!(
            "You accepted {}, and your document has no body of the type {kind} there.",
            told.what
        );
        let wrong = answer.wrong(summary, format!("{kind} at {at}/content"), kinds(request));
        return Err(wrong.reproduce(document.answer.reproduce()).into());
    };
    let schema = below(&place, "schema");
    if let Err(breach) = holds(document, &schema, sent, Absent::FromRequests)? {
        let whose = format!("You accepted {}, whose body", told.what);
        return Err(breach.of_request(&whose, answer, document).into());
    }
    Ok(())
}

/// The content that is meant for a media type: its own before a range.
fn media(holder: &Value, at: &str, kind: &str) -> Option<String> {
    let content = holder.get("content")?.as_object()?;
    let family = kind.split('/').next().unwrap_or_default();
    let essence = |name: &str| {
        let essence = name.split(';').next().unwrap_or_default();
        essence.trim().to_ascii_lowercase()
    };
    [kind.to_owned(), format!("{family}/*"), "*/*".to_owned()]
        .iter()
        .find_map(|wanted| content.keys().find(|name| essence(name) == *wanted))
        .map(|name| below(&format!("{at}/content"), name))
}

fn kinds(holder: &Value) -> String {
    let content = holder.get("content").and_then(Value::as_object);
    let all: Vec<&str> = content
        .into_iter()
        .flat_map(|content| content.keys().map(String::as_str))
        .collect();
    if all.is_empty() {
        return "no content".to_owned();
    }
    all.join(", ")
}

/// How a body breaks a schema.
struct Breach {
    /// Where in the body.
    at: String,
    /// Where in the document.
    rule: String,
    /// What the rule says, in short.
    says: String,
    why: String,
    found: String,
}

fn holds(
    document: &Document,
    schema: &str,
    body: &Value,
    absent: Absent,
) -> Result<Result<(), Breach>, Mismatch> {
    let root = document.root()?;
    if root.pointer(schema).is_none() {
        return Ok(Ok(())); // no schema: anything may stand there
    }
    let (judge, ready) = validator(document, schema, absent)?;
    Ok(judge
        .validate(body)
        .map_err(|error| breach(&ready, schema, body, &error)))
}

/// A validator for the schema at a place of the document, with all references alive.
fn validator(
    document: &Document,
    schema: &str,
    absent: Absent,
) -> Result<(Validator, Value), Mismatch> {
    let mut ready = document.root()?.clone();
    let whole = ready.clone();
    adapt(&mut ready, &whole, document.dialect, absent);
    let one = ready.pointer(schema).cloned().unwrap_or_default();
    if let Some(members) = ready.as_object_mut() {
        members.insert("allOf".to_owned(), json!([one]));
    }
    let draft = match document.dialect {
        Dialect::V30 => Draft::Draft4,
        Dialect::V31 => Draft::Draft202012,
    };
    let built = jsonschema::options()
        .with_draft(draft)
        .should_validate_formats(false)
        .build(&ready);
    match built {
        Ok(built) => Ok((built, ready)),
        Err(error) => {
            let summary =
                format!("The schema at {schema} of your document cannot be used: {error}.");
            let found = short(&error.to_string());
            Err(document.wrong(schema, summary, "a schema of the document's version", found))
        }
    }
}

/// Turns what OpenAPI has beyond JSON Schema into JSON Schema, at every depth.
fn adapt(node: &mut Value, whole: &Value, dialect: Dialect, absent: Absent) {
    match node {
        Value::Object(members) => {
            for value in members.values_mut() {
                adapt(value, whole, dialect, absent);
            }
            drop_absent(members, whole, absent);
            name_anchored(members, whole);
            if dialect == Dialect::V30 && members.get("nullable") == Some(&Value::Bool(true)) {
                members.remove("nullable");
                *node = with_null(members);
            }
        }
        Value::Array(list) => {
            for value in list {
                adapt(value, whole, dialect, absent);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The same schema that takes null as well: what `nullable` means, with or without a type beside it.
fn with_null(members: &Map<String, Value>) -> Value {
    json!({"anyOf": [members, {"enum": [null]}]})
}

/// A reference to an anchor becomes one to its place: a validator finds no anchors below `components`.
fn name_anchored(members: &mut Map<String, Value>, whole: &Value) {
    let Some(Value::String(reference)) = members.get_mut("$ref") else {
        return;
    };
    let anchor = reference
        .strip_prefix('#')
        .filter(|rest| !rest.is_empty() && !rest.starts_with('/'));
    if let Some(place) = anchor.and_then(|anchor| anchored(whole, anchor, "")) {
        *reference = format!("#{}", place.replace('{', "%7B").replace('}', "%7D"));
    }
}

/// A member that the direction does not have is not required there.
fn drop_absent(members: &mut Map<String, Value>, whole: &Value, absent: Absent) {
    let keyword = match absent {
        Absent::FromAnswers => "writeOnly",
        Absent::FromRequests => "readOnly",
    };
    let Some(properties) = members.get("properties").cloned() else {
        return;
    };
    let is_absent = |name: &Value| {
        let property = name.as_str().and_then(|name| properties.get(name));
        let marked = |schema: &Value| schema.get(keyword) == Some(&Value::Bool(true));
        let referred = property
            .and_then(|schema| schema.get("$ref")?.as_str()?.strip_prefix('#'))
            .and_then(|pointer| whole.pointer(pointer));
        property.is_some_and(marked) || referred.is_some_and(marked)
    };
    let mut is_empty = false;
    if let Some(Value::Array(required)) = members.get_mut("required") {
        required.retain(|name| !is_absent(name));
        is_empty = required.is_empty();
    }
    // Draft 4 has no empty list of required members.
    if is_empty {
        members.remove("required");
    }
}

fn breach(ready: &Value, schema: &str, body: &Value, error: &ValidationError<'_>) -> Breach {
    let at = error.instance_path().to_string();
    let path = error.schema_path().to_string();
    let rule = if let Some(begin) = path.rfind("/components/") {
        path[begin..].to_owned()
    } else {
        let rest = path.strip_prefix("/allOf/0").unwrap_or(&path);
        format!("{schema}{rest}")
    };
    let keyword = path.rsplit('/').next().unwrap_or_default();
    let says = ready.pointer(&rule).map_or_else(
        || keyword.to_owned(),
        |value| format!("{keyword}: {}", short(&value.to_string())),
    );
    let found = body.pointer(&at).unwrap_or(&Value::Null);
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "a keyword that is not told of by name is told by the value that breaks it"
    )]
    let (why, found) = match error.kind() {
        ValidationErrorKind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            let names = found
                .as_object()
                .map_or_else(Vec::new, |members| members.keys().cloned().collect());
            (format!("lacks `{name}`"), names.join(", "))
        }
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            let names = unexpected.join("`, `");
            (format!("has `{names}`"), short(&found.to_string()))
        }
        _ => {
            let found = short(&found.to_string());
            (format!("has {found}"), found)
        }
    };
    Breach {
        at,
        rule,
        says,
        why,
        found,
    }
}

impl Breach {
    fn sentence(&self, whose: &str) -> String {
        let place = if self.at.is_empty() {
            String::new()
        } else {
            format!(" at {}", self.at)
        };
        format!(
            "{whose} {}{place}, which your document forbids at {}.",
            self.why, self.rule
        )
    }

    fn of_answer(self, whose: &str, answer: &Answer, document: &Document) -> Mismatch {
        let sentence = self.sentence(whose);
        let wrong = answer.wrong_at(&self.at, sentence, self.says, self.found);
        wrong.reproduce(document.answer.reproduce())
    }

    fn of_request(self, whose: &str, answer: &Answer, document: &Document) -> Mismatch {
        let sentence = self.sentence(whose);
        let wrong = answer.wrong(sentence, self.says, self.found);
        wrong.reproduce(document.answer.reproduce())
    }
}

fn short(text: &str) -> String {
    const SHOWN: usize = 160;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
