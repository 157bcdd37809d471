"""Version 1, frozen (contract/orders.v1.openapi.json): what it reads and what it shows."""

from __future__ import annotations

import re
from typing import Any

from store import Order, Store
from web import Invalid, Reply, Request, Router

ACCOUNT = re.compile(r"ACC-[0-9]{6}")
SYMBOL = re.compile(r"[A-Z]{2,6}")

# TODO(rest-api.2): the other statuses of v2. Clients of v1 switch over four values without a default.
STATUS = {"new": "open"}


def add_routes(router: Router, store: Store) -> None:
    # TODO(rest-api.8): Deprecation, Sunset and Link on every answer under /v1/, the errors of the router too.

    def create(request: Request) -> Reply:
        order = store.add(read_order(request.json()))
        return Reply.json(show(order), 201, Location=f"/v1/orders/{order.id}")

    def read(request: Request) -> Reply:
        order = store.get(request.path_values["id"])
        return Reply.json(show(order)) if order else Reply.error(404, "no such order")

    def list_orders(request: Request) -> Reply:
        account_id = matching(ACCOUNT, request.query.get("account_id"), "account_id")
        page = positive(request.query.get("page", "1"), "page")
        per_page = min(positive(request.query.get("per_page", "50"), "per_page"), 200)
        orders = store.of_account(account_id)
        shown = [show(order) for order in orders[(page - 1) * per_page : page * per_page]]
        return Reply.json({"orders": shown, "total": len(orders), "page": page})

    router.add("POST", "/v1/orders", create)
    router.add("GET", "/v1/orders", list_orders)
    router.add("GET", "/v1/orders/{id}", read)


def show(order: Order) -> dict[str, Any]:
    """The order as v1 has it."""
    return {
        "id": order.id,
        "account_id": order.account_id,
        "symbol": order.symbol,
        "side": order.side.upper(),
        "qty": order.quantity,
        "price": order.price,
        "status": STATUS[order.status],
        "created_at": order.created_at.isoformat(timespec="microseconds").replace("+00:00", "Z"),
    }


def read_order(body: Any) -> Order:
    """A new order out of a v1 body. Members that v1 does not know are ignored."""
    if not isinstance(body, dict):
        raise Invalid("the body must be an object")
    side: Any = body.get("side")
    qty: Any = body.get("qty")
    price: Any = body.get("price")
    account_id = matching(ACCOUNT, body.get("account_id"), "account_id")
    symbol = matching(SYMBOL, body.get("symbol"), "symbol")
    if side not in ("BUY", "SELL"):
        raise Invalid("side must be BUY or SELL")
    if type(qty) is not int or not 1 <= qty < 10**18:  # a bool is an int, too
        raise Invalid("qty must be an integer from 1, of at most 18 digits")
    if type(price) not in (int, float) or not 1e-8 <= price < 10**18:
        raise Invalid("price must be a number above 0, with at most 8 fraction digits")
    return Order(account_id, symbol, side.lower(), qty, float(price))


def matching(form: re.Pattern[str], value: Any, name: str) -> str:
    if not isinstance(value, str) or not form.fullmatch(value):
        raise Invalid(f"{name} must match {form.pattern}")
    return value


def positive(text: str, name: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text) or int(text) == 0:
        raise Invalid(f"{name} must be an integer of at least 1")
    return int(text)
