"""Times: one form going out, the forms that come in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.clock import format_time, is_time, normal_time, parse_time, utc_now, zoned_time

moments = st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 (the strategy adds the zone)


def test_a_time_is_written_in_utc_to_the_millisecond() -> None:
    east = timezone(timedelta(hours=8))
    assert format_time(datetime(2026, 11, 23, 8, 0, 0, 123456, tzinfo=east)) == "2026-11-23T00:00:00.123Z"


def test_a_time_without_a_zone_is_not_written() -> None:
    with pytest.raises(ValueError, match="zone"):
        format_time(datetime(2026, 11, 23))  # noqa: DTZ001 (what is refused)


@pytest.mark.parametrize(
    "text",
    [
        "2017-03-20T07:49:17:025Z",  # ApsaraVideo VOD since 2024
        "2017-03-20T07:49:17.025Z",
        "2017-03-20T07:49:17.025",
        "2017-03-20T07:49:17:025",
        "2017-03-20T15:49:17.025+08:00",
        "2017-03-20 07:49:17.025Z",
        " 2017-03-20T07:49:17.025000Z ",
    ],
)
def test_every_usual_form_is_read_as_the_same_time(text: str) -> None:
    assert parse_time(text) == datetime(2017, 3, 20, 7, 49, 17, 25000, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "yesterday", "2017-13-01T00:00:00Z", "0001-01-01T00:00+09:00"])
def test_what_is_no_time_stays_as_it_came(text: str) -> None:
    assert normal_time(text) == text


@given(moments)
def test_a_written_time_is_read_as_the_same_millisecond(moment: datetime) -> None:
    assert parse_time(format_time(moment)) == moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    assert normal_time(format_time(moment)) == format_time(moment)


@given(moments, moments)
def test_written_times_sort_as_times_do(one: datetime, other: datetime) -> None:
    earlier, later = sorted((one, other))
    assert format_time(earlier) <= format_time(later)


def test_now_has_a_zone_and_our_form() -> None:
    assert normal_time(utc_now()) <= utc_now()


@pytest.mark.parametrize("text", ["2026-11-23T20:15:00Z", "2026-11-23T21:15+01:00", " 2026-11-23 15:15:00.000-05:00"])
def test_a_time_that_is_reckoned_with_comes_in_whatever_zone(text: str) -> None:
    assert zoned_time(text) == "2026-11-23T20:15:00.000Z"


@pytest.mark.parametrize("text", ["", "tonight", "2026-11-23T20:15:00", "2026-11-23", "0001-01-01T00:00:00+23:00"])
def test_one_without_a_zone_is_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(ValueError, match=r"no time with a zone: write ISO 8601 with a zone"):
        zoned_time(text)


@given(moments)
def test_what_we_write_is_a_time_in_our_form(moment: datetime) -> None:
    assert is_time(format_time(moment))


@pytest.mark.parametrize("text", ["", "tonight", "2026-11-23T20:15:00Z", "2026-11-23T20:15:00.000"])
def test_what_others_write_may_be_none(text: str) -> None:
    assert not is_time(text)
