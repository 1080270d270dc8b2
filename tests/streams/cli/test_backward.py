"""`mediadna search-backwards`: asked for, waited for, listed, ended; with the exit codes of all commands."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from support.inline import InlineService

from schemas.commands import ItemMarks, MarkItem
from schemas.libraries import Library, LibraryItem
from schemas.tasks import ChunkResult, SearchBackwards, Task, TaskOutcome
from streams.cli.output import ExitCode


@pytest.fixture(autouse=True)
def stocked(service: InlineService) -> None:
    """A reference, and something to hold it against."""
    items = [LibraryItem(library="films", media_id=name, version=7, job_id=name) for name in ("original", "edit")]
    service.apply(libraries=[Library(name="films")], items=items)


async def work_soon(service: InlineService, outcome: TaskOutcome) -> None:
    """Do the batch as soon as there is one."""

    def done(task: Task) -> ChunkResult:
        return ChunkResult(task=task, outcome=outcome, code="InternalError" if outcome is TaskOutcome.FAILED else "0")

    while not any(isinstance(task, SearchBackwards) for task in service.waiting):
        await asyncio.sleep(0.01)
    service.run_task = done
    await service.work()


@pytest.mark.parametrize(
    ("outcome", "status", "code"),
    [(TaskOutcome.DONE, "success", ExitCode.OK), (TaskOutcome.FAILED, "fail", ExitCode.FAILED)],
)
async def test_a_search_that_is_waited_for_ends_with_its_status(
    run: Any, service: InlineService, outcome: TaskOutcome, status: str, code: ExitCode
) -> None:
    asked, _ = await asyncio.gather(
        run("search-backwards", "original", "--wait", "--json"), work_soon(service, outcome)
    )
    assert asked.exit_code == code
    assert json.loads(asked.stdout)["status"] == status


async def test_a_search_is_asked_for_listed_and_ended(run: Any) -> None:
    asked = await run("search-backwards", "original", "--library", "films")
    assert asked.exit_code == ExitCode.OK
    assert "original in films" in asked.stdout
    listed = await run("search-backwards", "--list", "--json")
    (search,) = json.loads(listed.stdout)["searches"]
    assert search["search_id"] in (await run("search-backwards", "--list")).stdout
    ended = await run("search-backwards", "--cancel", search["search_id"])
    assert ended.exit_code == ExitCode.OK
    assert "cancelled by request" in ended.stdout
    assert search["search_id"] in (await run("search-backwards", "--list", "--status", "cancelled")).stdout


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ((), ExitCode.USAGE),
        (("nobody",), ExitCode.NOT_FOUND),
        (("original", "--library", "nowhere"), ExitCode.NOT_FOUND),
        (("--cancel", "nobody"), ExitCode.NOT_FOUND),
    ],
)
async def test_what_cannot_be_done_ends_with_its_own_status(
    run: Any, arguments: tuple[str, ...], code: ExitCode
) -> None:
    assert (await run("search-backwards", *arguments)).exit_code == code


async def test_a_library_is_told_whether_to_search_backwards(run: Any, service: InlineService) -> None:
    await run("libraries", "create", "banned", "--purpose", "blocklist", "--no-searches-backwards")
    library = service.model.libraries.get("banned")
    assert library is not None
    assert not library.looks_back
    changed = await run("libraries", "update", "banned", "--searches-backwards", "--json")
    assert json.loads(changed.stdout)["searches_backwards"] is True


async def test_a_person_lifts_what_the_flood_guard_has_said(run: Any, service: InlineService) -> None:
    await service.store("flooding", library="films")
    item = service.model.libraries.item("films", "flooding")
    assert item is not None
    mark = MarkItem(job_id="m", media_id="flooding", library="films", marks=ItemMarks(quarantined="too many"))
    await service.command(mark)
    assert "too many" in (await run("libraries", "items", "films")).stdout
    lifted = await run("libraries", "lift", "films", "flooding", "--json")
    assert (lifted.exit_code, json.loads(lifted.stdout)["quarantined"]) == (ExitCode.OK, "")
