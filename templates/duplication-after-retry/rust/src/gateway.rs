//! Takes charges over HTTP, keeps them, and publishes each as an event (contract/gateway.md, events.md).

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use rdkafka::{
    message::{Header, OwnedHeaders},
    producer::{FutureProducer, FutureRecord},
};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio_postgres::Client;

use crate::{Event, Fallible, OrderData, database, env, kafka, serve};

#[derive(Deserialize)]
struct Charge {
    event_id: String,
    account_id: String,
    #[serde(flatten)]
    data: OrderData,
}

struct Gateway {
    database: Client,
    producer: FutureProducer,
}

pub async fn run() -> Fallible<()> {
    // TODO(duplication-after-retry.7): a lost acknowledgement makes two records of one: the client sends again.
    let producer = kafka().set("enable.idempotence", "false").create()?;
    let gateway = Gateway { database: database().await?, producer };
    serve(Router::new().route("/charges", post(post_charge)).with_state(Arc::new(gateway))).await
}

async fn post_charge(
    State(gateway): State<Arc<Gateway>>,
    headers: HeaderMap,
    body: String,
) -> (StatusCode, String) {
    let traceparent = headers.get("traceparent").and_then(|value| value.to_str().ok());
    match gateway.take(&body, traceparent).await {
        Ok(answer) => (StatusCode::CREATED, answer),
        Err(why) => (StatusCode::INTERNAL_SERVER_ERROR, why.to_string()),
    }
}

impl Gateway {
    async fn take(&self, body: &str, traceparent: Option<&str>) -> Fallible<String> {
        // TODO(duplication-after-retry.2): refuse what is not valid; give a retry the first answer, refuse another order.
        let charge: Charge = serde_json::from_str(body)?;
        let whole: Value = serde_json::from_str(body)?;
        let insert = "INSERT INTO accepted (event_id, body) VALUES ($1, $2) \
            RETURNING id, to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')";
        let row = self.database.query_one(insert, &[&charge.event_id, &whole]).await?;
        // TODO(duplication-after-retry.7): whoever dies here has an order without its event. And without a broker there is no 201.
        let answer = json!({ "event_id": charge.event_id }).to_string(); // TODO(duplication-after-retry.2): and the amount
        self.publish(charge, row.get(0), row.get(1), traceparent).await?;
        Ok(answer)
    }

    async fn publish(
        &self,
        charge: Charge,
        number: i64,
        occurred_at: String,
        traceparent: Option<&str>,
    ) -> Fallible<()> {
        let event = Event {
            event_id: charge.event_id,
            event_type: "order.filled".to_owned(),
            schema_version: 1,
            order_id: format!("o-{number}"),
            account_id: charge.account_id,
            account_seq: number,
            occurred_at,
            data: charge.data,
        };
        let new = format!("00-{:032x}-{:016x}-01", rand::random::<u128>(), rand::random::<u64>());
        let traceparent = traceparent.unwrap_or(&new);
        let headers = OwnedHeaders::new()
            .insert(Header { key: "content-type", value: Some("application/json") })
            .insert(Header { key: "traceparent", value: Some(traceparent) });
        let (topic, value) = (env("TOPIC"), serde_json::to_string(&event)?);
        let record = FutureRecord::to(&topic).key(&event.account_id).payload(&value).headers(headers);
        let limit = Duration::from_secs(3);
        let sent = self.producer.send(record, limit);
        tokio::time::timeout(limit, sent).await?.map_err(|(why, _)| why)?;
        Ok(())
    }
}
