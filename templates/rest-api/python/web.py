"""HTTP, as thin as it goes: one thread per connection, a router, and replies as values."""

from __future__ import annotations

import json
import re
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote


class Invalid(Exception):
    """The request is at fault; the text says why."""


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: dict[str, str]
    headers: Any  # an email.message.Message: names are looked up in any case
    body: bytes
    path_values: dict[str, str] = field(default_factory=dict)

    def json(self) -> Any:
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):  # bad JSON, bad UTF-8, an endless number, a deep nest
            raise Invalid("the body is not JSON") from None


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes = b""

    @classmethod
    def json(cls, value: Any, status: int = 200, **headers: str) -> Reply:
        return cls(status, {"Content-Type": "application/json", **headers}, json.dumps(value).encode())

    @classmethod
    def error(cls, status: int, text: str) -> Reply:
        # TODO(rest-api.7): under /v2 an error is application/problem+json and points at every fault of a body.
        return cls.json({"error": text}, status)


Route = Callable[[Request], Reply]


class Router:
    def __init__(self) -> None:
        self._routes: list[tuple[str, re.Pattern[str], Route]] = []

    def add(self, method: str, path: str, route: Route) -> None:
        """`{name}` in the path stands for one segment, found in `Request.path_values`."""
        form = re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path))
        self._routes.append((method, form, route))

    def answer(self, request: Request) -> Reply:
        # TODO(rest-api.9): 405 with Allow, 406 and 415, in both versions.
        method = "GET" if request.method == "HEAD" else request.method
        for wanted, form, route in self._routes:
            match = form.fullmatch(request.path)
            if match and wanted == method:
                values = {name: unquote(value) for name, value in match.groupdict().items()}
                try:
                    return route(replace(request, path_values=values))
                except Invalid as fault:
                    return Reply.error(400, str(fault))
                except Exception:  # a fault of ours: told in our log, not to the client
                    traceback.print_exc()
                    return Reply.error(500, "internal error")
        return Reply.error(404, "no such route")


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], router: Router) -> None:
        self.router = router
        super().__init__(address, Connection)


class Connection(BaseHTTPRequestHandler):
    """Reads requests off one connection and writes the router's replies."""

    server: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 1 << 16  # head and body leave in one write

    def reply(self) -> None:
        path, _, query = self.path.partition("?")
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or "Transfer-Encoding" in self.headers:
            self.close_connection = True  # where the body ends is unknown
            return self.send(Reply.error(411, "a body needs a Content-Length"))
        body = self.rfile.read(int(length))
        self.send(self.server.router.answer(Request(self.command, path, dict(parse_qsl(query)), self.headers, body)))

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = reply

    def send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.status not in (204, 304):
            self.send_header("Content-Length", str(len(reply.body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD" and reply.status not in (204, 304):
            self.wfile.write(reply.body)
        self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: a line per request would hide what you print yourself."""
