// Takes charges over HTTP, keeps them, and publishes each as an event (contract/gateway.md, events.md).
import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { env, kafka, pool, serve, type Charge, type Event, type Reply } from "./common.ts";

// TODO(duplication-after-retry.7): a lost acknowledgement makes two records of one: the client sends again.
const producer = kafka.producer({ idempotent: false });

async function postCharge(request: IncomingMessage, body: string): Promise<Reply> {
  // TODO(duplication-after-retry.2): refuse what is not valid; give a retry the first answer, refuse another order.
  const charge: Charge = JSON.parse(body);
  const { rows } = await pool.query("INSERT INTO accepted (event_id, body) VALUES ($1, $2) RETURNING id", [
    charge.event_id,
    charge,
  ]);
  // TODO(duplication-after-retry.7): whoever dies here has an order without its event. And without a broker there is no 201.
  await publish(charge, Number(rows[0].id), request.headers["traceparent"]);
  return [201, { event_id: charge.event_id }]; // TODO(duplication-after-retry.2): and the amount
}

async function publish(charge: Charge, number: number, given?: string | string[]): Promise<void> {
  const { event_id, account_id, ...data } = charge;
  const event: Event = {
    event_id,
    event_type: "order.filled",
    schema_version: 1,
    order_id: `o-${number}`,
    account_id,
    account_seq: number,
    occurred_at: new Date().toISOString(),
    data,
  };
  const traceparent = given ?? `00-${randomBytes(16).toString("hex")}-${randomBytes(8).toString("hex")}-01`;
  const headers = { "content-type": "application/json", traceparent };
  await producer.send({
    topic: env("TOPIC"),
    messages: [{ key: account_id, value: JSON.stringify(event), headers }],
  });
}

await producer.connect();
serve({ "POST /charges": postCharge });
