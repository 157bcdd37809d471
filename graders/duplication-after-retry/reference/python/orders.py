"""What a record is, from its bytes alone; what an order is called, and what it costs. Pure functions."""

import hashlib
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext
from typing import NamedTuple, Optional

import common
from common import ACCOUNT, ID, SYMBOL, Invalid

RATE = Decimal("0.0005")
EIGHT_PLACES = Decimal("1e-8")
# Two factors of 18 digits and the rate fit without rounding.
EXACT = Context(prec=60, rounding=ROUND_HALF_EVEN)


class Identity(NamedTuple):
    """What makes two events one order. The kind keeps an event_id and a client_order_id that read the
    same apart."""

    account_id: str
    kind: str
    name: str

    @classmethod
    def of(cls, account_id, client_order_id, event_id):
        if client_order_id is None:
            return cls(account_id, "event", event_id)
        return cls(account_id, "order", client_order_id)

    def idempotency_key(self):
        """The same in every process and after every restart, because nothing else goes into it."""
        return hashlib.sha256("\0".join(self).encode()).hexdigest()


class Order(NamedTuple):
    identity: Identity
    client_order_id: Optional[str]
    event_id: str
    amount: Decimal


class Ignored(NamedTuple):
    event_type: str


class Poison(NamedTuple):
    why: str


def commission(quantity, price):
    """Rounded once, at the end, half to even."""
    with localcontext(EXACT):
        return (RATE * Decimal(quantity) * Decimal(price)).quantize(EIGHT_PLACES)


def decide(raw):
    """An `Order`, `Ignored`, or `Poison`. Asks no database, so trying again changes nothing."""
    try:
        event = common.read_json(raw or b"")
        event_type = event.get("event_type")
        if isinstance(event_type, str) and event_type != "order.filled":
            return Ignored(event_type)
        return read_order(event)
    except Invalid as why:
        return Poison(str(why))


def read_order(event):
    """Takes what it needs, checks all that the contract names, leaves what it does not know alone."""
    whole(event, "schema_version")
    whole(event, "account_seq")
    common.text(event, "event_type", ID)
    common.text(event, "order_id", ID)
    if not isinstance(event.get("occurred_at"), str):
        raise Invalid("occurred_at is missing or no string")
    members = event.get("data")
    if not isinstance(members, dict):
        raise Invalid("data is missing or no object")
    common.text(members, "symbol", SYMBOL)
    common.side(members)
    account_id = common.text(event, "account_id", ACCOUNT)
    event_id = common.text(event, "event_id", ID)
    client_order_id = common.client_order_id(members)
    return Order(
        identity=Identity.of(account_id, client_order_id, event_id),
        client_order_id=client_order_id,
        event_id=event_id,
        amount=commission(common.decimal(members, "quantity"), common.decimal(members, "price")),
    )


def whole(members, name):
    value = members.get(name)
    if type(value) is not int or not 1 <= value < 2**63:  # `True` is an int to isinstance
        raise Invalid(f"{name} is missing or no whole number from 1")
    return value
