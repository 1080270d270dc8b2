"""What the run itself reads from Kafka and writes to it; it waits, however long the broker is away."""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from typing import TYPE_CHECKING, Any, cast

import msgspec
from confluent_kafka import Consumer, ConsumerGroupTopicPartitions, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._listoffsets import OffsetSpec

from schemas.channels import PARTITIONS
from schemas.events import AIMediaDNAComplete

if TYPE_CHECKING:
    from collections.abc import Collection
    from random import Random

__all__ = ["Duplicator", "Log", "emit", "lag"]

#: Asks for a topic's end. Typed as what it is: the client leaves it open.
NEWEST = cast("OffsetSpec", OffsetSpec.latest())  # type: ignore[no-untyped-call]
#: Milliseconds for which a message is tried to be sent: longer than any broker is away here.
DELIVERY_MS = 300_000
#: Seconds for one answer of the broker.
ANSWER_S = 10.0
#: Seconds for which a poll waits for something to read.
POLL_S = 0.3
#: Messages of one poll.
BATCH = 500
#: Seconds, at the least and at the most, after which a message's second delivery comes: right behind it, or when its
#: job has ended.
COPY_AFTER_S = (0.1, 9.0)


def emit(bootstrap: str, topic: str, values: Collection[tuple[str, bytes]]) -> None:
    """Send keys and values, in their order; returns when the broker has them all.

    Raises:
        KafkaException: The broker did not take one.
    """
    producer = Producer(
        {"bootstrap.servers": bootstrap, "enable.idempotence": True, "delivery.timeout.ms": DELIVERY_MS, "log_level": 0}
    )
    failures: list[Any] = []

    def note(error: Any, _message: object) -> None:
        if error is not None:
            failures.append(error)

    for key, value in values:
        producer.produce(topic, value, key, on_delivery=note)
    producer.flush()
    if failures:
        raise KafkaException(failures[0])


def lag(bootstrap: str, group: str, topics: Collection[str]) -> int:
    """Return how many messages of the topics the group has not handled.

    Raises:
        KafkaException: The broker does not answer.
    """
    admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
    partitions = [TopicPartition(topic, number) for topic in topics for number in range(PARTITIONS)]
    ends = admin.list_offsets(dict.fromkeys(partitions, NEWEST), request_timeout=ANSWER_S)
    asked = admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group, partitions)])
    places = {
        (place.topic, place.partition): max(0, place.offset) for place in asked[group].result(ANSWER_S).topic_partitions
    }
    return sum(end.result(ANSWER_S).offset - places[one.topic, one.partition] for one, end in ends.items())


class Log:
    """Everything that is on a topic, as far as it has been read."""

    def __init__(self, bootstrap: str, topic: str) -> None:
        self.messages: dict[tuple[str, int, int], bytes] = {}
        self._consumer = _reader(bootstrap, [topic], newest=False)

    def read(self) -> None:
        """Read what has come since; returns when nothing more comes at once."""
        while found := self._consumer.consume(BATCH, POLL_S):
            for message in found:
                if message.error() is None:
                    self.messages[_place(message)] = message.value() or b""

    def completions(self) -> list[AIMediaDNAComplete]:
        """Return the messages as complete events."""
        return [msgspec.json.decode(value, type=AIMediaDNAComplete) for value in self.messages.values()]

    def close(self) -> None:
        """Let go of the broker."""
        self._consumer.close()


class Duplicator:
    """Delivers messages a second time, byte for byte, a little or much later; each message once."""

    def __init__(self, bootstrap: str, topics: Collection[str], random: Random) -> None:
        self.copied = 0
        self._random = random
        self._consumer = _reader(bootstrap, topics, newest=True)
        self._producer = Producer({"bootstrap.servers": bootstrap, "linger.ms": 0, "log_level": 0})
        self._own: set[tuple[str, int, int]] = set()
        self._due: list[tuple[float, int, Any]] = []
        self._numbers = itertools.count()
        self._stopping = threading.Event()

    def run(self) -> None:
        """Copy until told to stop, then what is due still."""
        while not self._stopping.is_set() or self._due:
            for message in self._consumer.consume(BATCH, POLL_S):
                if message.error() is None and not self._stopping.is_set() and _place(message) not in self._own:
                    due = time.monotonic() + self._random.uniform(*COPY_AFTER_S)
                    heapq.heappush(self._due, (due, next(self._numbers), message))
            while self._due and self._due[0][0] <= time.monotonic():
                self._copy(heapq.heappop(self._due)[-1])
        self._consumer.close()

    def stop(self) -> None:
        """Have it copy nothing that comes from now on."""
        self._stopping.set()

    def _copy(self, message: Any) -> None:
        def note(error: Any, copy: Any) -> None:
            if error is None:
                self._own.add(_place(copy))
                self.copied += 1

        self._producer.produce(
            message.topic(),
            message.value(),
            message.key(),
            message.partition(),
            headers=message.headers() or [],
            on_delivery=note,
        )
        self._producer.flush()  # so that the copy is known before it is read


def _place(message: Any) -> tuple[str, int, int]:
    return message.topic(), message.partition(), message.offset()


def _reader(bootstrap: str, topics: Collection[str], *, newest: bool) -> Consumer:
    """Return a consumer that belongs to no group: of everything there is, or of what comes from now on."""
    consumer = Consumer(
        {"bootstrap.servers": bootstrap, "group.id": "chaos", "enable.auto.commit": False, "log_level": 0}
    )
    partitions = [TopicPartition(topic, number, 0) for topic in topics for number in range(PARTITIONS)]
    if newest:
        for one in partitions:
            one.offset = consumer.get_watermark_offsets(one, timeout=ANSWER_S)[1]
    consumer.assign(partitions)
    return consumer
