//! Takes fills over HTTP, keeps them, and publishes each as an event (contract/gateway.md, events.md).

use std::{sync::Arc, time::Duration};

use axum::{Router, extract::State, http::StatusCode, routing::post};
use rdkafka::{
    message::{Header, OwnedHeaders},
    producer::{FutureProducer, FutureRecord},
};
use serde::Deserialize;
use serde_json::Value;
use tokio_postgres::Client;

use crate::{Event, Fallible, FillData, database, env, kafka, serve};

#[derive(Deserialize)]
struct Fill {
    event_id: String,
    order_id: String,
    account_id: String,
    #[serde(flatten)]
    data: FillData,
}

struct Gateway {
    database: Client,
    producer: FutureProducer,
}

pub async fn run() -> Fallible<()> {
    // TODO(kafka-producer-consumer.4): a lost acknowledgement makes two records of one: the client sends again.
    let producer = kafka().set("enable.idempotence", "false").create()?;
    let gateway = Gateway { database: database().await?, producer };
    serve(Router::new().route("/fills", post(post_fill)).with_state(Arc::new(gateway))).await
}

async fn post_fill(State(gateway): State<Arc<Gateway>>, body: String) -> (StatusCode, String) {
    match gateway.take(&body).await {
        Ok(()) => (StatusCode::ACCEPTED, "stored".to_owned()),
        Err(why) => (StatusCode::INTERNAL_SERVER_ERROR, why.to_string()),
    }
}

impl Gateway {
    async fn take(&self, body: &str) -> Fallible<()> {
        // TODO(kafka-producer-consumer.1): refuse what is not valid; know a repeated event_id from a conflicting one.
        let fill: Fill = serde_json::from_str(body)?;
        let whole: Value = serde_json::from_str(body)?;
        let insert = "INSERT INTO fills (event_id, body) VALUES ($1, $2) \
            RETURNING id, to_char(stored_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')";
        let row = self.database.query_one(insert, &[&fill.event_id, &whole]).await?;
        // TODO(kafka-producer-consumer.3): whoever dies here has a fill without its event. And without a broker there is no 202.
        self.publish(fill, row.get(0), row.get(1)).await
    }

    async fn publish(&self, fill: Fill, number: i64, occurred_at: String) -> Fallible<()> {
        let event = Event {
            event_id: fill.event_id,
            event_type: "order.filled".to_owned(),
            schema_version: 1,
            order_id: fill.order_id,
            account_id: fill.account_id,
            account_seq: number, // TODO(kafka-producer-consumer.2): dense per account: 1, 2, 3 …
            occurred_at,
            data: fill.data,
        };
        // TODO(kafka-producer-consumer.1): the request's traceparent, where it has one.
        let traceparent = format!("00-{:032x}-{:016x}-01", rand::random::<u128>(), rand::random::<u64>());
        let headers = OwnedHeaders::new()
            .insert(Header { key: "content-type", value: Some("application/json") })
            .insert(Header { key: "traceparent", value: Some(&traceparent) });
        let (topic, value) = (env("TOPIC"), serde_json::to_string(&event)?);
        let record = FutureRecord::to(&topic).key(&event.account_id).payload(&value).headers(headers);
        let limit = Duration::from_secs(3);
        let sent = self.producer.send(record, limit);
        tokio::time::timeout(limit, sent).await?.map_err(|(why, _)| why)?;
        Ok(())
    }
}
