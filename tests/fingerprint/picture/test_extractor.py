"""Of a film, what shows something new is described, wherever a chunk of it starts."""

from __future__ import annotations

import itertools

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from support.scenes import Image, collected, scene

from fingerprint.picture import extractor
from fingerprint.picture import track as picture_track
from fingerprint.picture.embedding import dequantise, describe
from fingerprint.picture.local_features import describe_local
from fingerprint.picture.track import PictureTrack

SIDE_PX = picture_track.PARAMETERS.thumbnail_side_px

BLACK = np.zeros((180, 320, 3), np.uint8)


def mixed(one: Image, other: Image, share: float) -> Image:
    return np.asarray(cv2.addWeighted(other, share, one, 1 - share, 0), np.uint8)


def film() -> dict[int, Image]:
    """Return forty seconds: a still scene, slow change, cuts beside the seconds, black, and a still scene again."""
    still, other, third = scene(1), scene(2), scene(3)
    pictures = dict.fromkeys(range(50), still)
    pictures |= {number: mixed(still, other, (number - 50) / 25) for number in range(50, 75)}
    pictures |= dict.fromkeys(range(75, 83), third)
    pictures |= dict.fromkeys(range(83, 97), BLACK)
    return pictures | dict.fromkeys(range(97, 160), still)


FILM = film()


@pytest.fixture(scope="module")
def whole() -> PictureTrack:
    return collected(FILM).track()


def test_a_still_scene_is_described_once_in_ten_seconds() -> None:
    track = collected(dict.fromkeys(range(100), scene())).track()
    assert track.numbers.tolist() == [0, 40, 80]
    assert track.times_ms.tolist() == [0, 10_000, 20_000]


def test_a_scene_that_changes_slowly_is_described_once_a_second() -> None:
    one, other = scene(1), scene(2)
    track = collected({number: mixed(one, other, number / 24) for number in range(24)}).track()
    assert track.numbers.tolist() == [0, 4, 8, 12, 16, 20]


@pytest.mark.parametrize("step", [3, 4, 5, 7])
@pytest.mark.parametrize("first", [0, 1, 2, 3])
def test_a_video_of_few_pictures_is_described_whatever_the_times_of_its_pictures(first: int, step: int) -> None:
    still = collected({number: scene() for number in range(first, 200, step)}).track()
    assert len(still.numbers) == 5
    assert np.diff(still.numbers).max() <= extractor.PARAMETERS.still_steps + step
    slides = collected({number: scene(number) for number in range(first, 60, step)}).track()
    assert slides.numbers.tolist() == list(range(first, 60, step))


@pytest.mark.parametrize("at", [5, 6, 7, 8])
def test_what_a_cut_leads_to_is_described_at_once(at: int) -> None:
    track = collected({number: scene(1 if number < at else 2) for number in range(20)}).track()
    assert track.numbers.tolist() == [0, at]
    expected = describe([scene(1), scene(2)])
    assert (dequantise(track.codes) * expected).sum(1).min() > 0.99


def test_a_cut_right_behind_another_is_described_with_the_next_second() -> None:
    seeds = [1] * 5 + [2] + [3] * 14
    assert collected({number: scene(seed) for number, seed in enumerate(seeds)}).track().numbers.tolist() == [0, 5, 8]


def test_noise_of_a_camera_is_nothing_new() -> None:
    rng = np.random.default_rng(0)
    noisy = {
        number: np.clip(scene() + rng.normal(0, 4, scene().shape), 0, 255).astype(np.uint8) for number in range(20)
    }
    assert collected(noisy).track().numbers.tolist() == [0]


@pytest.mark.parametrize("level", [0, 90, 255])
def test_nothing_of_a_plain_picture_is_kept_but_how_light_it_was(level: int) -> None:
    collector = collected(dict.fromkeys(range(20), np.full((180, 320, 3), level, np.uint8)))
    track = collector.track()
    assert len(track.numbers) == len(track.codes) == len(track.local) == len(collector.keyframes()) == 0
    assert track.grid_ms.tolist() == list(range(0, 5000, 250))
    assert (track.thumbnails == level).all()


def test_what_follows_black_is_described_at_once() -> None:
    track = collected({number: BLACK if number < 6 else scene() for number in range(12)}).track()
    assert track.numbers.tolist() == [6]


def test_of_nothing_there_is_an_empty_track() -> None:
    track = collected({}).track()
    read = PictureTrack.from_arrays(track.to_arrays())
    assert len(read.numbers) == len(read.grid_ms) == len(read.local) == 0
    assert read.thumbnails.shape == (0, picture_track.PARAMETERS.thumbnail_cells)


@pytest.mark.parametrize("starts", [(40,), (80,), (120,), (40, 80, 120)])
def test_what_is_described_does_not_depend_on_where_chunks_start(whole: PictureTrack, starts: tuple[int, ...]) -> None:
    assert all(start % extractor.PARAMETERS.still_steps == 0 for start in starts)
    borders = (0, *starts, len(FILM))
    parts = [
        collected({number: FILM[number] for number in range(first, last)}).track()
        for first, last in itertools.pairwise(borders)
    ]
    joined = PictureTrack.join(parts)
    for name in ("numbers", "times_ms", "codes", "grid_ms", "thumbnails", "size"):
        np.testing.assert_array_equal(getattr(joined, name), getattr(whole, name))
    assert set(whole.local_rows.tolist()) <= set(joined.local_rows.tolist())


def test_local_features_are_kept_of_the_first_described_picture_of_every_four_seconds(whole: PictureTrack) -> None:
    blocks = whole.numbers // (4 * extractor.PARAMETERS.grid_rate_hz)
    assert whole.local_rows.tolist() == np.unique(blocks, return_index=True)[1].tolist()
    for index, row in enumerate(whole.local_rows.tolist()):
        picture, most = FILM[int(whole.numbers[row])], extractor.PARAMETERS.max_local_features
        found, expected = whole.features(index), describe_local(picture, most)
        assert len(found) > 60
        np.testing.assert_array_equal(found.points, expected.points)
        np.testing.assert_array_equal(found.codes, expected.codes)


def test_a_query_keeps_a_small_picture_of_all_that_was_looked_at_and_is_not_plain() -> None:
    keyframes = collected(FILM).keyframes()
    shown = [number for number in FILM if FILM[number] is not BLACK]
    assert (keyframes.times_ms * extractor.PARAMETERS.grid_rate_hz // 1000).tolist() == shown
    for index in (0, 60, len(shown) - 1):
        off = np.abs(keyframes.decode(index).astype(int) - FILM[shown[index]])
        assert off.mean() < 6


def test_bars_are_no_part_of_what_is_described() -> None:
    framed = cv2.copyMakeBorder(scene()[:, 40:280], 0, 0, 40, 40, cv2.BORDER_CONSTANT, value=(0, 0, 0))
    tracks = [collected({0: np.asarray(one, np.uint8)}).track() for one in (framed, scene()[:, 40:280])]
    with_bars, without = (dequantise(track.codes)[0] for track in tracks)
    assert float(with_bars @ without) > 0.97


@pytest.mark.parametrize(
    ("shape", "size"),
    [((180, 320), (320, 180)), ((90, 160), (320, 180)), ((320, 240), (240, 320)), ((9, 9), (320, 320))],
)
def test_the_size_counts_in_pixels_of_which_the_longer_side_has_320(
    shape: tuple[int, int], size: tuple[int, int]
) -> None:
    assert collected({1: np.zeros((*shape, 3), np.uint8)}).track().size.tolist() == list(size)


def miniature(gray: NDArray[np.uint8]) -> list[list[int]]:
    """Return the miniature of a gray picture that is no described one."""
    track = collected({1: np.repeat(gray[..., None], 3, 2)}).track()
    return [[int(level) for level in row] for row in track.thumbnails.reshape(SIDE_PX, SIDE_PX)]


SEEDS = st.integers(0, 10_000)


def noise(width: int, height: int, seed: int) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (height, width)).astype(np.uint8)


@settings(max_examples=60)
@given(st.integers(8, 90), st.integers(8, 90), SEEDS)
def test_the_miniature_holds_the_rounded_mean_of_each_cell(width: int, height: int, seed: int) -> None:
    gray = noise(width, height, seed)
    for row, levels in enumerate(miniature(gray)):
        for column, level in enumerate(levels):
            cell = gray[
                row * height // 8 : (row + 1) * height // 8, column * width // 8 : (column + 1) * width // 8
            ].tolist()
            numbers = [number for line in cell for number in line]
            total, count = sum(numbers), len(numbers)
            assert level == (2 * total + count) // (2 * count)


@settings(max_examples=40)
@given(st.integers(1, SIDE_PX - 1), st.integers(1, 40), SEEDS)
def test_a_picture_of_fewer_pixels_than_cells_gives_each_cell_one_of_them(short: int, other: int, seed: int) -> None:
    for width, height in ((short, other), (other, short)):
        gray = noise(width, height, seed)
        assert miniature(gray) == [
            [int(gray[row * height // 8, column * width // 8]) for column in range(8)] for row in range(8)
        ]
