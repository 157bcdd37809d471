"""Orders, kept in memory. The store knows of no version: each version is a view of it."""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone


@dataclass(frozen=True)
class Order:
    """One order. Frozen: a change is a new value, so that a reader never sees half of one."""

    account_id: str
    symbol: str
    side: str  # "buy" or "sell"
    # TODO(rest-api.1): keep exact decimals. v2 sends "1234567890.12345678", which no float can hold.
    quantity: int
    price: float
    status: str = "new"
    id: str = field(default_factory=lambda: secrets.token_hex(12))
    created_at: datetime = field(default_factory=lambda: datetime.now(timezone.utc))


class Store:
    """All orders of all accounts. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._orders: dict[str, Order] = {}
        self._by_account: dict[str, list[str]] = {}

    def add(self, order: Order) -> Order:
        """Keeps a new order, which gets its `created_at` here, so that accounts stay in order."""
        with self._lock:
            order = replace(order, created_at=datetime.now(timezone.utc))
            self._orders[order.id] = order
            self._by_account.setdefault(order.account_id, []).append(order.id)
            return order

    def get(self, order_id: str) -> Order | None:
        with self._lock:
            return self._orders.get(order_id)

    def of_account(self, account_id: str) -> list[Order]:
        """The account's orders, ascending by (created_at, id)."""
        with self._lock:
            found = [self._orders[order_id] for order_id in self._by_account.get(account_id, [])]
        return sorted(found, key=lambda order: (order.created_at, order.id))
