from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from fingerprint.picture import letterbox
from fingerprint.picture.letterbox import without_bars

Image = NDArray[np.uint8]
Colour = tuple[int, int, int]
Bars = tuple[int, int, int, int]  # top, bottom, left, right

BLACK = (0, 0, 0)
COLOURS = st.tuples(*[st.integers(0, 255)] * 3)
SIDES = st.integers(60, 200)
#: A row or column next to a bar is taken for half of one and goes too: at each end, pixels of the picture itself.
LOSS = 2


def photo(width: int, height: int, seed: int = 0) -> Image:
    """Return a picture that differs all over, its borders included."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3)).astype(np.uint8)


def framed(image: Image, bars: Bars, colour: Colour = BLACK) -> Image:
    made = cv2.copyMakeBorder(image, *bars, cv2.BORDER_CONSTANT, value=colour)
    return np.asarray(made, np.uint8)


def place(part: Image, whole: Image) -> tuple[int, int, int, int]:
    """Return the first and last column and row of a view in the picture that it was taken from."""
    offset = part.__array_interface__["data"][0] - whole.__array_interface__["data"][0]
    top, left = divmod(offset, whole.strides[0])
    left //= whole.strides[1]
    return left, top, left + part.shape[1], top + part.shape[0]


@given(SIDES, SIDES, st.integers(0, 1000))
def test_a_picture_without_bars_stays_whole(width: int, height: int, seed: int) -> None:
    image = photo(width, height, seed)
    np.testing.assert_array_equal(without_bars(image), image)


@given(SIDES, SIDES, COLOURS, st.tuples(*[st.integers(4, 30)] * 4))
def test_bars_of_any_colour_and_width_go_and_the_picture_stays(
    width: int, height: int, colour: Colour, bars: Bars
) -> None:
    top, _, left, _ = bars
    whole = framed(photo(width, height), bars, colour)
    found = place(without_bars(whole), whole)
    true = (left, top, left + width, top + height)
    assert all(0 <= off <= LOSS for off in (found[0] - true[0], found[1] - true[1]))
    assert all(0 <= off <= LOSS for off in (true[2] - found[2], true[3] - found[3]))


@pytest.mark.parametrize("bars", [(20, 0, 0, 0), (0, 20, 0, 0), (0, 0, 20, 0), (0, 0, 0, 20)])
def test_a_bar_on_one_side_alone_goes(bars: Bars) -> None:
    whole = framed(photo(120, 90), bars)
    height, width = without_bars(whole).shape[:2]
    assert 120 - LOSS <= width <= 120
    assert 90 - LOSS <= height <= 90


def test_the_two_bars_may_have_different_colours() -> None:
    whole = framed(framed(photo(120, 90), (15, 0, 0, 0), (255, 255, 255)), (0, 15, 0, 0))
    assert 90 - LOSS <= len(without_bars(whole)) <= 90


def test_bars_at_the_sides_may_have_another_colour_than_those_above() -> None:
    whole = framed(framed(photo(120, 90), (0, 0, 20, 20)), (20, 20, 0, 0), (255, 255, 255))
    height, width = without_bars(whole).shape[:2]
    assert 120 - LOSS <= width <= 120
    assert 90 - LOSS <= height <= 90


def test_a_row_that_is_half_bar_goes_with_the_bar() -> None:
    soft = np.asarray(cv2.blur(framed(photo(120, 90), (20, 20, 20, 20)), (2, 2)), np.uint8)
    # Each pixel is the mean of itself and those before it: the first and last of the picture are half bar.
    assert place(without_bars(soft), soft) == (21, 21, 140, 110)


def test_bars_that_compression_left_noise_in_go() -> None:
    whole = framed(photo(240, 90), (30, 30, 0, 0))
    jpeg = cv2.imencode(".jpg", whole, [cv2.IMWRITE_JPEG_QUALITY, 60])[1]
    read = np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_COLOR_RGB), np.uint8)
    assert len(without_bars(read)) == pytest.approx(90, abs=10)  # to a block of the compression


def test_a_bar_with_writing_in_it_is_part_of_the_picture() -> None:
    whole = framed(photo(240, 90), (40, 40, 0, 0))
    cv2.putText(whole, "what they say", (20, 165), cv2.FONT_HERSHEY_DUPLEX, 0.8, (255, 255, 255), 1)
    left, top, right, bottom = place(without_bars(whole), whole)
    assert (left, right) == (0, 240)
    assert 40 <= top <= 40 + LOSS
    assert bottom >= 160


@pytest.mark.parametrize("first", [0, 255])
def test_a_sky_that_grows_lighter_or_darker_is_no_bar(first: int) -> None:
    sky = np.linspace(first, 128, 50)[:, None, None].repeat(160, 1).repeat(3, 2).astype(np.uint8)
    image = np.concatenate([sky, photo(160, 70)])
    assert len(without_bars(image)) > 110


@pytest.mark.parametrize("edge", [1, 2, 3])
def test_a_few_pixels_of_blurred_edge_are_no_bar(edge: int) -> None:
    whole = framed(photo(120, 90), (edge, 0, edge, 0))
    np.testing.assert_array_equal(without_bars(whole), whole)


@given(SIDES, SIDES, COLOURS)
def test_a_plain_picture_stays_whole(width: int, height: int, colour: Colour) -> None:
    image = np.full((height, width, 3), colour, np.uint8)
    np.testing.assert_array_equal(without_bars(image), image)


def test_a_small_light_in_the_dark_keeps_the_dark_around_it() -> None:
    image = np.zeros((180, 320, 3), np.uint8)
    image[80:100, 150:170] = 255
    np.testing.assert_array_equal(without_bars(image), image)


@settings(max_examples=300)
@given(st.integers(1, 24), st.integers(1, 24), st.integers(0, 1000), st.sampled_from([1, 2, 3, 6]))
def test_of_a_picture_of_any_size_no_less_stays_than_is_said(width: int, height: int, seed: int, block: int) -> None:
    rng = np.random.default_rng(seed)
    levels = np.repeat(rng.choice([0, 0, 0, 90, 250], -(-height // block)), block)[:height]
    image = np.repeat(np.repeat(levels[:, None, None], width, 1), 3, 2).astype(np.uint8)
    image[height // 3 : -(-height // 2), : -(-width // 2)] = 255
    kept = without_bars(image)
    for side, whole in zip(kept.shape[:2], image.shape[:2], strict=True):
        assert side >= max(1, letterbox.PARAMETERS.min_kept_share * whole - LOSS)


def test_of_six_rows_of_which_four_seem_to_be_bars_something_stays() -> None:
    image = np.zeros((6, 320, 3), np.uint8)
    image[2:4] = photo(320, 2)
    assert without_bars(image).size
    assert without_bars(image.transpose(1, 0, 2)).size
