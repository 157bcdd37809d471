//! What checks do to the program, and the sentences they share about what came back.

use std::fmt::Display;

use mastery_kit::{
    bench::Bench,
    checker::{decimal::Decimal, instant},
    probe::http::{Answer, Http, Request},
    random::Random,
    verdict::{BenchError, Failure, Mismatch},
};
use serde_json::{Value, json};

use crate::rest_api::drafts::{V1Draft, V2Draft, key};

/// The program, spoken to in both versions.
pub(crate) struct Api {
    pub(crate) http: Http,
}

impl Api {
    pub(crate) fn of(bench: &Bench) -> Result<Self, BenchError> {
        let http = bench.http("api")?;
        Ok(Self { http })
    }

    /// Makes an order through v1: the answer and the order's id.
    pub(crate) async fn create_v1(&self, draft: &V1Draft) -> Result<(Answer, String), Failure> {
        let request = self.http.post("/v1/orders");
        let answer = request
            .body("application/json", draft.body())
            .send()
            .await?;
        answer.expect_status(201)?;
        let id = order_id(&answer, "/id")?;
        Ok((answer, id))
    }

    pub(crate) async fn read_v1(&self, id: &str) -> Result<Answer, Failure> {
        let answer = self.http.get(&format!("/v1/orders/{id}")).send().await?;
        answer.expect_status(200)?;
        Ok(answer)
    }

    /// A request that makes this order through v2.
    pub(crate) fn posting_v2(&self, draft: &V2Draft, key: &str) -> Request {
        self.http
            .post("/v2/orders")
            .header("Idempotency-Key", key)
            .json(&draft.body())
    }

    /// Makes an order through v2, under a key of its own: the answer and the order's id.
    pub(crate) async fn create_v2(
        &self,
        random: &mut Random,
        draft: &V2Draft,
    ) -> Result<(Answer, String), Failure> {
        let answer = self.posting_v2(draft, &key(random)).send().await?;
        answer.expect_status(201)?;
        let id = order_id(&answer, "/id")?;
        Ok((answer, id))
    }

    pub(crate) async fn read_v2(&self, id: &str) -> Result<Answer, Failure> {
        let answer = self.http.get(&format!("/v2/orders/{id}")).send().await?;
        answer.expect_status(200)?;
        Ok(answer)
    }

    /// A request that changes an order through v2, on the condition that it is as `etag` says.
    pub(crate) fn patching(&self, id: &str, change: &Value, etag: Option<&str>) -> Request {
        let request = self
            .http
            .patch(&format!("/v2/orders/{id}"))
            .body("application/merge-patch+json", change.to_string());
        match etag {
            Some(etag) => request.header("If-Match", etag),
            None => request,
        }
    }

    pub(crate) async fn cancel_v2(&self, id: &str) -> Result<Answer, Failure> {
        let path = format!("/v2/orders/{id}/cancel");
        let answer = self.http.post(&path).send().await?;
        answer.expect_status(200)?;
        Ok(answer)
    }

    pub(crate) async fn cancel_v1(&self, id: &str) -> Result<Answer, Failure> {
        let answer = self.http.delete(&format!("/v1/orders/{id}")).send().await?;
        answer.expect_status(204)?;
        Ok(answer)
    }

    /// Moves an order from one status to another, as an execution engine would.
    pub(crate) async fn drive(&self, id: &str, from: &str, to: &str) -> Result<(), Failure> {
        let path = format!("/internal/orders/{id}/status");
        let request = self.http.post(&path).json(&json!({"status": to}));
        let answer = request.send().await?;
        if answer.status == 204 {
            return Ok(());
        }
        let status = answer.status_text();
        Err(answer
            .wrong(
                format!("The test hook answered {status} to `{from}` → `{to}`, which is legal."),
                "204 No Content",
                status,
            )
            .into())
    }

    /// The ids of an account's orders in v2, in the order in which they are listed, and the last
    /// page.
    pub(crate) async fn listed_v2(&self, account: &str) -> Result<(Vec<String>, Answer), Failure> {
        let first = format!("/v2/orders?account_id={account}&page_size=200");
        let mut path = first.clone();
        let mut ids = Vec::new();
        for _ in 0..20 {
            let answer = self.http.get(&path).send().await?;
            answer.expect_status(200)?;
            let count = answer.list_at("/orders")?.len();
            for place in 0..count {
                ids.push(answer.text_at(&format!("/orders/{place}/id"))?);
            }
            let body = answer.json()?;
            let Some(token) = body.get("next_page_token").and_then(Value::as_str) else {
                return Ok((ids, answer));
            };
            path = format!("{first}&page_token={}", in_query(token));
        }
        let why = format!("Your list of {account} in v2 has no end: 20 pages, and one more token.");
        Err(Mismatch::new(
            why,
            "a last page without next_page_token",
            "a token on each page",
        )
        .into())
    }
}

pub(crate) fn in_query(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect()
}

/// One page of an account's orders in v2.
pub(crate) async fn page_of(
    api: &Api,
    account: &str,
    size: u64,
    token: Option<&str>,
) -> Result<Answer, Failure> {
    let mut path = format!("/v2/orders?account_id={account}&page_size={size}");
    if let Some(token) = token {
        path.push_str("&page_token=");
        path.push_str(&in_query(token));
    }
    let answer = api.http.get(&path).send().await?;
    answer.expect_status(200)?;
    Ok(answer)
}

/// An order's id: opaque, but fit to stand in a path.
pub(crate) fn order_id(answer: &Answer, pointer: &str) -> Result<String, Mismatch> {
    let id = answer.text_at(pointer)?;
    let fits = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c);
    if (1..=64).contains(&id.len()) && id.chars().all(fits) {
        return Ok(id);
    }
    Err(answer.wrong_at(
        pointer,
        format!("The id `{id}` cannot stand in a path."),
        "1 to 64 characters of A-Z a-z 0-9 - . _ ~",
        id,
    ))
}

/// `Location` names the order by its path or URL.
pub(crate) fn expect_location(answer: &Answer, path: &str) -> Result<(), Mismatch> {
    match answer.header("location") {
        Some(location) if location.ends_with(path) => Ok(()),
        Some(location) => Err(answer.wrong(
            format!("Your Location is {location}; the order is at {path}."),
            path,
            location,
        )),
        None => Err(answer.wrong(
            format!("Your answer to {} has no Location.", answer.label()),
            format!("Location: {path}"),
            "no Location",
        )),
    }
}

/// The value at `pointer` is this one.
pub(crate) fn expect_equal<T: PartialEq + Display + ?Sized>(
    answer: &Answer,
    pointer: &str,
    expected: &T,
    actual: &T,
) -> Result<(), Mismatch> {
    if expected == actual {
        return Ok(());
    }
    // What cannot be seen is written as an escape: two texts may differ in nothing else.
    let [expected, actual] = [expected.to_string(), actual.to_string()].map(|text| {
        text.chars()
            .flat_map(|c| {
                if c == '"' || c == '\'' {
                    [c].to_vec()
                } else {
                    c.escape_debug().collect()
                }
            })
            .collect::<String>()
    });
    let label = answer.label();
    let summary =
        format!("You answered {actual} at {pointer} of {label}, where {expected} belongs.");
    Err(answer.wrong_at(pointer, summary, expected, actual))
}

/// The string at `pointer` is this one.
pub(crate) fn expect_text(answer: &Answer, pointer: &str, expected: &str) -> Result<(), Mismatch> {
    let actual = answer.text_at(pointer)?;
    expect_equal(answer, pointer, expected, actual.as_str())
}

/// The decimal at `pointer` is numerically this one, in the contract's form.
pub(crate) fn expect_decimal(answer: &Answer, pointer: &str, sent: &str) -> Result<(), Failure> {
    let wanted = decimal(sent)?;
    let value = answer.member(pointer)?;
    let Value::String(text) = value else {
        return Err(answer
            .wrong_at(
                pointer,
                format!("You answered the JSON value {value} where the decimal {sent} belongs."),
                format!("\"{sent}\""),
                value.to_string(),
            )
            .into());
    };
    let shown = text.escape_debug().to_string();
    let summary = match Decimal::parse(text) {
        Some(found) if found == wanted => return Ok(()),
        Some(_) => format!("You answered {shown} where {sent} was sent: two numbers, as decimals."),
        None => format!(
            "You answered `{shown}` where {sent} was sent, and that is no decimal of the contract."
        ),
    };
    Err(answer.wrong_at(pointer, summary, sent, shown).into())
}

/// A decimal of ours.
pub(crate) fn decimal(text: &str) -> Result<Decimal, BenchError> {
    Decimal::parse(text).ok_or_else(|| BenchError::new(format!("The check drew `{text}`.")))
}

/// Everything v2 shows of this order.
pub(crate) fn expect_v2(answer: &Answer, draft: &V2Draft, status: &str) -> Result<(), Failure> {
    expect_text(answer, "/account_id", &draft.account)?;
    expect_text(answer, "/instrument/symbol", &draft.symbol)?;
    expect_text(answer, "/side", draft.side)?;
    expect_decimal(answer, "/quantity", &draft.quantity)?;
    expect_decimal(answer, "/limit_price/amount", &draft.amount)?;
    expect_text(answer, "/limit_price/currency", "USD")?;
    expect_text(answer, "/time_in_force", draft.time_in_force)?;
    expect_text(answer, "/status", status)?;
    created_at(answer)?;
    if let Some(id) = &draft.client_order_id {
        expect_text(answer, "/client_order_id", id)?;
    } else if let Some(shown) = answer
        .json()?
        .get("client_order_id")
        .filter(|id| !id.is_null())
    {
        let summary = format!("You show the client_order_id {shown} of an order that has none.");
        let pointer = "/client_order_id";
        let wrong = answer.wrong_at(pointer, summary, "no client_order_id", shown.to_string());
        return Err(wrong.into());
    }
    Ok(())
}

/// The instant at `/created_at`, in nanoseconds.
pub(crate) fn created_at(answer: &Answer) -> Result<i128, Mismatch> {
    let text = answer.text_at("/created_at")?;
    instant::nanos(&text).ok_or_else(|| {
        answer.wrong_at(
            "/created_at",
            format!("Your created_at `{text}` is no instant in UTC as RFC 3339 writes it."),
            "2026-01-05T09:30:00.123Z",
            text,
        )
    })
}
