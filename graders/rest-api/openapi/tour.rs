//! Exchanges of every kind that the contract knows, to hold a description against.

use mastery_kit::{
    probe::http::{Answer, Request},
    random::Random,
    verdict::Failure,
};
use serde_json::{Value, json};

use crate::rest_api::{
    acts::{Api, in_query},
    conditional::etag,
    drafts::{V1Draft, V2Draft, key, unknown_like},
};

/// An exchange, and what it was about.
pub(super) struct Told {
    pub(super) method: &'static str,
    /// The path of the contract, with `{id}`.
    pub(super) template: &'static str,
    /// What was asked: `a PATCH with a stale ETag`.
    pub(super) what: String,
    pub(super) answer: Answer,
    /// The body that was sent, where it was JSON, and as what.
    pub(super) sent: Option<Value>,
    pub(super) sent_as: &'static str,
}

const JSON: &str = "application/json";
const MERGE: &str = "application/merge-patch+json";

/// One operation, asked in several ways.
struct Leg<'a> {
    all: &'a mut Vec<Told>,
    method: &'static str,
    template: &'static str,
}

impl Leg<'_> {
    async fn ask(&mut self, what: &str, request: Request) -> Result<(), Failure> {
        self.send(what, request, None).await
    }

    /// With a body that is held against the description too.
    async fn ask_with(&mut self, what: &str, request: Request, sent: Value) -> Result<(), Failure> {
        self.send(what, request, Some(sent)).await
    }

    async fn ask_for_html(&mut self, request: Request) -> Result<(), Failure> {
        let request = request.header("Accept", "text/html");
        self.ask("with Accept: text/html", request).await
    }

    async fn send(
        &mut self,
        what: &str,
        request: Request,
        sent: Option<Value>,
    ) -> Result<(), Failure> {
        let sent_as = if self.method == "PATCH" { MERGE } else { JSON };
        self.all.push(Told {
            method: self.method,
            template: self.template,
            what: format!("{} {}, {what}", self.method, self.template),
            answer: request.send().await?,
            sent,
            sent_as,
        });
        Ok(())
    }
}

fn leg<'a>(all: &'a mut Vec<Told>, method: &'static str, template: &'static str) -> Leg<'a> {
    Leg {
        all,
        method,
        template,
    }
}

/// Every operation in every way that the contract has an answer for, save a method that is not
/// there: that is no operation's.
pub(super) async fn of_everything(
    api: &Api,
    random: &mut Random,
    account: &str,
) -> Result<Vec<Told>, Failure> {
    let mut all = Vec::new();
    v1_creates_and_lists(api, random, account, &mut all).await?;
    v1_reads_and_cancels(api, random, account, &mut all).await?;
    v2_creates(api, random, account, &mut all).await?;
    v2_lists_and_reads(api, random, account, &mut all).await?;
    v2_changes(api, random, account, &mut all).await?;
    v2_cancels(api, random, account, &mut all).await?;
    Ok(all)
}

async fn v1_creates_and_lists(
    api: &Api,
    random: &mut Random,
    account: &str,
    all: &mut Vec<Told>,
) -> Result<(), Failure> {
    let http = &api.http;
    let text = V1Draft::draw(random, account).body();
    let sent: Value = serde_json::from_str(&text).unwrap_or_default();
    let post = |kind: &str, text: &str| http.post("/v1/orders").body(kind, text.to_owned());
    let mut leg_of = leg(all, "POST", "/v1/orders");
    leg_of.ask_with("an order", post(JSON, &text), sent).await?;
    leg_of
        .ask("a body that is no JSON", post(JSON, "{"))
        .await?;
    leg_of
        .ask("a body without members", post(JSON, "{}"))
        .await?;
    leg_of.ask("text/plain", post("text/plain", &text)).await?;
    leg_of.ask_for_html(post(JSON, &text)).await?;

    let path = format!("/v1/orders?account_id={account}");
    let mut leg_of = leg(all, "GET", "/v1/orders");
    leg_of.ask("a page", http.get(&path)).await?;
    leg_of
        .ask("without account_id", http.get("/v1/orders"))
        .await?;
    leg_of.ask_for_html(http.get(&path)).await
}

async fn v1_reads_and_cancels(
    api: &Api,
    random: &mut Random,
    account: &str,
    all: &mut Vec<Told>,
) -> Result<(), Failure> {
    let http = &api.http;
    let (_, id) = api.create_v1(&V1Draft::draw(random, account)).await?;
    let (_, rejected) = api.create_v1(&V1Draft::draw(random, account)).await?;
    api.drive(&rejected, "new", "rejected").await?;
    let path = |id: &str| format!("/v1/orders/{id}");
    let unknown = path(&unknown_like(random, &id));
    let mut leg_of = leg(all, "GET", "/v1/orders/{id}");
    leg_of.ask("an order", http.get(&path(&id))).await?;
    leg_of.ask("an unknown order", http.get(&unknown)).await?;
    leg_of.ask_for_html(http.get(&path(&id))).await?;

    let mut leg_of = leg(all, "DELETE", "/v1/orders/{id}");
    leg_of.ask("an open order", http.delete(&path(&id))).await?;
    leg_of
        .ask("a rejected order", http.delete(&path(&rejected)))
        .await?;
    leg_of.ask("an unknown order", http.delete(&unknown)).await
}

async fn v2_creates(
    api: &Api,
    random: &mut Random,
    account: &str,
    all: &mut Vec<Told>,
) -> Result<(), Failure> {
    let mut draft = V2Draft::draw(random, account);
    draft.client_order_id = Some(format!("c-{}", random.word(6)));
    let body = draft.body();
    let used = key(random);
    let post = |key: &str| api.http.post("/v2/orders").header("Idempotency-Key", key);
    let mut leg_of = leg(all, "POST", "/v2/orders");
    leg_of
        .ask_with("an order", post(&used).json(&body), body.clone())
        .await?;
    leg_of
        .ask_with("the same again", post(&used).json(&body), body.clone())
        .await?;
    draft.client_order_id = None;
    let other = draft.body();
    leg_of
        .ask("a used key with another body", post(&used).json(&other))
        .await?;
    let new = key(random);
    leg_of
        .ask_with(
            "an order without client_order_id",
            post(&new).json(&other),
            other.clone(),
        )
        .await?;
    let new = key(random);
    leg_of
        .ask("a body that is no JSON", post(&new).body(JSON, "{"))
        .await?;
    let mut invalid = body.clone();
    invalid["quantity"] = json!("0");
    invalid["note"] = json!(1);
    leg_of
        .ask("an order with two faults", post(&new).json(&invalid))
        .await?;
    let request = api.http.post("/v2/orders").json(&body);
    leg_of.ask("without Idempotency-Key", request).await?;
    let request = post(&new).body("text/plain", body.to_string());
    leg_of.ask("text/plain", request).await?;
    leg_of.ask_for_html(post(&new).json(&body)).await
}

async fn v2_lists_and_reads(
    api: &Api,
    random: &mut Random,
    account: &str,
    all: &mut Vec<Told>,
) -> Result<(), Failure> {
    let http = &api.http;
    let draft = V2Draft::draw(random, account);
    let (_, id) = api.create_v2(random, &draft).await?;
    let path = format!("/v2/orders?account_id={account}&page_size=2");
    let mut leg_of = leg(all, "GET", "/v2/orders");
    leg_of.ask("a page", http.get(&path)).await?;
    let first = leg_of.all.last().map(|told| told.answer.clone());
    if let Some(token) = first.and_then(|page| page.text_at("/next_page_token").ok()) {
        let next = format!("{path}&page_token={}", in_query(&token));
        leg_of.ask("the next page", http.get(&next)).await?;
    }
    let whole = format!("/v2/orders?account_id={account}&page_size=200");
    leg_of.ask("the last page", http.get(&whole)).await?;
    leg_of
        .ask("without account_id", http.get("/v2/orders"))
        .await?;
    let forged = format!("{path}&page_token={}", random.word(20));
    leg_of.ask("a forged page_token", http.get(&forged)).await?;
    leg_of.ask_for_html(http.get(&path)).await?;

    let path = format!("/v2/orders/{id}");
    let tag = etag(&api.read_v2(&id).await?)?;
    let unknown = format!("/v2/orders/{}", unknown_like(random, &id));
    let mut leg_of = leg(all, "GET", "/v2/orders/{id}");
    leg_of.ask("an order", http.get(&path)).await?;
    let request = http.get(&path).header("If-None-Match", &tag);
    leg_of.ask("with If-None-Match", request).await?;
    leg_of.ask("an unknown order", http.get(&unknown)).await?;
    leg_of.ask_for_html(http.get(&path)).await
}

async fn v2_changes(
    api: &Api,
    random: &mut Random,
    account: &str,
    all: &mut Vec<Told>,
) -> Result<(), Failure> {
    let draft = V2Draft::draw(random, account);
    let (_, id) = api.create_v2(random, &draft).await?;
    let unknown = unknown_like(random, &id);
    let old = etag(&api.read_v2(&id).await?)?;
    let change = json!({"quantity": "7001", "limit_price": {"amount": "70.25"}});
    let mut leg_of = leg(all, "PATCH", "/v2/orders/{id}");
    let request = api.patching(&id, &change, Some(&old));
    leg_of.ask_with("a change", request, change.clone()).await?;
    let request = api.patching(&id, &change, Some(&old));
    leg_of.ask("a stale ETag", request).await?;
    leg_of
        .ask("without If-Match", api.patching(&id, &change, None))
        .await?;
    let request = api.patching(&unknown, &change, Some(&old));
    leg_of.ask("an unknown order", request).await?;
    let now = etag(&api.read_v2(&id).await?)?;
    let request = api.patching(&id, &json!({"quantity": "0"}), Some(&now));
    leg_of.ask("a quantity of 0", request).await?;
    let plain = api.http.patch(&format!("/v2/orders/{id}"));
    let request = plain.header("If-Match", &now).body("text/plain", "7");
    leg_of.ask("text/plain", request).await?;
    api.cancel_v2(&id).await?;
    let now = etag(&api.read_v2(&id).await?)?;
    let request = api.patching(&id, &change, Some(&now));
    leg_of.ask("a cancelled order", request).await
}

async fn v2_cancels(
    api: &Api,
    random: &mut Random,
    account: &str,
    all: &mut Vec<Told>,
) -> Result<(), Failure> {
    let draft = V2Draft::draw(random, account);
    let (_, id) = api.create_v2(random, &draft).await?;
    let path = |id: &str| format!("/v2/orders/{id}/cancel");
    let unknown = path(&unknown_like(random, &id));
    let mut leg_of = leg(all, "POST", "/v2/orders/{id}/cancel");
    leg_of
        .ask("an open order", api.http.post(&path(&id)))
        .await?;
    leg_of
        .ask("a cancelled order", api.http.post(&path(&id)))
        .await?;
    leg_of
        .ask("an unknown order", api.http.post(&unknown))
        .await
}
