"""What many tests of the service need: a read model, an embedded broker, and Apache Kafka.

Of Apache Kafka there are the fixtures `kafka` (a node for the whole session) and `start_kafka` (one's own).
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from streams.broker.embedded import EmbeddedBroker
from streams.readmodel.model import ReadModel

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

REPOSITORY = Path(__file__).parents[2]
RUN = REPOSITORY / "docker" / "kafka" / "run.py"
#: Seconds for the first start on a machine: Maven brings the jars.
JARS_S = 300
#: Seconds in which a node answers, also while a loaded machine runs other tests.
START_S = 90


class KafkaNode:
    """A node of Apache Kafka that keeps its data in a folder, and can be killed and started again on its port."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.bootstrap = f"127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the node; returns as soon as it answers."""
        self.folder.mkdir(parents=True, exist_ok=True)
        own = ["--folder", str(self.folder), "--port", str(self.port), "--end-with-parent", str(os.getpid())]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen([*command(), *own], stdout=log, stderr=log)
        deadline = time.monotonic() + START_S
        while not answers(self.bootstrap):
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                pytest.fail(f"Apache Kafka did not start:\n{self._log.read_text(errors='replace')[-4000:]}")

    def stop(self) -> None:
        """End the node in good order."""
        if self._process is not None:
            self._process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(30)
        self.kill()

    def freeze(self) -> None:
        """Have the node stand still: it keeps its connections, and answers nothing."""
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Have the node go on."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """End the node as `kill -9` does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    @property
    def _log(self) -> Path:
        return self.folder / "kafka.log"


@pytest.fixture
def model(tmp_path: Path) -> Iterator[ReadModel]:
    """An empty read model."""
    model = ReadModel(tmp_path / "jobs.sqlite")
    yield model
    model.close()


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[EmbeddedBroker]:
    """An embedded broker of a test's own."""
    broker = EmbeddedBroker(tmp_path)
    await broker.start()
    yield broker
    await broker.stop()


@pytest.fixture(scope="session")
def kafka_jars() -> None:
    """Bring Kafka's jars. Skips without Java or Maven; in CI their absence is a failure."""
    missing = [tool for tool in ("java", "mvn") if shutil.which(tool) is None]
    if missing and os.environ.get("CI") != "true":
        pytest.skip(f"Apache Kafka needs {' and '.join(missing)}")
    subprocess.run([*command(), "--jars-only"], check=True, timeout=JARS_S)


@pytest.fixture(scope="session")
def kafka(kafka_jars: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:  # noqa: ARG001 (must be there)
    """Yield the bootstrap address of a node that the whole session shares: tests take topics of their own."""
    node = KafkaNode(tmp_path_factory.mktemp("kafka"))
    node.start()
    yield node.bootstrap
    node.kill()


@pytest.fixture
def start_kafka(kafka_jars: None) -> Iterator[Callable[[Path], KafkaNode]]:  # noqa: ARG001 (must be there)
    """Yield a function that starts a node of a test's own on a folder, for tests that kill it."""
    with ExitStack() as stack:

        def start(folder: Path) -> KafkaNode:
            node = KafkaNode(folder)
            node.start()
            stack.callback(node.kill)
            return node

        yield start


def command() -> list[str]:
    return [sys.executable, str(RUN), "--lib", str(REPOSITORY / ".kafka" / "lib")]


def answers(bootstrap: str) -> bool:
    with suppress(KafkaException):
        AdminClient({"bootstrap.servers": bootstrap, "log_level": 0}).list_topics(timeout=1)
        return True
    return False


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
