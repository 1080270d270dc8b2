"""The command that tells when ads ran."""

from __future__ import annotations

import json
from typing import Any

import pytest
from support.airings import AD_LIBRARY, evening, spot
from support.inline import InlineService

from streams.cli.output import ExitCode


@pytest.fixture
def aired(service: InlineService) -> None:
    """An evening in which a spot ran twice and a trailer was cut, and a morning without a clock."""
    service.apply(
        libraries=[AD_LIBRARY],
        items=[spot("spot", 30.0), spot("trailer", 60.0)],
        jobs=[
            evening("j1", {"spot": [100.0, 900.0], "trailer": [200.0]}, seconds={"trailer": 20.0}),
            evening("j2", {"spot": [5.0]}, media_id="morning", start_time=""),
        ],
    )


@pytest.mark.usefixtures("aired")
async def test_airings_are_listed_for_people_and_for_machines(run: Any) -> None:
    listed = await run("airings")
    assert listed.exit_code == ExitCode.OK
    for text in ("2026-11-23 20:30:00", "evening", "900.0-930.0 s", "ads/spot", "ads/trailer", "33%", "all", "both"):
        assert text in listed.stdout
    cut = json.loads((await run("airings", "--cut", "--json")).stdout)
    assert [one["ad"] for one in cut["airings"]] == ["trailer"]
    some = await run("airings", "--ad", "spot", "--medium", "evening", "--library", "ads", "--complete", "--json")
    assert [one["start"] for one in json.loads(some.stdout)["airings"]] == [900.0, 100.0]
    since = await run("airings", "--since", "2026-11-23T21:18:20+01:00", "--until", "2026-11-23T20:20:00Z", "--json")
    assert [one["start"] for one in json.loads(since.stdout)["airings"]] == [200.0]


@pytest.mark.usefixtures("aired")
async def test_a_long_list_says_how_to_go_on(run: Any) -> None:
    cursor = json.loads((await run("airings", "--limit", "1", "--json")).stdout)["next"]
    assert f"--cursor {cursor}" in (await run("airings", "--limit", "1")).stdout
    rest = await run("airings", "--cursor", cursor, "--json")
    assert len(json.loads(rest.stdout)["airings"]) == 3


@pytest.mark.usefixtures("aired")
async def test_all_of_them_are_printed_as_csv_on_demand(run: Any) -> None:
    printed = await run("airings", "--csv", "--medium", "evening", "--limit", "1")
    assert printed.exit_code == ExitCode.OK
    head, *lines = printed.stdout.splitlines()
    assert head.startswith("medium,ad,library,start,end,clock_start")
    assert [line.split(",")[3] for line in lines] == ["900.0", "200.0", "100.0"]


@pytest.mark.usefixtures("aired")
async def test_airings_are_counted_by_what_is_asked_for(run: Any) -> None:
    counted = await run("airings", "--by", "ad")
    assert counted.exit_code == ExitCode.OK
    for text in ("ads/spot", "ads/trailer", "90.0", "all together: 4 airings, 110.0 seconds, 3 complete, 1 cut"):
        assert text in counted.stdout
    assert "2026-11-23T20:00" in (await run("airings", "--by", "hour")).stdout
    assert "2026-11-23 " in (await run("airings", "--by", "day")).stdout
    assert "morning" in (await run("airings", "--by", "medium")).stdout
    assert "there are more" in (await run("airings", "--by", "ad", "--limit", "1")).stdout
    found = json.loads((await run("airings", "--by", "medium", "--cut", "--json")).stdout)
    assert found["groups"] == [{"medium": "evening", "count": 1, "seconds": 20.0, "complete": 0, "cut": 1}]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--csv", "--json"), "leave out --json"),
        (("--csv", "--by", "ad"), "leave out --json and --by"),
        (("--by", "ad", "--cursor", "x"), "leave it out"),
        (("--by", "week"), "medium"),
        (("--since", "soon"), "no time"),
        (("--cursor", "x"), "cursor"),
        (("--csv", "--cursor", "x"), "cursor"),
    ],
)
@pytest.mark.usefixtures("service")
async def test_what_is_asked_for_wrongly_is_refused_with_what_to_do(
    run: Any, arguments: tuple[str, ...], said: str
) -> None:
    ended = await run("airings", *arguments)
    assert (ended.exit_code, ended.stdout) == (ExitCode.USAGE, "")
    assert said in ended.stderr


@pytest.mark.parametrize("arguments", [(), ("--csv",), ("--by", "ad")])
async def test_without_a_service_the_error_says_what_to_start(run: Any, arguments: tuple[str, ...]) -> None:
    ended = await run("airings", *arguments)
    assert (ended.exit_code, "mediadna up" in ended.stderr) == (ExitCode.UNAVAILABLE, True)
