"""A query's pictures come back as they were, one by one, whole or half as large."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from support.scenes import scene

from fingerprint.codec import BadFingerprintError
from fingerprint.picture.keyframes import Keyframes, encode_still


def keyframes(*seeds: int) -> Keyframes:
    return Keyframes.of([(seed * 250, encode_still(scene(seed))) for seed in seeds])


def test_each_picture_comes_back_nearly_as_it_was() -> None:
    kept = keyframes(4, 5, 6)
    assert len(kept) == 3
    for index, seed in enumerate((4, 5, 6)):
        off = np.abs(kept.decode(index).astype(int) - scene(seed))
        assert off.mean() < 6
        assert kept.times_ms[index] == seed * 250


def test_red_stays_red() -> None:
    red = np.full((40, 60, 3), (250, 10, 20), np.uint8)
    read = Keyframes.of([(0, encode_still(red))]).decode(0)
    np.testing.assert_allclose(read.reshape(-1, 3).mean(0), (250, 10, 20), atol=4)


@pytest.mark.parametrize(("width", "height"), [(320, 180), (161, 91), (9, 7), (1, 1)])
def test_a_picture_comes_back_gray_and_at_half_its_size(width: int, height: int) -> None:
    image = scene(3, width, height)
    kept = Keyframes.of([(0, encode_still(scene(1))), (250, encode_still(image))])
    half = kept.decode_small(1)
    assert half.shape == (-(-height // 2), -(-width // 2))
    gray = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    padded = np.pad(gray, ((0, height % 2), (0, width % 2)), "edge")
    expected = cv2.resize(padded, half.shape[::-1], interpolation=cv2.INTER_AREA)
    assert np.abs(half.astype(int) - expected).mean() < 6


def test_stills_survive_storing() -> None:
    made = keyframes(1, 2, 3)
    read = Keyframes.from_arrays(made.to_arrays())
    assert read.times_ms.tolist() == made.times_ms.tolist()
    for index in range(3):
        np.testing.assert_array_equal(read.decode(index), made.decode(index))


def test_chunks_are_joined_in_order() -> None:
    parts = [keyframes(1, 2), keyframes(), keyframes(3), keyframes(4, 5)]
    joined = Keyframes.join(parts)
    assert joined.times_ms.tolist() == [250, 500, 750, 1000, 1250]
    expected = [part.decode(index) for part in parts for index in range(len(part))]
    for index, picture in enumerate(expected):
        np.testing.assert_array_equal(joined.decode(index), picture)


def test_no_pictures_are_stored_and_joined_as_none() -> None:
    assert len(Keyframes.from_arrays(keyframes().to_arrays())) == 0
    assert len(Keyframes.join([keyframes(), keyframes()])) == 0


@pytest.mark.parametrize("name", ["stills.times", "stills.sizes", "stills.data"])
def test_stills_that_do_not_fit_together_are_refused(name: str) -> None:
    arrays = keyframes(1, 2).to_arrays()
    with pytest.raises(BadFingerprintError, match="stills"):
        Keyframes.from_arrays({**arrays, name: arrays[name][:-1]})
    del arrays[name]
    with pytest.raises(BadFingerprintError, match="stills"):
        Keyframes.from_arrays(arrays)
