"""The database of `ledger`: which orders are known, and which of them are confirmed."""

import sys
from decimal import Decimal
from typing import NamedTuple, Optional

import common
import psycopg

LONGEST_PAUSE_S = 1.0


class Pending(NamedTuple):
    """An order that nobody has noted as confirmed. What it says is the row's, not the event's."""

    id: int
    account_id: str
    client_order_id: Optional[str]
    event_id: str
    amount: Decimal
    idempotency_key: str


class Books:
    def __init__(self, url, retention, leave):
        self._url, self._leave, self._connection = url, leave, None
        # N must be known, 2 N may be kept. A quarter is slack for two processes whose rows are not
        # quite in the topic's order; an eighth is how many new rows one process adds before it looks.
        self._keep = retention + retention // 4
        self._stride = max(2, retention // 8)
        self._since = self._stride  # look at the start: whoever was killed did not
        self.batch = min(200, self._stride)

    def answers(self):
        """Whether the database is there."""
        try:
            with psycopg.connect(self._url, connect_timeout=2) as connection:
                connection.execute("SELECT 1")
            return True
        except psycopg.Error:
            return False

    def note(self, orders):
        """Makes the orders known, and returns those of them that are not confirmed, whoever noted
        them. None: told to leave before it was done."""
        # One row for an identity, and rows in one order for everybody: two processes do not deadlock.
        wanted = sorted({order.identity: order for order in reversed(orders)}.items())
        return self._until_done(lambda connection: self._note(connection, wanted)) if wanted else []

    def confirm(self, charges):
        """Notes that the charges are booked outside. None: told to leave before it was done."""
        ids = sorted(charge.id for charge in charges)
        return self._until_done(lambda connection: self._confirm(connection, ids)) if ids else []

    def _note(self, connection, wanted):
        identities = [identity for identity, _ in wanted]
        orders = [order for _, order in wanted]
        # A concurrent insert of the same identity makes us wait here, and then find it taken.
        inserted = connection.execute(
            "INSERT INTO known (account_id, kind, name, client_order_id, event_id, amount,"
            " idempotency_key) SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[],"
            " %s::text[], %s::numeric[], %s::text[]) ON CONFLICT DO NOTHING",
            [
                *map(list, zip(*identities)),
                [order.client_order_id for order in orders],
                [order.event_id for order in orders],
                [order.amount for order in orders],
                [identity.idempotency_key() for identity in identities],
            ],
        )
        self._since += inserted.rowcount
        rows = connection.execute(
            "SELECT id, account_id, client_order_id, event_id, amount, idempotency_key FROM known"
            " JOIN unnest(%s::text[], %s::text[], %s::text[]) AS wanted (account_id, kind, name)"
            " USING (account_id, kind, name) WHERE confirmed_at IS NULL ORDER BY id",
            list(map(list, zip(*identities))),
        )
        return [Pending(*row) for row in rows]

    def _confirm(self, connection, ids):
        # Whoever turns the row writes the charge; the other one finds it turned.
        connection.execute(
            "WITH turned AS (UPDATE known SET confirmed_at = now()"
            " WHERE id = ANY(%s) AND confirmed_at IS NULL RETURNING *)"
            " INSERT INTO charges (account_id, client_order_id, event_id, amount)"
            " SELECT account_id, client_order_id, event_id, amount FROM turned",
            [ids],
        )
        if self._since >= self._stride:
            self._forget(connection)
        return ids

    def _forget(self, connection):
        """All but the newest rows. Rows are counted: ids have gaps, wherever a duplicate came."""
        connection.execute(
            "DELETE FROM known WHERE confirmed_at IS NOT NULL"
            " AND id <= (SELECT id FROM known ORDER BY id DESC OFFSET %s LIMIT 1)",
            [self._keep],
        )
        self._since = 0

    def _until_done(self, work):
        pause = 0.05
        while True:
            try:
                with self._connected().transaction():
                    return work(self._connection)
            except psycopg.Error as why:
                if not common.is_transient(why):
                    raise  # a mistake of ours: end, rather than skip or park what is not poison
                print(f"ledger: {why}; trying again", file=sys.stderr)
                self.close()  # whatever state the session is in, the next one is in none
                if self._leave.wait(pause):
                    return None
                pause = min(2 * pause, LONGEST_PAUSE_S)

    def _connected(self):
        if self._connection is None or self._connection.closed:
            self._connection = psycopg.connect(self._url, autocommit=True, connect_timeout=3)
        return self._connection

    def close(self):
        if self._connection is not None:
            self._connection.close()
            self._connection = None
