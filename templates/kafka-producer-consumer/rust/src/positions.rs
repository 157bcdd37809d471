//! Consumes events and keeps positions (contract/events.md, views.sql.md).

use axum::Router;
use bigdecimal::{BigDecimal, RoundingMode, Zero};
use rdkafka::{
    Message,
    consumer::{Consumer, StreamConsumer},
};
use tokio_postgres::Client;

use crate::{Event, Fallible, FillData, database, env, kafka, serve};

pub async fn run() -> Fallible<()> {
    let consumer: StreamConsumer = kafka()
        .set("group.id", env("KAFKA_GROUP_ID"))
        .set("auto.offset.reset", "earliest")
        // TODO(kafka-producer-consumer.6): the timer commits what was delivered, applied or not.
        .set("enable.auto.commit", "true")
        .create()?;
    consumer.subscribe(&[&env("TOPIC")])?;
    let serving = tokio::spawn(serve(Router::new()));
    let mut database = database().await?;
    while !serving.is_finished() {
        let message = consumer.recv().await?;
        // TODO(kafka-producer-consumer.7): a value that cannot be read ends this program; park it and go on.
        let event: Event = serde_json::from_slice(message.payload().unwrap_or_default())?;
        // TODO(kafka-producer-consumer.8): ignore types that you do not know, take newer versions of those you do.
        if event.event_type != "order.filled" || event.schema_version != 1 {
            return Err(format!("what is {} in version {}?", event.event_type, event.schema_version).into());
        }
        // TODO(kafka-producer-consumer.6): a database that is away for a moment ends it, too.
        apply(&mut database, &event).await?;
    }
    serving.await?
}

async fn apply(database: &mut Client, event: &Event) -> Fallible<()> {
    // TODO(kafka-producer-consumer.5): an event that comes again counts again.
    let transaction = database.transaction().await?;
    let read = "SELECT qty::text, avg_price::text, realized_pnl::text FROM positions \
        WHERE account_id = $1 AND symbol = $2";
    let before = match transaction.query_opt(read, &[&event.account_id, &event.data.symbol]).await? {
        Some(row) => [row.get::<_, &str>(0).parse()?, row.get::<_, &str>(1).parse()?, row.get::<_, &str>(2).parse()?],
        None => [BigDecimal::zero(), BigDecimal::zero(), BigDecimal::zero()],
    };
    let [qty, avg, pnl] = position_after(before, &event.data)?.map(|value| value.to_plain_string());
    let write = "INSERT INTO positions \
        VALUES ($1, $2, $3::text::numeric, $4::text::numeric, $5::text::numeric, $6) \
        ON CONFLICT (account_id, symbol) DO UPDATE SET qty = excluded.qty, avg_price = excluded.avg_price, \
        realized_pnl = excluded.realized_pnl, last_seq = excluded.last_seq";
    transaction
        .execute(write, &[&event.account_id, &event.data.symbol, &qty, &avg, &pnl, &event.account_seq])
        .await?;
    Ok(transaction.commit().await?)
}

/// Average cost (contract/views.sql.md#arithmetic). This much is right.
fn position_after([qty, avg, pnl]: [BigDecimal; 3], fill: &FillData) -> Fallible<[BigDecimal; 3]> {
    let (n, price): (BigDecimal, BigDecimal) = (fill.quantity.parse()?, fill.price.parse()?);
    let direction = BigDecimal::from(if fill.side == "buy" { 1 } else { -1 });
    let held = qty.abs();
    let moved = &qty + &direction * &n;
    if &qty * &direction >= BigDecimal::zero() {
        let average = (&held * avg + &n * price) / (held + n);
        return Ok([moved, average.with_scale_round(8, RoundingMode::HalfEven), pnl]);
    }
    let gain = (&avg - &price) * direction * (&n).min(&held);
    Ok([moved, if n > held { price } else { avg }, pnl + gain])
}
