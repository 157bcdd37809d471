"""Takes fills over HTTP, keeps them, and publishes each as an event (contract/gateway.md, events.md)."""

import json
import os
from datetime import datetime, timezone

import common
from confluent_kafka import Producer
from psycopg.types.json import Jsonb
from psycopg_pool import ConnectionPool

pool = ConnectionPool(common.env("DATABASE_URL"), min_size=2, max_size=12, open=True)
# TODO(kafka-producer-consumer.4): a lost acknowledgement makes two records of one: the client sends again.
producer = Producer({"bootstrap.servers": common.env("KAFKA_BOOTSTRAP_SERVERS"), "enable.idempotence": False})


def post_fill(request):
    # TODO(kafka-producer-consumer.1): refuse what is not valid; know a repeated event_id from a conflicting one.
    fill = json.loads(request.body)
    with pool.connection() as connection:
        (number,) = connection.execute(
            "INSERT INTO fills (event_id, body) VALUES (%s, %s) RETURNING id", [fill["event_id"], Jsonb(fill)]
        ).fetchone()
    # TODO(kafka-producer-consumer.3): whoever dies here has a fill without its event. And without a broker there is no 202.
    publish(fill, number)
    return 202, {"event_id": fill["event_id"]}


def publish(fill, number):
    event = {
        "event_id": fill["event_id"],
        "event_type": "order.filled",
        "schema_version": 1,
        "order_id": fill["order_id"],
        "account_id": fill["account_id"],
        "account_seq": number,  # TODO(kafka-producer-consumer.2): dense per account: 1, 2, 3 …
        "occurred_at": datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "data": {
            name: fill[name]
            for name in ("symbol", "side", "quantity", "price", "client_order_id")
            if name in fill
        },
    }
    # TODO(kafka-producer-consumer.1): the request's traceparent, where it has one.
    traceparent = f"00-{os.urandom(16).hex()}-{os.urandom(8).hex()}-01"
    faults = []
    producer.produce(
        common.env("TOPIC"),
        key=fill["account_id"],
        value=json.dumps(event),
        headers={"content-type": "application/json", "traceparent": traceparent},
        on_delivery=lambda fault, _: faults.append(fault),
    )
    producer.flush(3)
    if not faults or faults[0]:
        raise RuntimeError("the broker did not take it")


def main():
    common.serve(
        {
            ("GET", "/healthz"): lambda _: (200, {"status": "ok"}),
            ("GET", "/readyz"): lambda _: (200, {"status": "ready"}),  # TODO(kafka-producer-consumer.9): once it is
            ("POST", "/fills"): post_fill,
        }
    ).join()


if __name__ == "__main__":
    main()
