//! The program's own description of itself, and whether it is true.

use mastery_kit::{
    bench::Bench,
    verdict::{Failure, Outcome},
};

use crate::rest_api::{acts::Api, drafts::Accounts};

mod document;
mod operations;
mod shapes;
mod tour;

use document::Document;
use operations::{OPERATIONS, listed};
use tour::Told;

pub(crate) async fn openapi_is_a_document(bench: &mut Bench) -> Outcome {
    Document::read(&Api::of(bench)?).await.map(drop)
}

pub(crate) async fn openapi_names_every_operation(bench: &mut Bench) -> Outcome {
    let document = Document::read(&Api::of(bench)?).await?;
    for (method, template) in OPERATIONS {
        if document.operation(method, template)?.is_none() {
            let summary = format!("Your document has no {method} {template}, which you serve.");
            let expected = format!("an operation {method} {template}");
            return Err(document
                .wrong("/paths", summary, expected, listed(&document)?)
                .into());
        }
    }
    Ok(())
}

pub(crate) async fn openapi_retires_v1_alone(bench: &mut Bench) -> Outcome {
    let document = Document::read(&Api::of(bench)?).await?;
    for (method, template) in OPERATIONS {
        let Some(operation) = document.operation(method, template)? else {
            continue; // the fact of another check
        };
        let is_marked = operation.node["deprecated"] == true;
        let retires = template.starts_with("/v1/");
        if is_marked == retires {
            continue;
        }
        let (expected, actual) = if retires {
            ("deprecated: true", "no deprecated: true")
        } else {
            ("no deprecated: true", "deprecated: true")
        };
        let summary = if retires {
            format!("Your document does not mark {method} {template} as deprecated.")
        } else {
            format!("Your document marks {method} {template} as deprecated, the successor of v1.")
        };
        let wrong = document.wrong(&operation.pointer, summary, expected, actual);
        return Err(wrong.into());
    }
    Ok(())
}

/// The document, and exchanges of every kind to hold against it.
async fn held(bench: &mut Bench, check: &str) -> Result<(Document, Vec<Told>), Failure> {
    let api = Api::of(bench)?;
    let document = Document::read(&api).await?;
    let random = bench.random();
    let account = Accounts::of(check)?.draw(random);
    let told = tour::of_everything(&api, random, &account).await?;
    Ok((document, told))
}

pub(crate) async fn openapi_lists_every_status(bench: &mut Bench) -> Outcome {
    let (document, all) = held(bench, "openapi_lists_every_status").await?;
    for told in &all {
        let Some(operation) = document.operation(told.method, told.template)? else {
            continue;
        };
        if document.response(&operation, told.answer.status)?.is_some() {
            continue;
        }
        let (status, at) = (
            told.answer.status,
            format!("{}/responses", operation.pointer),
        );
        let summary = format!(
            "You answered {} to {}, and your document has no such answer of {} {}.",
            told.answer.status_text(),
            told.what,
            told.method,
            told.template
        );
        let expected = format!("{status}, {}XX or default at {at}", status / 100);
        let found = operation.node["responses"]
            .as_object()
            .map_or_else(Vec::new, |all| all.keys().cloned().collect());
        let wrong = told.answer.wrong(summary, expected, found.join(", "));
        return Err(wrong.reproduce(document.answer.reproduce()).into());
    }
    Ok(())
}

pub(crate) async fn openapi_shapes_hold(bench: &mut Bench) -> Outcome {
    let (document, all) = held(bench, "openapi_shapes_hold").await?;
    for told in &all {
        let Some(operation) = document.operation(told.method, told.template)? else {
            continue;
        };
        shapes::answer_holds(&document, &operation, told)?;
        shapes::request_holds(&document, &operation, told)?;
    }
    Ok(())
}
