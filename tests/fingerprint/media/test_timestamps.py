"""Pictures get times that only go forward, whatever their time stamps do."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fingerprint.media.timestamps import PARAMETERS, PictureClock

#: The container's time of the media's start, seconds.
ORIGIN = 1.4

#: The stream's time base, seconds.
TICK = 0.001


@dataclass(frozen=True)
class FakeFrame:
    """What is asked of a decoded picture."""

    pts: int | None
    dts: int | None = None
    duration: int = 0


def clock(rate: int | None = None) -> PictureClock:
    return PictureClock(ORIGIN, Fraction(rate) if rate else None, TICK)


def stamp(time: float) -> int:
    """Return the time stamp of a time on the media's own clock."""
    return round((time + ORIGIN) / TICK)


def times(of: PictureClock, frames: list[FakeFrame]) -> list[float]:
    return [of.time(cast("Any", frame)) for frame in frames]


def test_a_picture_is_shown_when_its_presentation_time_stamp_says() -> None:
    frames = [FakeFrame(stamp(time), stamp(time - 0.08)) for time in (0.0, 0.04, 0.12)]
    assert times(clock(), frames) == pytest.approx([0.0, 0.04, 0.12])


def test_where_a_time_goes_back_the_decoding_time_is_the_right_one() -> None:
    frames = [
        FakeFrame(stamp(0.12), stamp(0.12)),
        FakeFrame(stamp(0.20), stamp(0.16)),
        FakeFrame(stamp(0.16), stamp(0.24)),
    ]
    assert times(clock(), frames) == pytest.approx([0.12, 0.20, 0.24])


def test_where_both_go_back_the_picture_before_names_the_time() -> None:
    frames = [FakeFrame(stamp(5.0), stamp(5.0)), FakeFrame(stamp(1.0), stamp(1.0)), FakeFrame(stamp(5.04))]
    assert times(clock(), frames) == pytest.approx([5.0, 5.0, 5.04])


def test_a_picture_without_a_presentation_time_is_shown_when_it_is_decoded() -> None:
    assert times(clock(), [FakeFrame(None, stamp(3.0))]) == pytest.approx([3.0])


def test_pictures_without_any_time_are_counted_from_zero() -> None:
    frames = [FakeFrame(None)] * 4
    assert times(clock(rate=50), frames) == pytest.approx([0.0, 0.02, 0.04, 0.06])
    assert times(clock(), frames) == pytest.approx([number * PARAMETERS.fallback_period_s for number in range(4)])


def test_what_the_file_does_not_say_about_a_pictures_length_is_one_picture_of_its_rate() -> None:
    assert clock(rate=50).length(None) == pytest.approx(0.02)
    assert clock(rate=50).length(100) == pytest.approx(0.1)
    assert clock().length(None) == PARAMETERS.fallback_period_s


def test_only_a_picture_that_says_so_itself_is_after_a_time() -> None:
    assert clock().is_after(cast("Any", FakeFrame(stamp(2.1))), 2.0)
    assert not clock().is_after(cast("Any", FakeFrame(stamp(1.9))), 2.0)
    assert not clock().is_after(cast("Any", FakeFrame(None, stamp(9.0))), 2.0)


STAMPS = st.none() | st.integers(-(2**40), 2**40)


@given(st.lists(st.builds(FakeFrame, STAMPS, STAMPS)), st.sampled_from([None, 25, 60]))
def test_no_picture_is_ever_before_the_one_before_it(frames: list[FakeFrame], rate: int | None) -> None:
    given_out = times(clock(rate), frames)
    assert given_out == sorted(given_out)
