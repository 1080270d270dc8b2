"""The embedded broker: librdkafka's in-process Kafka cluster, in a process of its own, behind an address that stays.

It speaks the real protocol (produce, fetch, consumer groups), and keeps everything in memory: the newest 5 MiB or
100,000 events of a partition. It takes an event of any size: one of more than half of that can push out itself and the
one behind it, so the service writes none. What it holds is gone with its process, however that ends, and a new one
counts from 0 again: what the service itself needs to remember is in the read model, and durable delivery of events is
what a real Kafka is for.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from typing import TYPE_CHECKING

from streams.adapters.kafka.embedded_door import LOCALHOST
from streams.adapters.kafka.embedded_process import PORT_TAKEN

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from pathlib import Path

__all__ = ["BrokerFailed", "EmbeddedBroker", "PortTaken"]

#: Kafka's own port: what a client tries first.
USUAL_PORT = 9092
#: Where the state folder remembers the port.
PORT_FILE = "kafka-port"
#: Where the state folder keeps what the process prints.
LOG_FILE = "kafka.log"
#: Seconds until the process answers, on a machine that is busy.
START_S = 60.0
#: Seconds that it gets to end in good order.
STOP_S = 5.0


class PortTaken(RuntimeError):  # noqa: N818 (says what happened)
    """The port that clients of this state folder know is in use by another program."""


class BrokerFailed(RuntimeError):  # noqa: N818 (says what happened)
    """The broker's process does not start."""


class EmbeddedBroker:
    """A broker for one machine, on one loopback address for the life of a state folder."""

    def __init__(self, state: Path) -> None:
        self._port_file = state / PORT_FILE
        #: What the process prints: where it says by what it was ended.
        self.log_file = state / LOG_FILE
        self._process: Process | None = None
        #: Where everybody finds the broker, whichever process runs it.
        self.bootstrap = ""
        #: Where the worker finds the process that runs now, and no other one.
        self.worker_bootstrap = ""

    @property
    def pid(self) -> int:
        """The process that runs, 0 for none."""
        return 0 if self._process is None else self._process.pid

    async def start(self) -> None:
        """Start the process; returns when it takes connections.

        Raises:
            PortTaken: Another program uses the port.
            BrokerFailed: It does not start.
            OSError: No process is to be had.
        """
        self._port_file.parent.mkdir(parents=True, exist_ok=True)
        known = self._known_port()
        port, worker_port = await self._run(known or USUAL_PORT)
        if not port and not known:
            port, worker_port = await self._run(0)
        if not port:
            raise PortTaken(
                f"port {known}, which clients of this state folder know as the broker's, is in use: end the "
                f"program that uses it, or delete {self._port_file} to have another port chosen"
            )
        self._port_file.write_text(str(port), encoding="ascii")
        self.bootstrap = f"{LOCALHOST}:{port}"
        self.worker_bootstrap = f"{LOCALHOST}:{worker_port}"

    async def ended(self) -> int:
        """Wait until the process has ended; return its status, negative for a signal."""
        return 0 if self._process is None else await self._process.wait()

    async def stop(self) -> None:
        """End the process; every event that nobody has consumed is gone."""
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(STOP_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()

    async def _run(self, port: int) -> tuple[int, int]:
        """Start the process on a port; return its two ports, zeros when the one is in use."""
        command = [sys.executable, "-m", "streams.adapters.kafka.embedded_process", str(os.getpid()), str(port)]
        with self.log_file.open("ab") as output:
            # Started by the event loop's thread, which lives as long as this process: the death signal follows it.
            self._process = await asyncio.create_subprocess_exec(
                *command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=output
            )
        process = self._process
        line = b""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(START_S):
                line = await process.stdout.readline() if process.stdout is not None else b""
                if not line:  # it has closed its output: it ends
                    await process.wait()
        if line:
            public, own = map(int, line.split())
            return public, own
        await self.stop()
        if process.returncode == PORT_TAKEN:
            return 0, 0
        raise BrokerFailed(
            f"the embedded broker did not start (status {process.returncode}): {self.log_file} says what is wrong"
        )

    def _known_port(self) -> int:
        with contextlib.suppress(OSError, ValueError):
            return int(self._port_file.read_text(encoding="ascii"))
        return 0
