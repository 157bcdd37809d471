"""HTTP for both versions: connections, routing, bodies, negotiation, deprecation."""

import json
import re
import selectors
import socket
import sys
import threading
import traceback
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import TCPServer
from typing import Any, Callable, NamedTuple, Optional
from urllib.parse import parse_qs, unquote, urlsplit

MAX_BODY = 256 * 1024

# v1 is deprecated since 2026-01-01 and may go away after 2027-06-30 (RFC 9745, RFC 8594).
DEPRECATION = {
    "Deprecation": "@1767225600",
    "Sunset": "Wed, 30 Jun 2027 23:59:59 GMT",
    "Link": '</v2/orders>; rel="successor-version", </openapi.json>; rel="deprecation"',
}
OPENAPI = Path(__file__).with_name("openapi.json").read_bytes()


class Answer(NamedTuple):
    status: int
    body: Any = None  # bytes are sent as they are, None is no body, anything else becomes JSON
    headers: dict[str, str] = {}
    content_type: str = "application/json"


class Problem(Exception):
    """A refusal, in whatever form the version that is spoken gives it."""

    def __init__(self, status: int, kind: str, detail: str, errors=(), headers=None):
        super().__init__(detail)
        self.status, self.kind, self.detail = status, kind, detail
        self.errors, self.headers = list(errors), headers or {}

    def as_v1(self) -> Answer:
        return Answer(self.status, {"error": self.detail}, self.headers)

    def as_v2(self) -> Answer:
        """RFC 9457. `type` is what a client may switch on; the texts are for people."""
        body = {
            "type": f"urn:problem:orders:{self.kind}",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
        }
        if self.errors:
            body["errors"] = self.errors
        return Answer(self.status, body, self.headers, "application/problem+json")


class Request(NamedTuple):
    method: str
    path: str
    query: dict[str, list[str]]
    headers: Any  # an email.message.Message: case-insensitive names
    body: bytes

    def header(self, name: str) -> Optional[str]:
        """The value of a field, its lines joined as RFC 9110 §5.3 says, or None."""
        lines = self.headers.get_all(name)
        return None if lines is None else ", ".join(lines)

    def parameter(self, name: str) -> Optional[str]:
        return self.query.get(name, [None])[0]

    def count(self, name: str, default: int) -> int:
        """A query parameter that counts something: digits, at least 1."""
        text = self.parameter(name)
        if text is None:
            return default
        digits = re.fullmatch(r"0*([1-9][0-9]*)", text)
        if digits is None:
            raise Problem(400, "bad-parameter", f"{name} must be a whole number of at least 1")
        # Beyond 18 digits one number is as good as another, and `int` need not read a thousand.
        return int(digits[1]) if len(digits[1]) <= 18 else 10**18

    def account(self) -> str:
        account_id = self.parameter("account_id")
        if account_id is None or not ACCOUNT.fullmatch(account_id):
            raise Problem(400, "bad-parameter", "account_id is required: ACC- and six digits")
        return account_id

    def json(self, *media_types: str) -> Any:
        """The body as JSON. A missing Content-Type is taken for the right one."""
        given = self.header("content-type")
        if given is not None and given.split(";")[0].strip().lower() not in media_types:
            raise Problem(415, "unsupported-media-type", f"send {' or '.join(media_types)}")
        try:
            return json.loads(self.body.decode("utf-8"), parse_constant=_refuse_constant)
        except (ValueError, RecursionError):
            raise Problem(400, "malformed-json", "the body is not JSON") from None


ACCOUNT = re.compile(r"ACC-[0-9]{6}")
SYMBOL = re.compile(r"[A-Z]{2,6}")


def _refuse_constant(name: str):
    raise ValueError(f"{name} is not JSON")


class Route(NamedTuple):
    method: str
    pattern: re.Pattern
    answer: Callable[..., Answer]  # takes the request and what the pattern's groups matched


def route(method: str, template: str, answer: Callable[..., Answer]) -> Route:
    """`/v2/orders/{id}`: each name in braces becomes an argument of `answer`."""
    return Route(method, re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template)), answer)


def routes() -> list[Route]:
    return [
        route("GET", "/healthz", lambda request: Answer(200, {"status": "ok"})),
        route("GET", "/openapi.json", lambda request: Answer(200, OPENAPI)),
    ]


class Router:
    """Answers a request: finds its route, or the right refusal, and gives both their last touch."""

    def __init__(self, routes: list[Route]):
        self._routes = routes

    def answer(self, request: Request) -> Answer:
        try:
            return self._dress(request.path, self._route(request))
        except Problem as problem:
            return self.refusal(request.path, problem)
        except Exception:  # our mistake: the log gets the details, the client does not
            traceback.print_exc()
            return self.refusal(request.path, Problem(500, "internal", "something went wrong here"))

    def refusal(self, path: str, problem: Problem) -> Answer:
        return self._dress(path, problem.as_v1() if is_v1(path) else problem.as_v2())

    def _route(self, request: Request) -> Answer:
        # HEAD is GET; the connection leaves the body out.
        method = "GET" if request.method == "HEAD" else request.method
        allowed = set()
        for known in self._routes:
            match = known.pattern.fullmatch(request.path)
            if match is None:
                continue
            if known.method == method:
                self._refuse_unless_acceptable(request)
                return known.answer(request, **{k: unquote(v) for k, v in match.groupdict().items()})
            allowed |= {"GET", "HEAD"} if known.method == "GET" else {known.method}
        if allowed:
            allow = ", ".join(sorted(allowed))
            detail = f"this resource knows {allow}"
            raise Problem(405, "method-not-allowed", detail, headers={"Allow": allow})
        raise Problem(404, "not-found", "there is nothing at this path")

    @staticmethod
    def _refuse_unless_acceptable(request: Request) -> None:
        accept = request.header("accept")
        offered = ["application/json"]
        if not is_v1(request.path):
            offered.append("application/problem+json")
        # An empty field says nothing, so it excludes nothing.
        if accept and accept.strip() and not any(_quality(accept, t) > 0 for t in offered):
            raise Problem(406, "not-acceptable", f"this resource speaks {' and '.join(offered)}")

    @staticmethod
    def _dress(path: str, answer: Answer) -> Answer:
        """In one place, so that no answer under /v1 can be without it, whoever made it."""
        if is_v1(path):
            return answer._replace(headers={**answer.headers, **DEPRECATION})
        return answer


def is_v1(path: str) -> bool:
    return path == "/v1" or path.startswith("/v1/")


def _quality(accept: str, media_type: str) -> float:
    """The weight `accept` gives to `media_type`: the most specific range decides (RFC 9110 §12.5.1)."""
    kind = media_type.split("/")[0]
    specificity = {"*/*": 1, f"{kind}/*": 2, media_type: 3}
    best, quality = 0, 0.0
    for item in accept.split(","):
        media_range, *parameters = (part.strip().lower() for part in item.split(";"))
        rank = specificity.get(media_range, 0)
        if rank > best:
            best, quality = rank, 1.0
            for parameter in parameters:
                if parameter.startswith("q="):
                    try:
                        quality = float(parameter[2:])
                    except ValueError:
                        pass  # an unreadable weight is no reason to refuse
    return quality


class Connection(BaseHTTPRequestHandler):
    """One client's connection, on a thread of its own, for as long as the client keeps it."""

    protocol_version = default_request_version = "HTTP/1.1"
    # Head and body leave in one write, and without waiting for the client's acknowledgement of the
    # answer before: Nagle's algorithm and delayed ACKs together cost 40 ms a request.
    wbufsize = -1
    disable_nagle_algorithm = True
    timeout = 300  # seconds of silence after which a connection's thread is given back
    server: "Server"

    def _answer_request(self) -> None:
        with self.server.in_flight:
            try:
                self._send(self.server.router.answer(self._read()))
            except Problem as problem:  # the request could not be read to its end
                self.close_connection = True
                self._send(self.server.router.refusal(self._path(), problem))

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _answer_request

    def _read(self) -> Request:
        """Reads the body whatever becomes of the request: the next one starts behind it."""
        if self.headers.get("transfer-encoding") is not None:
            raise Problem(411, "length-required", "send a Content-Length")
        length = self.headers.get("content-length", "0").strip()
        if not re.fullmatch(r"[0-9]{1,18}", length):
            raise Problem(400, "bad-length", "Content-Length is not a number")
        if int(length) > MAX_BODY:
            raise Problem(413, "too-large", f"a body has at most {MAX_BODY} bytes")
        query = parse_qs(urlsplit(self.path).query, keep_blank_values=True)
        return Request(self.command, self._path(), query, self.headers, self.rfile.read(int(length)))

    def _path(self) -> str:
        # Without a command the request line made no sense, and `path` is still that of the one before.
        return urlsplit(self.path).path if self.command else "/"

    def _send(self, answer: Answer) -> None:
        body = answer.body
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body, separators=(",", ":")).encode()
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if body is not None:
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if body is not None and self.command != "HEAD":
            self.wfile.write(body)
        self.wfile.flush()

    def send_error(self, code, message=None, explain=None):
        """Where the standard library refuses by itself (a bad request line, a method it does not
        know) the client still gets this API's kind of answer, not a page of HTML."""
        self.close_connection = True
        phrase = message or HTTPStatus(code).phrase
        self._send(self.server.router.refusal(self._path(), Problem(code, "bad-request", phrase)))

    def version_string(self) -> str:
        return "orders-api"

    def log_message(self, format, *args):
        pass  # an access log belongs to the proxy in front


class Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # `drain` waits, and with a limit
    request_queue_size = 256  # the default of 5 refuses clients that come together

    def __init__(self, address, router: Router):
        self.router = router
        self.in_flight = InFlight()
        super().__init__(address, Connection)
        self.socket.setblocking(False)

    def serve_until(self, told: socket.socket) -> None:
        """Accepts connections until something can be read from `told`. (`serve_forever` looks every
        half second whether it should end.)"""
        with selectors.DefaultSelector() as selector:
            selector.register(self.socket, selectors.EVENT_READ)
            selector.register(told, selectors.EVENT_READ)
            while told not in {key.fileobj for key, _ in selector.select()}:
                try:
                    connection, address = self.get_request()
                except OSError:
                    continue  # it was gone before it was accepted
                self.process_request(connection, address)

    def server_bind(self) -> None:
        # HTTPServer also looks its own name up in the DNS, which nothing needs and may take seconds.
        TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]

    def handle_error(self, request, client_address) -> None:
        # A client that goes away in the middle of its answer is its own affair.
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)

    def drain(self, limit_s: float) -> None:
        self.in_flight.wait_for_none(limit_s)


class InFlight:
    """Counts the requests being answered, so that stopping can wait for them."""

    def __init__(self):
        self._count, self._changed = 0, threading.Condition()

    def __enter__(self):
        with self._changed:
            self._count += 1

    def __exit__(self, *_):
        with self._changed:
            self._count -= 1
            self._changed.notify_all()

    def wait_for_none(self, limit_s: float) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._count == 0, limit_s)
