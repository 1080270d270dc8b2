"""Of all decoded pictures those are taken that the time grid asks for, each once, small and upright."""

from __future__ import annotations

import itertools
import math

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fingerprint.media.frame_sampler import PicturePicker
from fingerprint.media.request import Picture, PictureWish

#: Four points of the grid a second.
WISH = PictureWish(rate=4.0, long_side=32)


def frame(width: int = 64, height: int = 32, gray: int = 128) -> av.VideoFrame:
    return av.VideoFrame.from_ndarray(np.full((height, width, 3), gray, np.uint8), format="rgb24")


def picker(
    start: float = 0.0, end: float = math.inf, *, wish: PictureWish = WISH, aspect: float = 1.0
) -> PicturePicker:
    return PicturePicker(wish, start, end, aspect)


def taken(of: PicturePicker, times: list[float]) -> list[Picture]:
    return [picture for time in times if (picture := of.offer(frame(), time)) is not None]


def test_the_first_picture_of_each_cell_is_taken_and_no_other() -> None:
    found = taken(picker(), [0.0, 0.1, 0.2, 0.26, 0.3, 0.6, 0.74])
    assert [(picture.number, picture.time) for picture in found] == [(0, 0.0), (1, 0.26), (2, 0.6)]


def test_a_picture_that_rounding_put_just_before_a_point_of_the_grid_is_on_it() -> None:
    found = taken(picker(), [0.0, 0.249, 0.4])
    assert [(picture.number, picture.time) for picture in found] == [(0, 0.0), (1, 0.249)]


def test_a_span_takes_nothing_before_its_start_and_is_done_with_its_last_cell() -> None:
    of = picker(1.0, 1.5)
    assert taken(of, [0.9]) == []
    assert [picture.number for picture in taken(of, [1.0])] == [4]
    assert not of.done
    assert [picture.number for picture in taken(of, [1.26])] == [5]
    assert of.done


def test_a_picture_behind_the_span_ends_it() -> None:
    of = picker(1.0, 1.5)
    assert taken(of, [1.5]) == []
    assert of.done


def test_a_span_without_a_point_of_the_grid_is_done_before_it_begins() -> None:
    assert picker(1.1, 1.2).done


@given(
    st.lists(st.floats(0.0, 20.0), min_size=1, max_size=60).map(sorted),
    st.lists(st.integers(1, 19), unique=True, max_size=4).map(sorted),
)
def test_spans_that_meet_take_what_one_span_takes(times: list[float], cuts: list[int]) -> None:
    bounds = [0.0, *map(float, cuts), math.inf]
    whole = [(one.number, one.time) for one in taken(picker(), times)]
    parts = [
        (one.number, one.time) for start, end in itertools.pairwise(bounds) for one in taken(picker(start, end), times)
    ]
    assert parts == whole


def test_what_stays_on_show_fills_the_cells_that_end_before_the_next_picture() -> None:
    of = picker()
    of.offer(frame(gray=200), 0.1)
    stays = list(of.stay(1.1))
    assert [(one.number, one.time) for one in stays] == [(1, 0.25), (2, 0.5), (3, 0.75)]
    assert all(abs(int(one.rgb[0, 0, 0]) - 200) <= 1 for one in stays)
    assert [picture.number for picture in taken(of, [1.1])] == [4]


def test_nothing_stays_on_show_before_the_first_picture_and_behind_a_jump() -> None:
    of = picker()
    assert list(of.stay(5.0)) == []
    of.offer(frame(), 0.0)
    of.restart()
    assert of.shown_since is None
    assert list(of.stay(5.0)) == []


def test_what_stays_fills_no_cell_of_the_next_span() -> None:
    of = picker(0.0, 1.0)
    of.offer(frame(), 0.0)
    assert [one.number for one in of.stay(9.0)] == [1, 2, 3]
    assert of.done


@pytest.mark.parametrize(
    ("width", "height", "aspect", "shape"),
    [
        (64, 32, 1.0, (16, 32, 3)),
        (32, 64, 1.0, (32, 16, 3)),
        (16, 8, 1.0, (8, 16, 3)),  # never enlarged
        (64, 64, 2.0, (16, 32, 3)),  # wide pixels
        (1000, 2, 1.0, (1, 32, 3)),  # something is left of the thinnest
    ],
)
def test_pictures_are_as_long_as_is_wished_and_keep_their_proportions(
    width: int, height: int, aspect: float, shape: tuple[int, int, int]
) -> None:
    found = picker(aspect=aspect).offer(frame(width, height), 0.0)
    assert found is not None
    assert found.rgb.shape == shape
    assert found.rgb.dtype == np.uint8
    assert found.rgb.flags.c_contiguous


def test_a_picture_before_the_media_s_start_is_shown_at_its_start() -> None:
    found = picker().offer(frame(), -0.02)
    assert found is not None
    assert (found.number, found.time) == (0, 0.0)
