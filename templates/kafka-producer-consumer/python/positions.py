"""Consumes events and keeps positions (contract/events.md, views.sql.md)."""

import json
from decimal import ROUND_HALF_EVEN, Decimal, getcontext

import common
import psycopg
from confluent_kafka import Consumer

getcontext().prec = 100  # products and sums stay exact; only avg_price is rounded
FLAT = (Decimal(0), Decimal(0), Decimal(0))


def apply(connection, event):
    # TODO(kafka-producer-consumer.5): an event that comes again counts again.
    data, account = event["data"], event["account_id"]
    with connection.transaction():
        row = connection.execute(
            "SELECT qty, avg_price, realized_pnl FROM positions WHERE account_id = %s AND symbol = %s",
            [account, data["symbol"]],
        ).fetchone()
        after = position_after(row or FLAT, data["side"], Decimal(data["quantity"]), Decimal(data["price"]))
        connection.execute(
            "INSERT INTO positions VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (account_id, symbol) DO UPDATE"
            " SET qty = excluded.qty, avg_price = excluded.avg_price, realized_pnl = excluded.realized_pnl,"
            " last_seq = excluded.last_seq",
            [account, data["symbol"], *after, event["account_seq"]],
        )


def position_after(position, side, n, price):
    """Average cost (contract/views.sql.md#arithmetic). This much is right."""
    qty, avg, pnl = position
    direction, held = (1 if side == "buy" else -1), abs(position[0])
    if qty * direction >= 0:
        avg = ((held * avg + n * price) / (held + n)).quantize(Decimal("1e-8"), ROUND_HALF_EVEN)
    else:
        pnl += (avg - price) * direction * min(n, held)
        avg = price if n > held else avg
    return qty + direction * n, avg, pnl


def main():
    common.serve(
        {
            ("GET", "/healthz"): lambda _: (200, {"status": "ok"}),
            ("GET", "/readyz"): lambda _: (200, {"status": "ready"}),  # TODO(kafka-producer-consumer.9): once it is
        }
    )
    connection = psycopg.connect(common.env("DATABASE_URL"), autocommit=True)
    consumer = Consumer(
        {
            "bootstrap.servers": common.env("KAFKA_BOOTSTRAP_SERVERS"),
            "group.id": common.env("KAFKA_GROUP_ID"),
            "auto.offset.reset": "earliest",
            # TODO(kafka-producer-consumer.6): the timer commits what was delivered, applied or not.
            "enable.auto.commit": True,
        }
    )
    consumer.subscribe([common.env("TOPIC")])
    while True:
        message = consumer.poll(1)
        if message is None or message.error():
            continue
        # TODO(kafka-producer-consumer.7): a value that cannot be read ends this program; park it and go on.
        event = json.loads(message.value())
        # TODO(kafka-producer-consumer.8): ignore types that you do not know, take newer versions of those you do.
        if (event["event_type"], event["schema_version"]) != ("order.filled", 1):
            raise ValueError(f"what is {event['event_type']} in version {event['schema_version']}?")
        # TODO(kafka-producer-consumer.6): a database that is away for a moment ends it, too.
        apply(connection, event)


if __name__ == "__main__":
    main()
