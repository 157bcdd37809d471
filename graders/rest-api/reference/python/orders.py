"""The domain: orders, their life, and the one store behind both versions of the API."""

import secrets
import threading
import time
from bisect import bisect_right
from datetime import datetime, timezone
from typing import Callable, NamedTuple, Optional

# Which status may follow which. A status that nothing follows is terminal.
TRANSITIONS = {
    "new": {"accepted", "rejected", "cancelled", "expired"},
    "accepted": {"partially_filled", "filled", "cancelled", "expired", "rejected"},
    "partially_filled": {"partially_filled", "filled", "cancelled", "expired"},
    "filled": set(),
    "cancelled": set(),
    "rejected": set(),
    "expired": set(),
}
STATUSES = frozenset(TRANSITIONS)


class Order(NamedTuple):
    """One version of an order. Immutable: a change makes a new one, so a reader needs no lock and
    never sees half a change. Decimals are kept as the text the client sent: nothing can drift."""

    id: str
    account_id: str
    symbol: str
    side: str
    quantity: str
    price: str
    time_in_force: str
    client_order_id: Optional[str]
    status: str
    created_at: str
    version: int

    @property
    def is_terminal(self) -> bool:
        return not TRANSITIONS[self.status]

    def moved_to(self, status: str) -> "Order":
        if status not in TRANSITIONS[self.status]:
            raise IllegalTransition(self.status, status)
        return self._replace(status=status)


class Draft(NamedTuple):
    """What a client decides about an order; the store decides the rest."""

    account_id: str
    symbol: str
    side: str
    quantity: str
    price: str
    time_in_force: str = "day"
    client_order_id: Optional[str] = None


class IllegalTransition(Exception):
    def __init__(self, was: str, wanted: str):
        super().__init__(f"an order that is {was} cannot become {wanted}")


class KeyReused(Exception):
    """The idempotency key already stands for another request."""


class Store:
    """Orders in memory. Every write happens under one lock, so whatever a change looks at before it
    decides (a status, a version, an idempotency key) still holds when it is stored."""

    def __init__(self):
        self._lock = threading.Lock()
        self._orders: dict[str, Order] = {}
        self._ids_of_account: dict[str, list[str]] = {}
        self._first_requests: dict[tuple[str, str], tuple[object, str]] = {}
        self._last_instant = 0

    def create(self, draft: Draft) -> Order:
        with self._lock:
            return self._insert(draft)

    def create_once(self, draft: Draft, key: str, request: object) -> Order:
        """The order `request` made when `key` was first seen, or a new one if it never was.

        Looking the key up and inserting are one step: of two simultaneous requests the second waits
        here and then finds the first one's order."""
        with self._lock:
            first = self._first_requests.get((draft.account_id, key))
            if first is not None:
                first_request, order_id = first
                if first_request != request:
                    raise KeyReused
                return self._orders[order_id]
            order = self._insert(draft)
            self._first_requests[draft.account_id, key] = (request, order.id)
            return order

    def get(self, order_id: str) -> Optional[Order]:
        return self._orders.get(order_id)

    def change(self, order_id: str, decide: Callable[[Order], Order]) -> Order:
        """Stores what `decide` makes of the current version; whatever it raises changes nothing."""
        with self._lock:
            before = self._orders[order_id]
            after = decide(before)
            if after == before:
                return before
            after = after._replace(version=before.version + 1)
            self._orders[order_id] = after
            return after

    def page(self, account_id: str, offset: int, limit: int) -> tuple[list[Order], int]:
        """Orders by position, and how many there are in all."""
        with self._lock:
            ids = self._ids_of_account.get(account_id, [])
            return [self._orders[i] for i in ids[offset : offset + limit]], len(ids)

    def after(self, account_id: str, last: tuple[str, str], limit: int) -> tuple[list[Order], bool]:
        """Orders behind the place `last` = (created_at, id), and whether there are more. A place,
        unlike a position, still means the same when orders were added or cancelled meanwhile."""
        with self._lock:
            ids = self._ids_of_account.get(account_id, [])
            start = bisect_right(ids, last, key=lambda i: (self._orders[i].created_at, i))
            found = [self._orders[i] for i in ids[start : start + limit]]
            return found, start + limit < len(ids)

    def _insert(self, draft: Draft) -> Order:
        order = Order(
            id=secrets.token_hex(10),
            **draft._asdict(),
            status="new",
            created_at=self._next_instant(),
            version=1,
        )
        self._orders[order.id] = order
        # Instants rise strictly, so appending keeps each list in the order (created_at, id).
        self._ids_of_account.setdefault(order.account_id, []).append(order.id)
        return order

    def _next_instant(self) -> str:
        """Now, but later than every instant given before: clocks step back and have a resolution."""
        self._last_instant = max(time.time_ns() // 1000, self._last_instant + 1)
        seconds, micros = divmod(self._last_instant, 1_000_000)
        at = datetime.fromtimestamp(seconds, timezone.utc)
        return f"{at:%Y-%m-%dT%H:%M:%S}.{micros:06d}Z"
