"""Consumes events and has each order's commission booked outside, once.

A batch of records goes through five steps, in this order:

    1  park what is poison         acknowledged by the broker
    2  make the orders known       committed: identity, amount, idempotency key, not confirmed
    3  call for what is not confirmed, under its key, until it is
    4  note the confirmations      committed: this is when v_charges shows them
    5  store the offsets           the client commits them in the background, at a revoke and at close

A crash after any step repeats the ones before it: 1 may park twice, 2 finds its rows, 3 calls again
for those of them that 4 had not come to, and the key makes that harmless.
"""

import sys
import time

import common
from books import Books
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from orders import Order, Poison, decide
from outside import Outside

LONGEST_PAUSE_S = 1.0


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


class Ledger:
    def __init__(self, leave):
        self._leave = leave
        retention = int(common.env("RETENTION_EVENTS"))
        self._books = Books(common.env("DATABASE_URL"), retention, leave)
        self._outside = Outside(common.env("LEDGER_URL"))
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
        if self._assigned and self._books.answers():
            return 200, {"status": "ready", "ignored": self._ignored}
        return 503, {"status": "no partitions yet, or no database"}

    def run(self):
        self._consumer.subscribe([common.env("TOPIC")], on_assign=self._on_assign)
        try:
            while not self._leave.is_set():
                self._take(self._next_batch())
        finally:
            # Commits what is stored, then leaves the group: the successor need not wait.
            self._consumer.close()
            self._books.close()

    def _on_assign(self, consumer, partitions):
        self._assigned = True
        consumer.incremental_assign(partitions)

    def _next_batch(self):
        """Waits for one record, takes what has come with it."""
        first = self._consumer.poll(0.1)
        if first is None:
            return []
        return [first, *self._consumer.consume(self._books.batch - 1, 0)]

    def _take(self, messages):
        orders, poisoned, behind = [], [], {}
        for message in messages:
            if message.error():
                if message.error().fatal():
                    raise KafkaException(message.error())
                print(f"ledger: {message.error()}", file=sys.stderr)
                continue
            behind[message.partition()] = message.offset() + 1
            decided = decide(message.value())
            if isinstance(decided, Order):
                orders.append(decided)
            elif isinstance(decided, Poison):
                poisoned.append((message, decided.why))
            else:
                self._ignored += 1
        if self._parking.park(poisoned) and self._charge(orders):
            self._store(behind)

    def _charge(self, orders):
        """True when all of them are confirmed and noted; False when we were told to leave before."""
        pending = self._books.note(orders)
        pause = 0.05
        while pending:
            confirmed = self._outside.confirm(pending)
            # Noted at once, also while others are not: what is noted is never called again.
            if self._books.confirm(confirmed) is None:
                return False
            pending = [charge for charge in pending if charge not in confirmed]
            if pending and self._leave.wait(pause):
                return False
            pause = min(2 * pause, LONGEST_PAUSE_S)
        return pending is not None

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
    ledger = Ledger(leave)
    server = common.Server(
        {
            ("GET", "/healthz"): lambda _: (200, {"status": "ok"}),
            ("GET", "/readyz"): ledger.ready,
        }
    )
    server.serve()
    ledger.run()
    server.finish(1)


if __name__ == "__main__":
    main()
