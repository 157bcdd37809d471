"""The frozen version: floats, positions, four statuses. Nothing a client of it sees may change."""

import math
import re
from decimal import ROUND_HALF_EVEN, Decimal

from orders import Draft, Order, Store
from web import ACCOUNT, SYMBOL, Answer, Problem, Request, Route, route

# What v1's closed enum says for a status it has never heard of.
STATUS = {
    "new": "open",
    "accepted": "open",
    "partially_filled": "open",
    "filled": "filled",
    "cancelled": "cancelled",
    "expired": "cancelled",
    "rejected": "rejected",
}
PER_PAGE, MAX_PER_PAGE = 50, 200
MAX_QTY = 10**18 - 1  # v2 shows at most 18 digits


def routes(store: Store) -> list[Route]:
    api = V1(store)
    return [
        route("POST", "/v1/orders", api.create),
        route("GET", "/v1/orders", api.list),
        route("GET", "/v1/orders/{order_id}", api.read),
        route("DELETE", "/v1/orders/{order_id}", api.cancel),
    ]


class V1:
    def __init__(self, store: Store):
        self._store = store

    def create(self, request: Request) -> Answer:
        order = self._store.create(draft(request.json("application/json")))
        return Answer(201, view(order), {"Location": f"/v1/orders/{order.id}"})

    def list(self, request: Request) -> Answer:
        account_id = request.account()
        page = request.count("page", 1)
        per_page = min(request.count("per_page", PER_PAGE), MAX_PER_PAGE)
        orders, total = self._store.page(account_id, (page - 1) * per_page, per_page)
        return Answer(200, {"orders": [view(o) for o in orders], "total": total, "page": page})

    def read(self, request: Request, order_id: str) -> Answer:
        return Answer(200, view(self._found(order_id)))

    def cancel(self, request: Request, order_id: str) -> Answer:
        self._found(order_id)
        self._store.change(order_id, cancelled)
        return Answer(204)

    def _found(self, order_id: str) -> Order:
        order = self._store.get(order_id)
        if order is None:
            raise Problem(404, "not-found", "no such order")
        return order


def cancelled(order: Order) -> Order:
    """Cancelling is idempotent in v1: what reads as cancelled already is left as it is."""
    if STATUS[order.status] == "cancelled":
        return order
    if order.is_terminal:
        raise Problem(409, "terminal", f"the order is {STATUS[order.status]}")
    return order.moved_to("cancelled")


def view(order: Order) -> dict:
    return {
        "id": order.id,
        "account_id": order.account_id,
        "symbol": order.symbol,
        "side": order.side.upper(),
        "qty": whole(order.quantity),
        "price": float(order.price),  # the nearest double: documented as lossy
        "status": STATUS[order.status],
        "created_at": order.created_at,
    }


def whole(quantity: str) -> int:
    """v1 knows whole quantities only: half goes to the even one, and something is never nothing."""
    return max(1, int(Decimal(quantity).to_integral_value(ROUND_HALF_EVEN)))


def draft(body) -> Draft:
    """Checks what v1 needs and ignores what it does not know, as it always has."""
    if not isinstance(body, dict):
        raise Problem(400, "invalid", "the body must be an object")
    for member, is_good, rule in RULES:
        if member not in body:
            raise Problem(400, "invalid", f"{member} is missing")
        if not is_good(body[member]):
            raise Problem(400, "invalid", f"{member} must be {rule}")
    return Draft(
        account_id=body["account_id"],
        symbol=body["symbol"],
        side=body["side"].lower(),
        quantity=str(int(body["qty"])),
        price=shortest(body["price"]),
    )


def is_number(value) -> bool:
    # A bool is an int in Python, but not in JSON.
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def is_quantity(value) -> bool:
    # JSON has one kind of number: 10.0 is as whole as 10.
    return is_number(value) and 1 <= value <= MAX_QTY and value == int(value)


def is_price(value) -> bool:
    try:
        return is_number(value) and value > 0 and math.isfinite(value)
    except OverflowError:  # an integer beyond every double
        return False


RULES = [
    ("account_id", lambda v: isinstance(v, str) and ACCOUNT.fullmatch(v), "ACC- and six digits"),
    ("symbol", lambda v: isinstance(v, str) and SYMBOL.fullmatch(v), "two to six capital letters"),
    ("side", lambda v: v in ("BUY", "SELL"), "BUY or SELL"),
    ("qty", is_quantity, "a whole number of at least 1"),
    ("price", is_price, "a number above 0"),
]


def shortest(price) -> str:
    """The shortest decimal that reads back as the same double, without an exponent: 0.1 is "0.1"
    in v2, not the fifty digits a double holds, and 1e-7 is "0.0000001"."""
    text = format(Decimal(repr(float(price))), "f")
    return re.sub(r"\.0*$", "", text) if "." in text else text
