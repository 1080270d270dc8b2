"""The embedded broker: librdkafka's in-process Kafka cluster behind an address that stays the same.

It speaks the real protocol (produce, fetch, consumer groups), keeps everything in memory, and takes a new port at each
start; so a forwarder on a fixed loopback port stands in front of it. Clients bootstrap through the forwarder and then
talk to the advertised port. It keeps the newest 5 MiB or 100,000 events of a partition, and takes an event of any size:
one of more than half of that can push out itself and the one behind it, so the service writes none. Durable delivery of
events is what a real Kafka is for; what the service itself needs to remember is in the read model.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from confluent_kafka import Producer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    _Forward = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

__all__ = ["EmbeddedBroker", "PortTaken"]

LOCALHOST = "127.0.0.1"
#: Kafka's own port: what a client tries first.
USUAL_PORT = 9092
#: Bytes that the forwarder moves at a time.
BLOCK = 64 * 1024
#: Where the state folder remembers the port.
PORT_FILE = "kafka-port"


class PortTaken(RuntimeError):  # noqa: N818 (says what happened)
    """The port that clients of this state folder know is in use by another program."""


class EmbeddedBroker:
    """A broker for one machine, on one loopback address for the life of a state folder."""

    def __init__(self, state: Path) -> None:
        self._port_file = state / PORT_FILE
        self._cluster: Producer | None = None
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self.bootstrap = ""

    async def start(self) -> None:
        """Start the cluster and the forwarder.

        Raises:
            PortTaken: Another program uses the port.
        """
        # The cluster lives as long as the client that carries it.
        self._cluster = Producer({"test.mock.num.brokers": 1, "bootstrap.servers": LOCALHOST, "log_level": 0})
        host, port = await asyncio.to_thread(_address, self._cluster)

        async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            if task is not None:
                self._connections.add(task)
                task.add_done_callback(self._connections.discard)
            await _forward(reader, writer, host, port)

        self._server = await self._listen(forward)
        taken: int = self._server.sockets[0].getsockname()[1]
        self._port_file.parent.mkdir(parents=True, exist_ok=True)
        self._port_file.write_text(str(taken), encoding="ascii")
        self.bootstrap = f"{LOCALHOST}:{taken}"

    async def stop(self) -> None:
        """End the forwarder and the cluster; every event that nobody has consumed is gone."""
        if self._server is not None:
            self._server.close()
            for task in self._connections:
                task.cancel()
            await asyncio.gather(*self._connections, return_exceptions=True)
            await self._server.wait_closed()
        self._cluster = None

    async def _listen(self, forward: _Forward) -> asyncio.Server:
        known = self._known_port()
        try:
            return await asyncio.start_server(forward, LOCALHOST, known or USUAL_PORT)
        except OSError as error:
            if known:
                raise PortTaken(
                    f"port {known}, which clients of this state folder know as the broker's, is in use: end the "
                    f"program that uses it, or delete {self._port_file} to have another port chosen"
                ) from error
        return await asyncio.start_server(forward, LOCALHOST, 0)

    def _known_port(self) -> int:
        with contextlib.suppress(OSError, ValueError):
            return int(self._port_file.read_text(encoding="ascii"))
        return 0


def _address(cluster: Producer) -> tuple[str, int]:
    metadata = cluster.list_topics(timeout=10)
    broker = next(iter(metadata.brokers.values()))
    return broker.host, broker.port


async def _forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str, port: int) -> None:
    """Join a client's connection with one to the cluster until either side closes."""
    with contextlib.suppress(OSError):
        cluster_reader, cluster_writer = await asyncio.open_connection(host, port)
        try:
            await asyncio.gather(_pump(reader, cluster_writer), _pump(cluster_reader, writer))
        finally:
            cluster_writer.close()
    writer.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while block := await reader.read(BLOCK):
        writer.write(block)
        await writer.drain()
    writer.close()
