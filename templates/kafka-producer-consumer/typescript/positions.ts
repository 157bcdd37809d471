// Consumes events and keeps positions (contract/events.md, views.sql.md).
import { env, kafka, pool, serve, type Event, type FillData } from "./common.ts";

/** Quantities, prices and averages in units of 10⁻⁸, the realized result in units of 10⁻¹⁶: exact integers. */
type Position = { qty: bigint; avg: bigint; pnl: bigint };

/** Average cost (contract/views.sql.md#arithmetic). This much is right. */
function positionAfter({ qty, avg, pnl }: Position, fill: FillData): Position {
  const n = units(fill.quantity, 8);
  const price = units(fill.price, 8);
  const direction = fill.side === "buy" ? 1n : -1n;
  const held = qty < 0n ? -qty : qty;
  if (qty * direction >= 0n) {
    avg = divideHalfEven(held * avg + n * price, held + n);
  } else {
    pnl += (avg - price) * direction * (n < held ? n : held);
    if (n > held) avg = price;
  }
  return { qty: qty + direction * n, avg, pnl };
}

/** Of values that are not negative. */
function divideHalfEven(a: bigint, b: bigint): bigint {
  const twice = 2n * (a % b);
  const whole = a / b;
  return twice > b || (twice === b && whole % 2n === 1n) ? whole + 1n : whole;
}

function units(decimal: string, places: number): bigint {
  const [whole, fraction = ""] = decimal.split(".");
  return BigInt(whole + fraction.padEnd(places, "0").slice(0, places));
}

async function apply(event: Event): Promise<void> {
  // TODO(kafka-producer-consumer.5): an event that comes again counts again.
  const client = await pool.connect();
  try {
    await client.query("BEGIN");
    const { rows } = await client.query(
      "SELECT qty, avg_price, realized_pnl FROM positions WHERE account_id = $1 AND symbol = $2",
      [event.account_id, event.data.symbol],
    );
    const [row] = rows;
    const before = row
      ? { qty: units(row.qty, 8), avg: units(row.avg_price, 8), pnl: units(row.realized_pnl, 16) }
      : { qty: 0n, avg: 0n, pnl: 0n };
    const { qty, avg, pnl } = positionAfter(before, event.data);
    await client.query(
      `INSERT INTO positions VALUES ($1, $2, $3::numeric * 1e-8, $4::numeric * 1e-8, $5::numeric * 1e-16, $6)
       ON CONFLICT (account_id, symbol) DO UPDATE SET qty = excluded.qty, avg_price = excluded.avg_price,
       realized_pnl = excluded.realized_pnl, last_seq = excluded.last_seq`,
      [event.account_id, event.data.symbol, `${qty}`, `${avg}`, `${pnl}`, event.account_seq],
    );
    await client.query("COMMIT");
  } catch (why) {
    await client.query("ROLLBACK");
    throw why;
  } finally {
    client.release();
  }
}

serve({});
const consumer = kafka.consumer({ groupId: env("KAFKA_GROUP_ID") });
await consumer.connect();
await consumer.subscribe({ topic: env("TOPIC"), fromBeginning: true });
await consumer.run({
  // TODO(kafka-producer-consumer.6): whose offset is committed when, and what does a database do that is away for a moment?
  autoCommit: true,
  eachMessage: async ({ message }) => {
    // TODO(kafka-producer-consumer.7): a value that cannot be read is tried for ever; park it and go on.
    const event: Event = JSON.parse(message.value!.toString());
    // TODO(kafka-producer-consumer.8): ignore types that you do not know, take newer versions of those you do.
    if (event.event_type !== "order.filled" || event.schema_version !== 1) {
      throw new Error(`what is ${event.event_type} in version ${event.schema_version}?`);
    }
    await apply(event);
  },
});
