"""A web application over a read model that a test fills."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from litestar.testing import AsyncTestClient

from schemas.clock import utc_now
from schemas.deliveries import Delivery
from schemas.jobs import Job, JobRequest, JobStatus
from streams.callbacks.schedule import replayed
from streams.readmodel.model import ReadModel
from streams.settings import Settings
from streams.store.files import open_store
from streams.web.app import create_app
from streams.web.gate import Gate
from streams.web.live import LiveChanges
from streams.web.services import Services

# The tests of this folder share `examples`, and those around it `inline`; they are no packages.
sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]

from inline import InlineService  # noqa: E402 (found by the line above)


@dataclass
class RecordingCommands:
    """Takes commands as the service does, and makes the job at once."""

    model: ReadModel
    cancelled: list[str] = field(default_factory=list)

    async def submit(self, request: JobRequest) -> Job:
        now = utc_now()
        job = Job(
            job_id=request.job_id,
            media_id=request.media_id,
            status=JobStatus.INIT,
            request=request,
            creation_time=now,
            update_time=now,
        )
        await asyncio.to_thread(self.model.apply, jobs=[job])
        return job

    async def replay_delivery(self, delivery: Delivery) -> Delivery:
        again = replayed(delivery, now=utc_now())
        await asyncio.to_thread(self.model.apply, deliveries=[again])
        return again

    async def cancel(self, job: Job) -> None:
        self.cancelled.append(job.job_id)


@pytest.fixture
def model(tmp_path: Path) -> Iterator[ReadModel]:
    model = ReadModel(tmp_path / "jobs.sqlite")
    yield model
    model.close()


@pytest.fixture
def commands(model: ReadModel) -> RecordingCommands:
    return RecordingCommands(model)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(state=tmp_path)


@pytest.fixture
async def inline(model: ReadModel) -> InlineService:
    inline = InlineService(model)
    await inline.libraries.ensure()
    return inline


@pytest.fixture
def services(
    model: ReadModel, commands: RecordingCommands, inline: InlineService, settings: Settings, tmp_path: Path
) -> Services:
    return Services(
        settings=settings,
        model=model,
        commands=commands,
        libraries=inline.libraries,
        letters=inline.letters,
        store=open_store(str(tmp_path / "store")),
        live=LiveChanges(model),
        gate=Gate(settings),
        ready=lambda: True,
    )


@pytest.fixture
async def client(services: Services) -> AsyncIterator[AsyncTestClient]:
    async with AsyncTestClient(create_app(services), base_url="http://127.0.0.1:6066") as client:
        yield client
