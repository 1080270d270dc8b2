"""Airings: when an ad ran, and that no second of a medium counts for two of them."""

from __future__ import annotations

from itertools import combinations
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.matches import Interval, Match, Track
from streams.domain.airings import BORDER_S, Airing, airings_of, is_complete

#: Seconds of the ads that the tests play, by name.
DURATIONS = {("ads", "long"): 30.0, ("ads", "short"): 15.0, ("ads", "other"): 20.0, ("promos", "long"): 30.0}


def played(start: float, of: float, seconds: float, **fields: Any) -> Interval:
    """Return an interval: at a second of the medium, from a second of the ad on, for so long, at its own speed."""
    known = {
        "input_start": start,
        "input_end": start + seconds,
        "reference_start": of,
        "reference_end": of + seconds,
        "similarity": 0.9,
        "track": Track.BOTH,
    }
    return Interval(**{**known, **fields})


def match(ad: str, *intervals: Interval, library: str = "ads", coverage: float = 1.0) -> Match:
    return Match(
        media_id=ad,
        library=library,
        similarity=0.9,
        track=Track.BOTH,
        input_coverage=0.1,
        reference_coverage=coverage,
        intervals=intervals,
    )


def shown(*matches: Match) -> list[tuple[str, float, float, float]]:
    """Return what ran: which ad, from when, until when, and which share of it."""
    return [(one.ad, one.start, one.end, round(one.share, 2)) for one in airings_of(matches, DURATIONS)]


#: The cut-down holds the first and the last quarter of the long ad.
CASES = {
    "an ad runs once": ([match("long", played(100, 0, 30))], [("long", 100, 130, 1.0)]),
    "an ad runs twice": (
        [match("long", played(100, 0, 30), played(900, 0, 30))],
        [("long", 100, 130, 1.0), ("long", 900, 930, 1.0)],
    ),
    "an ad runs twice back to back": (
        [match("long", played(100, 0, 30), played(130, 0, 30))],
        [("long", 100, 130, 1.0), ("long", 130, 160, 1.0)],
    ),
    "an ad is cut short": ([match("long", played(100, 0, 12))], [("long", 100, 112, 0.4)]),
    "an ad is cut short and begins again": (
        [match("long", played(100, 0, 12), played(112.3, 0, 30))],
        [("long", 100, 112, 0.4), ("long", 112.3, 142.3, 1.0)],
    ),
    "two ads back to back, whose bounds overlap a little": (
        [match("long", played(100, 0, 30)), match("other", played(129.4, 0, 20))],
        [("long", 100, 130, 1.0), ("other", 129.4, 149.4, 1.0)],
    ),
    "a card in an ad that nothing matches": (
        [match("long", played(100, 0, 10), played(114, 14, 16))],
        [("long", 100, 130, 0.87)],
    ),
    "a longer one, with nothing else in it": (
        [match("long", played(100, 0, 10), played(120, 20, 10))],
        [("long", 100, 130, 0.67)],
    ),
    "a longer one, with another ad in it": (
        [match("long", played(100, 0, 10), played(130, 30, 10)), match("other", played(110, 0, 20))],
        [("long", 100, 110, 0.33), ("other", 110, 130, 1.0), ("long", 130, 140, 0.33)],
    ),
    "a part of an ad is cut out": (
        [match("long", played(100, 0, 10), played(110, 20, 10))],
        [("long", 100, 120, 0.67)],
    ),
    "an ad goes on after another one": (
        [match("long", played(100, 0, 15), played(135, 15, 15)), match("other", played(115, 0, 20))],
        [("long", 100, 115, 0.5), ("other", 115, 135, 1.0), ("long", 135, 150, 0.5)],
    ),
    "picture and sound are told apart": (
        [match("long", played(100, 0, 30, track=Track.SOUND), played(104, 4, 20, track=Track.PICTURE))],
        [("long", 100, 130, 1.0)],
    ),
    "the long ad runs, and its cut-down matches in two places": (
        [match("long", played(100, 0, 30)), match("short", played(100, 0, 7.5), played(122.5, 7.5, 7.5))],
        [("long", 100, 130, 1.0)],
    ),
    "the cut-down runs, and the long ad matches in two parts": (
        [match("short", played(100, 0, 15)), match("long", played(100, 0, 7.5), played(107.5, 22.5, 7.5))],
        [("short", 100, 115, 1.0)],
    ),
    "the cut-down runs, and the long ad seems to be a little longer": (
        [match("short", played(100.3, 0.3, 14.7)), match("long", played(100, 0, 7.5), played(107.5, 22.5, 7.9))],
        [("short", 100.3, 115, 0.98)],
    ),
    "the cut-down is the beginning of the ad": (
        [match("long", played(100, 0, 30)), match("short", played(100, 0, 15))],
        [("long", 100, 130, 1.0)],
    ),
    "both lengths run one after the other": (
        [
            match("long", played(100, 0, 30), played(130, 0, 15)),
            match("short", played(100, 0, 15), played(130, 0, 15)),
        ],
        [("long", 100, 130, 1.0), ("short", 130, 145, 1.0)],
    ),
    "the same ad in two libraries": (
        [match("long", played(100, 0, 30)), match("long", played(101, 1, 29), library="promos")],
        [("long", 100, 130, 1.0)],
    ),
    "an ad begins and ends with the same seconds": (
        [match("long", played(100, 0, 30), played(100, 25, 5), played(125, 0, 5))],
        [("long", 100, 130, 1.0)],
    ),
    "an ad and one that shares its last seconds": (
        [match("long", played(100, 0, 30)), match("other", played(124, 0, 20))],
        [("long", 100, 130, 1.0), ("other", 130, 144, 0.7)],
    ),
    "a match without an interval": ([match("long")], []),
    "an interval of no length": ([match("long", played(100, 0, 0))], []),
}


@pytest.mark.parametrize("name", CASES)
def test_what_runs_is_counted_once(name: str) -> None:
    matches, expected = CASES[name]
    assert shown(*matches) == expected


def test_an_airing_tells_what_carried_it_and_how_fast_it_ran() -> None:
    fast = played(10, 0, 15, reference_end=30.0, speed=2.0, track=Track.SOUND)
    (airing,) = airings_of([match("long", fast)], DURATIONS)
    assert airing == Airing(
        library="ads", ad="long", start=10, end=25, share=1.0, complete=True, track=Track.SOUND, speed=2.0
    )
    assert airing.seconds == 15
    parts = (played(10, 0, 10, track=Track.SOUND), played(20, 10, 20, track=Track.PICTURE))
    (airing,) = airings_of([match("long", *parts)], DURATIONS)
    assert airing.track is Track.BOTH


def test_parts_of_an_ad_at_another_speed_are_one_airing() -> None:
    parts = [played(10, 0, 10, reference_end=12.5), played(22, 15, 10, reference_end=27.5)]
    (airing,) = airings_of([match("long", *parts)], DURATIONS)
    assert (airing.start, airing.end) == (10, 32)


def test_how_long_an_ad_is_can_be_told_by_its_match() -> None:
    (airing,) = airings_of([match("unknown", played(100, 0, 12), coverage=0.4)])
    assert airing.share == pytest.approx(0.4)
    assert not airing.complete
    (airing,) = airings_of([match("unknown", played(100, 0, 12), coverage=0.0)])
    assert airing.share == 1.0


@pytest.mark.parametrize(
    ("ran_s", "duration", "complete"),
    [
        (30, 30, True),
        (28.6, 30, True),
        (28.4, 30, False),
        (9, 10, True),
        (8.9, 10, False),
        (4, 5, True),
        (57, 60, True),
    ],
)
def test_an_airing_is_complete_where_no_more_is_missing_than_bounds_are_told_to(
    ran_s: float,
    duration: float,
    *,
    complete: bool,
) -> None:
    assert is_complete(ran_s, duration) is complete


seconds = st.integers(0, 240).map(lambda tenths: tenths / 4)
intervals = st.builds(
    played,
    seconds,
    seconds.map(lambda second: second / 2),
    st.integers(0, 120).map(lambda quarters: quarters / 4),
    similarity=st.sampled_from([0.6, 0.9]),
    track=st.sampled_from(Track),
)
many = st.lists(
    st.builds(
        lambda ad, library, parts: match(ad, *parts, library=library),
        st.sampled_from(["long", "short", "other"]),
        st.sampled_from(["ads", "promos"]),
        st.lists(intervals, max_size=5),
    ),
    max_size=6,
    unique_by=lambda one: (one.library, one.media_id),
)


@given(many)
def test_no_second_counts_for_two_ads_but_at_a_border(matches: list[Match]) -> None:
    airings = airings_of(matches, DURATIONS)
    for one, other in combinations(airings, 2):
        assert min(one.end, other.end) - max(one.start, other.start) <= BORDER_S
    assert [one.start for one in airings] == sorted(one.start for one in airings)


@given(many)
def test_airings_lie_where_their_ad_matches(matches: list[Match]) -> None:
    spans = {(one.library, one.media_id): one.intervals for one in matches}
    for airing in airings_of(matches, DURATIONS):
        within = spans[airing.library, airing.ad]
        assert min(one.input_start for one in within) <= airing.start < airing.end
        assert airing.end <= max(one.input_end for one in within)
        assert 0 <= airing.share <= 1
        assert airing.speed == 1.0


@given(many, st.randoms(use_true_random=False))
def test_the_order_of_matches_and_intervals_does_not_matter(matches: list[Match], random: Random) -> None:
    expected = airings_of(matches, DURATIONS)
    shuffled = [
        match(one.media_id, *random.sample(one.intervals, len(one.intervals)), library=one.library) for one in matches
    ]
    random.shuffle(shuffled)
    assert airings_of(shuffled, DURATIONS) == expected


@given(st.lists(st.tuples(st.sampled_from(["long", "short", "other"]), st.integers(2, 60)), max_size=8))
def test_ads_that_run_one_after_the_other_are_all_counted(runs: list[tuple[str, int]]) -> None:
    second, expected = 0.0, []
    parts: dict[str, list[Interval]] = {}
    for ad, pause in runs:
        second += pause
        length = DURATIONS["ads", ad]
        parts.setdefault(ad, []).append(played(second, 0, length))
        expected.append((ad, second, second + length, 1.0))
        second += length
    assert shown(*(match(ad, *intervals) for ad, intervals in parts.items())) == expected
