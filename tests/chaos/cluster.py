"""Everything that a run strikes: the broker, the Milvus server, the disk, and the workers."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx
from confluent_kafka import KafkaException
from support.nodes import KafkaNode, MilvusNode

from chaos.broker import lag
from chaos.disk import Disk
from chaos.workers import Worker
from streams.adapters.kafka.topics import Topics

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["LIBRARY", "MARK", "PREFIX", "READY_S", "REFERENCES", "Cluster"]

#: Prefix of the topics.
PREFIX = "chaos"
#: Where events' fingerprints go. It is not searched: what a job finds does not depend on what came before it.
LIBRARY = "uploads"
#: What is searched.
REFERENCES = "references"
#: In the environment of every process of the run's workers, so that those that were left behind are known.
MARK = "CHAOS_RUN"
#: Names of settings, which the run makes itself.
SETTINGS = "MEDIADNA_"
#: Seconds for one answer of a worker.
ANSWER_S = 20.0
#: Seconds until all workers take events, after whatever befell them: a member that was killed is waited for.
READY_S = 240.0
#: Seconds between looks.
LOOK_S = 0.5
#: What an API that answers nothing counts as.
AWAY = 599


@dataclass
class Cluster:
    """The run's services, all on this machine.

    Attributes:
        folder: Everything that the run writes.
        size: How many workers there are.
    """

    folder: Path
    size: int
    kafka: KafkaNode = field(init=False)
    milvus: MilvusNode = field(init=False)
    disk: Disk = field(init=False)
    workers: list[Worker] = field(default_factory=list)
    retired: list[Worker] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.kafka = KafkaNode(self.folder / "kafka")
        self.milvus = MilvusNode(self.folder / "milvus")
        self.disk = Disk(self.folder / "disk")
        self.topics = Topics.of(PREFIX)
        self.media = self.folder / "media"
        self.state = self.disk.folder / "state"
        self.store = self.disk.folder / "store"
        self.temporary = self.disk.folder / "tmp"
        self.logs = self.folder / "logs"
        self._api = httpx.AsyncClient(trust_env=False, timeout=ANSWER_S)
        self._hired = 0

    def clear(self) -> None:
        """Take away what an earlier run left in the folder, and make it anew."""
        self.disk.clear()
        shutil.rmtree(self.folder, ignore_errors=True)
        for folder in (self.media, self.logs, self.disk.folder):
            folder.mkdir(parents=True)

    async def start(self) -> None:
        """Start everything; returns when all workers take events."""
        self.disk.mount()
        for folder in (self.state, self.store, self.temporary):
            folder.mkdir(exist_ok=True)
        await asyncio.gather(asyncio.to_thread(self.kafka.start), asyncio.to_thread(self.milvus.start))
        for _ in range(self.size):
            self.hire()
        await self.ready()

    async def stop(self) -> None:
        """End everything, and keep what workers said."""
        await asyncio.gather(*(worker.stop() for worker in self.workers))
        await self._api.aclose()
        self.kafka.kill()
        self.milvus.kill()
        shutil.copytree(self.disk.folder, self.folder / "left", dirs_exist_ok=True)
        self.disk.clear()

    def hire(self) -> Worker:
        """Start one more worker; it takes its place in the group when it is ready."""
        self._hired += 1
        name = f"worker-{self._hired}"
        arguments = ["--state", str(self.state), "--web", "127.0.0.1:0", "--media", str(self.media)]
        worker = Worker(name, arguments, self._environment(), self.logs / f"{name}.log")
        worker.start()
        self.workers.append(worker)
        return worker

    async def dismiss(self, worker: Worker) -> int:
        """Have a worker end in good order, for good; return its status."""
        self.workers.remove(worker)
        self.retired.append(worker)
        return await worker.stop()

    async def replace_workers(self) -> None:
        """Start all workers anew, so that one round's damage is not the next one's."""
        await asyncio.gather(*(self.dismiss(worker) for worker in list(self.workers)))
        for _ in range(self.size):
            self.hire()

    async def ready(self) -> None:
        """Wait until every worker takes events.

        Raises:
            TimeoutError: One does not.
        """
        async with asyncio.timeout(READY_S):
            while not await self.are_ready():
                await asyncio.sleep(LOOK_S)

    async def are_ready(self) -> bool:
        """Whether every worker says that it takes events."""
        return all([await self.status(worker, "/readyz") == httpx.codes.OK for worker in self.workers])

    async def lag(self) -> int | None:
        """Return how many messages the workers have not handled; None while the broker does not tell."""
        try:
            return await asyncio.to_thread(lag, self.kafka.bootstrap, f"{PREFIX}-worker", self.topics.inputs)
        except KafkaException:
            return None

    async def status(self, worker: Worker, path: str) -> int:
        """Return the status with which a worker answers."""
        try:
            return (await self._api.get(f"{worker.web}{path}")).status_code
        except (httpx.HTTPError, httpx.UnsupportedProtocol):
            return AWAY

    async def get(self, worker: Worker, path: str, **parameters: str | int) -> Any:
        """Return what a worker's API answers.

        Raises:
            httpx.HTTPError: It does not, or refuses.
        """
        answer = await self._api.get(f"{worker.web}/api/v1{path}", params=parameters)
        answer.raise_for_status()
        return answer.json()

    async def post(self, path: str, body: dict[str, Any], key: str = "") -> Any:
        """Ask the workers in turn until one has taken the request, whichever are away.

        Raises:
            TimeoutError: None took it.
            httpx.HTTPStatusError: It is refused.
        """
        headers = {"Idempotency-Key": key} if key else {}
        async with asyncio.timeout(READY_S):
            while True:
                for worker in [one for one in self.workers if one.web]:
                    try:
                        answer = await self._api.post(f"{worker.web}/api/v1{path}", json=body, headers=headers)
                    except httpx.HTTPError:
                        continue
                    if not answer.is_server_error:
                        answer.raise_for_status()
                        return answer.json()
                await asyncio.sleep(LOOK_S)

    def _environment(self) -> dict[str, str]:
        """Return a worker's environment: the settings are the service's own but for places and numbers of processes."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(SETTINGS)}
        return {
            **inherited,
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
            "TMPDIR": str(self.temporary),
            MARK: str(self.folder),
            "MEDIADNA_KAFKA": self.kafka.bootstrap,
            "MEDIADNA_MILVUS": self.milvus.uri,
            "MEDIADNA_STORE": str(self.store),
            "MEDIADNA_TOPIC_PREFIX": PREFIX,
            "MEDIADNA_LIBRARY": LIBRARY,
            "MEDIADNA_SLOTS": "2",
            "MEDIADNA_IMPORT_SLOTS": "1",
            "MEDIADNA_RATE_LIMIT": "100000/second",
        }
