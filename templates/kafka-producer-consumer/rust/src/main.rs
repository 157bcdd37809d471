//! Fills to positions over Kafka: both programs and their setup in one executable.

mod gateway;
mod positions;

use axum::{Router, routing::get};
use rdkafka::ClientConfig;
use serde::{Deserialize, Serialize};
use tokio_postgres::{Client, NoTls};

pub type Fallible<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

// TODO(kafka-producer-consumer.1): gateway: a key on event_id, a number per account, an outbox and its view.
// TODO(kafka-producer-consumer.2): positions: a memory of what was applied, changed together with the position.
const SCHEMA: &str = "
CREATE TABLE fills (
    id        bigserial PRIMARY KEY,
    event_id  text NOT NULL,
    body      jsonb NOT NULL,
    stored_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE positions (
    account_id text, symbol text, qty numeric, avg_price numeric, realized_pnl numeric, last_seq bigint,
    PRIMARY KEY (account_id, symbol)
);
CREATE VIEW v_outbox_pending AS SELECT event_id, stored_at AS created_at FROM fills WHERE false;
CREATE VIEW v_positions AS
    SELECT account_id, symbol, qty, avg_price, realized_pnl, last_seq FROM positions;";

/// What the body of a request and the data of an event have in common.
#[derive(Serialize, Deserialize)]
pub struct FillData {
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
    pub data: FillData,
}

#[tokio::main]
async fn main() -> Fallible<()> {
    // TODO(kafka-producer-consumer.9): SIGTERM: finish what is in hand, commit offsets, leave the group, exit 0.
    match std::env::args().nth(1).as_deref() {
        Some("setup") => Ok(database().await?.batch_execute(SCHEMA).await?),
        Some("gateway") => gateway::run().await,
        Some("positions") => positions::run().await,
        _ => Err("usage: trading setup | gateway | positions".into()),
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
        .route("/readyz", get(|| async { "ready" })); // TODO(kafka-producer-consumer.9): once it is
    let listener = tokio::net::TcpListener::bind(format!("{}:{}", env("HOST"), env("PORT"))).await?;
    Ok(axum::serve(listener, routes).await?)
}
