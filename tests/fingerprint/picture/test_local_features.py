from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from support.scenes import Image, mirrored, negative, scene

from fingerprint.matching.picture.geometric_verification import compare_local
from fingerprint.picture import local_features
from fingerprint.picture.local_features import (
    LocalFeatures,
    describe_local,
    describe_variants,
    no_features,
)

MOST = 200


def like(one: LocalFeatures, other: LocalFeatures, rough: int = 1) -> float:
    """Return the share of features that the other has too, at one place, of one size, direction and appearance."""
    if not len(one) or not len(other):
        return 0.0
    off = np.abs(one.points[:, None].astype(int) - other.points).max(2)
    size = np.abs(one.scales[:, None].astype(int) - other.scales)
    turn = np.abs((one.angles[:, None].astype(int) - other.angles + 128) % 256 - 128)
    code = np.abs(one.codes[:, None].astype(int) - other.codes).mean(2)
    same = (off <= 4 * rough) & (size <= 3 * rough) & (turn <= 3 * rough) & (code < 4 * rough)
    return float(same.any(1).mean())


@pytest.mark.parametrize(("name", "edit"), [("mirrored", mirrored), ("negative", negative)])
@pytest.mark.parametrize("seed", range(4))
def test_a_variant_has_the_features_of_the_picture_so_edited(
    name: str, edit: Callable[[Image], Image], seed: int
) -> None:
    image = scene(seed)
    made, true = describe_variants(image, MOST), describe_variants(edit(image), MOST)["plain"]
    assert like(made[name], true) > 0.7
    assert like(made["plain"], true) < 0.1


def test_the_plain_variant_is_the_picture_itself() -> None:
    small = scene(width=256, height=144)
    one, other = describe_variants(small, MOST)["plain"], describe_local(small, MOST)
    for name in ("points", "scales", "angles", "codes"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


def test_a_part_is_enlarged_so_that_a_small_inset_shows_what_its_original_shows() -> None:
    original, composed = scene(1), scene(2)
    composed[117:171, 210:306] = cv2.resize(original, (96, 54), interpolation=cv2.INTER_AREA)
    kept = describe_local(original, MOST)
    whole = compare_local(describe_variants(composed, MOST)["plain"], kept)
    closer = compare_local(describe_variants(composed, MOST, (0.64, 0.64, 1.0, 1.0))["plain"], kept)
    assert closer is not None
    assert closer.inliers > 2 * (0 if whole is None else whole.inliers)
    np.testing.assert_allclose(closer.matrix, [[0.3, 0, 210], [0, 0.3, 117]], atol=2.0)
    mirrored_too = describe_variants(mirrored(composed), MOST, (0.0, 0.64, 0.36, 1.0))["mirrored"]
    again = compare_local(mirrored_too, kept)
    assert again is not None
    np.testing.assert_allclose(again.matrix, [[0.3, 0, 210], [0, 0.3, 117]], atol=2.0)


def test_features_lie_in_the_picture_and_are_as_many_as_asked_for() -> None:
    for most in (1, 20, 120):
        found = describe_local(scene(), most)
        assert len(found) == most
        assert (found.points <= (4 * local_features.PARAMETERS.long_side_px, 4 * 180)).all()
        assert found.codes.shape == (most, local_features.PARAMETERS.code_length)
        assert len(found.scales) == len(found.angles) == most


def test_directions_and_sizes_differ_from_feature_to_feature() -> None:
    found = describe_local(scene(), MOST)
    assert np.ptp(found.angles) > 200
    assert np.ptp(found.scales) > 32  # an octave
    assert len(np.unique(found.codes, axis=0)) > 0.9 * len(found)


@pytest.mark.parametrize("size", [(160, 90), (240, 135)])
def test_places_and_sizes_count_as_if_the_picture_were_large(size: tuple[int, int]) -> None:
    small = np.asarray(cv2.resize(scene(), size, interpolation=cv2.INTER_AREA), np.uint8)
    assert like(describe_local(small, 60), describe_local(scene(), MOST), rough=2) > 0.3
    assert like(describe_local(small, 60), describe_local(scene(5), MOST), rough=2) < 0.05


def test_a_tall_picture_is_measured_by_its_height() -> None:
    tall = np.ascontiguousarray(np.rot90(scene()))
    half = np.asarray(cv2.resize(tall, (90, 160), interpolation=cv2.INTER_AREA), np.uint8)
    for image in (tall, half):
        farthest = describe_local(image, MOST).points[:, 1].max()
        assert 4 * 300 < farthest <= 4 * local_features.PARAMETERS.long_side_px


def darker(image: Image) -> Image:
    return np.asarray(image * 0.4, np.uint8)


def compressed(image: Image) -> Image:
    jpeg = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 40])[1]
    return np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_COLOR), np.uint8)


def turned(image: Image) -> Image:
    return np.ascontiguousarray(np.rot90(image))


def patched(image: Image) -> Image:
    out = image.copy()
    out[:, 190:] = scene(9)[:, 190:]
    return out


@pytest.mark.parametrize("edit", [darker, compressed, turned, patched])
def test_an_edited_picture_shares_features_with_its_original_alone(edit: Callable[[Image], Image]) -> None:
    copy = describe_local(edit(scene(1)), 400)
    own = compare_local(copy, describe_local(scene(1), 120))
    foreign = compare_local(copy, describe_local(scene(2), 120))
    assert own is not None
    assert own.inliers >= 25
    assert foreign is None or foreign.inliers < 10


@pytest.mark.parametrize("size", [(1, 1), (320, 8), (15, 180)])
def test_a_picture_too_small_to_see_anything_in_has_no_features(size: tuple[int, int]) -> None:
    width, height = size
    for found in describe_variants(np.ascontiguousarray(scene()[:height, :width]), MOST).values():
        assert len(found) == 0
        assert found.codes.shape == (0, local_features.PARAMETERS.code_length)


@pytest.mark.parametrize("size", [(1, 1), (1, 320), (2, 320), (320, 1), (320, 3)])
@pytest.mark.parametrize("part", [(0.0, 0.0, 0.36, 0.36), (0.64, 0.64, 1.0, 1.0), (0.4, 0.0, 0.6, 0.01)])
def test_a_part_of_however_thin_a_picture_can_be_looked_at(
    size: tuple[int, int], part: tuple[float, float, float, float]
) -> None:
    found = describe_variants(np.full((*size, 3), 90, np.uint8), 100, part)
    assert {len(features) for features in found.values()} == {0}


def test_a_plain_picture_has_no_features() -> None:
    for found in describe_variants(np.full((180, 320, 3), 90, np.uint8), MOST).values():
        assert len(found) == 0


def test_features_are_joined_in_order() -> None:
    parts = [describe_local(scene(seed), 20 + seed) for seed in range(3)]
    joined = LocalFeatures.join([parts[0], no_features(), *parts[1:]])
    assert len(joined) == 20 + 21 + 22
    for name in ("points", "scales", "angles", "codes"):
        stacked = np.concatenate([getattr(part, name) for part in parts])
        np.testing.assert_array_equal(getattr(joined, name), stacked)
        assert getattr(joined, name).dtype == getattr(parts[0], name).dtype


def test_joining_nothing_gives_no_features() -> None:
    assert len(LocalFeatures.join([])) == 0
    assert LocalFeatures.join([]).codes.shape == (0, local_features.PARAMETERS.code_length)
