//! Commissions charged once: both programs and their setup in one executable.

mod gateway;
mod ledger;

use axum::{Router, routing::get};
use rdkafka::ClientConfig;
use serde::{Deserialize, Serialize};
use tokio_postgres::{Client, NoTls};

pub type Fallible<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

// TODO(duplication-after-retry.1): is a client_order_id the name of one order?
// TODO(duplication-after-retry.5): v_dedupe: what you look into to know a duplicate, and not more than 2 N of it.
const SCHEMA: &str = "
CREATE TABLE accepted (
    id       bigserial PRIMARY KEY,
    event_id text NOT NULL,
    body     jsonb NOT NULL
);
CREATE TABLE charges (
    name            text PRIMARY KEY,
    account_id      text NOT NULL,
    client_order_id text,
    event_id        text NOT NULL,
    amount          numeric NOT NULL
);
CREATE VIEW v_charges AS SELECT account_id, client_order_id, event_id, amount FROM charges;
CREATE VIEW v_dedupe AS SELECT count(*) AS rows FROM charges;";

/// What the body of a request and the data of an event have in common.
#[derive(Serialize, Deserialize)]
pub struct OrderData {
    pub symbol: String,
    pub side: String,
    pub quantity: String,
    pub price: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_order_id: Option<String>,
}

/// The value of a record (contract/events.md).
#[derive(Serialize, Deserialize)]
pub struct Event {
    pub event_id: String,
    pub event_type: String,
    pub schema_version: u32,
    pub order_id: String,
    pub account_id: String,
    pub account_seq: i64,
    pub occurred_at: String,
    pub data: OrderData,
}

#[tokio::main]
async fn main() -> Fallible<()> {
    // TODO(duplication-after-retry.8): SIGTERM: finish what is in hand, commit offsets, leave the group, exit 0.
    match std::env::args().nth(1).as_deref() {
        Some("setup") => Ok(database().await?.batch_execute(SCHEMA).await?),
        Some("gateway") => gateway::run().await,
        Some("ledger") => ledger::run().await,
        _ => Err("usage: trading setup | gateway | ledger".into()),
    }
}

pub fn env(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set"))
}

pub fn kafka() -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", env("KAFKA_BOOTSTRAP_SERVERS"));
    config
}

/// One session. Statements of several requests may be under way in it at once, transactions may not.
pub async fn database() -> Fallible<Client> {
    let (client, connection) = tokio_postgres::connect(&env("DATABASE_URL"), NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

/// Answers until the program ends.
pub async fn serve(routes: Router) -> Fallible<()> {
    let routes = routes
        .route("/healthz", get(|| async { "ok" }))
        .route("/readyz", get(|| async { "ready" })); // TODO(duplication-after-retry.8): once it is
    let listener = tokio::net::TcpListener::bind(format!("{}:{}", env("HOST"), env("PORT"))).await?;
    Ok(axum::serve(listener, routes).await?)
}
