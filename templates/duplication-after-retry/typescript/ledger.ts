// Consumes events and has each commission booked outside (contract/identity.md, outside-ledger.md).
import { randomUUID } from "node:crypto";
import { env, kafka, pool, serve, type Event, type OrderData } from "./common.ts";

/** contract/identity.md#commission, in exact integers. This much is right. */
function commission({ quantity, price }: OrderData): string {
  const due = 5n * units(quantity) * units(price); // in units of 10⁻²⁰
  const unit = 10n ** 12n;
  const [whole, twice] = [due / unit, 2n * (due % unit)];
  const rounded = twice > unit || (twice === unit && whole % 2n === 1n) ? whole + 1n : whole;
  const digits = rounded.toString().padStart(9, "0");
  return `${digits.slice(0, -8)}.${digits.slice(-8)}`;
}

/** In units of 10⁻⁸. */
function units(decimal: string): bigint {
  const [whole, fraction = ""] = decimal.split(".");
  return BigInt(whole + fraction.padEnd(8, "0"));
}

async function charge(event: Event): Promise<void> {
  // TODO(duplication-after-retry.1): an order that comes again is charged again. Which events are one order?
  const amount = commission(event.data);
  // TODO(duplication-after-retry.4): whoever dies behind this line has charged, and does not know it.
  await call(event, amount);
  const { client_order_id } = event.data;
  await pool.query("INSERT INTO charges VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING", [
    client_order_id ?? event.event_id,
    event.account_id,
    client_order_id,
    event.event_id,
    amount,
  ]);
}

async function call({ account_id, event_id, data: { client_order_id } }: Event, amount: string): Promise<void> {
  const response = await fetch(`${env("LEDGER_URL")}/charges`, {
    method: "POST",
    // TODO(duplication-after-retry.3): a key that the next attempt, and the next process, has as well.
    headers: { "content-type": "application/json", "idempotency-key": randomUUID() },
    body: JSON.stringify({ account_id, client_order_id, event_id, amount }),
  });
  await response.arrayBuffer();
  // TODO(duplication-after-retry.3): 409 is a confirmation; a 5xx, a reset or 2 s of silence ask for another call.
  if (!response.ok) throw new Error(`the outside ledger says ${response.status}`);
}

serve({});
const consumer = kafka.consumer({ groupId: env("KAFKA_GROUP_ID") });
await consumer.connect();
await consumer.subscribe({ topic: env("TOPIC"), fromBeginning: true });
await consumer.run({
  // TODO(duplication-after-retry.4): whose offset is committed when?
  autoCommit: true,
  eachMessage: async ({ message }) => {
    // TODO(duplication-after-retry.6): a value that cannot be read is tried for ever; park it and go on.
    const event: Event = JSON.parse(message.value!.toString());
    // TODO(duplication-after-retry.6): newer versions are charged, too, as long as they only add.
    if (event.event_type === "order.filled" && event.schema_version === 1) await charge(event);
  },
});
