from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from fingerprint.train.synthetic import plain_pictures

Image = NDArray[np.uint8]


@pytest.fixture(scope="module")
def pictures() -> list[Image]:
    return plain_pictures()


def test_they_are_a_few_dozen_colour_pictures(pictures: list[Image]) -> None:
    assert 24 <= len(pictures) <= 100
    for picture in pictures:
        height, width, channels = picture.shape
        assert (picture.dtype.name, height, channels) == ("uint8", 180, 3)
        assert width == pytest.approx(320, abs=2)


def test_they_are_the_same_on_every_run(pictures: list[Image]) -> None:
    for one, again in zip(pictures, plain_pictures(), strict=True):
        np.testing.assert_array_equal(one, again)


def test_no_two_are_the_same(pictures: list[Image]) -> None:
    assert len({picture.tobytes() for picture in pictures}) == len(pictures)


def test_black_and_white_are_among_them_without_writing(pictures: list[Image]) -> None:
    levels = {int(picture.flat[0]) for picture in pictures if (picture == picture.flat[0]).all()}
    assert {0, 255} <= levels


def test_there_are_fields_of_one_colour_ramps_and_pictures_with_writing(pictures: list[Image]) -> None:
    colours = [len(np.unique(picture @ (1, 256, 65536))) for picture in pictures]
    steps = [np.abs(np.diff(picture.astype(int), axis=1)).max() for picture in pictures]
    assert colours.count(1) >= 10
    assert any(count == 7 for count in colours)
    assert any(count > 50 and step < 5 for count, step in zip(colours, steps, strict=True))
    assert any(1 < count < 400 and step > 100 for count, step in zip(colours, steps, strict=True))
