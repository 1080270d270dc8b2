"""Commands that overrule what is boilerplate."""

from __future__ import annotations

import json
from typing import Any

import pytest
from support.inline import InlineService

from schemas.libraries import Library, LibraryItem
from streams.cli.output import ExitCode

FILM = ("films", "film")


@pytest.fixture(autouse=True)
def film(service: InlineService) -> None:
    """A reference of which something can be said."""
    service.apply(
        libraries=[Library(name="films")],
        items=[LibraryItem(library="films", media_id="film", version=1, job_id="j", duration=100.0)],
    )


async def test_a_reference_is_overruled_listed_and_given_back_to_the_number(run: Any, service: InlineService) -> None:
    said = await run("boilerplate", "set", *FILM, "--links", "--note", "ours")
    assert said.exit_code == ExitCode.OK, said.stderr
    assert said.stdout.strip() == "film in films, all of it: what it shares links all the same"
    listed = await run("boilerplate", "list", "--library", "films", "--media-id", "film")
    for text in ("film", "all of it", "links all the same", "ours"):
        assert text in listed.stdout
    assert (await run("boilerplate", "unset", *FILM)).exit_code == ExitCode.OK
    assert service.model.boilerplate.page().rulings == []


async def test_a_span_is_taken_back_by_the_same_bounds(run: Any, service: InlineService) -> None:
    bounds = ("--start", "0", "--end", "31.5")
    said = await run("boilerplate", "set", *FILM, "--links-nothing", *bounds, "--json")
    assert json.loads(said.stdout)["boilerplate"] is True
    (listed,) = json.loads((await run("boilerplate", "list", "--json")).stdout)["rulings"]
    assert listed == json.loads(said.stdout)
    refused = await run("boilerplate", "unset", *FILM)
    assert (refused.exit_code, "list those that hold" in refused.stderr) == (ExitCode.NOT_FOUND, True)
    assert (await run("boilerplate", "unset", *FILM, "--start", "3")).exit_code == ExitCode.USAGE
    assert (await run("boilerplate", "unset", *FILM, *bounds)).exit_code == ExitCode.OK
    assert service.model.boilerplate.page().rulings == []


async def test_whether_it_links_has_to_be_said(run: Any) -> None:
    assert (await run("boilerplate", "set", *FILM)).exit_code == ExitCode.USAGE
