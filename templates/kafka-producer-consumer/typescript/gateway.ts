// Takes fills over HTTP, keeps them, and publishes each as an event (contract/gateway.md, events.md).
import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { env, kafka, pool, serve, type Event, type Fill, type Reply } from "./common.ts";

// TODO(kafka-producer-consumer.4): a lost acknowledgement makes two records of one: the client sends again.
const producer = kafka.producer({ idempotent: false });

async function postFill(_request: IncomingMessage, body: string): Promise<Reply> {
  // TODO(kafka-producer-consumer.1): refuse what is not valid; know a repeated event_id from a conflicting one.
  const fill: Fill = JSON.parse(body);
  const { rows } = await pool.query("INSERT INTO fills (event_id, body) VALUES ($1, $2) RETURNING id", [
    fill.event_id,
    fill,
  ]);
  // TODO(kafka-producer-consumer.3): whoever dies here has a fill without its event. And without a broker there is no 202.
  await publish(fill, Number(rows[0].id));
  return [202, { event_id: fill.event_id }];
}

async function publish(fill: Fill, number: number): Promise<void> {
  const { event_id, order_id, account_id, ...data } = fill;
  const event: Event = {
    event_id,
    event_type: "order.filled",
    schema_version: 1,
    order_id,
    account_id,
    account_seq: number, // TODO(kafka-producer-consumer.2): dense per account: 1, 2, 3 …
    occurred_at: new Date().toISOString(),
    data,
  };
  // TODO(kafka-producer-consumer.1): the request's traceparent, where it has one.
  const traceparent = `00-${randomBytes(16).toString("hex")}-${randomBytes(8).toString("hex")}-01`;
  const headers = { "content-type": "application/json", traceparent };
  await producer.send({
    topic: env("TOPIC"),
    messages: [{ key: account_id, value: JSON.stringify(event), headers }],
  });
}

await producer.connect();
serve({ "POST /fills": postFill });
