"""Notices when nearly all of a topic goes to the dead letters: that is no bad event any more, but a fault at large.

A version of ours that cannot read what others write, or a sender that has changed the form of all its events, would
have a whole topic emptied into the dead letters within minutes, and somebody would have to send each of them again. A
topic that stands still loses nothing: what is not acknowledged is read again.

What must not stop it: one sender's bad events amid those of others, and dead letters that are sent again and fail
again. So nine of ten events must be bad, and letters that come again are not counted.
"""

from __future__ import annotations

import time
from collections import defaultdict, deque
from typing import TYPE_CHECKING

import structlog
from prometheus_client import Gauge

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["HELD_S", "DeadLetterLimit", "TopicHeldError"]

log = structlog.get_logger(__name__)

#: Seconds that are looked back. A fault at large puts hundreds aside in one of them; who sends a bad event now and then
#: does not come to the limit in any minute.
WINDOW_S = 60
#: Share of a topic's events from which on nearly all of them are unusable. Others' good events show that this worker
#: can read the topic: with one of five good, to stop would cost more than to send the bad ones again.
NEARLY_ALL = 0.9
#: Seconds from holding a topic to the worker's end. So long `/readyz` says why, and other topics are worked on; who
#: starts a worker that has ended anew by itself has no more than the limit put aside in each such time. Then others
#: get its partitions: they may be of a version that can read the topic.
HELD_S = 600.0

_HELD = Gauge(
    "mediadna_topic_held", "1 once this worker takes no more of a topic, since nearly all was put aside.", ["topic"]
)


class TopicHeldError(RuntimeError):
    """Nearly all of a topic was put aside: no more of it is."""


class _Minute:
    """How many of a topic's events were handled and put aside in the last minute, by seconds: so it stays small."""

    def __init__(self) -> None:
        self._seconds: deque[tuple[int, list[int]]] = deque()

    def add(self, now: float, *, handled: int = 0, aside: int = 0) -> None:
        second = int(now)
        if not self._seconds or self._seconds[-1][0] != second:
            self._seconds.append((second, [0, 0]))
        counts = self._seconds[-1][1]
        counts[0] += handled
        counts[1] += aside
        self._forget(second)

    def counts(self, now: float) -> tuple[int, int]:
        """Return how many were handled, and how many put aside."""
        self._forget(int(now))
        return sum(counts[0] for _, counts in self._seconds), sum(counts[1] for _, counts in self._seconds)

    def _forget(self, second: int) -> None:
        while self._seconds and self._seconds[0][0] <= second - WINDOW_S:
            self._seconds.popleft()


class DeadLetterLimit:
    """Counts what becomes of each topic's events, and holds a topic of which nearly all is put aside.

    A topic that is held stays so: another start begins anew. Used in the event loop only.

    Args:
        limit: So many events of one topic are put aside within a minute at the most, where nearly all are unusable; 0
            for no limit.
        dead_letters: The topic that they go to, for what is said.
        clock: Returns seconds.
    """

    def __init__(self, limit: int, *, dead_letters: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._dead_letters = dead_letters
        self._clock = clock
        self._minutes: dict[str, _Minute] = defaultdict(_Minute)
        self._held: dict[str, str] = {}

    def handled(self, topic: str) -> None:
        """Note that an event of the topic could be used."""
        self._minutes[topic].add(self._clock(), handled=1)

    def put_aside(self, topic: str) -> None:
        """Note that an event of the topic is on the dead-letter topic."""
        self._minutes[topic].add(self._clock(), aside=1)

    def check(self, topic: str) -> None:
        """Make sure that one more event of the topic may be put aside.

        Raises:
            TopicHeldError: It must not be; the message says what to do.
        """
        if topic not in self._held and self._is_reached(topic):
            self._held[topic] = self._reason(topic)
            _HELD.labels(topic).set(1)
            log.error("topic_held", topic=topic, reason=self._held[topic], worker_ends_in_s=HELD_S)
        if topic in self._held:
            raise TopicHeldError(self._held[topic])

    def held(self) -> list[str]:
        """Return why topics are held and what to do, a sentence each; none when none is."""
        return list(self._held.values())

    def _is_reached(self, topic: str) -> bool:
        handled, aside = self._minutes[topic].counts(self._clock())
        return 0 < self._limit <= aside and aside >= NEARLY_ALL * (handled + aside)

    def _reason(self, topic: str) -> str:
        handled, aside = self._minutes[topic].counts(self._clock())
        return (
            f"{topic} is held: {aside} of its last {handled + aside} events, within {WINDOW_S} s, were put aside. The "
            f"rest stays on the topic. See the x-error-reason of {self._dead_letters}: correct whoever sends them, or "
            "go back to the version before if this one should read them, and start again; with "
            "MEDIADNA_DEAD_LETTER_LIMIT=0 the rest is put aside too"
        )
