"""The command that tells which media are copies of each other."""

from __future__ import annotations

import json
from typing import Any

import pytest
from support.cases import item
from support.clusters import at, searched
from support.inline import InlineService

from streams.cli.output import ExitCode


@pytest.fixture
def grown(service: InlineService, monkeypatch: pytest.MonkeyPatch) -> None:
    """A film with two copies, and two days later a hostile name with one."""
    monkeypatch.setattr("streams.web.api.clusters.utc_now", lambda: at(50))
    service.apply(
        items=[item("film", creation_time=at(0)), item("\x1b[31mred", creation_time=at(48))],
        jobs=[
            searched("one", ["film"], number=1),
            searched("two", ["film"], number=2),
            searched("clip", ["\x1b[31mred"], number=49),
        ],
    )


@pytest.mark.usefixtures("grown")
async def test_clusters_are_listed_for_people_and_for_machines(run: Any) -> None:
    listed = await run("clusters")
    assert listed.exit_code == ExitCode.OK
    for text in ("film", "2026-11-23 02:00:00", "new in 7 days"):
        assert text in listed.stdout
    grown = json.loads((await run("clusters", "--sort", "growth", "--days", "1", "--json")).stdout)
    assert [(one["size"], one["growth"]) for one in grown["clusters"]] == [(2, 2)]
    first = (await run("clusters", "--limit", "1")).stdout
    assert "more: --cursor" in first
    rest = json.loads((await run("clusters", "--cursor", first.rsplit(maxsplit=1)[1], "--json")).stdout)
    assert len(rest["clusters"]) == 1


@pytest.mark.usefixtures("grown")
async def test_a_cluster_shows_how_it_grew_and_its_media(run: Any) -> None:
    shown = (await run("clusters", "one")).stdout
    for text in ("film: 3 media, the oldest film", "2026-11-23        3 ####", "2026-11-23 02:00:00", "two"):
        assert text in shown
    hostile = await run("clusters", "clip")
    assert "'\\x1b[31mred': 2 media" in hostile.stdout
    assert "\x1b" not in hostile.stdout
    assert json.loads((await run("clusters", "one", "--json")).stdout)["size"] == 3


@pytest.mark.usefixtures("grown")
async def test_media_in_no_cluster_is_not_found(run: Any) -> None:
    unknown = await run("clusters", "nothing")
    assert (unknown.exit_code, "is in no cluster" in unknown.stderr) == (ExitCode.NOT_FOUND, True)
