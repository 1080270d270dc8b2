"""Progress, rate, time left and cost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.cli.importer.items import Item
from streams.cli.importer.progress import Tally

sizes = st.lists(st.integers(1, 10**9), min_size=1, max_size=20)


def item(number: int, size: int = 0) -> Item:
    return Item(f"file:///{number}.mp4", str(number), "default", size=size)


@given(sizes, st.data())
def test_where_length_goes_with_size_the_forecast_is_right_from_the_first_item_on(
    found: list[int], data: st.DataObject
) -> None:
    items = [item(number, size) for number, size in enumerate(found)]
    tally = Tally(items, started=0.0)
    now = 0.0
    for one in data.draw(st.permutations(items)):
        now += one.size * 2.0
        tally.add(one, succeeded=True, earlier=False, media_s=one.size * 60.0, cpu_s=one.size * 3600.0)
        forecast = tally.forecast
        assert forecast is not None
        assert forecast.billed_minutes == pytest.approx(sum(found), rel=1e-9)
        assert forecast.cpu_hours == pytest.approx(sum(found))
        left = tally.seconds_left(now)
        assert left is not None
        assert now + left == pytest.approx(sum(found) * 2.0)
    assert tally.seconds_left(now) == 0.0
    assert tally.cost.billed_minutes == sum(found)


def test_nothing_is_foretold_before_anything_has_ended() -> None:
    tally = Tally([item(0), item(1)], started=5.0)
    assert (tally.forecast, tally.seconds_left(9.0), tally.rate(9.0)) == (None, None, 0.0)


def test_what_had_ended_before_makes_the_import_no_faster() -> None:
    tally = Tally([item(number) for number in range(4)], started=0.0)
    for number in range(2):
        tally.add(item(number), succeeded=True, earlier=True, media_s=60.0, cpu_s=1.0)
    tally.add(item(2), succeeded=True, earlier=False, media_s=60.0, cpu_s=1.0)
    assert (tally.rate(10.0), tally.seconds_left(10.0)) == (0.1, 10.0)
    assert tally.forecast is not None
    assert tally.forecast.billed_minutes == 4


def test_failures_cost_nothing() -> None:
    tally = Tally([item(0), item(1)], started=0.0)
    tally.add(item(0), succeeded=False, earlier=False, media_s=600.0, cpu_s=9.0)
    tally.add(item(1), succeeded=True, earlier=False, media_s=90.0, cpu_s=1.0)
    assert (tally.ended, tally.failed, tally.cost.billed_minutes) == (2, 1, 1)


def test_an_import_of_nothing_is_at_its_end() -> None:
    tally = Tally([], started=0.0)
    assert tally.seconds_left(1.0) == 0.0
    assert tally.forecast is not None
