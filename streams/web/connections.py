"""How long a connection may keep the server waiting, and how many there may be.

uvicorn waits without end: for the head of a request, for its body, and for a reader to take its answer. A thousand
connections on which nothing comes are then all descriptors that the process has, and nobody gets in any more. Here
each of these waits has an end, and when there is no room the connection that has waited longest for its client gives
way, so that who comes and asks is served.
"""

from __future__ import annotations

import asyncio
import resource
from collections import Counter
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import h11
import structlog
from prometheus_client import Counter as Metric
from uvicorn.protocols.http.h11_impl import H11Protocol

from streams.background_task import BackgroundTask

if TYPE_CHECKING:
    from collections.abc import Iterable

    from uvicorn.protocols.http.h11_impl import RequestResponseCycle

__all__ = ["BACKLOG", "BoundedProtocol", "ConnectionSweep", "LetGo", "most_connections", "raise_descriptor_limit"]

log = structlog.get_logger(__name__)

#: Seconds in which the head of a request has to come: a client sends it in one piece.
HEAD_S = 10.0
#: Seconds over which the rates of bodies and of readers are looked at.
RATE_WINDOW_S = 20.0
#: Bytes a second that a client sends of a body, and takes of an answer, at least: a tenth of what the slowest mobile
#: networks carry.
LEAST_BYTES_PER_S = 1024
#: Seconds between looks at all connections.
POLL_INTERVAL_S = 1.0
#: Lines of a look at the most.
MOST_LINES = 10
#: Connections that are taken at a time, and wait to be: between two such gulps room is made. Python's own way takes
#: all that wait, two thousand, before it looks at any, and so more than there are descriptors for.
BACKLOG = 128
#: Connections at a time, where the process may have as many descriptors as that takes.
MOST_CONNECTIONS = 1024
#: Part of the descriptors that connections may take: the rest is for the broker's and Milvus' connections, worker
#: processes, read model and media.
SHARE_OF_DESCRIPTORS = 2

_LET_GO = Metric(
    "mediadna_connections_let_go", "Connections to API and web view that were ended, by reason.", ["reason"]
)

#: What the log does not know yet, by reason and client. A line for each would let a crowd fill the log.
_noted: Counter[tuple[str, str]] = Counter()


class LetGo(StrEnum):
    """Why a connection was ended."""

    #: The head of a request did not come.
    NO_HEAD = "no_head"
    #: A body came too slowly.
    SLOW_BODY = "slow_body"
    #: An answer was taken too slowly.
    SLOW_READER = "slow_reader"
    #: There was no room, and it was waiting for its client.
    GAVE_WAY = "gave_way"
    #: There was no room, and all others were being served.
    NO_ROOM = "no_room"


def raise_descriptor_limit() -> int:
    """Let this process have as many descriptors as the system allows it; return how many that is.

    What is usual, 1,024, is what programs need that wait with select(2). None here does.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        except (OSError, ValueError):  # some systems say that there is no limit, and have one
            return soft
    return hard


def most_connections() -> int:
    """Return how many connections there may be at a time, so that descriptors are left for all else."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return MOST_CONNECTIONS
    return min(MOST_CONNECTIONS, soft // SHARE_OF_DESCRIPTORS)


class BoundedProtocol(H11Protocol):
    """A connection whose waits for its client have an end. `ConnectionSweep` ends it."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._most = most_connections()
        #: Since when the head of a request is waited for.
        self._head_since = self.loop.time()
        #: What has come and gone since a time, while a body or a reader was waited for.
        self._body_window = _Window()
        self._answer_window = _Window()
        self._received = 0
        self._left = 0
        self._buffered = 0

    @property
    def waits_for_head(self) -> bool:
        """Whether the client has nothing under way: it is to send the head of a request."""
        return self.conn.their_state is h11.IDLE and self._is_answered

    @property
    def _is_answered(self) -> bool:
        cycle: RequestResponseCycle | None = (
            self.cycle
        )  # before the first request there is none, whatever the type says
        return cycle is None or cycle.response_complete

    @property
    def waits_for_body(self) -> bool:
        """Whether the client is to send more of a request's body."""
        return self.conn.their_state is h11.SEND_BODY and not self.flow.read_paused

    @property
    def waits_for_reader(self) -> bool:
        """Whether the client is to take more of an answer before the service writes on."""
        waits = self.flow.write_paused or self.transport.is_closing()
        return waits and self.transport.get_write_buffer_size() > 0

    @property
    def idleness(self) -> tuple[int, float]:
        """How much sooner than others it gives way, smallest first: without a request, then the older ones."""
        return (0 if self.waits_for_head else 1), self._head_since

    @property
    def host(self) -> str:
        """The client's address."""
        return self.client[0] if self.client else ""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn's own
        """Take a connection, if there is room or room can be made."""
        super().connection_made(transport)
        if len(self.connections) > self._most:
            others = [one for one in self.connections if isinstance(one, BoundedProtocol) and one is not self]
            waiting = _gives_way(others)
            if waiting is None:
                self.let_go(LetGo.NO_ROOM)
            else:
                waiting.let_go(LetGo.GAVE_WAY)

    def data_received(self, data: bytes) -> None:
        """Take what the client sends."""
        self._received += len(data)
        super().data_received(data)

    def on_response_complete(self) -> None:
        """Begin to wait for the next request."""
        self._head_since = self.loop.time()
        super().on_response_complete()

    def let_go(self, reason: LetGo) -> None:
        """End the connection at once: whoever does not read an answer would not read a refusal either."""
        _LET_GO.labels(reason).inc()
        _noted[reason, self.host] += 1
        self.connections.discard(self)
        self.transport.abort()

    def overdue(self, now: float) -> LetGo | None:
        """Return why the connection is to be ended, if it is. Asked now and then."""
        if self.waits_for_head and self.timeout_keep_alive_task is None and not self.transport.is_closing():
            return LetGo.NO_HEAD if now - self._head_since > HEAD_S else None
        if self._body_window.is_slow(self._received, now, waiting=self.waits_for_body):
            return LetGo.SLOW_BODY
        # While nothing is written, what leaves the buffer is what the reader takes.
        buffered = self.transport.get_write_buffer_size()
        self._left += max(0, self._buffered - buffered)
        self._buffered = buffered
        return (
            LetGo.SLOW_READER if self._answer_window.is_slow(self._left, now, waiting=self.waits_for_reader) else None
        )


class _Window:
    """Tells whether something flows too slowly."""

    def __init__(self) -> None:
        self._since: float | None = None
        self._from = 0

    def is_slow(self, total: int, now: float, *, waiting: bool) -> bool:
        """Whether less than the least rate has flowed in a whole window in which it was waited for."""
        if not waiting or self._since is None:
            self._since, self._from = (now if waiting else None), total
            return False
        if now - self._since < RATE_WINDOW_S:
            return False
        slow = total - self._from < LEAST_BYTES_PER_S * RATE_WINDOW_S
        self._since, self._from = now, total
        return slow


class ConnectionSweep:
    """Looks at all connections now and then, and ends those that keep the server waiting.

    Args:
        connections: uvicorn's set of all of them.
    """

    def __init__(self, connections: Iterable[Any]) -> None:
        self._connections = connections
        self._task = BackgroundTask("connection-sweep")

    def start(self) -> None:
        """Start looking."""
        self._task.start(self._run())

    async def stop(self) -> None:
        """Stop looking."""
        await self._task.stop()

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(POLL_INTERVAL_S)
            now = asyncio.get_running_loop().time()
            for connection in [one for one in self._connections if isinstance(one, BoundedProtocol)]:
                reason = connection.overdue(now)
                if reason is not None:
                    connection.let_go(reason)
            _tell()


def _tell() -> None:
    """Write what was noted to the log: a line for each reason and client."""
    for (reason, client), connections in _noted.most_common(MOST_LINES):
        log.info("connections_let_go", client=client, reason=reason, connections=connections)
    _noted.clear()


def _gives_way(connections: Iterable[BoundedProtocol]) -> BoundedProtocol | None:
    """Return the connection to end for a new one: one that waits for its client, of the address with most of them."""
    waiting = [one for one in connections if one.waits_for_head or one.waits_for_body or one.waits_for_reader]
    if not waiting:
        return None
    held = Counter(one.host for one in waiting)
    most = max(held.values())
    return min((one for one in waiting if held[one.host] == most), key=lambda one: one.idleness)
