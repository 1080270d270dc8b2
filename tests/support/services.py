"""What many tests of the service need: a read model, an embedded broker, Apache Kafka, and a Milvus server.

Of Apache Kafka there are the fixtures `kafka` (a node for the whole session), `secure_kafka` (one that asks who comes)
and `start_kafka` (one's own), of Milvus `milvus` and `start_milvus`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from streams.adapters.kafka.embedded import EmbeddedBroker
from support.nodes import KafkaNode, MilvusNode, own_port
from support.read_model import ReadModel
from support.secure_kafka import SecureKafkaNode

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

#: Seconds for which the shared Milvus server may stand still: other tests keep processors and disk busy for long.
PATIENCE_S = 120
#: Seconds for the first start on a machine: Maven brings Kafka's jars, or pip Milvus.
BRINGING_S = 300


@pytest.fixture
def model(tmp_path: Path) -> Iterator[ReadModel]:
    """An empty read model."""
    model = ReadModel(tmp_path / "jobs.sqlite")
    yield model
    model.close()


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[EmbeddedBroker]:
    """An embedded broker of a test's own."""
    own_port(tmp_path)
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
    subprocess.run([*KafkaNode.command(), "--jars-only"], check=True, timeout=BRINGING_S)


@pytest.fixture(scope="session")
def kafka(kafka_jars: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:  # noqa: ARG001 (must be there)
    """Yield the bootstrap address of a node that the whole session shares: tests take topics of their own."""
    node = KafkaNode(tmp_path_factory.mktemp("kafka"))
    node.start()
    yield node.bootstrap
    node.kill()


@pytest.fixture(scope="session")
def secure_kafka(kafka_jars: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecureKafkaNode]:  # noqa: ARG001 (must be there)
    """Yield a node that lets in nobody whom it does not know, for the whole session."""
    node = SecureKafkaNode(tmp_path_factory.mktemp("secure-kafka"))
    node.start()
    yield node
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


@pytest.fixture(scope="session")
def milvus_programs() -> None:
    """Bring the Milvus server. Skips where it cannot be had or cannot run; in CI that is a failure."""
    try:
        subprocess.run([*MilvusNode.command(), "--install-only"], check=True, timeout=BRINGING_S)
    except (OSError, subprocess.SubprocessError) as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"no Milvus server can be had, or can run here: {error}")


@pytest.fixture(scope="session")
def shared_milvus(milvus_programs: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MilvusNode]:  # noqa: ARG001 (must be there)
    """Yield a server for the whole session, which a disk that takes its time does not end."""
    node = MilvusNode(tmp_path_factory.mktemp("milvus"), session_s=PATIENCE_S)
    node.start()
    yield node
    node.kill()


@pytest.fixture
def milvus(shared_milvus: MilvusNode) -> str:
    """The URI of the server that the whole session shares: tests take libraries or algorithms of their own.

    A server that has ended all the same is started again, with what it holds: one test's trouble is not the next one's.
    """
    if not shared_milvus.answers():
        shared_milvus.kill()
        shared_milvus.start()
    return shared_milvus.uri


@pytest.fixture
def start_milvus(milvus_programs: None) -> Iterator[Callable[[Path], MilvusNode]]:  # noqa: ARG001 (must be there)
    """Yield a function that starts a server of a test's own on a folder, for tests that kill it."""
    with ExitStack() as stack:

        def start(folder: Path) -> MilvusNode:
            node = MilvusNode(folder)
            node.start()
            stack.callback(node.kill)
            return node

        yield start
