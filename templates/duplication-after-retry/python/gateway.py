"""Takes charges over HTTP, keeps them, and publishes each as an event (contract/gateway.md, events.md)."""

import json
import os
from datetime import datetime, timezone

import common
from confluent_kafka import Producer
from psycopg.types.json import Jsonb
from psycopg_pool import ConnectionPool

pool = ConnectionPool(common.env("DATABASE_URL"), min_size=2, max_size=12, open=True)
# TODO(duplication-after-retry.7): a lost acknowledgement makes two records of one: the client sends again.
producer = Producer({"bootstrap.servers": common.env("KAFKA_BOOTSTRAP_SERVERS"), "enable.idempotence": False})


def post_charge(request):
    # TODO(duplication-after-retry.2): refuse what is not valid; give a retry the first answer, refuse another order.
    charge = json.loads(request.body)
    with pool.connection() as connection:
        (number,) = connection.execute(
            "INSERT INTO accepted (event_id, body) VALUES (%s, %s) RETURNING id", [charge["event_id"], Jsonb(charge)]
        ).fetchone()
    # TODO(duplication-after-retry.7): whoever dies here has an order without its event. And without a broker there is no 201.
    publish(charge, number, request.headers.get("traceparent"))
    return 201, {"event_id": charge["event_id"]}  # TODO(duplication-after-retry.2): and the amount


def publish(charge, number, traceparent):
    event = {
        "event_id": charge["event_id"],
        "event_type": "order.filled",
        "schema_version": 1,
        "order_id": f"o-{number}",
        "account_id": charge["account_id"],
        "account_seq": number,
        "occurred_at": datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "data": {
            name: charge[name]
            for name in ("symbol", "side", "quantity", "price", "client_order_id")
            if name in charge
        },
    }
    traceparent = traceparent or f"00-{os.urandom(16).hex()}-{os.urandom(8).hex()}-01"
    faults = []
    producer.produce(
        common.env("TOPIC"),
        key=charge["account_id"],
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
            ("GET", "/readyz"): lambda _: (200, {"status": "ready"}),  # TODO(duplication-after-retry.8): once it is
            ("POST", "/charges"): post_charge,
        }
    ).join()


if __name__ == "__main__":
    main()
