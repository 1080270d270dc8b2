"""What happens when an event cannot be handled. An agent never raises.

Faust acknowledges the event of an agent that raised, and so loses it. Here only an event that proves to be unusable
itself, since it does not decode or breaks its schema, is put aside, on the dead-letter topic with the reason. All else
is a fault of ours or of the surroundings: the event stays, and is tried again with growing pauses, while a neighbour is
away without end. When a fault of ours does not go away, the worker ends with the event unacknowledged. So it does when
nearly all of a topic proves to be unusable (`dead_letter_limit.py`), some minutes after it has stopped taking it.
"""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import structlog

from schemas.clock import utc_now
from schemas.deadletter import dead_letter_headers, was_sent_again
from schemas.errors import ErrorCode
from schemas.wire import InvalidEvent
from streams.pipeline.agents.dead_letter_limit import HELD_S, TopicHeldError
from streams.pipeline.freshness import REJOIN_S, StoodStillError
from streams.ports.errors import EventTooLargeError, Neighbour, NeighbourAwayError, PublishError, away_from

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from faust.types import EventT

    from streams.adapters.kafka.assignment import Assignment
    from streams.pipeline.agents.dead_letter_limit import DeadLetterLimit
    from streams.pipeline.events import EventEmitter
    from streams.ports.events import Headers
    from streams.telemetry.neighbours import Neighbours

    Handling = Callable[[], Awaitable[None]]

__all__ = ["ErrorPolicy", "headers_of"]

log = structlog.get_logger(__name__)

#: Seconds of the first pause; each is twice the one before. A broker that changes its leader is back within it.
FIRST_PAUSE_S = 0.5
#: Seconds of the longest pause: so long a neighbour that came back may stay unnoticed.
LONGEST_PAUSE_S = 20.0
#: Tries of an event whose handling fails for no reason that we know, before the worker ends: about a minute.
UNKNOWN_TRIES = 8


class ErrorPolicy:
    """Runs a handler, and decides what its failure means.

    Args:
        emitter: Puts events aside.
        assignment: Whose partitions the events are of.
        neighbours: Is told who is away.
        limit: Says when so much of a topic is put aside that no more may be.
        stop_worker: Ends the worker.
    """

    def __init__(
        self,
        emitter: EventEmitter,
        assignment: Assignment,
        neighbours: Neighbours,
        limit: DeadLetterLimit,
        stop_worker: Callable[[BaseException], None],
    ) -> None:
        self._emitter = emitter
        self._assignment = assignment
        self._neighbours = neighbours
        self._limit = limit
        self._stop_worker = stop_worker
        self._ending: asyncio.TimerHandle | None = None

    async def run(self, event: EventT[object], handling: Handling) -> bool:
        """Handle an event.

        Returns:
            Whether the event is done with: handled, or on the dead-letter topic. If not, it was given up, since its
            partition is no longer ours or the worker ends: it must not be acknowledged.
        """

        async def handle() -> None:
            try:
                await handling()
            except InvalidEvent as error:
                await self._put_aside(event, error.code, str(error))
            except EventTooLargeError as error:
                log.exception("event_too_large", topic=event.message.topic, offset=event.message.offset)
                await self._put_aside(event, ErrorCode.RESOURCE_TOO_LARGE, str(error))
            else:
                self._limit.handled(event.message.topic)

        return await self._until_done(event, handle)

    async def _until_done(self, event: EventT[object], handle: Handling) -> bool:
        missed: set[Neighbour] = set()
        unknown = tries = 0
        while True:
            try:
                await handle()
            except TopicHeldError as error:
                return await self._hold(event, error)
            except Exception as error:
                pause_s = _pause_s(tries)
                away = _neighbour_of(error)
                if isinstance(error, StoodStillError):  # it soon hears whether its partitions are others' by now
                    log.warning("decision_made_anew", topic=event.message.topic, reason=str(error))
                    pause_s = REJOIN_S
                elif away is None:
                    unknown += 1
                    log.exception("event_failed", topic=event.message.topic, offset=event.message.offset)
                else:
                    missed.add(away.neighbour)
                    self._neighbours.left(away.neighbour, str(away))
                if unknown >= UNKNOWN_TRIES or isinstance(error, PublishError):
                    self._stop_worker(error)
                    return False
                if not await self._assignment.pause(event.message.tp, pause_s):
                    return False
                tries += 1
            else:
                for neighbour in missed:
                    self._neighbours.came_back(neighbour)
                return True

    async def _hold(self, event: EventT[object], error: TopicHeldError) -> bool:
        """Keep an event until the worker ends or its partition goes to another one."""
        if self._ending is None:
            self._ending = asyncio.get_running_loop().call_later(HELD_S, self._stop_worker, error)
        while await self._assignment.pause(event.message.tp, LONGEST_PAUSE_S):
            pass
        return False

    async def _put_aside(self, event: EventT[object], code: str, reason: str) -> None:
        message = event.message
        original = headers_of(event)
        counts = not was_sent_again(original)
        if counts:
            self._limit.check(message.topic)
        log.warning("event_put_aside", topic=message.topic, offset=message.offset, code=code, reason=reason)
        headers = dead_letter_headers(
            original,
            topic=message.topic,
            partition=message.partition,
            offset=message.offset,
            code=code,
            reason=reason,
            time=utc_now(),
        )
        await self._emitter.dead_letter(message.key, message.value, headers)
        if counts:
            self._limit.put_aside(message.topic)


def headers_of(event: EventT[object]) -> Headers:
    """Return the event's headers as pairs, whichever form Faust gives them in."""
    headers: Any = event.message.headers or ()
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    return [(str(name), bytes(value or b"")) for name, value in pairs]


def _neighbour_of(error: Exception) -> NeighbourAwayError | None:
    """Tell which neighbour's absence an error means; None when it means none."""
    if isinstance(error, NeighbourAwayError):
        return error
    if isinstance(error, sqlite3.OperationalError):  # a full disk, or a file that cannot be read
        return away_from(Neighbour.DISK, error)
    if isinstance(error, OSError):  # time-outs are among them: what agents wait for is the broker
        return away_from(Neighbour.KAFKA, error)
    return None


def _pause_s(tries: int) -> float:
    """Return the pause after so many tries: it grows, and differs between workers that wait for the same."""
    return min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** min(tries, 10)) * random.uniform(0.75, 1.0)
