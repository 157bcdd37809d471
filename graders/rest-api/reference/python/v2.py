"""The current version: exact decimals, stable pages, idempotent creation, conditional changes."""

import base64
import hashlib
import hmac
import json
import re
import secrets

from orders import STATUSES, Draft, IllegalTransition, KeyReused, Order, Store
from web import ACCOUNT, SYMBOL, Answer, Problem, Request, Route, route

PAGE_SIZE, MAX_PAGE_SIZE = 50, 200
DECIMAL = re.compile(r"(0|[1-9][0-9]*)(\.[0-9]{1,8})?")
KEY = re.compile(r"[!-~]{1,64}")
ETAG = re.compile(r'(W/)?"[!#-~\x80-\xff]*"')


def routes(store: Store, with_hooks: bool) -> list[Route]:
    api = V2(store)
    found = [
        route("POST", "/v2/orders", api.create),
        route("GET", "/v2/orders", api.list),
        route("GET", "/v2/orders/{order_id}", api.read),
        route("PATCH", "/v2/orders/{order_id}", api.patch),
        route("POST", "/v2/orders/{order_id}/cancel", api.cancel),
    ]
    if with_hooks:
        found.append(route("POST", "/internal/orders/{order_id}/status", api.drive))
    return found


class V2:
    def __init__(self, store: Store):
        self._store = store
        self._tokens = PageTokens()

    def create(self, request: Request) -> Answer:
        body = request.json("application/json")
        key = request.header("idempotency-key")
        if key is None or not KEY.fullmatch(key):
            detail = "Idempotency-Key is required: 1 to 64 visible ASCII characters"
            raise Problem(400, "idempotency-key", detail)
        # Checked before the key is looked at: a refused request leaves its key free.
        draft = new_order(body)
        try:
            order = self._store.create_once(draft, key, body)
        except KeyReused:
            detail = "this Idempotency-Key was used for a different body"
            raise Problem(422, "idempotency-key-reused", detail) from None
        # A replay shows the order as it is now: an ETag of the past would be of no use.
        return shown(order, 201, {"Location": f"/v2/orders/{order.id}"})

    def list(self, request: Request) -> Answer:
        account_id = request.account()
        limit = min(request.count("page_size", PAGE_SIZE), MAX_PAGE_SIZE)
        token = request.parameter("page_token")
        last = ("", "") if token is None else self._tokens.read(token, account_id)
        orders, more = self._store.after(account_id, last, limit)
        body = {"orders": [view(o) for o in orders]}
        if more:
            place = orders[-1].created_at, orders[-1].id
            body["next_page_token"] = self._tokens.write(account_id, place)
        return Answer(200, body)

    def read(self, request: Request, order_id: str) -> Answer:
        order = self._found(order_id)
        wanted = request.header("if-none-match")
        if wanted is not None and matches(wanted, order, weakly=True):
            return Answer(304, headers={"ETag": etag(order)})
        return shown(order)

    def patch(self, request: Request, order_id: str) -> Answer:
        self._found(order_id)
        wanted = request.header("if-match")
        if wanted is None:
            detail = "send the ETag you have seen as If-Match"
            raise Problem(428, "precondition-required", detail)
        # RFC 7396 is asked for; application/json means the same here and is common.
        body = request.json("application/merge-patch+json", "application/json")
        changes = merge_patch(body)

        def decide(order: Order) -> Order:
            # Inside the store's lock: between the comparison and the change nobody else gets in.
            if not matches(wanted, order, weakly=False):
                detail = "the order has changed since: read it again"
                raise Problem(412, "stale", detail, headers={"ETag": etag(order)})
            if order.is_terminal:
                raise Problem(409, "terminal", f"the order is {order.status}")
            return order._replace(**changes)

        return shown(self._store.change(order_id, decide))

    def cancel(self, request: Request, order_id: str) -> Answer:
        return shown(self._moved(order_id, "cancelled"))

    def drive(self, request: Request, order_id: str) -> Answer:
        """The test hook: moves an order through its life as the exchange would."""
        self._found(order_id)
        body = request.json("application/json")
        status = body.get("status") if isinstance(body, dict) else None
        if not isinstance(status, str) or status not in STATUSES:
            raise Problem(400, "invalid", "status must be one of the seven")
        self._moved(order_id, status)
        return Answer(204)

    def _moved(self, order_id: str, status: str) -> Order:
        self._found(order_id)
        try:
            return self._store.change(order_id, lambda order: order.moved_to(status))
        except IllegalTransition as refused:
            raise Problem(409, "illegal-transition", str(refused)) from None

    def _found(self, order_id: str) -> Order:
        order = self._store.get(order_id)
        if order is None:
            raise Problem(404, "not-found", "no such order")
        return order


def view(order: Order) -> dict:
    shown = {
        "id": order.id,
        "account_id": order.account_id,
        "instrument": {"symbol": order.symbol},
        "side": order.side,
        "quantity": order.quantity,
        "limit_price": {"amount": order.price, "currency": "USD"},
        "time_in_force": order.time_in_force,
        "status": order.status,
        "created_at": order.created_at,
    }
    if order.client_order_id is not None:
        shown["client_order_id"] = order.client_order_id
    return shown


def shown(order: Order, status: int = 200, headers=None) -> Answer:
    return Answer(status, view(order), {"ETag": etag(order), **(headers or {})})


# --- Conditional requests ---------------------------------------------------------------------


def etag(order: Order) -> str:
    """Strong: the version counts every change of anything that is shown, and there is one encoding."""
    return f'"{order.version}"'


def matches(field: str, order: Order, weakly: bool) -> bool:
    """Whether a list of entity tags, or `*`, names this version (RFC 9110 §8.8.3.2)."""
    if field.strip() == "*":
        return True
    given = (match.group() for match in ETAG.finditer(field))
    if weakly:
        given = (tag.removeprefix("W/") for tag in given)
    return etag(order) in given


# --- Pages ------------------------------------------------------------------------------------


class PageTokens:
    """Tokens that say where a page ended. Sealed with a key of this process, so that a token that is
    made up, altered or taken from another account's walk is told from ours, and nobody builds on
    what is inside."""

    def __init__(self):
        self._key = secrets.token_bytes(32)

    def write(self, account_id: str, place: tuple[str, str]) -> str:
        content = json.dumps(place).encode()
        return base64.urlsafe_b64encode(self._seal(account_id, content) + content).decode()

    def read(self, token: str, account_id: str) -> tuple[str, str]:
        try:
            raw = base64.b64decode(token, altchars=b"-_", validate=True)
        except ValueError:
            raw = b""
        seal, content = raw[:16], raw[16:]
        if not hmac.compare_digest(seal, self._seal(account_id, content)):
            raise Problem(400, "bad-page-token", "this page_token was not given for this list")
        created_at, order_id = json.loads(content)
        return created_at, order_id

    def _seal(self, account_id: str, content: bytes) -> bytes:
        # The account id has a fixed length, so the two parts cannot be cut differently.
        message = account_id.encode() + content
        return hashlib.blake2b(message, key=self._key, digest_size=16).digest()


# --- Validation -------------------------------------------------------------------------------


class Faults:
    """Collects every fault of a body: a client that sent three sees three, and mends them at once."""

    def __init__(self):
        self._errors: list[dict[str, str]] = []

    def add(self, pointer: str, detail: str) -> None:
        self._errors.append({"pointer": pointer, "detail": detail})

    def raise_if_any(self) -> None:
        if self._errors:
            # 400 is for what cannot be read; this was read, and cannot be done.
            raise Problem(422, "invalid", "the body is not valid: see errors", self._errors)

    def object(self, value, pointer: str, known: set[str], required: set[str]) -> dict:
        """What of `value` can be looked at further. Unknown members are faults: a mistyped
        `limit_prcie` that is dropped silently is a market order."""
        if not isinstance(value, dict):
            self.add(pointer, "must be an object")
            return {}
        for name in sorted(value.keys() - known):
            self.add(f"{pointer}/{escaped(name)}", "is not known")
        for name in sorted(required - value.keys()):
            self.add(f"{pointer}/{name}", "is missing")
        return {name: value[name] for name in value.keys() & known}

    def check(self, members: dict, name: str, pointer: str, is_good, rule: str) -> None:
        if name in members and not (isinstance(members[name], str) and is_good(members[name])):
            self.add(f"{pointer}/{name}", f"must be {rule}")


def escaped(name: str) -> str:
    """One step of a JSON pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")


def is_decimal(text: str) -> bool:
    digits = text.replace(".", "")
    return bool(DECIMAL.fullmatch(text)) and len(digits) <= 18 and digits.strip("0") != ""


A_DECIMAL = "a decimal above 0 as a string: at most 18 digits, 8 of them behind the point"
REQUIRED = {"account_id", "instrument", "side", "quantity", "limit_price", "time_in_force"}


def new_order(body) -> Draft:
    faults = Faults()
    order = faults.object(body, "", REQUIRED | {"client_order_id"}, REQUIRED)
    faults.check(order, "account_id", "", ACCOUNT.fullmatch, "ACC- and six digits")
    faults.check(order, "side", "", {"buy", "sell"}.__contains__, "buy or sell")
    faults.check(order, "quantity", "", is_decimal, A_DECIMAL)
    faults.check(order, "time_in_force", "", {"day", "ioc", "gtc"}.__contains__, "day, ioc or gtc")
    faults.check(order, "client_order_id", "", lambda text: 1 <= len(text) <= 64, "1 to 64 characters")
    if "instrument" in order:
        members = faults.object(order["instrument"], "/instrument", {"symbol"}, {"symbol"})
        symbols = "two to six capital letters"
        faults.check(members, "symbol", "/instrument", SYMBOL.fullmatch, symbols)
    if "limit_price" in order:
        check_price(faults, order["limit_price"], required={"amount", "currency"})
    faults.raise_if_any()
    return Draft(
        account_id=order["account_id"],
        symbol=order["instrument"]["symbol"],
        side=order["side"],
        quantity=order["quantity"],
        price=order["limit_price"]["amount"],
        time_in_force=order["time_in_force"],
        client_order_id=order.get("client_order_id"),
    )


def merge_patch(body) -> dict[str, str]:
    """The members of an order that a merge patch (RFC 7396) sets. A member that is left out stays,
    inside `limit_price` too; null would remove one, and none of these can be done without."""
    faults = Faults()
    patch = faults.object(body, "", {"quantity", "limit_price"}, set())
    faults.check(patch, "quantity", "", is_decimal, A_DECIMAL)
    price = check_price(faults, patch["limit_price"], set()) if "limit_price" in patch else {}
    faults.raise_if_any()
    changes = {}
    if "quantity" in patch:
        changes["quantity"] = patch["quantity"]
    if "amount" in price:
        changes["price"] = price["amount"]
    return changes


def check_price(faults: Faults, value, required: set[str]) -> dict:
    members = faults.object(value, "/limit_price", {"amount", "currency"}, required)
    faults.check(members, "amount", "/limit_price", is_decimal, A_DECIMAL)
    faults.check(members, "currency", "/limit_price", {"USD"}.__contains__, "USD")
    return members
