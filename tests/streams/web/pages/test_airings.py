"""The page of airings, and how a day is drawn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from litestar.testing import AsyncTestClient
from support.airings import AD_LIBRARY, evening, spot
from support.people import seen, write_tokens
from support.read_model import ReadModel

from schemas.matches import Track
from streams.readmodel.airing_lists import AiringRow
from streams.settings import Settings
from streams.web.pages.day_strip import LEFT, STEP, WIDTH, DayStrip
from streams.web.pages.rendering import PAGE

HOSTILE = "<script>alert('x')</script>"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(state=tmp_path, tokens=write_tokens(tmp_path))


@pytest.fixture
def aired(model: ReadModel) -> ReadModel:
    """An evening in which a spot ran twice and another ad was cut, and a morning without a clock."""
    model.apply(
        libraries=[AD_LIBRARY],
        items=[spot("spot", 30.0), spot(HOSTILE, 60.0)],
        jobs=[
            evening("j1", {"spot": [100.0, 900.0], HOSTILE: [200.0]}, seconds={HOSTILE: 20.0}),
            evening("j2", {"spot": [5.0]}, media_id="morning", start_time=""),
        ],
    )
    return model


@pytest.mark.usefixtures("aired")
async def test_it_says_when_which_ad_ran_where(client: AsyncTestClient) -> None:
    page = await seen(client, "/airings", "reader")
    for text in (
        "<td>2026-11-23 20:30:00</td>",
        "no clock",
        'href="/media/evening"',
        'href="/media/spot"',
        'href="/libraries/ads"',
        "15:00.0",
        "33 %",
        "4 airings, 110 seconds: 3 complete, 1 cut.",
        'data-from="/api/v1/airings?"',
    ):
        assert text in page
    assert HOSTILE not in page
    assert "&lt;script&gt;" in page


@pytest.mark.usefixtures("aired")
async def test_a_day_is_drawn_and_told_to_who_cannot_see_it(client: AsyncTestClient) -> None:
    page = await seen(client, "/airings")
    assert 'aria-label="2026-11-23, by the hour (UTC): 3 airings of 2 ads, 1 of them cut"' in page
    assert "<title>20:30:00 UTC: spot in evening, 30.0 s, all of it</title>" in page
    assert page.count("<rect") == 3
    assert "day=2026-11-22" in page
    assert "day=2026-11-24" in page


@pytest.mark.parametrize(
    ("filters", "shown", "hidden"),
    [
        ({"medium": "morning"}, "no clock", "20:30:00"),
        ({"ad": "spot"}, "20:30:00", "&lt;script&gt;"),
        ({"library": "films"}, "No airings with this filter", "20:30:00"),
        ({"complete": "no"}, "33 %", "20:30:00"),
        ({"complete": "yes"}, "20:30:00", "33 %"),
        ({"complete": "perhaps"}, "33 %", "No airings"),
        ({"day": "2026-11-23"}, "since=2026-11-23T00%3A00%3A00.000Z&amp;until=2026-11-24", "This cannot be shown"),
        ({"day": "2026-11-24"}, "No airings with this filter", "20:30:00"),
        ({"day": "soon"}, "is no day: write it as 2026-11-23", "20:30:00"),
        ({"day": "9999-12-31"}, "This cannot be shown", "20:30:00"),
    ],
)
@pytest.mark.usefixtures("aired")
async def test_it_is_filtered(client: AsyncTestClient, filters: dict[str, str], shown: str, hidden: str) -> None:
    page = await seen(client, "/airings", **filters)
    assert shown in page
    assert hidden not in page


async def test_older_airings_are_on_the_next_page_under_the_same_filter(
    client: AsyncTestClient, model: ReadModel
) -> None:
    times = [100.0 * number for number in range(PAGE + 1)]
    model.apply(libraries=[AD_LIBRARY], items=[spot("spot", 30.0)], jobs=[evening("j1", {"spot": times})])
    first = await seen(client, "/airings", ad="spot")
    assert "<td>2026-11-23 20:15:00</td>" not in first
    address = next(part for part in first.split('href="') if "cursor=" in part).split('"')[0].replace("&amp;", "&")
    assert "ad=spot" in address
    assert "<td>2026-11-23 20:15:00</td>" in await seen(client, f"/airings{address}")


async def test_a_page_with_nothing_says_what_an_airing_is(client: AsyncTestClient) -> None:
    assert "An airing is one run of an ad" in await seen(client, "/airings")


@pytest.mark.usefixtures("aired")
async def test_pages_of_media_and_libraries_lead_to_it(client: AsyncTestClient) -> None:
    assert 'href="/airings?medium=evening"' in (page := await seen(client, "/media/evening"))
    assert "/airings?ad=" not in page
    assert 'href="/airings?ad=spot"' in await seen(client, "/media/spot")
    assert 'href="/airings?library=ads"' in await seen(client, "/libraries/ads")


def airing(clock_start: str, seconds: float, **fields: Any) -> AiringRow:
    known = {
        "media_id": "evening",
        "library": "ads",
        "ad": "spot",
        "start": 0.0,
        "end": seconds,
        "clock_start": clock_start,
        "share": 1.0,
        "complete": True,
        "track": Track.BOTH,
        "speed": 1.0,
        "job_id": "j1",
    }
    return AiringRow(**{**known, **fields})


def test_an_airing_over_the_full_hour_is_drawn_in_both_hours() -> None:
    strip = DayStrip.of("2026-11-23", [airing("2026-11-23T20:59:30.000Z", 60.0)])
    assert [(hour.text, len(hour.bars)) for hour in strip.hours] == [("20:00", 1), ("21:00", 1)]
    before, after = (hour.bars[0] for hour in strip.hours)
    assert (before.x + before.width, after.x) == (LEFT + WIDTH, LEFT)
    assert (before.width, after.width) == (8.0, 8.0)
    assert strip.height == 2 * STEP


def test_hours_between_airings_are_drawn_and_other_days_are_not() -> None:
    airings = [
        airing("2026-11-23T01:00:00.000Z", 30.0),
        airing("2026-11-23T23:59:50.000Z", 30.0, complete=False, share=0.5),
        airing("2026-11-24T00:00:00.000Z", 30.0),
        airing("", 30.0),
    ]
    strip = DayStrip.of("2026-11-23", airings)
    assert [len(hour.bars) for hour in strip.hours] == [1, *([0] * 21), 1]
    (cut,) = strip.hours[-1].bars
    assert (cut.complete, cut.text) == (False, "23:59:50 UTC: spot in evening, 30.0 s, 50 % of it")
    assert cut.x + cut.width == pytest.approx(LEFT + WIDTH)
    assert strip.in_words == "2026-11-23, by the hour (UTC): 2 airings of 1 ads, 1 of them cut"


def test_a_day_without_airings_has_no_hours() -> None:
    assert DayStrip.of("2026-11-23", []).hours == ()
