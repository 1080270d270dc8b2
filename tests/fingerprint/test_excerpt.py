"""A part of a stored fingerprint is a fingerprint of its own."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.tracks import SECONDS, picture, sound

from fingerprint.excerpt import excerpt
from fingerprint.model import Fingerprint

WHOLE = Fingerprint(SECONDS, picture(), sound())


@given(start=st.floats(0, SECONDS - 0.5), seconds=st.floats(0.5, SECONDS))
def test_every_part_is_one_that_the_engine_could_have_made(start: float, seconds: float) -> None:
    part = excerpt(WHOLE, start, start + seconds)
    assert Fingerprint.from_bytes(part.to_bytes()).digest == part.digest
    assert part.duration == pytest.approx(min(seconds, SECONDS - start), abs=0.126)


def test_a_part_holds_what_is_seen_and_heard_in_it_on_its_own_clock() -> None:
    part = excerpt(WHOLE, 2.0, 4.0)
    assert part.picture is not None
    assert WHOLE.picture is not None
    assert part.picture.times_ms.tolist() == [0, 1000]
    np.testing.assert_array_equal(part.picture.codes, WHOLE.picture.codes[2:4])
    np.testing.assert_array_equal(part.picture.thumbnails, WHOLE.picture.thumbnails[8:16])
    assert part.picture.local_rows.tolist() == [1]
    np.testing.assert_array_equal(part.picture.features(0).codes, WHOLE.picture.features(1).codes)
    assert part.sound is not None
    assert WHOLE.sound is not None
    heard = WHOLE.sound.frames[(WHOLE.sound.frames >= 267) & (WHOLE.sound.frames < 534)]
    np.testing.assert_array_equal(part.sound.frames, heard - 267)


def test_a_part_of_one_track_has_that_one_alone() -> None:
    assert not excerpt(Fingerprint(SECONDS, None, sound()), 1.0, 4.0).has_picture
    assert not excerpt(Fingerprint(SECONDS, picture()), 1.0, 4.0).has_sound


@pytest.mark.parametrize(("start", "end"), [(5.0, 9.0), (7.0, 9.0), (2.0, 2.1), (3.0, 2.0)])
def test_a_span_that_is_not_there_is_refused(start: float, end: float) -> None:
    with pytest.raises(ValueError, match="no span"):
        excerpt(WHOLE, start, end)
