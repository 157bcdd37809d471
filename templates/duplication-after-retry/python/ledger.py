"""Consumes events and has each commission booked outside (contract/identity.md, outside-ledger.md)."""

import json
import urllib.request
import uuid
from decimal import ROUND_HALF_EVEN, Decimal, getcontext

import common
import psycopg
from confluent_kafka import Consumer

getcontext().prec = 60  # the product stays exact; only the result is rounded


def commission(data):
    """contract/identity.md#commission. This much is right."""
    due = Decimal("0.0005") * Decimal(data["quantity"]) * Decimal(data["price"])
    return due.quantize(Decimal("1e-8"), ROUND_HALF_EVEN)


def charge(connection, event):
    # TODO(duplication-after-retry.1): an order that comes again is charged again. Which events are one order?
    data, amount = event["data"], commission(event["data"])
    # TODO(duplication-after-retry.4): whoever dies behind this line has charged, and does not know it.
    call(event, amount)
    connection.execute(
        "INSERT INTO charges VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
        [
            data.get("client_order_id", event["event_id"]),
            event["account_id"],
            data.get("client_order_id"),
            event["event_id"],
            amount,
        ],
    )


def call(event, amount):
    body = {"account_id": event["account_id"], "event_id": event["event_id"], "amount": format(amount, "f")}
    if "client_order_id" in event["data"]:
        body["client_order_id"] = event["data"]["client_order_id"]
    # TODO(duplication-after-retry.3): a key that the next attempt, and the next process, has as well.
    headers = {"Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4())}
    request = urllib.request.Request(
        common.env("LEDGER_URL") + "/charges", json.dumps(body).encode(), headers, method="POST"
    )
    # TODO(duplication-after-retry.3): 409 is a confirmation; a 5xx, a reset or 2 s of silence ask for another call.
    urllib.request.urlopen(request).close()


def main():
    common.serve(
        {
            ("GET", "/healthz"): lambda _: (200, {"status": "ok"}),
            ("GET", "/readyz"): lambda _: (200, {"status": "ready"}),  # TODO(duplication-after-retry.8): once it is
        }
    )
    connection = psycopg.connect(common.env("DATABASE_URL"), autocommit=True)
    consumer = Consumer(
        {
            "bootstrap.servers": common.env("KAFKA_BOOTSTRAP_SERVERS"),
            "group.id": common.env("KAFKA_GROUP_ID"),
            "auto.offset.reset": "earliest",
            # TODO(duplication-after-retry.4): the timer commits what was delivered, charged or not.
            "enable.auto.commit": True,
        }
    )
    consumer.subscribe([common.env("TOPIC")])
    while True:
        message = consumer.poll(1)
        if message is None or message.error():
            continue
        # TODO(duplication-after-retry.6): a value that cannot be read ends this program; park it and go on.
        event = json.loads(message.value())
        # TODO(duplication-after-retry.6): newer versions are charged, too, as long as they only add.
        if (event["event_type"], event["schema_version"]) == ("order.filled", 1):
            charge(connection, event)


if __name__ == "__main__":
    main()
