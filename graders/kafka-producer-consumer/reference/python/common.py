"""What both programs share: the environment, the form of values, health, the signal to leave."""

import json
import os
import re
import signal
import sys
import threading
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

sys.path.insert(0, str(Path(__file__).with_name(".deps")))

import psycopg  # noqa: E402

# Kafka may be away for a while; when it is back, nobody waits for ten seconds (the default) to look.
KAFKA = {
    "bootstrap.servers": os.environ.get("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:9092"),
    "reconnect.backoff.ms": 50,
    "reconnect.backoff.max.ms": 500,
}
# The broker drops what it has already written when the client sends it again, and the client sends
# again for as long as it takes: a send that was given up could not be told from one that went well.
PRODUCER = {**KAFKA, "enable.idempotence": True, "message.timeout.ms": 0, "linger.ms": 2}

ID = re.compile(r"[A-Za-z0-9._~-]{1,64}")
ACCOUNT = re.compile(r"ACC-[0-9]{6}")
SYMBOL = re.compile(r"[A-Z]{2,6}")
DECIMAL = re.compile(r"(0|[1-9][0-9]*)(\.[0-9]{1,8})?")
TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


class Invalid(Exception):
    """A value that no retry makes valid."""


def env(name):
    value = os.environ.get(name)
    if not value:
        sys.exit(f"{name} is not set")
    return value


def text(members, name, form):
    """The member of that name: a string, all of which has the form."""
    value = members.get(name)
    if not isinstance(value, str) or not form.fullmatch(value):
        raise Invalid(f"{name} is missing or malformed")
    return value


def decimal(members, name):
    written = text(members, name, DECIMAL)
    value = Decimal(written)
    if len(written.replace(".", "")) > 18 or value == 0:
        raise Invalid(f"{name} must be greater than zero and have at most 18 digits")
    return written


def side(members):
    if members.get("side") not in ("buy", "sell"):
        raise Invalid("side is neither buy nor sell")
    return members["side"]


def client_order_id(members):
    value = members.get("client_order_id")
    if value is not None and (not isinstance(value, str) or not 1 <= len(value) <= 64):
        raise Invalid("client_order_id is no string of 1 to 64 characters")
    return value


def read_json(raw):
    """A JSON object in UTF-8; Python alone would also take NaN."""
    try:
        value = json.loads(bytes(raw).decode("utf-8"), parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise Invalid("the value is not JSON") from None
    if not isinstance(value, dict):
        raise Invalid("the value is no JSON object")
    return value


def _refuse(name):
    raise ValueError(f"{name} is not JSON")


def is_transient(error):
    """Whether waiting may help: the connection is gone, or the SQLSTATE says so."""
    state = getattr(error, "sqlstate", None)
    if state is None:
        return isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError))
    return state[:2] in ("08", "40", "53", "57")


def told_to_leave():
    """An event that SIGTERM and SIGINT set. Asked for first: an early signal must not be lost."""
    leave = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: leave.set())
    return leave


class Server(ThreadingHTTPServer):
    """HTTP with a thread per connection. `serve` returns at once; `finish` lets answers go out."""

    request_queue_size = 256
    daemon_threads = True

    def __init__(self, routes):
        self.routes = routes
        self._open, self._idle = 0, threading.Condition()
        super().__init__((os.environ.get("HOST", "127.0.0.1"), int(env("PORT"))), Exchange)

    def serve(self):
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def answer(self, method, path, request):
        with self._idle:
            self._open += 1
        try:
            route = self.routes.get((method, path))
            request.reply(*(route(request) if route else (404, {"error": "there is nothing here"})))
        finally:
            with self._idle:
                self._open -= 1
                self._idle.notify_all()

    def finish(self, limit):
        self.shutdown()
        self.server_close()
        with self._idle:
            self._idle.wait_for(lambda: self._open == 0, limit)


class Exchange(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one answer, one packet

    def _any(self):
        length = int(self.headers.get("content-length") or 0)
        self.body = self.rfile.read(length)
        self.server.answer(self.command, self.path.partition("?")[0], self)

    do_GET = do_POST = _any

    def reply(self, status, body):
        raw = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)
        self.wfile.flush()

    def log_message(self, *_):
        pass  # a line per request says nothing that the answer does not
