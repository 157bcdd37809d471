"""What a record is, from its bytes alone, and what a fill does to a position. Pure functions."""

from dataclasses import dataclass, replace
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext
from typing import NamedTuple

import common
from common import ACCOUNT, ID, SYMBOL, Invalid

EIGHT_PLACES = Decimal("1e-8")
# Enough for the product of the largest fill and price, and for a sum of many of them, without rounding.
EXACT = Context(prec=100, rounding=ROUND_HALF_EVEN)


class Fill(NamedTuple):
    event_id: str
    account_id: str
    account_seq: int
    symbol: str
    side: str
    quantity: Decimal
    price: Decimal


class Ignored(NamedTuple):
    event_type: str


class Poison(NamedTuple):
    why: str


def decide(raw):
    """A `Fill` to apply, `Ignored`, or `Poison`. Asks no database, so trying again changes nothing."""
    try:
        event = common.read_json(raw or b"")
        event_type = event.get("event_type")
        if isinstance(event_type, str) and event_type != "order.filled":
            return Ignored(event_type)
        return read_fill(event)
    except Invalid as why:
        return Poison(str(why))


def read_fill(event):
    """Takes what it needs, checks all that the contract names, leaves what it does not know alone."""
    whole(event, "schema_version")
    common.text(event, "event_type", ID)
    common.text(event, "order_id", ID)
    if not isinstance(event.get("occurred_at"), str):
        raise Invalid("occurred_at is missing or no string")
    members = event.get("data")
    if not isinstance(members, dict):
        raise Invalid("data is missing or no object")
    common.client_order_id(members)
    return Fill(
        event_id=common.text(event, "event_id", ID),
        account_id=common.text(event, "account_id", ACCOUNT),
        account_seq=whole(event, "account_seq"),
        symbol=common.text(members, "symbol", SYMBOL),
        side=common.side(members),
        quantity=Decimal(common.decimal(members, "quantity")),
        price=Decimal(common.decimal(members, "price")),
    )


def whole(members, name):
    value = members.get(name)
    if type(value) is not int or not 1 <= value < 2**63:  # `True` is an int to isinstance
        raise Invalid(f"{name} is missing or no whole number from 1")
    return value


@dataclass(frozen=True)
class Position:
    qty: Decimal = Decimal(0)
    avg_price: Decimal = Decimal(0)
    realized_pnl: Decimal = Decimal(0)
    last_seq: int = 0

    def after(self, fill):
        """Average cost. The short side mirrors the long one: `direction` is all that differs."""
        with localcontext(EXACT):
            direction = 1 if fill.side == "buy" else -1
            signed, held = direction * fill.quantity, abs(self.qty)
            moved = replace(
                self, qty=self.qty + signed, last_seq=max(self.last_seq, fill.account_seq)
            )
            if self.qty * direction >= 0:  # flat, or more of the same
                cost = held * self.avg_price + fill.quantity * fill.price
                average = (cost / (held + fill.quantity)).quantize(EIGHT_PLACES)
                return replace(moved, avg_price=average)
            closed = min(held, fill.quantity)
            gained = (self.avg_price - fill.price) * direction * closed
            return replace(
                moved,
                realized_pnl=self.realized_pnl + gained,
                # Past zero a new position begins, at the price that opened it.
                avg_price=fill.price if fill.quantity > held else self.avg_price,
            )
