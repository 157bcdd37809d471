//! Consumes events and has each commission booked outside (contract/identity.md, outside-ledger.md).

use axum::Router;
use bigdecimal::{BigDecimal, RoundingMode};
use rdkafka::{
    Message,
    consumer::{Consumer, StreamConsumer},
};
use serde_json::json;
use tokio_postgres::Client;

use crate::{Event, Fallible, OrderData, database, env, kafka, serve};

pub async fn run() -> Fallible<()> {
    let consumer: StreamConsumer = kafka()
        .set("group.id", env("KAFKA_GROUP_ID"))
        .set("auto.offset.reset", "earliest")
        // TODO(duplication-after-retry.4): the timer commits what was delivered, charged or not.
        .set("enable.auto.commit", "true")
        .create()?;
    consumer.subscribe(&[&env("TOPIC")])?;
    let serving = tokio::spawn(serve(Router::new()));
    let database = database().await?;
    let outside = reqwest::Client::new();
    while !serving.is_finished() {
        let message = consumer.recv().await?;
        // TODO(duplication-after-retry.6): a value that cannot be read ends this program; park it and go on.
        let event: Event = serde_json::from_slice(message.payload().unwrap_or_default())?;
        // TODO(duplication-after-retry.6): newer versions are charged, too, as long as they only add.
        if event.event_type == "order.filled" && event.schema_version == 1 {
            charge(&database, &outside, &event).await?;
        }
    }
    serving.await?
}

async fn charge(database: &Client, outside: &reqwest::Client, event: &Event) -> Fallible<()> {
    // TODO(duplication-after-retry.1): an order that comes again is charged again. Which events are one order?
    let amount = commission(&event.data)?;
    // TODO(duplication-after-retry.4): whoever dies behind this line has charged, and does not know it.
    call(outside, event, &amount).await?;
    let client_order_id = &event.data.client_order_id;
    let name = client_order_id.as_ref().unwrap_or(&event.event_id);
    let insert = "INSERT INTO charges VALUES ($1, $2, $3, $4, $5::text::numeric) ON CONFLICT DO NOTHING";
    database.execute(insert, &[name, &event.account_id, client_order_id, &event.event_id, &amount]).await?;
    Ok(())
}

async fn call(outside: &reqwest::Client, event: &Event, amount: &str) -> Fallible<()> {
    let body = json!({
        "account_id": event.account_id,
        "client_order_id": event.data.client_order_id,
        "event_id": event.event_id,
        "amount": amount,
    });
    let request = outside.post(format!("{}/charges", env("LEDGER_URL"))).json(&body);
    // TODO(duplication-after-retry.3): a key that the next attempt, and the next process, has as well.
    let request = request.header("Idempotency-Key", format!("{:032x}", rand::random::<u128>()));
    // TODO(duplication-after-retry.3): 409 is a confirmation; a 5xx, a reset or 2 s of silence ask for another call.
    request.send().await?.error_for_status()?;
    Ok(())
}

/// contract/identity.md#commission. This much is right.
fn commission(data: &OrderData) -> Fallible<String> {
    let (quantity, price): (BigDecimal, BigDecimal) = (data.quantity.parse()?, data.price.parse()?);
    let due = BigDecimal::new(5.into(), 4) * quantity * price;
    Ok(due.with_scale_round(8, RoundingMode::HalfEven).to_plain_string())
}
