"""Looks after the neighbours that nothing else asks while no work is under way, so that `/readyz` tells the truth."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from streams.adapters.kafka.handshake import shake_hands as greet_kafka
from streams.adapters.milvus.lite_files import LOCALHOST, LiteFiles
from streams.background_task import BackgroundTask
from streams.ports.errors import Neighbour, NeighbourAwayError, away_from

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from streams.adapters.kafka.connection import KafkaConnection
    from streams.settings import Settings
    from streams.telemetry.neighbours import Neighbours

__all__ = ["Probes", "disk_probe", "kafka_probe", "milvus_probe"]

#: Seconds between looks: an operator, and a balancer in front of the workers, ask about as often.
INTERVAL_S = 5.0
#: Seconds that a server may take to accept a connection.
CONNECTING_S = 3.0
#: The port that an address of Milvus means which names none.
MILVUS_PORT = 19530
#: Bytes that are written to see whether the disk takes any: one block, so that a full disk shows.
BLOCK_BYTES = 4096


class Probes:
    """Asks each neighbour now and then.

    Args:
        probes: How to ask each; a probe raises when its neighbour is away.
        neighbours: Is told what was found.
        doubtful: Neighbours whose answer does not prove that they are back: a broker that stands still takes
            connections all the same. Who works with them tells of that.
    """

    def __init__(
        self,
        probes: dict[Neighbour, Callable[[], Awaitable[None]]],
        neighbours: Neighbours,
        *,
        doubtful: frozenset[Neighbour] = frozenset(),
    ) -> None:
        self._probes = probes
        self._doubtful = doubtful
        self._neighbours = neighbours
        self._task = BackgroundTask("probes")

    def start(self) -> None:
        """Start looking."""
        self._task.start(self._run())

    async def stop(self) -> None:
        """Stop looking."""
        await self._task.stop()

    async def look(self) -> None:
        """Ask every neighbour once."""
        for neighbour, probe in self._probes.items():
            try:
                await probe()
            except Exception as error:  # noqa: BLE001 (whatever it is, there is no answer)
                away = error if isinstance(error, NeighbourAwayError) else away_from(neighbour, error)
                self._neighbours.left(away.neighbour, str(away))
            else:
                if neighbour not in self._doubtful:
                    self._neighbours.came_back(neighbour)

    async def _run(self) -> None:
        while True:
            await self.look()
            await asyncio.sleep(INTERVAL_S)


def disk_probe(folder: Path) -> Callable[[], Awaitable[None]]:
    """Return a probe that writes a block into a folder."""

    def write() -> None:
        path = folder / "disk-probe"
        try:
            path.write_bytes(bytes(BLOCK_BYTES))
        finally:
            path.unlink(missing_ok=True)

    async def probe() -> None:
        await asyncio.to_thread(write)

    return probe


def milvus_probe(settings: Settings) -> Callable[[], Awaitable[None]]:
    """Return a probe that connects to Milvus, or to the state folder's Milvus Lite server; by TLS and token if set."""

    async def probe() -> None:
        if settings.milvus:
            parts = urlsplit(settings.milvus)
            if parts.scheme == "https" or settings.milvus_token_file is not None:
                return await asyncio.to_thread(_greet_milvus, settings)
            return await _connect(Neighbour.MILVUS, parts.hostname or LOCALHOST, parts.port or MILVUS_PORT)
        return await _connect(Neighbour.MILVUS, LOCALHOST, LiteFiles(settings.state / "milvus").port())

    return probe


def kafka_probe(kafka: KafkaConnection) -> Callable[[], Awaitable[None]]:
    """Return a probe that connects to any of the bootstrap servers; where these let in not everybody, as this worker.

    Kafka's clients try for ever with a password that has been changed, or a certificate that is over. This one says so.
    """

    async def probe() -> None:
        if kafka.security.protocol != "plaintext":
            return await greet_kafka(kafka)
        for host, port in kafka.places[:-1]:
            with contextlib.suppress(NeighbourAwayError):
                return await _connect(Neighbour.KAFKA, host, port)
        return await _connect(Neighbour.KAFKA, *kafka.places[-1])

    return probe


def _greet_milvus(settings: Settings) -> None:
    # Milvus's client takes long to load, and much memory: in this process not before it is needed, nor in its loop.
    from streams.adapters.milvus.security import MilvusSecurity, shake_hands  # noqa: PLC0415

    shake_hands(settings.milvus, MilvusSecurity.of(settings))


async def _connect(neighbour: Neighbour, host: str, port: int) -> None:
    try:
        async with asyncio.timeout(CONNECTING_S):
            _, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError) as error:
        raise NeighbourAwayError(
            neighbour, f"nothing answers at {host}:{port} ({str(error) or 'no answer'})"
        ) from error
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
