//! Version 1, frozen (contract/orders.v1.openapi.json): what it reads and what it shows.

use std::{collections::HashMap, sync::Arc};

use axum::{
    Router,
    extract::{Path, Query, State, rejection::PathRejection},
    http::{HeaderValue, StatusCode, header::LOCATION},
    response::Response,
    routing::{get, post},
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    store::{Draft, Order, Side, Status, Store},
    web::{Fault, Json, show},
};

pub fn routes(store: Arc<Store>) -> Router {
    // TODO(rest-api.8): Deprecation, Sunset and Link on every answer under /v1/, the fallbacks' too.
    Router::new()
        .route("/v1/orders", post(create).get(list))
        .route("/v1/orders/{id}", get(read))
        .with_state(store)
}

/// What a v1 client sends. Members that it does not have are ignored.
#[derive(Deserialize)]
struct Body {
    account_id: String,
    symbol: String,
    side: String,
    qty: u64,
    price: f64,
}

/// The order as v1 has it.
#[derive(Serialize)]
struct View<'o> {
    id: &'o str,
    account_id: &'o str,
    symbol: &'o str,
    side: &'static str,
    qty: u64,
    price: f64,
    status: &'static str,
    created_at: String,
}

fn view(Order { id, created_at, status, draft }: &Order) -> View<'_> {
    View {
        id,
        account_id: &draft.account_id,
        symbol: &draft.symbol,
        side: match draft.side {
            Side::Buy => "BUY",
            Side::Sell => "SELL",
        },
        qty: draft.quantity,
        price: draft.price,
        // Clients of v1 switch over four values without a default.
        status: match status {
            Status::New => "open",
        },
        created_at: humantime::format_rfc3339_micros(*created_at).to_string(),
    }
}

fn draft(Body { account_id, symbol, side, qty, price }: Body) -> Result<Draft, Fault> {
    checked(is_account(&account_id), "account_id must match ^ACC-[0-9]{6}$")?;
    checked(is_symbol(&symbol), "symbol must match ^[A-Z]{2,6}$")?;
    checked((1..10_u64.pow(18)).contains(&qty), "qty must be an integer from 1, of at most 18 digits")?;
    checked((1e-8..1e18).contains(&price), "price must be a number above 0, with at most 8 fraction digits")?;
    let side = match side.as_str() {
        "BUY" => Side::Buy,
        "SELL" => Side::Sell,
        _ => return Err(Fault::invalid("side must be BUY or SELL")),
    };
    Ok(Draft { account_id, symbol, side, quantity: qty, price })
}

async fn create(State(store): State<Arc<Store>>, Json(body): Json<Body>) -> Result<Response, Fault> {
    let order = store.add(draft(body)?);
    let mut response = show(StatusCode::CREATED, &view(&order));
    let location = HeaderValue::try_from(format!("/v1/orders/{}", order.id)).expect("ids are hexadecimal");
    response.headers_mut().insert(LOCATION, location);
    Ok(response)
}

type Id = Result<Path<String>, PathRejection>; // one that is no UTF-8 is no order's

async fn read(State(store): State<Arc<Store>>, id: Id) -> Result<Response, Fault> {
    let order = id.ok().and_then(|Path(id)| store.get(&id));
    let order = order.ok_or_else(|| Fault::new(StatusCode::NOT_FOUND, "no such order"))?;
    Ok(show(StatusCode::OK, &view(&order)))
}

type Parameters = Query<HashMap<String, String>>;

async fn list(State(store): State<Arc<Store>>, Query(asked): Parameters) -> Result<Response, Fault> {
    let account_id = asked.get("account_id").map_or("", String::as_str);
    checked(is_account(account_id), "account_id must match ^ACC-[0-9]{6}$")?;
    let page = count(&asked, "page", 1)?;
    let per_page = count(&asked, "per_page", 50)?.min(200);
    let orders = store.of_account(account_id);
    let shown: Vec<_> = orders.iter().skip((page - 1) * per_page).take(per_page).map(view).collect();
    Ok(show(StatusCode::OK, &json!({ "orders": shown, "total": orders.len(), "page": page })))
}

fn count(asked: &HashMap<String, String>, name: &str, otherwise: usize) -> Result<usize, Fault> {
    let Some(text) = asked.get(name) else { return Ok(otherwise) };
    let count = text.parse().ok().filter(|count| (1..1_000_000_000).contains(count));
    count.ok_or_else(|| Fault::invalid(format!("{name} must be an integer of at least 1")))
}

fn checked(holds: bool, text: &str) -> Result<(), Fault> {
    if holds { Ok(()) } else { Err(Fault::invalid(text)) }
}

fn is_account(text: &str) -> bool {
    text.strip_prefix("ACC-")
        .is_some_and(|number| number.len() == 6 && number.bytes().all(|b| b.is_ascii_digit()))
}

fn is_symbol(text: &str) -> bool {
    (2..=6).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_uppercase())
}
