"""Services that the tests run on this machine: one node of Apache Kafka, one Milvus server.

Each keeps its data in a folder, and can be killed, frozen, and started again on its port.
"""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from contextlib import suppress
from pathlib import Path

import grpc
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from pymilvus.grpc_gen.milvus_pb2 import CheckHealthRequest
from pymilvus.grpc_gen.milvus_pb2_grpc import MilvusServiceStub

from streams.adapters.kafka.embedded import PORT_FILE

__all__ = ["REPOSITORY", "KafkaNode", "MilvusNode", "Node", "NodeError", "free_port", "is_listened_on", "own_port"]

REPOSITORY = Path(__file__).parents[2]
#: Seconds in which a node answers, also while a loaded machine runs other tests.
START_S = 90.0
#: Seconds that a node gets to end in good order.
STOP_S = 30.0
#: Seconds between looks at whether it answers.
POLL_INTERVAL_S = 0.2

#: Below the ports that the system hands out by itself: no connection of somebody else's takes one meanwhile, not even
#: that of a client which asks there again and again for a node that is away.
PORTS = range(20_000, 32_000)


class NodeError(Exception):
    """A node did not start; the message has the end of its log."""


class Node(ABC):
    """A server that runs as a process of its own.

    Attributes:
        folder: Where it keeps its data and its log.
        port: Its port on loopback, the same at each start.
    """

    #: Name of the folder below `docker/` whose `run.py` becomes the server; also that of the log.
    name: str

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @classmethod
    def command(cls) -> list[str]:
        """Return what runs the node's script, on programs that all nodes of this checkout share."""
        script = REPOSITORY / "docker" / cls.name / "run.py"
        return [sys.executable, str(script), "--lib", str(REPOSITORY / f".{cls.name}" / "lib")]

    @abstractmethod
    def answers(self) -> bool:
        """Whether the server does what clients ask of it."""

    def arguments(self) -> list[str]:
        """Return what the node's script is told beside folder and port."""
        return []

    def environment(self) -> dict[str, str]:
        """Return the node's environment."""
        return {**os.environ}

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.folder / f"{self.name}.log"

    @property
    def pid(self) -> int:
        """The server's process id.

        Raises:
            NodeError: It was not started.
        """
        if self._process is None:
            raise NodeError(f"{self.name} is not running: call start() first")
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether the server's process is there."""
        return self._process is not None and self._process.poll() is None

    def launch(self) -> None:
        """Start the server; returns before it answers."""
        self.folder.mkdir(parents=True, exist_ok=True)
        own = ["--folder", str(self.folder), "--port", str(self.port), "--end-with-parent", str(os.getpid())]
        command = [*self.command(), *own, *self.arguments()]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, env=self.environment())

    def start(self) -> None:
        """Start the server; returns as soon as it answers.

        Raises:
            NodeError: It ended, or did not answer in time.
        """
        self.launch()
        self.wait()

    def wait(self) -> None:
        """Wait until the server answers.

        Raises:
            NodeError: It ended, or did not answer in time.
        """
        deadline = time.monotonic() + START_S
        while not self.answers():
            if not self.is_running or time.monotonic() > deadline:
                self.kill()
                raise NodeError(f"{self.name} did not start:\n{self.log.read_text(errors='replace')[-4000:]}")
            time.sleep(POLL_INTERVAL_S)

    def stop(self) -> None:
        """End the server in good order."""
        if self._process is not None:
            self._process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(STOP_S)
        self.kill()

    def kill(self) -> None:
        """End the server as `kill -9` does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        """Let the server stand still: it takes connections, and does nothing."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let the server go on."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)


class KafkaNode(Node):
    """A node of Apache Kafka.

    Attributes:
        bootstrap: Its bootstrap address.
    """

    name = "kafka"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.bootstrap = f"127.0.0.1:{self.port}"

    def answers(self) -> bool:
        """Whether the node lists its topics."""
        with suppress(KafkaException):
            AdminClient({"bootstrap.servers": self.bootstrap, "log_level": 0}).list_topics(timeout=1)
            return True
        return False


class MilvusNode(Node):
    """A Milvus server.

    Attributes:
        uri: Its address for clients.
        session_s: Seconds for which it may stand still before it ends itself, and for which one that was killed and
            started again waits.
    """

    name = "milvus"

    def __init__(self, folder: Path, session_s: int = 10) -> None:
        super().__init__(folder)
        self.uri = f"http://127.0.0.1:{self.port}"
        self.session_s = session_s

    def arguments(self) -> list[str]:
        """Return how long its session lasts."""
        return ["--session", str(self.session_s)]

    def kill(self) -> None:
        """End the server as `kill -9` does, and its helper on the port, which the kernel ends a moment after it.

        Raises:
            NodeError: The helper goes on.
        """
        super().kill()
        deadline = time.monotonic() + STOP_S
        while is_listened_on(self.port):
            if time.monotonic() > deadline:
                raise NodeError(f"something listens on port {self.port} though the Milvus server was killed")
            time.sleep(POLL_INTERVAL_S / 20)

    def answers(self) -> bool:
        """Whether the server calls itself healthy."""
        with suppress(grpc.RpcError), grpc.insecure_channel(f"127.0.0.1:{self.port}") as channel:
            health = MilvusServiceStub(channel).CheckHealth(CheckHealthRequest(), timeout=5)
            return bool(health.isHealthy)
        return False


def is_listened_on(port: int) -> bool:
    """Whether connections to a port on loopback are taken."""
    with suppress(ConnectionError), socket.create_connection(("127.0.0.1", port), timeout=STOP_S):
        return True
    return False


def free_port() -> int:
    """Return a port on loopback that nobody listens on, and that stays free for who gives it up for a while."""
    while True:
        port = random.choice(PORTS)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def own_port(state: Path) -> None:
    """Give the embedded broker of a state folder a port of its own, which it has again after it was restarted.

    The usual port belongs to whichever broker came last: tests run beside each other, and one whose broker has ended
    for a moment would find it taken.
    """
    (state / PORT_FILE).write_text(str(free_port()), encoding="ascii")
