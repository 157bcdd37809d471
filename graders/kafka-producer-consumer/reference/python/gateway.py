"""Takes fills over HTTP, keeps them, and publishes each as one event.

    common.py    environment, forms of values, HTTP          setup.py    tables and views
    gateway.py   a fill becomes a row and an outbox row      relay.py    an outbox row becomes a record
    positions.py consumes                                    fills.py    bytes to a decision; the arithmetic
"""

import json
import os
import sys
import threading
import time
from datetime import datetime, timezone
from decimal import Decimal

import common
from common import ACCOUNT, ID, SYMBOL, TRACEPARENT, Invalid
from psycopg_pool import ConnectionPool
from relay import Relay
import psycopg


PATIENCE_S = 2  # per attempt to get a session, and for all attempts together: a client waits at most 4 s


class Conflict(Exception):
    """The event_id is taken by another body."""


def read_fill(raw):
    """The body as the values that make it the same as another one, decimals as they were written."""
    body = common.read_json(raw)
    return {
        "event_id": common.text(body, "event_id", ID),
        "order_id": common.text(body, "order_id", ID),
        "account_id": common.text(body, "account_id", ACCOUNT),
        "symbol": common.text(body, "symbol", SYMBOL),
        "side": common.side(body),
        "quantity": common.decimal(body, "quantity"),
        "price": common.decimal(body, "price"),
        "client_order_id": common.client_order_id(body),
    }


COLUMNS = "event_id, order_id, account_id, symbol, side, quantity, price, client_order_id"


def store(connection, fill, traceparent):
    """Fill, number and outbox row, all or nothing. False: it is stored already, and the same."""
    with connection.transaction():
        # A concurrent insert of this event_id makes us wait here until the other one has ended.
        stored = connection.execute(
            f"INSERT INTO fills ({COLUMNS}) VALUES (%(event_id)s, %(order_id)s, %(account_id)s,"
            " %(symbol)s, %(side)s, %(quantity)s, %(price)s, %(client_order_id)s)"
            " ON CONFLICT (event_id) DO NOTHING",
            fill,
        )
        if stored.rowcount == 0:
            row = connection.execute(
                f"SELECT {COLUMNS} FROM fills WHERE event_id = %(event_id)s", fill
            ).fetchone()
            given = {**fill, "quantity": Decimal(fill["quantity"]), "price": Decimal(fill["price"])}
            if row != tuple(given.values()):
                raise Conflict()
            return False
        # From here on the account is ours until the commit: the next number, and the next place in
        # the outbox, belong to whoever comes after us. A rollback gives the number back.
        (account_seq,) = connection.execute(
            "INSERT INTO accounts (account_id, last_seq) VALUES (%s, 1) ON CONFLICT (account_id)"
            " DO UPDATE SET last_seq = accounts.last_seq + 1 RETURNING last_seq",
            [fill["account_id"]],
        ).fetchone()
        connection.execute(
            "INSERT INTO outbox (event_id, key, value, traceparent) VALUES (%s, %s, %s, %s)",
            [fill["event_id"], fill["account_id"], event(fill, account_seq), traceparent],
        )
        return True


def event(fill, account_seq):
    """The bytes that are published, today or after three restarts."""
    data = {name: fill[name] for name in ("symbol", "side", "quantity", "price")}
    if fill["client_order_id"] is not None:
        data["client_order_id"] = fill["client_order_id"]
    now = datetime.now(timezone.utc).isoformat(timespec="microseconds")
    envelope = {
        "event_id": fill["event_id"],
        "event_type": "order.filled",
        "schema_version": 1,
        "order_id": fill["order_id"],
        "account_id": fill["account_id"],
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
            fill = read_fill(request.body)
        except Invalid as why:
            return 422, {"error": str(why)}
        traceparent = request.headers.get("traceparent", "")
        if not TRACEPARENT.fullmatch(traceparent):
            traceparent = new_traceparent()
        try:
            is_new = self._store(fill, traceparent)
        except Conflict:
            return 409, {"error": "this event_id stands for another fill"}
        except psycopg.Error as why:
            # Whether a COMMIT in between was applied we do not know, and the client need not: it
            # asks again with the same event_id, and the table knows.
            print(f"fill {fill['event_id']}: {why}", file=sys.stderr)
            return 503, {"error": "the database did not take it; send the same again"}
        self._relay.wake()
        return (202 if is_new else 200), {"event_id": fill["event_id"]}

    def _store(self, fill, traceparent):
        """Tries again for a while: a COMMIT whose answer was lost is found, not repeated. It also
        wears out the pool's connections that broke while nobody used them."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                with self._pool.connection() as connection:
                    return store(connection, fill, traceparent)
            except psycopg.Error as why:
                if not common.is_transient(why) or time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def ready(self, _request):
        try:
            with self._pool.connection(timeout=2) as connection:
                connection.execute("SELECT 1")
        except psycopg.Error:
            return 503, {"status": "the database does not answer"}
        return 200, {"status": "ready"}


def main():
    leave = common.told_to_leave()
    pool = ConnectionPool(
        common.env("DATABASE_URL"),
        kwargs={"autocommit": True, "connect_timeout": 3},
        min_size=4,
        max_size=12,
        timeout=PATIENCE_S,
        reconnect_timeout=0.5,
        open=True,
    )
    relay = Relay(common.env("DATABASE_URL"), common.env("TOPIC"), leave)
    gateway = Gateway(pool, relay)
    server = common.Server(
        {
            ("GET", "/healthz"): lambda _: (200, {"status": "ok"}),
            ("GET", "/readyz"): gateway.ready,
            ("POST", "/fills"): gateway.post,
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
