from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from fingerprint.matching.picture.geometric_verification import PARAMETERS, compare_local
from fingerprint.picture import local_features
from fingerprint.picture.local_features import LocalFeatures, no_features

Matrix = NDArray[np.float64]

SEEDS = st.integers(0, 10_000)
#: Corners of the original picture: where a wrong transform is farthest off.
CORNERS = np.array([[0, 0], [320, 0], [320, 180], [0, 180]], np.float64)


def features(count: int, seed: int) -> LocalFeatures:
    """Return features of a made-up picture of 320 by 180 pixels, none like another."""
    rng = np.random.default_rng(seed)
    return LocalFeatures(
        points=np.rint(rng.uniform((0, 0), (1280, 720), (count, 2))).astype(np.uint16),
        scales=rng.integers(60, 130, count).astype(np.uint8),
        angles=rng.integers(0, 256, count).astype(np.uint8),
        codes=np.clip(rng.normal(0, 25, (count, local_features.PARAMETERS.code_length)), -127, 127).astype(np.int8),
    )


def similarity(scale: float, turn: float, to: tuple[float, float]) -> Matrix:
    """Return the map that scales and turns about the picture's centre, and puts that somewhere."""
    linear = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    return np.column_stack([linear, np.array(to) - linear @ (160, 90)])


def at(matrix: Matrix, points: Matrix) -> Matrix:
    return np.asarray(points @ matrix[:, :2].T + matrix[:, 2])


def copied(original: LocalFeatures, matrix: Matrix, *, noise: float = 0.0, seed: int = 0) -> LocalFeatures:
    """Return the features of a copy as a map, and noise of compression, make them of the original's; some are gone."""
    rng = np.random.default_rng(seed)
    count = len(original)
    points = at(matrix, original.points / 4) + rng.normal(0, noise, (count, 2))
    linear = matrix[:, :2]
    octaves = np.log2(np.abs(np.linalg.det(linear))) / 2 + rng.normal(0, 0.05 * noise, count)
    turn = np.arctan2(linear[1, 0], linear[0, 0]) / (2 * np.pi) * 256 + rng.normal(0, 2 * noise, count)
    scales = original.scales + 32 * octaves
    codes = original.codes + rng.normal(0, 4 * noise, original.codes.shape)
    inside = (points >= 0).all(1) & (scales >= 0) & (scales <= 255)
    order = rng.permutation(np.nonzero(inside)[0])
    return LocalFeatures(
        points=np.rint(points[order] * 4).astype(np.uint16),
        scales=np.rint(scales[order]).astype(np.uint8),
        angles=(np.rint(original.angles + turn)[order].astype(np.int64) % 256).astype(np.uint8),
        codes=np.clip(np.rint(codes[order]), -127, 127).astype(np.int8),
    )


MAPS = st.builds(
    similarity,
    st.floats(0.3, 3.0),
    st.floats(-np.pi, np.pi),
    st.tuples(st.floats(600, 900), st.floats(600, 900)),
)


@given(MAPS, SEEDS)
def test_any_scaling_turn_and_shift_is_told(matrix: Matrix, seed: int) -> None:
    original = features(60, seed)
    found = compare_local(copied(original, matrix), original)
    assert found is not None
    assert found.inliers >= 45
    np.testing.assert_allclose(at(found.matrix, CORNERS), at(matrix, CORNERS), atol=1.0)


@given(MAPS, SEEDS, st.integers(0, 60))
def test_foreign_features_do_not_hide_a_copy(matrix: Matrix, seed: int, foreign: int) -> None:
    original = features(60, seed)
    mine = LocalFeatures.join([features(foreign, seed + 1), copied(original, matrix, noise=0.7, seed=seed)])
    found = compare_local(mine, LocalFeatures.join([original, features(foreign, seed + 2)]))
    assert found is not None
    assert found.inliers >= 40
    np.testing.assert_allclose(at(found.matrix, CORNERS), at(matrix, CORNERS), atol=6.0)


@given(MAPS, SEEDS)
def test_the_map_back_is_the_inverse(matrix: Matrix, seed: int) -> None:
    original = features(60, seed)
    copy = copied(original, matrix)
    there, back = compare_local(copy, original), compare_local(original, copy)
    assert there is not None
    assert back is not None
    assert back.inliers == pytest.approx(there.inliers, abs=5)
    np.testing.assert_allclose(at(back.matrix, at(there.matrix, CORNERS)), CORNERS, atol=2.0)


@settings(max_examples=30)
@given(SEEDS)
def test_unrelated_pictures_agree_on_next_to_nothing(seed: int) -> None:
    found = compare_local(features(400, seed), features(120, seed + 20_000))
    assert found is None or found.inliers <= 3


def test_a_mirrored_picture_is_no_copy() -> None:
    original = features(60, 1)
    points = original.points.copy()
    points[:, 0] = 4 * 320 - points[:, 0]
    mirrored = replace(original, points=points, angles=np.uint8(128) - original.angles)
    found = compare_local(mirrored, original)
    assert found is None or found.inliers < 8


def test_a_narrow_strip_that_is_mirrored_is_no_copy() -> None:
    original = features(60, 1)
    points = original.points.copy()
    points[:, 0] = 4 * 158 + points[:, 0] % 16
    strip = replace(original, points=points)
    points = points.copy()
    points[:, 0] = 4 * 320 - points[:, 0]
    assert compare_local(replace(original, points=points), strip) is None


@given(st.floats(0.75, 1.33), SEEDS)
def test_a_picture_of_another_aspect_ratio_is_told_by_its_two_scales(stretch: float, seed: int) -> None:
    original = features(80, seed)
    matrix = np.array([[stretch, 0.0, 10.0], [0.0, 1 / stretch, 20.0]])
    found = compare_local(copied(original, matrix), original)
    assert found is not None
    assert found.inliers >= 40
    np.testing.assert_allclose(at(found.matrix, CORNERS), at(matrix, CORNERS), atol=1.5)


@given(SEEDS)
def test_directions_a_little_to_either_side_agree(seed: int) -> None:
    original = features(40, seed)
    rough = np.random.default_rng(seed).integers(-6, 7, 40)
    turned = replace(original, angles=((original.angles + rough) % 256).astype(np.uint8))
    found = compare_local(turned, original)
    assert found is not None
    assert found.inliers >= 35


@given(st.integers(3, 7), SEEDS)
def test_a_few_pairs_tell_a_map_that_keeps_shapes(count: int, seed: int) -> None:
    original = features(count, seed)
    matrix = similarity(0.8, 0.5, (300.0, 300.0))
    found = compare_local(copied(original, matrix, noise=0.3, seed=seed), original)
    assert found is not None
    (a, b), (c, d) = found.matrix[:, :2]
    assert (a, b) == pytest.approx((d, -c))


def test_one_corner_counts_once_however_many_features_it_gives() -> None:
    many = features(30, 3)
    original = replace(many, points=many.points[np.arange(30) // 10])
    found = compare_local(original, original)
    assert found is not None
    assert found.inliers == 3


def test_no_more_places_count_than_the_smaller_picture_has() -> None:
    many = features(110, 8)
    original = replace(many, scales=many.scales + np.uint8(100))
    small = copied(original, similarity(0.14, 0.0, (25.0, 15.0)))
    places = len(np.unique(np.rint(small.points / 16), axis=0))
    assert places < 70
    for found in (compare_local(small, original), compare_local(original, small)):
        assert found is not None
        assert 40 < found.inliers <= places


def test_features_that_differ_in_size_or_direction_do_not_agree() -> None:
    original = features(60, 4)
    rng = np.random.default_rng(5)
    anyhow = rng.integers(0, 256, (2, 60)).astype(np.uint8)
    for other in (replace(original, angles=anyhow[0]), replace(original, scales=anyhow[1])):
        found = compare_local(other, original)
        assert found is None or found.inliers < 25


@pytest.mark.parametrize("octaves", [-PARAMETERS.max_scaling_octaves - 1, PARAMETERS.max_scaling_octaves + 1])
def test_what_would_be_scaled_beyond_measure_is_no_copy(octaves: float) -> None:
    many = features(60, 6)
    scales = np.linspace(0 if octaves > 0 else 140, 100 if octaves > 0 else 250, 60)
    original = replace(many, scales=scales.astype(np.uint8))
    matrix = similarity(2.0**octaves, 0.0, (2600.0, 1500.0))
    assert compare_local(copied(original, matrix), original) is None


@pytest.mark.parametrize("count", [0, 1, 2])
def test_fewer_than_three_features_tell_nothing(count: int) -> None:
    some, many = features(count, 7), features(60, 7)
    assert compare_local(some, many) is None
    assert compare_local(many, some) is None
    assert compare_local(some, no_features()) is None
