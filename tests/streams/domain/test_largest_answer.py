"""How much of what was found is told: the surest matches, their longest intervals, and how many are left out."""

from __future__ import annotations

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from support.examples import MATCH, job

from schemas.limits import LARGEST_MATCH, LARGEST_MATCHES
from schemas.matches import Interval, Match, best_first
from schemas.result import complete_event, match_size, result_of
from streams.domain.largest_answer import capped

(INTERVAL,) = MATCH.intervals


def interval(start: float, length: float) -> Interval:
    return msgspec.structs.replace(INTERVAL, input_start=start, input_end=start + length)


def length(one: Interval) -> float:
    return one.input_end - one.input_start


def match(number: int, similarity: float, intervals: tuple[Interval, ...] = (INTERVAL,)) -> Match:
    return msgspec.structs.replace(MATCH, media_id=f"m{number}", similarity=similarity, intervals=intervals)


def test_what_one_event_holds_is_told_in_full() -> None:
    matches = [match(1, 0.9), match(2, 0.8)]
    assert capped(matches) == (tuple(matches), "")


def test_of_too_many_matches_the_weakest_are_left_out_and_counted() -> None:
    long = tuple(interval(float(n), 1.0) for n in range(2000))
    matches = [match(n, n / 100, long) for n in range(40)]
    kept, left_out = capped(matches)
    assert 0 < len(kept) < 40
    assert list(kept) == best_first(matches)[: len(kept)]
    assert left_out == f"{40 - len(kept)} weaker matches are left out: one event holds no more"


def test_of_a_match_with_too_many_intervals_the_longest_are_kept_in_their_order() -> None:
    many = tuple(interval(float(n), 1.0 + n % 7) for n in range(9000))
    ((kept,), left_out) = capped([match(1, 0.9, many)])
    assert match_size(kept) <= LARGEST_MATCH
    assert list(kept.intervals) == sorted(kept.intervals, key=lambda one: one.input_start)
    others = set(many) - set(kept.intervals)
    assert min(map(length, kept.intervals)) >= max(map(length, others))
    assert left_out == f"{9000 - len(kept.intervals)} shorter intervals are left out: one event holds no more"


TEXT = st.text(min_size=1, max_size=40)
NUMBER = st.floats(-1e9, 1e9)
INTERVALS = st.builds(
    Interval,
    input_start=NUMBER,
    input_end=NUMBER,
    reference_start=NUMBER,
    reference_end=NUMBER,
    similarity=NUMBER,
    track=st.just(INTERVAL.track),
    speed=NUMBER,
    transforms=st.lists(TEXT, max_size=3).map(tuple),
)


@given(
    matches=st.lists(
        st.builds(
            Match,
            media_id=TEXT,
            library=TEXT,
            similarity=NUMBER,
            track=st.just(MATCH.track),
            input_coverage=NUMBER,
            reference_coverage=NUMBER,
            intervals=st.lists(INTERVALS, max_size=4).map(tuple),
        ),
        max_size=4,
    )
)
def test_the_size_of_a_match_is_never_less_than_what_is_written_of_it(matches: list[Match]) -> None:
    total = sum(map(match_size, matches))
    assert len(msgspec.json.encode(matches)) <= total + 2
    done = job(matches=tuple(matches))
    around = len(msgspec.json.encode(complete_event(job(matches=()))))
    assert len(msgspec.json.encode(complete_event(done))) <= around + total
    assert len(result_of(done).video_dna) == len(matches)


@settings(max_examples=20)
@given(st.lists(st.integers(0, 9000), max_size=20))
def test_whatever_is_found_what_is_told_is_within_the_limits(lengths: list[int]) -> None:
    kept, _ = capped([match(n, 0.5, (INTERVAL,) * length) for n, length in enumerate(lengths)])
    assert sum(map(match_size, kept)) <= LARGEST_MATCHES
    assert all(match_size(one) <= LARGEST_MATCH for one in kept)
