//! Records of the topic as a person would see them.

use std::time::Duration;

use mastery_kit::{
    probe::kafka::Stored,
    verdict::{Evidence, Failure, Mismatch},
    wait::Look,
};
use serde_json::Value;

use super::{
    fills::Fill,
    ground::{Ground, Place},
    moving::Moving,
};

/// A record of the topic, with its value as JSON.
pub(crate) struct Published {
    pub(crate) record: Stored,
    pub(crate) value: Value,
}

impl Published {
    /// Its id, empty where it has none.
    pub(crate) fn event_id(&self) -> &str {
        self.value
            .get("event_id")
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// Its number among those of its account, 0 where it has none.
    pub(crate) fn seq(&self) -> i64 {
        self.value
            .get("account_seq")
            .and_then(Value::as_i64)
            .unwrap_or_default()
    }

    /// The account it says it is of.
    pub(crate) fn account(&self) -> &str {
        self.value
            .get("account_id")
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// Where it stands.
    pub(crate) fn place(&self) -> Place {
        (self.record.partition, self.record.offset)
    }

    /// The record as a person would see it: place, key, headers, value.
    pub(crate) fn evidence(&self) -> Evidence {
        Evidence::Text {
            text: shown(&self.record),
        }
    }
}

/// Bytes as text; what is no UTF-8 as `\xff`, so that two that differ look different.
pub(crate) fn readable(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}")));
    }
    text
}

/// A record as a person would see it.
pub(crate) fn shown(record: &Stored) -> String {
    let text = readable;
    let mut lines = vec![format!(
        "partition {} offset {}",
        record.partition, record.offset
    )];
    let key = record
        .key
        .as_deref()
        .map_or_else(|| "(none)".to_owned(), text);
    lines.push(format!("  key     {key}"));
    for (name, value) in &record.headers {
        lines.push(format!("  header  {name}: {}", text(value)));
    }
    let value = record
        .value
        .as_deref()
        .map_or_else(|| "(none)".to_owned(), text);
    lines.push(format!("  value   {value}"));
    lines.join("\n")
}

impl Ground {
    /// Everything in the topic; what is no JSON is the gateway's fault.
    pub(crate) async fn events(&self) -> Result<Vec<Published>, Failure> {
        let mut events = Vec::new();
        for record in self.published().await? {
            let value = record.value.as_deref().unwrap_or_default();
            match serde_json::from_slice(value) {
                Ok(value) => events.push(Published { record, value }),
                Err(error) => {
                    let place = (record.partition, record.offset);
                    let wrong = Mismatch::new(
                        format!("A record of your gateway is no JSON: {error}."),
                        "one JSON object",
                        String::from_utf8_lossy(value),
                    );
                    let wrong = wrong
                        .with(Evidence::Text {
                            text: shown(&record),
                        })
                        .reproduce(self.world.kcat(&self.topic, place));
                    return Err(wrong.into());
                }
            }
        }
        Ok(events)
    }

    /// Waits until an event of each of these fills is in the topic, and gives all there is. `limit` is
    /// how long no further one may come.
    pub(crate) async fn until_published(
        &self,
        fills: &[Fill],
        limit: Duration,
    ) -> Result<Vec<Published>, Failure> {
        let expected = "each accepted fill is in the topic";
        let moving = Moving::from_now(&self.trace);
        let begun = self.trace.elapsed();
        self.wait(self.trace.left(), expected, || async {
            let events = self.events().await?;
            let is_there =
                |fill: &&Fill| events.iter().any(|event| event.event_id() == fill.event_id);
            let missing: Vec<&Fill> = fills.iter().filter(|fill| !is_there(fill)).collect();
            let Some(first) = missing.first() else {
                return Ok(Look::Ready(events));
            };
            let seen = format!(
                "{} of {} events are not in the topic, the first of them {}",
                missing.len(),
                fills.len(),
                first.event_id
            );
            if moving.still_for(fills.len() - missing.len()) <= limit {
                return Ok(Look::NotYet(seen));
            }
            let waited = self.trace.elapsed().saturating_sub(begun);
            Ok(Look::Never(self.still(expected, waited, seen)))
        })
        .await
        .map_err(|failure| match failure {
            Failure::Wrong(wrong) => {
                let read = self.world.kcat_all(&self.topic);
                Failure::Wrong(Box::new(wrong.reproduce(read)))
            }
            bench @ Failure::Bench(_) => bench,
        })
    }
}
