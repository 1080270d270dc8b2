"""The command that tells who copied from whom."""

from __future__ import annotations

import json
from typing import Any

import pytest
from support.cases import item
from support.examples import job
from support.inline import InlineService
from support.lineages import Work, at, copied, intervals_of, joined, original

from schemas.jobs import Job, Metrics
from schemas.matches import Match, Track
from streams.cli.output import ExitCode
from streams.domain.verdicts import judged

FILM, SONG = original("film"), original("song", 60.0)
MIRRORED = copied(FILM, "mirrored", "mirrored")
CROPPED = copied(MIRRORED, "\x1b[31mred", "cropped")
MIXED = joined("mixed", copied(FILM, "half", spans=[(0.0, 300.0)]), SONG)
WORKS = (FILM, SONG, MIRRORED, CROPPED, MIXED)


def searched(number: int, work: Work, references: tuple[Work, ...]) -> Job:
    matches = tuple(
        Match(
            media_id=one.name,
            library="films",
            similarity=0.9,
            track=Track.BOTH,
            input_coverage=1.0,
            reference_coverage=1.0,
            intervals=intervals,
        )
        for one in references
        if (intervals := tuple(intervals_of(work, one)))
    )
    metrics = Metrics(duration=work.seconds)
    return judged(job(f"j{number}", media_id=work.name, matches=matches, metrics=metrics, time=at(number)))


@pytest.fixture
def known(service: InlineService) -> None:
    """A film, a song, a chain of two copies of the film, and something made of film and song."""
    service.apply(
        items=[item(one.name, creation_time=at(number)) for number, one in enumerate(WORKS)],
        jobs=[searched(number, one, WORKS[:number]) for number, one in enumerate(WORKS)],
    )


@pytest.mark.usefixtures("known")
async def test_a_tree_is_drawn_with_what_each_copy_rests_on(run: Any) -> None:
    drawn = await run("trace", "mirrored")
    assert drawn.exit_code == ExitCode.OK
    lines = drawn.stdout.splitlines()
    assert lines[0] == "film: first seen 2026-11-23 08:00:00, 600.0 s, original"
    assert lines[1] == "├── mirrored (asked for): first seen 2026-11-23 08:00:02, 600.0 s, copy"
    assert lines[2] == "│   │   100.0 % of it is copied, mirrored; confidence 0.90"
    assert lines[3].startswith("│   │   it was first seen here earlier: ")
    assert lines[4] == r"│   └── '\x1b[31mred': first seen 2026-11-23 08:00:03, 600.0 s, copy"
    assert "│           the copy shows how it differs from film: mirrored" in lines
    assert "└── mixed: first seen 2026-11-23 08:00:04, 360.0 s, compilation" in lines
    assert "song: first seen 2026-11-23 08:00:01, 60.0 s, original" in lines
    assert sum("mixed: " in line for line in lines) == 2  # below each of the two that it was made from


@pytest.mark.usefixtures("known")
async def test_who_asks_for_a_form_gets_it(run: Any) -> None:
    found = json.loads((await run("trace", "mirrored", "--json")).stdout)
    assert [(one["copy"], one["source"]) for one in found["edges"][:2]] == [
        ("mirrored", "film"), ("\x1b[31mred", "mirrored"),
    ]  # fmt: skip
    graphml = (await run("trace", "mirrored", "--graphml")).stdout
    assert graphml.startswith("<?xml")
    assert "\x1b" not in graphml
    both = await run("trace", "mirrored", "--graphml", "--json")
    assert (both.exit_code, "leave one of them out" in both.stderr) == (ExitCode.USAGE, True)


@pytest.mark.usefixtures("known")
async def test_a_terminal_without_lines_gets_letters(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.cli.traces.LINES", {False: ("+-- ", "`-- ", "|   ", "    ")})
    assert "+-- mirrored" in (await run("trace", "film")).stdout


@pytest.mark.usefixtures("known")
async def test_a_tree_that_is_cut_says_so(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.services.traces.MOST_MEDIA", 2)
    assert "there are more" in (await run("trace", "film")).stderr


@pytest.mark.usefixtures("known")
async def test_what_was_made_from_a_media_item_is_drawn_once(run: Any, service: InlineService) -> None:
    again = copied(MIXED, "again", "negative")
    service.apply(jobs=[searched(5, again, WORKS)])
    drawn = (await run("trace", "again")).stdout
    assert drawn.count("again (asked for)") == 1
    assert "what was made from it stands above" in drawn


async def test_unknown_media_and_no_service_are_told_apart(run: Any, service: InlineService) -> None:
    _ = service
    unknown = await run("trace", "nothing")
    assert (unknown.exit_code, "nothing is known" in unknown.stderr) == (ExitCode.NOT_FOUND, True)


async def test_without_a_service_the_error_says_what_to_start(run: Any) -> None:
    ended = await run("trace", "film")
    assert (ended.exit_code, "mediadna up" in ended.stderr) == (ExitCode.UNAVAILABLE, True)
