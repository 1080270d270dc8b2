"""A worker's API for commands to talk to, over a service without a broker."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from structlog.testing import capture_logs
from support.inline import InlineService, done
from support.read_model import ReadModel
from support.web_app import shared_app
from typer.testing import CliRunner

from schemas.errors import ErrorCode
from schemas.jobs import Job, JobRequest
from schemas.tasks import ChunkResult, Task, TaskOutcome
from streams.cli.main import app
from streams.services.jobs import Commands
from streams.settings import Settings
from streams.web.server import WebServer

#: Columns that tables may take: what is looked for in them is not to be folded, whatever the terminal.
WIDE = 200

Run = Callable[..., Coroutine[Any, Any, Result]]


class ImmediateCommands(Commands):
    """Ends every job that is asked for at once."""

    def __init__(self, inline: InlineService) -> None:
        super().__init__(inline, inline.model, inline)
        self._inline = inline

    async def submit(self, request: JobRequest) -> Job:
        job = await super().submit(request)
        await self._inline.work()
        return job


def done_unless_bad(task: Task) -> ChunkResult:
    """Do a task, unless it is about media that is named `bad...`."""
    if not task.subject.startswith("bad"):
        return done(task)
    return ChunkResult(
        task=task,
        outcome=TaskOutcome.FAILED,
        code=ErrorCode.RESOURCE_CONTENT_BAD,
        message="it does not decode",
    )


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state folder that every command uses, and a working directory without settings."""
    folder = tmp_path / "state"
    folder.mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MEDIADNA_STATE", str(folder))
    monkeypatch.setenv("MEDIADNA_WEB", "127.0.0.1:1")  # nobody listens there
    monkeypatch.setattr("streams.cli.output.console.width", WIDE)
    return folder


@pytest.fixture
async def service(state: Path, model: ReadModel, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[InlineService]:
    """The service that answers commands."""
    monkeypatch.setattr("streams.web.server.create_app", shared_app)
    inline = InlineService(model, done_unless_bad)
    await inline.libraries.ensure()
    services = inline.services(Settings(state=state, web="127.0.0.1:0"), ImmediateCommands(inline))
    server = WebServer(services, inline)
    await server.start()
    (state / "web-address").write_text(server.address, encoding="ascii")
    with capture_logs():  # a worker logs in a process of its own, never on the output of a command
        yield inline
    await server.stop()


@pytest.fixture
def run(state: Path, monkeypatch: pytest.MonkeyPatch) -> Run:  # noqa: ARG001 (commands read it from the environment)
    """Run a command; its status, standard output and standard error are in what is returned.

    It runs in the tests' own process, whose log and whose confinement are not a command's to set.
    """
    monkeypatch.setattr("streams.telemetry.logs.configure_logging", lambda _: None)
    monkeypatch.setattr("streams.worker.confinement.confine_service", lambda _: None)

    async def run_command(*arguments: object, typed: str | None = None) -> Result:
        return await asyncio.to_thread(CliRunner().invoke, app, [str(one) for one in arguments], input=typed)

    return run_command
