"""Orders API: reads the environment, puts the routes together, serves until SIGTERM."""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType

import v1
from store import Store
from web import Reply, Request, Router, Server


def routes(store: Store) -> Router:
    router = Router()
    router.add("GET", "/healthz", alive)
    v1.add_routes(router, store)
    # TODO(rest-api.2): v2.add_routes(router, store): create, read and list; v1 shows the same orders.
    # TODO(rest-api.3): cancel, in both versions: DELETE /v1/orders/{id} and POST /v2/orders/{id}/cancel.
    # TODO(rest-api.4): POST /internal/orders/{id}/status, only when MASTERY_TEST_HOOKS=1.
    # TODO(rest-api.5): Idempotency-Key on POST /v2/orders; two requests with one key may arrive at the same moment.
    # TODO(rest-api.6): ETag and If-None-Match on reads; PATCH /v2/orders/{id} with If-Match.
    # TODO(rest-api.10): GET /openapi.json, one document for both versions.
    return router


def alive(_request: Request) -> Reply:
    return Reply.json({"status": "ok"})


def stop(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(0)  # open connections are daemon threads and end with the process


def main() -> None:
    signal.signal(signal.SIGTERM, stop)
    host, port = os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "8080"))
    with Server((host, port), routes(Store())) as server:
        print(f"listening on {host}:{port}", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
