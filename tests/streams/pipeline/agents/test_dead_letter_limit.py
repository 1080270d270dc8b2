"""The limit on dead letters: a fault at large stops a topic, and what a sender does amid others does not."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from streams.pipeline.agents.dead_letter_limit import WINDOW_S, DeadLetterLimit, TopicHeldError

TOPIC = "mediadna.transcode-complete"
LIMIT = 200


@dataclass
class Topic:
    """A topic whose events are put aside or handled, at times that a test sets."""

    limit_of: int = LIMIT
    now: float = 1000.3
    limit: DeadLetterLimit = field(init=False)

    def __post_init__(self) -> None:
        self.limit = DeadLetterLimit(self.limit_of, dead_letters="mediadna.dead-letter", clock=lambda: self.now)

    def bad(self, events: int, *, each_s: float = 0.0, topic: str = TOPIC) -> int:
        """Have events come that are unusable; return how many of them are put aside."""
        for number in range(events):
            try:
                self.limit.check(topic)
            except TopicHeldError:
                return number
            self.limit.put_aside(topic)
            self.now += each_s
        return events

    def good(self, events: int, *, each_s: float = 0.0) -> None:
        for _ in range(events):
            self.limit.handled(TOPIC)
            self.now += each_s


@pytest.fixture
def topic() -> Topic:
    """A topic that nothing has come on."""
    return Topic()


def test_a_topic_of_which_all_is_unusable_is_held_at_the_limit(topic: Topic) -> None:
    assert topic.bad(10_000, each_s=0.01) == LIMIT
    (reason,) = topic.limit.held()
    assert reason.startswith(
        f"{TOPIC} is held: {LIMIT} of its last {LIMIT} events, within {WINDOW_S} s, were put aside"
    )
    assert "MEDIADNA_DEAD_LETTER_LIMIT=0" in reason
    assert REGISTRY.get_sample_value("mediadna_topic_held", {"topic": TOPIC}) == 1


def test_a_topic_that_was_good_until_a_fault_at_large_is_held_soon(topic: Topic) -> None:
    topic.good(600, each_s=0.1)
    assert topic.bad(10_000, each_s=0.1) < 1000


def test_a_topic_that_is_held_stays_so_and_is_told_of_once(topic: Topic) -> None:
    with capture_logs() as logs:
        assert topic.bad(500) == LIMIT
        reasons = topic.limit.held()
        topic.now += 10 * WINDOW_S
        assert topic.bad(1) == 0
    assert topic.limit.held() == reasons
    assert [entry["event"] for entry in logs] == ["topic_held"]


def test_other_topics_are_not_held_with_it(topic: Topic) -> None:
    topic.bad(500)
    assert topic.bad(LIMIT, topic="mediadna.chunks") == LIMIT
    assert len(topic.limit.held()) == 1


def test_a_burst_of_bad_events_of_one_sender_amid_the_good_ones_of_others_stops_nothing(topic: Topic) -> None:
    topic.good(120, each_s=0.5)
    for number in range(1000):
        topic.bad(1)
        if number % 5 == 0:
            topic.good(1)
    topic.good(120, each_s=0.5)
    assert topic.limit.held() == []


def test_a_small_batch_that_is_all_bad_stops_nothing_however_quiet_the_topic_is(topic: Topic) -> None:
    for _ in range(20):
        assert topic.bad(LIMIT) == LIMIT
        topic.now += WINDOW_S + 1
    assert topic.limit.held() == []


def test_bad_events_that_come_slowly_stop_nothing(topic: Topic) -> None:
    assert topic.bad(5000, each_s=WINDOW_S / (LIMIT - 5)) == 5000


def test_without_a_limit_nothing_is_held() -> None:
    assert Topic(limit_of=0).bad(5000) == 5000


def test_what_is_remembered_stays_small_however_much_comes(topic: Topic) -> None:
    topic.good(200_000, each_s=0.01)
    (minute,) = topic.limit._minutes.values()
    assert len(minute._seconds) <= WINDOW_S
