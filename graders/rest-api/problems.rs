//! Errors have the form of the version that was spoken.

use mastery_kit::{
    bench::Bench,
    probe::http::Answer,
    random::Random,
    verdict::{Failure, Mismatch, Outcome},
};
use serde_json::{Value, json};

use crate::rest_api::{
    acts::Api,
    drafts::{Accounts, V1Draft, V2Draft, key, unknown_like},
    frozen::Frozen,
};

/// The answer is a problem (RFC 9457) about its own status.
pub(crate) fn expect_problem(answer: &Answer) -> Result<(), Mismatch> {
    let label = answer.label();
    let found = answer.media_type();
    if found != "application/problem+json" {
        let summary =
            format!("Your error to {label} is `{found}`, which no client reads as a problem.");
        let expected = "Content-Type: application/problem+json";
        return Err(answer.wrong(summary, expected, format!("Content-Type: {found}")));
    }
    let body = answer.json()?;
    if !body.is_object() {
        return Err(answer.wrong_kind("", "an object", body));
    }
    if answer.text_at("/title")?.is_empty() {
        let summary = format!("The title of your problem to {label} is empty.");
        return Err(answer.wrong_at("/title", summary, "a title for people", "\"\""));
    }
    let status = answer.integer_at("/status")?;
    if status != i64::from(answer.status) {
        let summary = format!(
            "Your problem says {status}, and the answer is {}.",
            answer.status_text()
        );
        let expected = format!("{}, the status of the answer", answer.status);
        return Err(answer.wrong_at("/status", summary, expected, status.to_string()));
    }
    for name in ["type", "detail", "instance"] {
        if let Some(shown) = body.get(name).filter(|shown| !shown.is_string()) {
            return Err(answer.wrong_kind(&format!("/{name}"), "a string", shown));
        }
    }
    Ok(())
}

pub(crate) async fn v2_errors_are_problems(bench: &mut Bench) -> Outcome {
    let api = Api::of(bench)?;
    let random = bench.random();
    let account = Accounts::of("v2_errors_are_problems")?.draw(random);
    let draft = V2Draft::draw(random, &account);
    let (_, id) = api.create_v2(random, &draft).await?;
    api.cancel_v2(&id).await?;
    let mut refusals = refusals(&api, random, &draft, &id).await?;
    random.shuffle(&mut refusals);
    for (answer, what) in refusals {
        if !(400..500).contains(&answer.status) {
            let wanted = "a status from 400 to 499";
            let found = answer.status_text();
            let summary = format!("You answered {found} to {what}.");
            return Err(answer.wrong(summary, wanted, found).into());
        }
        expect_problem(&answer)?;
    }
    Ok(())
}

/// One of each kind of refusal that v2 knows, on an order that is cancelled.
async fn refusals(
    api: &Api,
    random: &mut Random,
    draft: &V2Draft,
    id: &str,
) -> Result<Vec<(Answer, &'static str)>, Failure> {
    let http = &api.http;
    let unknown = unknown_like(random, id);
    let path = format!("/v2/orders/{id}");
    let mut invalid = draft.body();
    invalid["side"] = json!("hold");
    let (new, used) = (key(random), key(random));
    api.posting_v2(draft, &used)
        .send()
        .await?
        .expect_status(201)?;
    let mut other = draft.clone();
    other.quantity.push('1');
    let posting = |key: &str| http.post("/v2/orders").header("Idempotency-Key", key);
    let change = json!({"quantity": "1"});
    let requests = [
        (
            http.get(&format!("/v2/orders/{unknown}")),
            "an unknown order",
        ),
        (http.get("/v2/nothing"), "a path that is not there"),
        (http.get("/v2/orders"), "a list without account_id"),
        (
            http.get(&format!(
                "/v2/orders?account_id={}&page_size=0",
                draft.account
            )),
            "a page of no orders",
        ),
        (
            http.post("/v2/orders").json(&draft.body()),
            "an order without a key",
        ),
        (posting(&new).json(&invalid), "an order that is not valid"),
        (
            posting(&new).body("application/json", "{"),
            "a body that is no JSON",
        ),
        (
            posting(&new).body("text/plain", "buy"),
            "a body of another type",
        ),
        (
            api.posting_v2(&other, &used),
            "a used key with another body",
        ),
        (api.patching(id, &change, None), "a PATCH without If-Match"),
        (
            api.patching(id, &change, Some("\"never\"")),
            "a PATCH with a stale ETag",
        ),
        (
            http.post(&format!("{path}/cancel")),
            "a cancel of a cancelled order",
        ),
        (
            http.request("PUT", &path),
            "a method that an order does not have",
        ),
        (
            http.get(&path).header("Accept", "text/html"),
            "an Accept of another type",
        ),
        (
            http.get("/v2/nothing").header("Accept", "application/json"),
            "a path that is not there, with Accept: application/json",
        ),
    ];
    let mut answers = Vec::new();
    for (request, what) in requests {
        answers.push((request.send().await?, what));
    }
    Ok(answers)
}

pub(crate) async fn v1_errors_keep_their_form(bench: &mut Bench) -> Outcome {
    let (api, frozen) = (Api::of(bench)?, Frozen::read(bench)?);
    let random = bench.random();
    let account = Accounts::of("v1_errors_keep_their_form")?.draw(random);
    let draft = V1Draft::draw(random, &account);
    let (_, id) = api.create_v1(&draft).await?;
    api.drive(&id, "new", "rejected").await?;
    let (http, path) = (&api.http, format!("/v1/orders/{id}"));
    let typed = |kind: &str| http.post("/v1/orders").body(kind, draft.body());
    let mut requests = [
        (http.delete(&path), 409),
        (http.request("PUT", &path), 405),
        (http.request("PATCH", "/v1/orders"), 405),
        (http.get(&path).header("Accept", "text/html"), 406),
        (typed("application/json").header("Accept", "image/png"), 406),
        (typed("text/plain"), 415),
        (http.get("/v1/nothing"), 404),
        (http.get("/v1/orders?account_id=ACC-1"), 400),
    ];
    random.shuffle(&mut requests);
    for (request, status) in requests {
        let answer = request.send().await?;
        frozen.error(&answer, status)?;
    }
    Ok(())
}

/// What no error tells, and what it would be.
const INSIDE: [(&str, &str); 14] = [
    ("Traceback (most recent call last)", "a stack trace"),
    ("goroutine ", "a stack trace"),
    ("panicked at", "a stack trace"),
    ("\n    at ", "a stack trace"),
    ("\\n    at ", "a stack trace"),
    ("Exception in thread", "a stack trace"),
    (".py\", line", "a stack trace"),
    (".go:", "a place in your source"),
    (".rs:", "a place in your source"),
    (".ts:", "a place in your source"),
    (".java:", "a place in your source"),
    ("INSERT INTO", "a statement"),
    ("SELECT ", "a statement"),
    ("node_modules", "a path of your file system"),
];

/// Beginnings of paths, where something of their own follows.
const ROOTS: [&str; 6] = ["/home/", "/usr/", "/tmp/", "/var/", "/Users/", "/opt/"];

/// The answer shows nothing of the inside.
fn expect_discreet(answer: &Answer) -> Result<(), Mismatch> {
    let body = String::from_utf8_lossy(&answer.body);
    let inside = INSIDE.iter().find(|(mark, _)| body.contains(mark));
    let root = ROOTS.iter().find(|root| body.contains(*root));
    let (mark, what) = match (inside, root) {
        (Some(found), _) => *found,
        (None, Some(root)) => (*root, "a path of your file system"),
        (None, None) => return Ok(()),
    };
    let summary = format!("Your error to {} shows {what}.", answer.label());
    Err(answer.wrong(
        summary,
        "nothing of the inside",
        format!("…{}…", mark.trim()),
    ))
}

pub(crate) async fn odd_bodies_are_refused_discreetly(bench: &mut Bench) -> Outcome {
    let api = Api::of(bench)?;
    let random = bench.random();
    let account = Accounts::of("odd_bodies_are_refused_discreetly")?.draw(random);
    let draft = V2Draft::draw(random, &account);
    let (_, id) = api.create_v2(random, &draft).await?;
    let mut bodies = odd_bodies(&draft.body());
    random.shuffle(&mut bodies);
    for (body, what) in bodies {
        let request = api
            .http
            .post("/v2/orders")
            .header("Idempotency-Key", &key(random));
        let answer = request.body("application/json", body).send().await?;
        answer.expect_status_to(&format!("a POST whose body is {what}"), &[400, 422])?;
        expect_discreet(&answer)?;
    }
    let path = format!("/v2/orders/{id}");
    for body in ["null", "[[]]", "\"7\"", "{\"quantity\":{\"quantity\":[]}}"] {
        let request = api.http.patch(&path).header("If-Match", "*");
        let request = request.body("application/merge-patch+json", body);
        let answer = request.send().await?;
        answer.expect_status_to(&format!("the PATCH {body}"), &[400, 422])?;
        expect_discreet(&answer)?;
    }
    Ok(())
}

/// Bodies that are JSON and no order.
fn odd_bodies(draft: &Value) -> Vec<(String, &'static str)> {
    let with = |member: &str, text: &str| {
        let mut body = draft.clone();
        body[member] = json!("[here]");
        body.to_string().replace("\"[here]\"", text)
    };
    let deep = format!("{}{}", "[".repeat(400), "]".repeat(400));
    let long = format!("\"{}\"", "9".repeat(9000));
    vec![
        ("null".to_owned(), "null"),
        ("true".to_owned(), "true"),
        ("42".to_owned(), "a number"),
        ("\"buy\"".to_owned(), "a string"),
        (format!("[{draft}]"), "an order in a list"),
        (
            with("instrument", &deep),
            "an order with 400 lists in each other for an instrument",
        ),
        (
            with("instrument", "[\"symbol\"]"),
            "an order with a list for an instrument",
        ),
        (
            with("limit_price", "[[\"amount\",\"1\"]]"),
            "an order with pairs for a limit_price",
        ),
        (
            with("quantity", "1e999"),
            "an order whose quantity is the number 1e999",
        ),
        (
            with("quantity", &"7".repeat(400)),
            "an order whose quantity is a number of 400 digits",
        ),
        (
            with("quantity", &long),
            "an order whose quantity is a string of 9000 digits",
        ),
        (
            with("side", "{\"__proto__\":{\"side\":\"buy\"}}"),
            "an order with an object for a side",
        ),
        (
            with("account_id", "\"ACC-\\u0000\\ud83d\\ude00'--\""),
            "an order with odd characters in its account_id",
        ),
        (
            with("time_in_force", "[\"day\"]"),
            "an order whose time_in_force is a list",
        ),
    ]
}
