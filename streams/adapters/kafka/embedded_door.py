"""The door of the embedded broker: one loopback port that stays, and what is let through it.

librdkafka's cluster takes a new random port at each start, tells its clients to go there, and takes whatever is sent
to it: of bytes that are no request it aborts. So everything passes here. The port that answers name is this one's, so
that clients never learn another and find their way after a restart; requests that are too large, are none, or that no
client of ours makes do not reach the cluster; and connections on which nothing comes are let go.
"""

from __future__ import annotations

import asyncio
import struct

import structlog

from schemas.limits import LARGEST_BATCH

__all__ = ["LOCALHOST", "Door"]

log = structlog.get_logger(__name__)

LOCALHOST = "127.0.0.1"
#: Bytes of a request: the largest batch with its heads, which is what Kafka allows beyond its own 1 MiB batches too.
LARGEST_REQUEST = 2 * LARGEST_BATCH
#: Bytes of an answer that is changed on its way: one that names brokers says where all partitions of all topics are.
LARGEST_NAMING = 16 * 2**20
#: Bytes that are moved at a time.
COPY_BLOCK_BYTES = 64 * 1024
#: Connections at a time. A worker holds some twenty; the rest is for the programs that send events and read results.
MOST_CONNECTIONS = 256
#: Seconds in which a request has to come whole, and a new connection's first one at all.
REQUEST_S = 30.0
#: Seconds that a client may be silent between requests: Kafka's own `connections.max.idle.ms`.
IDLE_S = 600.0

#: The head of every request and answer: its length; of requests then which call it is, its version and its number.
_LENGTH = struct.Struct(">i")
_HEAD = struct.Struct(">hhi")
_NUMBER = struct.Struct(">i")

#: Calls that clients make: to produce, to consume in groups, and to ask what topics there are. The others that the
#: cluster knows (groups of the newer kind, telemetry) nobody needs, and some of them end it with one packet.
PRODUCE, FETCH, LIST_OFFSETS, METADATA = 0, 1, 2, 3
OFFSET_COMMIT, OFFSET_FETCH, FIND_COORDINATOR = 8, 9, 10
JOIN_GROUP, HEARTBEAT, LEAVE_GROUP, SYNC_GROUP = 11, 12, 13, 14
API_VERSIONS, CREATE_TOPICS, INIT_PRODUCER_ID, OFFSET_FOR_LEADER_EPOCH = 18, 19, 22, 23
ADD_PARTITIONS_TO_TXN, ADD_OFFSETS_TO_TXN, END_TXN, TXN_OFFSET_COMMIT = 24, 25, 26, 28
CALLS = frozenset(
    {
        *(PRODUCE, FETCH, LIST_OFFSETS, METADATA),
        *(OFFSET_COMMIT, OFFSET_FETCH, FIND_COORDINATOR),
        *(JOIN_GROUP, HEARTBEAT, LEAVE_GROUP, SYNC_GROUP),
        *(API_VERSIONS, CREATE_TOPICS, INIT_PRODUCER_ID, OFFSET_FOR_LEADER_EPOCH),
        *(ADD_PARTITIONS_TO_TXN, ADD_OFFSETS_TO_TXN, END_TXN, TXN_OFFSET_COMMIT),
    }
)
#: Calls whose answers name the broker's address.
NAMING = frozenset({METADATA, FIND_COORDINATOR})


class _RefusedError(Exception):
    """What came is not let through; the text says why."""


class Door:
    """Lets clients through to the cluster.

    Args:
        port: The cluster's port on this machine.
    """

    def __init__(self, port: int) -> None:
        self._cluster_port = port
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self.port = 0

    async def open(self, port: int) -> None:
        """Listen on a port of this machine, 0 for any; `port` then says on which.

        Raises:
            OSError: The port is taken.
        """
        self._server = await asyncio.start_server(self._serve, LOCALHOST, port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Let everybody go."""
        if self._server is not None:
            self._server.close()
            for task in self._connections:
                task.cancel()
            await asyncio.gather(*self._connections, return_exceptions=True)
            await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._connections) >= MOST_CONNECTIONS:
            log.warning("embedded_broker_has_no_room", connections=len(self._connections))
            writer.close()
            return
        task = asyncio.current_task()
        if task is not None:
            self._connections.add(task)
            task.add_done_callback(self._connections.discard)
        try:
            await self._join(reader, writer)
        except _RefusedError as refusal:
            log.warning("embedded_broker_refused", client=writer.get_extra_info("peername"), reason=str(refusal))
        except (OSError, asyncio.IncompleteReadError):
            pass  # either side has gone
        finally:
            writer.close()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Join a client's connection with one to the cluster until either side closes."""
        # Before the first request there is no connection to the cluster: whoever only connects costs it nothing.
        head = await _head(reader, wait_s=REQUEST_S)
        cluster_reader, cluster_writer = await asyncio.open_connection(LOCALHOST, self._cluster_port)
        naming: set[int] = set()
        ways = [
            asyncio.create_task(_requests(head, reader, cluster_writer, naming)),
            asyncio.create_task(self._answers(cluster_reader, writer, naming)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            ended = await asyncio.gather(*ways, return_exceptions=True)
            cluster_writer.close()
        for result in ended:
            if isinstance(result, Exception):
                raise result

    async def _answers(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, naming: set[int]) -> None:
        """Pass answers on; where one names the cluster's address, this door's takes its place."""
        theirs, ours = _address(self._cluster_port), _address(self.port)
        while True:
            head = await reader.readexactly(_LENGTH.size + _NUMBER.size)
            (size,), (number,) = _LENGTH.unpack_from(head), _NUMBER.unpack_from(head, _LENGTH.size)
            writer.write(head)
            rest = size - _NUMBER.size
            if number in naming and rest <= LARGEST_NAMING:
                naming.discard(number)
                writer.write((await reader.readexactly(rest)).replace(theirs, ours))
                await writer.drain()
            else:
                await _copy(reader, writer, rest)


async def _requests(head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, naming: set[int]) -> None:
    """Pass requests on, and note the numbers of those whose answers name addresses."""
    while True:
        (size,) = _LENGTH.unpack_from(head)
        call, _, number = _HEAD.unpack_from(head, _LENGTH.size)
        if call in NAMING:
            naming.add(number)
        writer.write(head)
        try:
            async with asyncio.timeout(REQUEST_S):
                await _copy(reader, writer, size - _HEAD.size)
        except TimeoutError as error:
            raise _RefusedError(f"a request of {size} bytes did not come within {REQUEST_S:g} s") from error
        head = await _head(reader, wait_s=IDLE_S)


async def _head(reader: asyncio.StreamReader, *, wait_s: float) -> bytes:
    """Read the head of the next request.

    Raises:
        _RefusedError: It is none that the cluster takes, or it does not come.
    """
    try:
        async with asyncio.timeout(wait_s):
            head = await reader.readexactly(1)
        async with asyncio.timeout(REQUEST_S):
            head += await reader.readexactly(_LENGTH.size + _HEAD.size - 1)
    except TimeoutError as error:
        raise _RefusedError(f"no request has come within {wait_s:g} s") from error
    (size,), (call, _, _) = _LENGTH.unpack_from(head), _HEAD.unpack_from(head, _LENGTH.size)
    if not _HEAD.size <= size <= LARGEST_REQUEST:
        raise _RefusedError(f"a request of {size} bytes; {LARGEST_REQUEST} are allowed")
    if call not in CALLS:
        raise _RefusedError(f"call {call}, which no client of this broker needs")
    return head


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, size: int) -> None:
    while size > 0:
        block = await reader.read(min(size, COPY_BLOCK_BYTES))
        if not block:
            raise asyncio.IncompleteReadError(b"", size)
        size -= len(block)
        writer.write(block)
        await writer.drain()


def _address(port: int) -> bytes:
    """Return an address as answers hold it: the host's text and, right behind it, the port in four bytes."""
    return LOCALHOST.encode() + _NUMBER.pack(port)
