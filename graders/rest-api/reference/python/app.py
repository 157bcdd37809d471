"""Orders API, v1 and v2 over one store. `HOST=127.0.0.1 PORT=8080 python3 app.py`

    app.py      configuration, start, stop
    web.py      HTTP: connections, routing, negotiation, what both versions share
    orders.py   the domain: what an order is, how it may change, where it is kept
    v1.py       the frozen view of it        v2.py   the current view of it
"""

import os
import signal
import socket

import v1
import v2
import web
from orders import Store

DRAIN_S = 2


def signalled() -> socket.socket:
    """A socket that can be read from once the program was told to end. A flag set by a signal's
    handler would be seen only when whatever is waited for just then returns; this is waited for."""
    told, tell = socket.socketpair()
    tell.setblocking(False)
    signal.set_wakeup_fd(tell.detach())
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    return told


def main():
    told = signalled()  # before anything is served: a signal that comes early must not be lost
    host = os.environ.get("HOST", "127.0.0.1")
    port = int(os.environ.get("PORT", "8080"))
    hooks = os.environ.get("MASTERY_TEST_HOOKS") == "1"

    store = Store()
    routes = [*v1.routes(store), *v2.routes(store, with_hooks=hooks), *web.routes()]

    server = web.Server((host, port), web.Router(routes))
    server.serve_until(told)
    # Nobody new gets in; whoever is being answered gets the answer. Idle keep-alive connections are
    # not waited for: their threads are daemons and end with the process.
    server.server_close()
    server.drain(DRAIN_S)


if __name__ == "__main__":
    main()
