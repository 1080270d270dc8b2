"""Airings over REST: pages, files and sums."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from litestar.testing import AsyncTestClient
from support.airings import AD_LIBRARY, evening, spot
from support.read_model import ReadModel

API = "/api/v1/airings"


@pytest.fixture
def aired(model: ReadModel) -> ReadModel:
    """An evening in which a spot ran twice and a trailer was cut, and a morning without a clock."""
    model.apply(
        libraries=[AD_LIBRARY],
        items=[spot("spot", 30.0), spot("trailer", 60.0), spot("=cmd()", 10.0)],
        jobs=[
            evening("j1", {"spot": [100.0, 900.0], "trailer": [200.0]}, seconds={"trailer": 20.0}),
            evening("j2", {"=cmd()": [5.0]}, media_id="morning", start_time=""),
        ],
    )
    return model


async def listed(client: AsyncTestClient, **filters: Any) -> list[dict[str, Any]]:
    answer = await client.get(API, params=filters)
    assert answer.status_code == 200, answer.text
    airings: list[dict[str, Any]] = answer.json()["airings"]
    return airings


@pytest.mark.usefixtures("aired")
async def test_an_airing_says_where_and_when_which_ad_ran(client: AsyncTestClient) -> None:
    (airing,) = await listed(client, ad="trailer")
    assert airing == {
        "medium": "evening",
        "ad": "trailer",
        "library": "ads",
        "start": 200.0,
        "end": 220.0,
        "clock_start": "2026-11-23T20:18:20.000Z",
        "clock_end": "2026-11-23T20:18:40.000Z",
        "share": 0.3333,
        "complete": False,
        "track": "both",
        "speed": 1.0,
        "job_id": "j1",
    }
    (without,) = await listed(client, medium="morning")
    assert (without["clock_start"], without["clock_end"]) == (None, None)


@pytest.mark.parametrize(
    ("filters", "starts"),
    [
        ({}, [900.0, 200.0, 100.0, 5.0]),
        ({"medium": "evening", "complete": "yes"}, [900.0, 100.0]),
        ({"complete": "no"}, [200.0]),
        ({"library": "ads", "ad": "spot"}, [900.0, 100.0]),
        ({"library": "films"}, []),
        ({"since": "2026-11-23T21:18:20+01:00"}, [900.0, 200.0]),
        ({"since": "2026-11-23T20:15:00Z", "until": "2026-11-23T20:18:20Z"}, [100.0]),
    ],
)
@pytest.mark.usefixtures("aired")
async def test_airings_are_filtered(client: AsyncTestClient, filters: dict[str, str], starts: list[float]) -> None:
    assert [one["start"] for one in await listed(client, **filters)] == starts


@pytest.mark.usefixtures("aired")
async def test_a_page_says_where_the_next_one_begins(client: AsyncTestClient) -> None:
    first = (await client.get(API, params={"limit": 3})).json()
    rest = (await client.get(API, params={"limit": 3, "cursor": first["next"]})).json()
    assert [one["start"] for one in first["airings"] + rest["airings"]] == [900.0, 200.0, 100.0, 5.0]
    assert rest["next"] is None


@pytest.mark.parametrize("asked", ["accept", "format"])
@pytest.mark.usefixtures("aired")
async def test_all_of_them_are_a_file_on_demand(
    client: AsyncTestClient, asked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streams.web.api.airing_files.BATCH", 1)
    given: dict[str, Any] = {"headers": {"Accept": "text/csv"}} if asked == "accept" else {}
    params = {"limit": 1, **({"format": "csv"} if asked == "format" else {})}
    answer = await client.get(API, params=params, **given)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="airings.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["start"] for row in rows] == ["900.0", "200.0", "100.0", "5.0"]
    assert [row["complete"] for row in rows] == ["true", "false", "true", "true"]
    assert rows[0]["clock_start"] == "2026-11-23T20:30:00.000Z"
    assert (rows[3]["clock_start"], rows[3]["ad"]) == ("", "'=cmd()")  # no spreadsheet runs it


@pytest.mark.usefixtures("aired")
async def test_who_asks_for_json_by_name_gets_it(client: AsyncTestClient) -> None:
    answer = await client.get(API, params={"format": "json"}, headers={"Accept": "text/csv"})
    assert len(answer.json()["airings"]) == 4


@pytest.mark.parametrize(
    ("by", "groups"),
    [
        (
            "ad",
            [
                {"ad": "spot", "library": "ads", "count": 2, "seconds": 60.0, "complete": 2, "cut": 0},
                {"ad": "trailer", "library": "ads", "count": 1, "seconds": 20.0, "complete": 0, "cut": 1},
            ],
        ),
        ("medium", [{"medium": "evening", "count": 3, "seconds": 80.0, "complete": 2, "cut": 1}]),
        ("hour", [{"hour": "2026-11-23T20:00:00.000Z", "count": 3, "seconds": 80.0, "complete": 2, "cut": 1}]),
        ("day", [{"day": "2026-11-23T00:00:00.000Z", "count": 3, "seconds": 80.0, "complete": 2, "cut": 1}]),
    ],
)
@pytest.mark.usefixtures("aired")
async def test_airings_are_counted(client: AsyncTestClient, by: str, groups: list[dict[str, Any]]) -> None:
    answer = await client.get(f"{API}/summary", params={"by": by, "medium": "evening"})
    total = {"count": 3, "seconds": 80.0, "complete": 2, "cut": 1}
    assert answer.json() == {"by": by, "total": total, "groups": groups, "more": False}


@pytest.mark.usefixtures("aired")
@pytest.mark.parametrize(
    ("by", "lines"),
    [
        ("ad", ["ad,library,count,seconds,complete,cut", "spot,ads,2,60.0,2,0", "trailer,ads,1,20.0,0,1"]),
        ("day", ["day,count,seconds,complete,cut", "2026-11-23T00:00:00.000Z,3,80.0,2,1"]),
    ],
)
async def test_a_summary_is_a_file_for_spreadsheets_too(client: AsyncTestClient, by: str, lines: list[str]) -> None:
    asked = {"by": by, "medium": "evening"}
    answer = await client.get(f"{API}/summary", params=asked, headers={"Accept": "text/csv"})
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.text.splitlines() == lines


@pytest.mark.usefixtures("aired")
async def test_groups_that_are_not_listed_are_in_the_total(client: AsyncTestClient) -> None:
    found = (await client.get(f"{API}/summary", params={"limit": 1})).json()
    assert (len(found["groups"]), found["more"], found["total"]["count"]) == (1, True, 4)


@pytest.mark.parametrize(
    ("path", "params", "said"),
    [
        ("", {"since": "soon"}, "since='soon' is no time"),
        ("", {"cursor": "x"}, "cursor"),
        ("", {"format": "csv", "cursor": "x"}, "cursor"),
        ("", {"format": "xml"}, "format"),
        ("", {"adverts": "spot"}, "knows no parameter 'adverts'"),
        ("/summary", {"by": "week"}, "by"),
        ("/summary", {"until": "soon"}, "until='soon' is no time"),
    ],
)
async def test_what_is_asked_for_wrongly_is_refused_in_words(
    client: AsyncTestClient, path: str, params: dict[str, str], said: str
) -> None:
    answer = await client.get(f"{API}{path}", params=params)
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert said in answer.text
