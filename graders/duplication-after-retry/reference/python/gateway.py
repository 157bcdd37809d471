"""Takes charges over HTTP, keeps each order with the answer to it, and publishes it as an event.

    common.py    environment, forms of values, HTTP          setup.py    tables and views
    gateway.py   an order becomes a row and an outbox row    relay.py    an outbox row becomes a record
    ledger.py    consumes                                    orders.py   bytes to a decision; identity, amount
    books.py     its database                                outside.py  the call to somebody else's ledger
"""

import json
import os
import secrets
import sys
import threading
from datetime import datetime, timezone
from decimal import Decimal

import common
from common import ACCOUNT, ID, SYMBOL, TRACEPARENT, Invalid
from orders import Identity, commission
from psycopg.types.json import Jsonb
from psycopg_pool import ConnectionPool, PoolTimeout
from relay import Relay
import psycopg


class Conflict(Exception):
    """The identity is taken by another order."""


def read_charge(raw):
    """The body's values, decimals as they were written."""
    body = common.read_json(raw)
    return {
        "account_id": common.text(body, "account_id", ACCOUNT),
        "client_order_id": common.client_order_id(body),
        "event_id": common.text(body, "event_id", ID),
        "symbol": common.text(body, "symbol", SYMBOL),
        "side": common.side(body),
        "quantity": common.decimal(body, "quantity"),
        "price": common.decimal(body, "price"),
    }


def store(connection, charge, traceparent):
    """Order, answer and outbox row, all or nothing. Returns the answer, and whether it is a new one."""
    identity = Identity.of(charge["account_id"], charge["client_order_id"], charge["event_id"])
    order_id = f"o-{secrets.token_hex(12)}"
    answer = {
        "order_id": order_id,
        "account_id": charge["account_id"],
        "client_order_id": charge["client_order_id"],
        "event_id": charge["event_id"],
        "amount": format(commission(charge["quantity"], charge["price"]), "f"),
    }
    with connection.transaction():
        # A concurrent insert of this identity makes us wait here until the other one has ended.
        stored = connection.execute(
            "INSERT INTO accepted (account_id, kind, name, symbol, side, quantity, price, answer)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
            [
                *identity,
                *(charge[name] for name in ("symbol", "side", "quantity", "price")),
                Jsonb(answer),
            ],
        )
        if stored.rowcount == 0:
            *same, first_answer = connection.execute(
                "SELECT symbol, side, quantity, price, answer FROM accepted"
                " WHERE (account_id, kind, name) = (%s, %s, %s)",
                identity,
            ).fetchone()
            given = [Decimal(charge[name]) for name in ("quantity", "price")]
            if same != [charge["symbol"], charge["side"], *given]:
                raise Conflict()
            return first_answer, False
        (account_seq,) = connection.execute(
            "INSERT INTO accounts (account_id, last_seq) VALUES (%s, 1) ON CONFLICT (account_id)"
            " DO UPDATE SET last_seq = accounts.last_seq + 1 RETURNING last_seq",
            [charge["account_id"]],
        ).fetchone()
        connection.execute(
            "INSERT INTO outbox (key, value, traceparent) VALUES (%s, %s, %s)",
            [charge["account_id"], event(charge, order_id, account_seq), traceparent],
        )
        return answer, True


def event(charge, order_id, account_seq):
    """The bytes that are published, today or after three restarts."""
    data = {name: charge[name] for name in ("symbol", "side", "quantity", "price")}
    if charge["client_order_id"] is not None:
        data["client_order_id"] = charge["client_order_id"]
    now = datetime.now(timezone.utc).isoformat(timespec="microseconds")
    envelope = {
        "event_id": charge["event_id"],
        "event_type": "order.filled",
        "schema_version": 1,
        "order_id": order_id,
        "account_id": charge["account_id"],
        "account_seq": account_seq,
        "occurred_at": now.replace("+00:00", "Z"),
        "data": data,
    }
    return json.dumps(envelope).encode()


def new_traceparent():
    return f"00-{os.urandom(16).hex()}-{os.urandom(8).hex()}-01"


class Gateway:
    def __init__(self, pool, relay):
        self._pool, self._relay = pool, relay

    def post(self, request):
        try:
            charge = read_charge(request.body)
        except Invalid as why:
            return 422, {"error": str(why)}
        traceparent = request.headers.get("traceparent", "")
        if not TRACEPARENT.fullmatch(traceparent):
            traceparent = new_traceparent()
        try:
            with self._pool.connection() as connection:
                answer, is_new = store(connection, charge, traceparent)
        except Conflict:
            return 409, {"error": "this identity stands for another order"}
        except (psycopg.Error, PoolTimeout) as why:
            # Whether a COMMIT in between was applied we do not know, and the client need not: it
            # asks again, and the table knows.
            print(f"charge {charge['event_id']}: {why}", file=sys.stderr)
            return 503, {"error": "the database did not take it; send the same again"}
        self._relay.wake()
        return (201 if is_new else 200), answer

    def ready(self, _request):
        try:
            with self._pool.connection(timeout=2) as connection:
                connection.execute("SELECT 1")
        except (psycopg.Error, PoolTimeout):
            return 503, {"status": "the database does not answer"}
        return 200, {"status": "ready"}


def main():
    leave = common.told_to_leave()
    pool = ConnectionPool(
        common.env("DATABASE_URL"),
        kwargs={"autocommit": True, "connect_timeout": 3},
        min_size=4,
        max_size=12,
        timeout=4,
        reconnect_timeout=0.5,
        check=ConnectionPool.check_connection,  # a connection that broke in the pool is not handed out
        open=True,
    )
    relay = Relay(common.env("DATABASE_URL"), common.env("TOPIC"), leave)
    gateway = Gateway(pool, relay)
    server = common.Server(
        {
            ("GET", "/healthz"): lambda _: (200, {"status": "ok"}),
            ("GET", "/readyz"): gateway.ready,
            ("POST", "/charges"): gateway.post,
        }
    )
    server.serve()
    publishing = threading.Thread(target=relay.run)
    publishing.start()
    leave.wait()
    # Whoever is being answered gets the answer. What the relay has not published stays in the outbox.
    server.finish(3)
    relay.wake()
    publishing.join(4)
    pool.close(1)
    # librdkafka would wait for records that no broker takes; their rows are still pending.
    sys.stderr.flush()
    os._exit(1 if relay.broken else 0)


if __name__ == "__main__":
    main()
