"""The command that compares libraries with what is stored."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from support.inline import InlineService
from support.stocked import Stocked

from schemas.jobs import UPLOADED
from streams.cli.output import ExitCode
from streams.services.reconciliation.examination import Order


@pytest.fixture
def stocked(service: InlineService, tmp_path: Path) -> Stocked:
    """What the service that answers commands has stored."""
    stocked = Stocked(service.model, tmp_path / "stock")
    service.do = stocked.inline.do
    stocked.inline = service
    return stocked


async def test_where_nothing_differs_the_command_ends_well(run: Any, stocked: Stocked) -> None:
    stocked.hold("video")
    done = await run("doctor")
    assert done.exit_code == ExitCode.OK
    assert "1 libraries, 1 items, 1 stored versions: nothing differs" in done.stdout


async def test_differences_are_shown_mended_and_gone(run: Any, stocked: Stocked) -> None:
    key = stocked.hold("video")
    stocked.lose_windows(key)
    stocked.store("stray")
    looked = await run("doctor")
    assert looked.exit_code == ExitCode.FAILED
    for text in ("windows missing", "video", "not held", "stray", "found", "2 found", "--mend"):
        assert text in looked.stdout
    mended = await run("doctor", "--mend")
    assert mended.exit_code == ExitCode.OK
    assert "2 mended" in mended.stdout
    assert stocked.stored() == {key: (3, True)}
    assert (await run("doctor")).exit_code == ExitCode.OK


async def test_what_cannot_be_mended_is_left_with_what_to_do(run: Any, stocked: Stocked) -> None:
    stocked.lose_fingerprint(stocked.hold("video", file_url=UPLOADED))
    done = await run("doctor", "--mend")
    assert done.exit_code == ExitCode.FAILED
    assert "mediadna libraries add" in done.stdout


async def test_a_script_gets_one_document(run: Any, stocked: Stocked) -> None:
    stocked.store("stray", library="films")
    stocked.hold("video", library="films")
    stocked.store("stray")
    done = await run("doctor", "--library", "films", "--mend", "--json")
    report = json.loads(done.stdout)
    assert (done.exit_code, report["state"], report["left"]) == (ExitCode.OK, "done", 0)
    assert [(one["library"], one["outcome"]) for one in report["differences"]] == [("films", "mended")]


async def test_a_comparison_that_cannot_go_on_says_why(run: Any, stocked: Stocked) -> None:
    assert stocked.inline.model.libraries.get("nowhere") is None
    done = await run("doctor", "--library", "nowhere")
    assert done.exit_code == ExitCode.FAILED
    assert "nowhere" in done.stderr


@pytest.mark.usefixtures("service")
async def test_force_without_mend_is_refused(run: Any) -> None:
    done = await run("doctor", "--force")
    assert done.exit_code == ExitCode.USAGE
    assert "--mend" in done.stderr


async def test_a_command_waits_for_the_comparison_that_is_under_way(run: Any, stocked: Stocked) -> None:
    go_on = asyncio.Event()

    async def caught_up(_topic: str) -> None:
        await go_on.wait()

    stocked.inline.caught_up = caught_up  # type: ignore[method-assign]
    first = stocked.doctor.examine(Order())
    command = asyncio.create_task(run("doctor", "--json"))
    await asyncio.sleep(1)
    go_on.set()
    done = await command
    assert done.exit_code == ExitCode.OK
    assert "another comparison" in done.stderr
    assert json.loads(done.stdout)["run_id"] != first.run_id


async def test_without_a_service_the_error_says_what_to_start(run: Any) -> None:
    done = await run("doctor")
    assert done.exit_code == ExitCode.UNAVAILABLE
    assert "mediadna up" in done.stderr
