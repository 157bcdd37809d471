//! What is wrong with a body is told whole, and pointed at.

use std::fmt::Write as _;

use mastery_kit::{
    bench::Bench,
    probe::http::Answer,
    random::Random,
    verdict::{Failure, Mismatch, Outcome},
};
use serde_json::Value;

use crate::rest_api::{
    acts::Api,
    drafts::{Accounts, V2Draft, key},
    faults::{Planted, each_once, plant_apart, touch},
};

pub(crate) async fn each_fault_is_pointed_at(bench: &mut Bench) -> Outcome {
    let api = Api::of(bench)?;
    let random = bench.random();
    let account = Accounts::of("each_fault_is_pointed_at")?.draw(random);
    let mut draft = V2Draft::draw(random, &account);
    draft.client_order_id = Some(format!("c-{}", random.word(8)));
    let mut known = each_once(&draft.body());
    random.shuffle(&mut known);
    for (body, fault) in known {
        let faults = [fault];
        let answer = refused(&api, random, &body, &faults).await?;
        pointed_at(&answer, &faults)?;
    }
    for _ in 0..20 {
        let (answer, faults) = faulty(&api, random, &account, 1).await?;
        pointed_at(&answer, &faults)?;
    }
    Ok(())
}

pub(crate) async fn every_fault_is_told(bench: &mut Bench) -> Outcome {
    let api = Api::of(bench)?;
    let random = bench.random();
    let account = Accounts::of("every_fault_is_told")?.draw(random);
    for round in 0..20 {
        let count = if round % 2 == 0 { 2 } else { 3 };
        let (answer, faults) = faulty(&api, random, &account, count).await?;
        pointed_at(&answer, &faults)?;
    }
    Ok(())
}

/// An order with so many faults, and what it was answered.
async fn faulty(
    api: &Api,
    random: &mut Random,
    account: &str,
    count: usize,
) -> Result<(Answer, Vec<Planted>), Failure> {
    let mut draft = V2Draft::draw(random, account);
    draft.client_order_id = Some(format!("c-{}", random.word(8)));
    let mut body = draft.body();
    let faults = plant_apart(&mut body, random, count);
    let answer = refused(api, random, &body, &faults).await?;
    Ok((answer, faults))
}

/// Sends a body that is not valid, and is told so.
async fn refused(
    api: &Api,
    random: &mut Random,
    body: &Value,
    faults: &[Planted],
) -> Result<Answer, Failure> {
    let request = api.http.post("/v2/orders");
    let request = request.header("Idempotency-Key", &key(random)).json(body);
    let answer = request.send().await?;
    let what = format!("an order in which {}", told(faults));
    // Another currency alone is read and understood: it is what 422 was made for.
    let is_currency = body.pointer("/limit_price/currency") == Some(&Value::from("EUR"));
    let wanted: &[u16] = match faults {
        [fault] if is_currency && fault.pointer == "/limit_price/currency" => &[422],
        _ => &[400, 422],
    };
    answer.expect_status_to(&what, wanted)?;
    Ok(answer)
}

/// `/side is missing and /quantity is "0"`.
fn told(faults: &[Planted]) -> String {
    let mut text = String::new();
    for (place, fault) in faults.iter().enumerate() {
        let before = if place == 0 { "" } else { " and " };
        write!(text, "{before}{} {}", fault.pointer, fault.what)
            .expect("a string takes every text");
    }
    text
}

/// The problem points at each fault, and at nothing that is in order.
fn pointed_at(answer: &Answer, faults: &[Planted]) -> Result<(), Mismatch> {
    let pointers = pointers(answer, faults)?;
    for (place, pointer) in pointers.iter().enumerate() {
        well_formed(answer, place, pointer, faults)?;
    }
    let expected = faults
        .iter()
        .map(|fault| fault.pointer.as_str())
        .collect::<Vec<_>>()
        .join(" and ");
    let found = if pointers.is_empty() {
        "no pointers".to_owned()
    } else {
        pointers.join(" and ")
    };
    for fault in faults {
        if !pointers.contains(&fault.pointer) {
            let (pointer, what) = (&fault.pointer, &fault.what);
            let others = faults.len() - 1;
            let beside = match others {
                0 => String::new(),
                1 => ", beside another fault".to_owned(),
                _ => format!(", beside {others} other faults"),
            };
            let summary = format!(
                "In the body {pointer} {what}{beside}, and no entry of your errors points there."
            );
            return Err(answer.wrong_at("/errors", summary, expected, found));
        }
    }
    for (place, pointer) in pointers.iter().enumerate() {
        if !faults.iter().any(|fault| touch(&fault.pointer, pointer)) {
            let at = format!("/errors/{place}/pointer");
            let summary = format!("Your errors point at `{pointer}`, which is in order.");
            return Err(answer.wrong_at(&at, summary, expected, found));
        }
    }
    Ok(())
}

/// The pointers of the problem's errors; each has a detail for people, too.
fn pointers(answer: &Answer, faults: &[Planted]) -> Result<Vec<String>, Mismatch> {
    let body = answer.json()?;
    if body.get("errors").is_none() {
        let summary = format!(
            "In the body {}, and your problem has no errors.",
            told(faults)
        );
        let example = format!(
            r#""errors": [{{"pointer": "{}", "detail": "…"}}]"#,
            faults[0].pointer
        );
        return Err(answer.wrong(summary, example, "no member errors"));
    }
    let count = answer.list_at("/errors")?.len();
    (0..count)
        .map(|place| {
            answer.text_at(&format!("/errors/{place}/detail"))?;
            answer.text_at(&format!("/errors/{place}/pointer"))
        })
        .collect()
}

/// It has the form of RFC 6901 §3.
fn well_formed(
    answer: &Answer,
    place: usize,
    pointer: &str,
    faults: &[Planted],
) -> Result<(), Mismatch> {
    let why = if pointer.is_empty() {
        return Ok(());
    } else if pointer.starts_with('#') {
        "is the form for URIs (RFC 6901 §6); the contract asks for the plain one (§3), without #"
    } else if pointer.starts_with('$') {
        "is a JSONPath (RFC 9535), not a JSON Pointer (RFC 6901)"
    } else if !pointer.starts_with('/') {
        "is no JSON Pointer: each step, the first one too, begins with / (RFC 6901 §3)"
    } else if pointer
        .split('~')
        .skip(1)
        .any(|rest| !rest.starts_with(['0', '1']))
    {
        "is no JSON Pointer: a ~ inside a name is written ~0, a / is written ~1 (RFC 6901 §3)"
    } else {
        return Ok(());
    };
    let summary = format!("Your pointer `{pointer}` {why}.");
    let at = format!("/errors/{place}/pointer");
    let expected = faults[0].pointer.clone();
    Err(answer.wrong_at(&at, summary, expected, pointer))
}
