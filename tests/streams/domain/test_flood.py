"""The flood guard's decision: a planted flood, a slow rise, a popular reference, a quarantine that was lifted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from schemas.clock import format_time
from schemas.libraries import LibraryItem
from streams.domain.flood import Observed, is_flood, reason_of, usual_rate

LIMIT = 50
START = datetime(2026, 11, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAYS = 24


class Matches:
    """When each media item was asked for that copies a reference, which has been there from the start on."""

    def __init__(self) -> None:
        self.times: list[datetime] = []
        self.released = ""

    def add(self, count: int, hour: float) -> None:
        """Spread so many evenly over an hour, which ends with the last one."""
        begin = START + hour * HOUR
        self.times += [begin + HOUR * (number + 1) / count for number in range(count)]

    def is_flood(self) -> bool:
        """Judge by the newest, as is done when its job has ended."""
        at = format_time(max(self.times))
        item = LibraryItem(
            library="films",
            media_id="original",
            version=1,
            job_id="j",
            creation_time=format_time(START),
            released_time=self.released,
        )
        span = Observed.of(item, at)
        media = self._between(span.since, span.at)
        usual = usual_rate(self._between(span.past_since, span.past_until), span.past_hours)
        return is_flood(media, usual, limit=LIMIT)

    def _between(self, after: str, until: str) -> int:
        return sum(after < format_time(time) <= until for time in self.times)


@pytest.fixture
def matches() -> Matches:
    return Matches()


def test_a_new_reference_that_matches_more_than_the_limit_is_a_flood(matches: Matches) -> None:
    matches.add(LIMIT, 0)
    assert not matches.is_flood()
    matches.times.append(matches.times[-1])
    assert matches.is_flood()


def test_a_planted_flood_is_told_from_what_was_usual_for_weeks(matches: Matches) -> None:
    for hour in range(14 * DAYS):
        matches.add(3, hour)
        assert not matches.is_flood()
    matches.add(LIMIT + 20, 14 * DAYS)
    assert matches.is_flood()


def test_a_slow_rise_is_no_flood_whatever_number_it_leads_to(matches: Matches) -> None:
    """Threefold in a day: from one in an hour to hundreds."""
    for hour in range(5 * DAYS):
        matches.add(round(3 ** (hour / DAYS)), hour)
        assert not matches.is_flood(), hour
    assert len(matches.times) > 50 * LIMIT


def test_a_popular_reference_may_match_ten_times_as_many_as_usual(matches: Matches) -> None:
    usual = 20
    for hour in range(7 * DAYS):
        matches.add(usual, hour)
    matches.add(10 * usual, 7 * DAYS)
    assert not matches.is_flood()
    matches.add(11 * usual, 7 * DAYS + 1)
    assert matches.is_flood()


def test_nothing_below_the_limit_is_a_flood_however_unusual_it_is(matches: Matches) -> None:
    matches.add(1, 0)
    matches.add(LIMIT, 10 * DAYS)
    assert not matches.is_flood()


def test_what_matched_before_a_person_has_lifted_it_is_no_reason_any_more(matches: Matches) -> None:
    matches.add(4 * LIMIT, 0)
    assert matches.is_flood()
    matches.released = format_time(START + HOUR)
    matches.times.append(START + HOUR + timedelta(seconds=1))
    assert not matches.is_flood()


def test_what_matches_after_that_can_be_a_flood_again_when_it_is_far_more_than_before(matches: Matches) -> None:
    matches.add(2 * LIMIT, 0)
    matches.released = format_time(START + HOUR)
    matches.add(12 * LIMIT, 24 * 7)
    assert matches.is_flood()


def test_without_a_limit_nothing_is_a_flood() -> None:
    assert not is_flood(1_000_000, 0.0, limit=0)


def test_three_matches_in_a_first_minute_are_not_taken_for_a_hundred_and_eighty_an_hour() -> None:
    assert usual_rate(3, 1 / 60) == 3


def test_the_reason_says_how_many_and_what_to_do() -> None:
    reason = reason_of(612, 0.25, limit=LIMIT)
    assert "612 media items" in reason
    assert "lift this" in reason
