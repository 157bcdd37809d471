"""The call to somebody else's ledger."""

import http.client
import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

SILENCE_S = 2.0
CALLS_AT_ONCE = 8


class Outside:
    """Calls with a whole-answer limit, over connections that are kept, one for each thread."""

    def __init__(self, url):
        parts = urlsplit(url)
        self._address = parts.hostname, parts.port or 80
        self._path = parts.path.rstrip("/") + "/charges"
        self._threads = ThreadPoolExecutor(CALLS_AT_ONCE)
        self._own = threading.local()
        self._deadlines = {}  # a socket's own time-out counts from each byte; ours from the request
        threading.Thread(target=self._cut_off, daemon=True).start()

    def confirm(self, charges):
        """Calls once for each charge; returns those that are confirmed."""
        return [
            charge
            for charge, confirmed in zip(charges, self._threads.map(self._call, charges))
            if confirmed
        ]

    def _call(self, charge):
        """True: it is booked. False: nobody knows."""
        body = {
            "account_id": charge.account_id,
            "event_id": charge.event_id,
            "amount": format(charge.amount, "f"),
        }
        if charge.client_order_id is not None:
            body["client_order_id"] = charge.client_order_id
        headers = {"Content-Type": "application/json", "Idempotency-Key": charge.idempotency_key}
        connection = None
        try:
            connection = self._connection()
            self._deadlines[connection.sock] = time.monotonic() + SILENCE_S
            connection.request("POST", self._path, json.dumps(body).encode(), headers)
            answer = connection.getresponse()
            answer.read()
            # 409: it was booked before, by a call of ours whose answer was lost.
            confirmed = 200 <= answer.status < 300 or answer.status == 409
        except (OSError, http.client.HTTPException):
            confirmed = False
        finally:
            if connection is not None:
                self._deadlines.pop(connection.sock, None)
        if not confirmed and connection is not None:
            connection.close()  # a late answer must not be taken for the next one's
            self._own.connection = None
        return confirmed

    def _connection(self):
        connection = getattr(self._own, "connection", None)
        if connection is None or connection.sock is None:
            connection = http.client.HTTPConnection(*self._address, timeout=SILENCE_S)
            connection.connect()
            connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._own.connection = connection
        return connection

    def _cut_off(self):
        while True:
            time.sleep(0.1)
            now = time.monotonic()
            for sock, deadline in list(self._deadlines.items()):
                if now > deadline:
                    self._deadlines.pop(sock, None)
                    try:
                        sock.shutdown(socket.SHUT_RDWR)
                    except OSError:
                        pass  # it was closed meanwhile
