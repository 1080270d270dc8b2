"""What counts as missed, and what only looks like it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fingerprint.media.watch import TrackWatch
from schemas.coverage import Cause

#: Time between two pictures, seconds.
STEP = 0.1


def watched(
    asked: list[float],
    seen: list[float],
    *,
    span: tuple[float, float] = (0.0, 10.0),
    refused: dict[float, Cause] | None = None,
) -> tuple[float, dict[Cause, float]]:
    """Return what there was and what of it was missed, of packets and frames of these times."""
    watch = TrackWatch.of_picture(*span)
    for time in asked:
        watch.ask(time, STEP)
    for time, cause in (refused or {}).items():
        watch.refuse(time, cause)
    for time in seen:
        watch.see(time)
    found = watch.coverage()
    return found.expected, dict(found.missed)


def times(start: float, end: float) -> list[float]:
    return [start + number * STEP for number in range(round((end - start) / STEP))]


def test_what_all_came_out_was_all_looked_at() -> None:
    assert watched(times(0, 10), times(0, 10)) == (pytest.approx(10.0), {})


def test_nothing_is_missed_of_a_track_of_which_there_is_nothing() -> None:
    assert watched([], []) == (0.0, {})


def test_a_track_that_ends_early_has_no_more_to_show() -> None:
    assert watched(times(0, 4), times(0, 4)) == (pytest.approx(4.0), {})


def test_a_still_stays_on_show_until_the_next_picture() -> None:
    assert watched([0.0, 7.0, 7.1], [0.0, 7.0, 7.1]) == (pytest.approx(7.2), {})


def test_what_is_missed_begins_with_the_first_lost_picture_and_ends_with_the_next_one_seen() -> None:
    expected, missed = watched(times(0, 10), [*times(0, 3), *times(6, 10)])
    assert expected == pytest.approx(10.0)
    assert missed == {Cause.DAMAGED: pytest.approx(3.0, abs=0.02)}


def test_a_broken_picture_or_two_are_nothing_missed() -> None:
    refused = dict.fromkeys((3.0, 3.1), Cause.DAMAGED)
    assert watched(times(0, 10), [*times(0, 3), *times(3.2, 10)], refused=refused)[1] == {}


def test_pictures_that_are_skipped_without_a_complaint_are_nothing_missed() -> None:
    asked = [number * 0.5 for number in range(20)]
    assert watched(asked, asked[::4])[1] == {}
    assert watched(asked, asked[::4], refused={0.5: Cause.DAMAGED})[1] == {Cause.DAMAGED: pytest.approx(1.5, abs=0.02)}


def test_of_several_causes_the_one_that_says_most_is_told() -> None:
    refused = {3.0: Cause.DAMAGED, 3.5: Cause.OUT_OF_MEMORY, 4.0: Cause.UNSUPPORTED}
    missed = watched(times(0, 10), [*times(0, 3), *times(6, 10)], refused=refused)[1]
    assert list(missed) == [Cause.OUT_OF_MEMORY]


def test_nothing_that_came_out_is_all_missed() -> None:
    assert watched(times(0, 10), []) == (pytest.approx(10.0), {Cause.DAMAGED: pytest.approx(10.0, abs=0.02)})


def test_a_picture_from_before_the_span_that_was_seen_covers_its_start() -> None:
    assert watched([*times(1, 2), 9.0], [*times(1, 2), 9.0], span=(5.0, 10.0)) == (pytest.approx(4.1), {})


def test_a_picture_from_before_the_span_that_was_lost_is_missed_until_the_next_one() -> None:
    expected, missed = watched([1.0, 4.0, 9.0], [1.0, 9.0], span=(5.0, 10.0), refused={4.0: Cause.TOO_LARGE})
    assert expected == pytest.approx(4.1)
    assert missed == {Cause.TOO_LARGE: pytest.approx(4.0, abs=0.02)}


def test_packets_that_may_be_lost_are_none_where_reading_goes_on_at_once() -> None:
    watch = TrackWatch.of_sound(0.0, 10.0)
    for time in times(0, 5):
        watch.ask(time, STEP)
        watch.see(time)
    watch.lose()
    for time in times(5, 10):
        watch.ask(time, STEP)
        watch.see(time)
    assert watch.coverage().missed == {}


def test_packets_that_were_lost_in_reading_are_missed() -> None:
    watch = TrackWatch.of_sound(0.0, 10.0)
    for time in (*times(0, 5), None, *times(8, 10)):
        if time is None:
            watch.lose()
        else:
            watch.ask(time, STEP)
            watch.see(time)
    assert watch.coverage().missed == {Cause.DAMAGED: pytest.approx(3.0, abs=0.1)}


def test_packets_without_times_are_counted() -> None:
    watch = TrackWatch.of_picture(0.0, 10.0)
    assert [watch.ask(None, 0.5) for _ in range(4)] == [0.0, 0.5, 1.0, 1.5]
    for time in (0.0, 0.5, 1.0, 1.5):
        watch.see(time)
    assert (watch.coverage().expected, watch.coverage().missed) == (2.0, {})


def test_reading_elsewhere_begins_a_new_account() -> None:
    watch = TrackWatch.of_picture(0.0, 10.0)
    watch.ask(3.0, STEP)
    watch.restart()
    assert watch.coverage().expected == 0.0


@given(st.lists(st.booleans(), min_size=1, max_size=200), st.floats(0, 15), st.floats(0.1, 15))
def test_no_more_is_missed_than_there_is_and_chunks_add_up(decoded: list[bool], border: float, length: float) -> None:
    asked = times(0, len(decoded) * STEP)
    seen = [time for time, came in zip(asked, decoded, strict=True) if came]
    whole = watched(asked, seen, span=(0.0, border + length))
    parts = [watched(asked, seen, span=span) for span in ((0.0, border), (border, border + length))]
    assert sum(whole[1].values()) <= whole[0] + 1e-6
    assert sum(part[0] for part in parts) == pytest.approx(whole[0], abs=0.02)
