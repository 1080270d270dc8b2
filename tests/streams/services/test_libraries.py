"""Emptying and deleting libraries: a task like any other, with its tries, and what is told of it when it is done."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.inline import InlineService, done
from support.read_model import ReadModel

from schemas.libraries import Library, LibraryStatus
from schemas.tasks import ChunkResult, DropLibrary, EmptyLibrary, Task, TaskKind, TaskOutcome
from streams.services import libraries as module

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def model(tmp_path: Path) -> Iterator[ReadModel]:
    model = ReadModel(tmp_path / "jobs.sqlite")
    yield model
    model.close()


def failing(times: int) -> Iterator[TaskOutcome]:
    yield from [TaskOutcome.RETRY] * times
    while True:
        yield TaskOutcome.DONE


async def service(model: ReadModel, outcomes: Iterator[TaskOutcome]) -> InlineService:
    """Return a service whose workers come to these outcomes when they empty a library."""

    def run(task: Task) -> ChunkResult:
        if isinstance(task, EmptyLibrary | DropLibrary):
            return ChunkResult(task=task, outcome=next(outcomes))
        return done(task)

    inline = InlineService(model, run_task=run)
    await inline.libraries.ensure("films")
    await inline.store("video", "films")
    return inline


async def test_a_library_that_is_not_emptied_at_the_first_try_is_at_the_next(model: ReadModel) -> None:
    inline = await service(model, failing(2))
    await inline.libraries.purge("films")
    assert model.libraries.count("films") == 0
    tried = [(task.kind, task.attempt) for task in inline.removals if isinstance(task, EmptyLibrary)]
    assert tried == [(TaskKind.EMPTY, 0), (TaskKind.EMPTY, 1), (TaskKind.EMPTY, 2)]


async def test_nothing_is_forgotten_of_a_library_that_no_worker_has_emptied(
    model: ReadModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "EMPTIED_S", 0.2)
    inline = await service(model, failing(1_000))
    with pytest.raises(TimeoutError, match="look again later"):
        await inline.libraries.purge("films")
    assert model.libraries.count("films") == 1


async def test_a_deletion_that_takes_long_does_not_keep_a_worker_from_starting_and_goes_on_at_the_next_start(
    model: ReadModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "EMPTIED_S", 0.2)
    inline = await service(model, failing(10))
    inline.apply(libraries=[Library(name="films", status=LibraryStatus.DELETING)])
    await inline.libraries.take_up_deletions()
    assert model.libraries.get("films") is not None
    await inline.libraries.take_up_deletions()
    assert (model.libraries.get("films"), model.libraries.count("films")) == (None, 0)


async def test_what_is_stored_after_a_library_was_emptied_stays(model: ReadModel) -> None:
    inline = await service(model, failing(0))
    await inline.libraries.purge("films")
    await inline.store("later", "films")
    await inline.libraries.purge("default")
    assert model.libraries.media_ids("films", up_to=2**62) == ["later"]
