"""A worker's API for commands to talk to, over a read model that a test fills."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import Result
from typer.testing import CliRunner

sys.path.insert(0, str(Path(__file__).parents[1]))  # for `inline`; the tests are no package
from inline import InlineService

from schemas.clock import utc_now
from schemas.jobs import Job, JobRequest, JobStatus
from streams.cli.main import app
from streams.readmodel.model import ReadModel
from streams.settings import Settings
from streams.store.files import open_store
from streams.web.gate import Gate
from streams.web.live import LiveChanges
from streams.web.server import WebServer
from streams.web.services import Services

Run = Callable[..., Coroutine[Any, Any, Result]]


class ImmediateService:
    """Ends every job that is asked for at once: those of media named `bad...` fail."""

    def __init__(self, model: ReadModel) -> None:
        self._model = model

    def subscribe(self, listener: object) -> None: ...

    async def submit(self, request: JobRequest) -> Job:
        now = utc_now()
        failed = request.media_id.startswith("bad")
        job = Job(
            job_id=request.job_id,
            media_id=request.media_id,
            status=JobStatus.INIT,
            request=request,
            creation_time=now,
            update_time=now,
        )
        ended = msgspec.structs.replace(
            job,
            status=JobStatus.FAIL if failed else JobStatus.SUCCESS,
            code="InvalidParameter.ResourceContentBad" if failed else "0",
            message="it does not decode" if failed else "OK",
        )
        await asyncio.to_thread(self._model.apply, jobs=[ended])
        return job


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state folder that every command uses, and a working directory without settings."""
    folder = tmp_path / "state"
    folder.mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MEDIADNA_STATE", str(folder))
    monkeypatch.setenv("MEDIADNA_WEB", "127.0.0.1:1")  # nobody listens there
    monkeypatch.setenv("COLUMNS", "200")
    return folder


@pytest.fixture
async def model(state: Path) -> AsyncIterator[ReadModel]:
    """The read model of a worker that answers commands."""
    model = ReadModel(state / "jobs.sqlite")
    service: Any = ImmediateService(model)
    settings = Settings(state=state, web="127.0.0.1:0")
    inline = InlineService(model)
    await inline.libraries.ensure()
    services = Services(
        settings=settings,
        model=model,
        commands=service,
        libraries=inline.libraries,
        letters=inline.letters,
        store=open_store(str(state / "fingerprints")),
        live=LiveChanges(model),
        gate=Gate(settings),
        ready=lambda: True,
    )
    server = WebServer(services, service)
    await server.start()
    (state / "web-address").write_text(server.address, encoding="ascii")
    yield model
    await server.stop()
    model.close()


@pytest.fixture
def run(state: Path) -> Run:  # noqa: ARG001 (commands read it from the environment)
    """Run a command; its status, standard output and standard error are in what is returned."""

    async def run_command(*arguments: object) -> Result:
        return await asyncio.to_thread(CliRunner().invoke, app, [str(one) for one in arguments])

    return run_command
