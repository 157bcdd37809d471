"""Publishes what stands in the outbox: in order, at least once, and once as long as it lives."""

import sys
import threading
import time

import common
import psycopg
from confluent_kafka import KafkaException, Producer

BATCH = 500
IDLE_S = 0.5  # nobody else writes the outbox, so this is only the net under `wake`
LOCK = 0x0F111  # one relay per database: two would interleave an account's events


class Relay:
    """The one task that produces to the topic.

    A batch is read in the order of the outbox, produced in that order, and only when each of its
    records is acknowledged are the rows marked. Killed in between, the next process publishes the
    batch again: consumers know duplicates, nobody knows a lost event.
    """

    def __init__(self, database_url, topic, leave):
        self._url, self._topic, self._leave = database_url, topic, leave
        self._news = threading.Event()
        self.broken = False

    def wake(self):
        """Says that something may be pending. Called after the commit, and carries nothing."""
        self._news.set()

    def run(self):
        try:
            self._producer = Producer(common.PRODUCER)
            while not self._leave.is_set():
                try:
                    self._publish_while_connected()
                except psycopg.Error as why:
                    print(f"relay: {why}", file=sys.stderr)
                    self._leave.wait(0.3)
        except Exception as why:
            # A record that was refused for good must not be overtaken by the next of its account.
            # Without a relay this process is of no use: end it, and let the next one begin afresh.
            print(f"relay: {why!r}", file=sys.stderr)
            self.broken = True
            self._leave.set()

    def _publish_while_connected(self):
        with psycopg.connect(self._url, autocommit=True, connect_timeout=3) as connection:
            while not self._leave.is_set():
                locked = connection.execute("SELECT pg_try_advisory_lock(%s)", [LOCK]).fetchone()
                if locked[0]:
                    break
                self._leave.wait(0.1)
            while not self._leave.is_set():
                self._news.clear()
                if not self._publish_batch(connection):
                    self._news.wait(IDLE_S)

    def _publish_batch(self, connection):
        """True when there was something to publish."""
        rows = connection.execute(
            "SELECT id, key, value, traceparent FROM outbox WHERE sent_at IS NULL"
            " ORDER BY id LIMIT %s",
            [BATCH],
        ).fetchall()
        if not rows:
            return False
        sent, failed = [], []
        for row_id, key, value, traceparent in rows:
            self._producer.produce(
                self._topic,
                key=key.encode(),
                value=value,
                headers=[("content-type", b"application/json"), ("traceparent", traceparent.encode())],
                on_delivery=lambda error, _, row_id=row_id: (
                    failed.append(error) if error else sent.append(row_id)
                ),
            )
        self._await(lambda: len(sent) + len(failed) == len(rows))
        # Again and again until it is noted: read anew, these rows would be published twice.
        self._mark(connection, sent)
        if failed:
            raise KafkaException(failed[0])
        return True

    def _await(self, done):
        """Waits for the acknowledgements; when we are leaving, not for ever."""
        deadline = None
        while not done():
            self._producer.poll(0.05)
            if self._leave.is_set():
                deadline = deadline or time.monotonic() + 2
                if time.monotonic() > deadline:
                    return

    def _mark(self, connection, sent):
        while sent:
            try:
                connection.execute("UPDATE outbox SET sent_at = now() WHERE id = ANY(%s)", [sent])
                return
            except psycopg.Error as why:
                if not common.is_transient(why) or self._leave.wait(0.3):
                    raise
                if connection.broken:
                    connection = self._reconnected(connection)

    def _reconnected(self, connection):
        try:
            return psycopg.connect(self._url, autocommit=True, connect_timeout=3)
        except psycopg.Error:
            return connection
