"""What happens when an event cannot be handled: it is put aside, or the worker stops. An agent never raises.

Faust acknowledges the event of an agent that raised, and so loses it. Here an event that is to blame itself goes to the
dead-letter topic with the reason; when something else is (the broker is gone, the disk is full), the worker stops with
the event unacknowledged, and Kafka delivers it again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import structlog

from schemas.deadletter import dead_letter_headers
from schemas.errors import ErrorCode
from schemas.wire import InvalidEvent

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from faust.types import EventT

    from streams.agents.outbox import Headers, Outbox

__all__ = ["Guard", "headers_of"]

log = structlog.get_logger(__name__)

#: Faults of the surroundings, not of the event: another try later, or elsewhere, can go well. Timeouts are among them.
SURROUNDINGS = OSError


class Guard:
    """Runs a handler, and decides what its failure means."""

    def __init__(self, outbox: Outbox, stop_worker: Callable[[BaseException], None]) -> None:
        self._outbox = outbox
        self._stop_worker = stop_worker

    async def run(self, event: EventT[object], handling: Awaitable[None], *, now: str) -> None:
        """Await the handler of an event.

        Returns when the event is done with: handled, or on the dead-letter topic. When the surroundings failed it
        stops the worker and never returns, so that the event stays unacknowledged.
        """
        try:
            await handling
        except InvalidEvent as error:
            await self._put_aside(event, error.code, str(error), now=now)
        except SURROUNDINGS as error:
            await self._give_up(event, error)
        except Exception as error:  # whatever else a handler raises is about this very event
            log.exception("event_failed", topic=event.message.topic, offset=event.message.offset)
            await self._put_aside(event, ErrorCode.INTERNAL_ERROR, f"{type(error).__name__}: {error}", now=now)

    async def _put_aside(self, event: EventT[object], code: str, reason: str, *, now: str) -> None:
        message = event.message
        log.warning("event_put_aside", topic=message.topic, offset=message.offset, code=code, reason=reason)
        headers = dead_letter_headers(
            headers_of(event),
            topic=message.topic,
            partition=message.partition,
            offset=message.offset,
            code=code,
            reason=reason,
            time=now,
        )
        try:
            await self._outbox.dead_letter(message.key, message.value, headers)
        except SURROUNDINGS as error:
            await self._give_up(event, error)

    async def _give_up(self, event: EventT[object], error: BaseException) -> None:
        log.error("worker_stops", topic=event.message.topic, offset=event.message.offset, error=repr(error))
        self._stop_worker(error)
        await asyncio.Event().wait()


def headers_of(event: EventT[object]) -> Headers:
    """Return the event's headers as pairs, whichever form Faust gives them in."""
    headers: Any = event.message.headers or ()
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    return [(str(name), bytes(value or b"")) for name, value in pairs]
