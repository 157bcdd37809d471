"""Consumes events and keeps positions: each event applied once, in the topic's order.

A batch of records goes through three steps, in this order:

    1  park what is poison        acknowledged by the broker
    2  apply what is new          inbox and positions in one transaction, committed
    3  store the offsets          the client commits them in the background, at a revoke and at close

A crash after any step repeats the ones before it: 1 may park twice, 2 finds its events in the inbox.
"""

import sys
import threading
import time

import common
import psycopg
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from fills import Fill, Poison, Position, decide

BATCH = 500
LONGEST_PAUSE_S = 1.0
FAREWELL_S = 5


class Ledger:
    """The database's side: what was applied, and what it came to."""

    def __init__(self, url, leave):
        self._url, self._leave, self._connection = url, leave, None

    def answers(self):
        """Whether the database is there."""
        try:
            with psycopg.connect(self._url, connect_timeout=2) as connection:
                connection.execute("SELECT 1")
            return True
        except psycopg.Error:
            return False

    def apply(self, fills):
        """Applies what was not applied before. Returns when that is committed, however long it takes;
        False when we were told to leave before."""
        pause = 0.05
        while fills:
            try:
                with self._connected().transaction():
                    self._apply(self._connection, fills)
                return True
            except psycopg.Error as why:
                if not common.is_transient(why):
                    raise  # a mistake of ours: end, rather than skip or park what is not poison
                print(f"positions: {why}; trying again", file=sys.stderr)
                self.close()  # whatever state the session is in, the next one is in none
                if self._leave.wait(pause):
                    return False
                pause = min(2 * pause, LONGEST_PAUSE_S)
        return True

    def _connected(self):
        if self._connection is None or self._connection.closed:
            self._connection = psycopg.connect(self._url, autocommit=True, connect_timeout=3)
        return self._connection

    def close(self):
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @staticmethod
    def _apply(connection, fills):
        # Who inserts the id applies the event. Another process with the same one, a member that was
        # frozen and woke up, waits here for our commit and then finds it taken.
        fresh = {
            event_id
            for (event_id,) in connection.execute(
                "INSERT INTO inbox (event_id) SELECT unnest(%s::text[])"
                " ON CONFLICT DO NOTHING RETURNING event_id",
                [[fill.event_id for fill in fills]],
            )
        }
        new = []
        for fill in fills:
            if fill.event_id in fresh:  # its first occurrence in this batch
                fresh.remove(fill.event_id)
                new.append(fill)
        if not new:
            return
        keys = sorted({(fill.account_id, fill.symbol) for fill in new})
        positions = dict.fromkeys(keys, Position())
        for account_id, symbol, *columns in connection.execute(
            "SELECT account_id, symbol, qty, avg_price, realized_pnl, last_seq FROM positions"
            " JOIN unnest(%s::text[], %s::text[]) AS wanted (account_id, symbol)"
            " USING (account_id, symbol) ORDER BY account_id, symbol FOR UPDATE OF positions",
            list(map(list, zip(*keys))),
        ):
            positions[account_id, symbol] = Position(*columns)
        for fill in new:
            key = fill.account_id, fill.symbol
            positions[key] = positions[key].after(fill)
        with connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO positions VALUES (%s, %s, %s, %s, %s, %s)"
                " ON CONFLICT (account_id, symbol) DO UPDATE SET qty = excluded.qty,"
                " avg_price = excluded.avg_price, realized_pnl = excluded.realized_pnl,"
                " last_seq = excluded.last_seq",
                [
                    (*key, at.qty, at.avg_price, at.realized_pnl, at.last_seq)
                    for key, at in positions.items()
                ],
            )


class Parking:
    """The topic for what nobody can apply."""

    def __init__(self, topic, leave):
        self._topic, self._leave, self._producer = topic, leave, None

    def park(self, poisoned):
        """Returns when the broker has all of them; False when we were told to leave before."""
        if not poisoned:
            return True
        self._producer = self._producer or Producer(common.PRODUCER)
        acknowledged = []

        def noted(error, _message):
            if error:
                raise KafkaException(error)
            acknowledged.append(True)

        for message, why in poisoned:
            headers = {
                "error": why,
                "original-topic": message.topic(),
                "original-partition": str(message.partition()),
                "original-offset": str(message.offset()),
                "attempts": "1",  # what its bytes say does not change
            }
            self._producer.produce(
                self._topic,
                key=message.key(),
                value=message.value(),
                headers=[(name, value.encode()) for name, value in headers.items()],
                on_delivery=noted,
            )
        deadline = None
        while len(acknowledged) < len(poisoned):
            self._producer.poll(0.05)
            if self._leave.is_set():
                deadline = deadline or time.monotonic() + 2
                if time.monotonic() > deadline:
                    return False
        return True


class Positions:
    def __init__(self, leave):
        self._leave = leave
        self._ledger = Ledger(common.env("DATABASE_URL"), leave)
        self._parking = Parking(common.env("DLQ_TOPIC"), leave)
        self._ignored = 0
        self._assigned = False
        self._consumer = Consumer(
            {
                **common.KAFKA,
                "group.id": common.env("KAFKA_GROUP_ID"),
                "auto.offset.reset": "earliest",
                "partition.assignment.strategy": "cooperative-sticky",
                # The timer commits what was *stored*, and we store what was applied.
                "enable.auto.offset.store": False,
                "enable.auto.commit": True,
                "auto.commit.interval.ms": 200,
            }
        )

    def ready(self, _request):
        if self._assigned and self._ledger.answers():
            return 200, {"status": "ready", "ignored": self._ignored}
        return 503, {"status": "no partitions yet, or no database"}

    def run(self):
        self._consumer.subscribe([common.env("TOPIC")], on_assign=self._on_assign)
        try:
            while not self._leave.is_set():
                self._take(self._next_batch())
        finally:
            # Commits what is stored, then leaves the group: the successor need not wait. Without a
            # broker it would wait for one; then nobody hears the farewell, and the records come again.
            farewell = threading.Thread(target=self._consumer.close, daemon=True)
            farewell.start()
            farewell.join(FAREWELL_S)
            self._ledger.close()

    def _on_assign(self, consumer, partitions):
        self._assigned = True
        consumer.incremental_assign(partitions)

    def _next_batch(self):
        """Waits for one record, takes what has come with it."""
        first = self._consumer.poll(0.1)
        if first is None:
            return []
        return [first, *self._consumer.consume(BATCH - 1, 0)]

    def _take(self, messages):
        fills, poisoned, behind = [], [], {}
        for message in messages:
            if message.error():
                if message.error().fatal():
                    raise KafkaException(message.error())
                print(f"positions: {message.error()}", file=sys.stderr)
                continue
            behind[message.partition()] = message.offset() + 1
            decided = decide(message.value())
            if isinstance(decided, Fill):
                fills.append(decided)
            elif isinstance(decided, Poison):
                poisoned.append((message, decided.why))
            else:
                self._ignored += 1
        if self._parking.park(poisoned) and self._ledger.apply(fills):
            self._store(behind)

    def _store(self, behind):
        for partition, offset in behind.items():
            try:
                self._consumer.store_offsets(
                    offsets=[TopicPartition(common.env("TOPIC"), partition, offset)]
                )
            except KafkaException as why:
                # The partition went to somebody else meanwhile, who will see these records again.
                if why.args[0].code() != KafkaError._STATE:
                    raise


def main():
    leave = common.told_to_leave()
    positions = Positions(leave)
    server = common.Server(
        {
            ("GET", "/healthz"): lambda _: (200, {"status": "ok"}),
            ("GET", "/readyz"): positions.ready,
        }
    )
    server.serve()
    positions.run()
    server.finish(1)


if __name__ == "__main__":
    main()
