"""Where a copy goes back in its reference, or leaves a part of it out: by the intervals of one match."""

from __future__ import annotations

import pytest

from schemas.matches import Interval, Track
from streams.domain.cuts import Cut, cuts_in


def piece(start: float, end: float, at: float, *, track: Track = Track.BOTH, speed: float = 1.0) -> Interval:
    """Return a span of the input that shows the reference from a time on."""
    return Interval(
        input_start=start,
        input_end=end,
        reference_start=at,
        reference_end=at + (end - start) * speed,
        similarity=0.9,
        track=track,
        speed=speed,
    )


@pytest.mark.parametrize(
    "pieces",
    [
        [],
        [piece(0, 10, 50)],
        [piece(0, 10, 50), piece(10, 20, 60)],
        [piece(0, 10, 50), piece(15, 20, 65)],  # five seconds could not be recognised
        [piece(0, 10, 50), piece(15, 20, 60)],  # five seconds were put in
        [piece(0, 10, 50), piece(15, 20, 62)],  # and some of the reference was left out for them
        [piece(0, 10, 50), piece(10, 20, 61.9)],  # bounds are no surer than that
        [piece(0, 10, 50), piece(10, 20, 58.1)],
        [piece(0, 10, 0, speed=2.0), piece(20, 30, 40, speed=2.0)],
        [piece(0, 300, 0), piece(600, 700, 605)],  # a speed of 1.01 leads there
        [piece(0, 10, 50, track=Track.PICTURE), piece(5, 20, 55, track=Track.SOUND)],
        [piece(0, 20, 0, track=Track.SOUND), piece(0, 10, 0), piece(10, 20, 10)],
        [piece(0, 20, 0), piece(2, 8, 200, track=Track.SOUND)],  # a refrain, which comes again
        [piece(0, 20, 0), piece(5, 15, 100)],  # one picture within the other
    ],
)
def test_what_goes_on_in_its_order_has_no_cut(pieces: list[Interval]) -> None:
    assert cuts_in(pieces) == ()


def test_a_part_that_is_left_out_is_told_with_its_bounds() -> None:
    assert cuts_in([piece(0, 10, 50), piece(10, 20, 80)]) == (Cut(False, 10.0, 60.0, 80.0),)


def test_going_back_is_told_also_where_the_same_is_shown_again() -> None:
    assert cuts_in([piece(0, 10, 50), piece(10, 20, 20)]) == (Cut(True, 10.0, 60.0, 20.0),)
    assert cuts_in([piece(0, 10, 50), piece(10, 20, 50)]) == (Cut(True, 10.0, 60.0, 50.0),)


def test_what_is_shown_between_two_that_go_on_is_a_cut() -> None:
    cuts = cuts_in([piece(0, 10, 0), piece(10, 20, 100), piece(20, 30, 20)])
    assert cuts == (Cut(False, 10.0, 10.0, 100.0),)


def test_the_picture_tells_a_cut_under_sound_that_goes_through() -> None:
    cuts = cuts_in(
        [
            piece(0, 40, 0, track=Track.SOUND),
            piece(0, 20, 0, track=Track.PICTURE),
            piece(20, 40, 60, track=Track.PICTURE),
        ]
    )
    assert cuts == (Cut(False, 20.0, 20.0, 60.0),)


def test_sound_alone_tells_its_own_cuts() -> None:
    cuts = cuts_in([piece(0, 10, 50, track=Track.SOUND), piece(10, 20, 0, track=Track.SOUND)])
    assert cuts == (Cut(True, 10.0, 60.0, 0.0),)
