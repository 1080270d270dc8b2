from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from fingerprint.matching.picture.geometric_verification import compare_local
from fingerprint.picture.local_features import describe_local, describe_variants
from fingerprint.train.augment import EDITS, edited, mildly_edited

Image = NDArray[np.uint8]
Edit = Callable[[Image, Image, np.random.Generator], Image]

SEEDS = st.integers(0, 100_000)


def scene(seed: int, width: int = 320, height: int = 200) -> Image:
    """Return a picture with many corners and blobs of all sizes."""
    rng = np.random.default_rng(seed)
    image = np.full((height, width, 3), 128, np.uint8)
    for _ in range(80):
        x, y = int(rng.integers(0, width)), int(rng.integers(0, height))
        w, h = (int(side) for side in rng.integers(4, 60, 2))
        cv2.rectangle(image, (x, y), (x + w, y + h), rng.integers(0, 256, 3).tolist(), -1)
    return np.asarray(cv2.GaussianBlur(image, (0, 0), 1.0), np.uint8)


ONE, OTHER = scene(1), scene(2, 300, 220)
KINDS = [mildly_edited, edited]


@pytest.mark.parametrize("edit", [*KINDS, *dict.fromkeys(EDITS)])
@settings(max_examples=15)
@given(seed=SEEDS, width=st.integers(16, 200), height=st.integers(16, 200))
def test_of_a_picture_of_any_size_an_edit_makes_another_colour_picture(
    edit: Edit, seed: int, width: int, height: int
) -> None:
    made = edit(scene(seed, width, height), OTHER, np.random.default_rng(seed))
    assert (made.dtype.name, made.ndim, made.shape[2]) == ("uint8", 3, 3)
    assert min(made.shape[:2]) >= 8


@pytest.mark.parametrize("edit", [*KINDS, *dict.fromkeys(EDITS)])
@settings(max_examples=10)
@given(seed=SEEDS)
def test_an_edit_leaves_the_pictures_that_it_is_given(edit: Edit, seed: int) -> None:
    one, other = ONE.copy(), OTHER.copy()
    edit(one, other, np.random.default_rng(seed))
    np.testing.assert_array_equal(one, ONE)
    np.testing.assert_array_equal(other, OTHER)


@pytest.mark.parametrize("edit", KINDS)
@settings(max_examples=10)
@given(seed=SEEDS)
def test_an_edit_is_the_same_for_the_same_seed_and_another_for_another(edit: Edit, seed: int) -> None:
    first, again, another = (edit(ONE, OTHER, np.random.default_rng(one)) for one in (seed, seed, seed + 1))
    np.testing.assert_array_equal(first, again)
    assert first.shape != another.shape or (first != another).any()


def inliers(copy: Image, original: Image, variant: str = "plain") -> int:
    """Return how many local features of a copy, or of a variant of it, agree on where the original lies in it."""
    scale = min(1.0, 320 / max(copy.shape[:2]))
    small = np.asarray(cv2.resize(copy, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
    found = compare_local(describe_variants(small, 300)[variant], describe_local(original, 200))
    return 0 if found is None else found.inliers


@settings(max_examples=20)
@given(SEEDS)
def test_a_mild_edit_shows_the_picture_and_nothing_of_the_other(seed: int) -> None:
    made = mildly_edited(ONE, OTHER, np.random.default_rng(seed))
    assert made.shape[0] >= 0.7 * ONE.shape[0]
    assert made.shape[1] >= 0.7 * ONE.shape[1]
    # A change of tone that turns a third of the picture black leaves 19 of about 80 inliers.
    assert inliers(made, ONE) >= 12
    assert inliers(made, OTHER) < 10


def test_most_of_a_picture_is_left_by_most_mild_edits() -> None:
    left = [inliers(mildly_edited(ONE, OTHER, np.random.default_rng(seed)), ONE) for seed in range(40)]
    assert min(left) >= 20
    assert np.median(left) >= 60


@pytest.fixture(scope="module")
def strongly_edited() -> list[Image]:
    return [edited(ONE, OTHER, np.random.default_rng(seed)) for seed in range(40)]


def test_strong_edits_leave_most_pictures_recognisable(strongly_edited: list[Image]) -> None:
    assert np.mean([inliers(copy, ONE) >= 7 for copy in strongly_edited]) > 0.6


def test_no_edit_mirrors_a_picture(strongly_edited: list[Image]) -> None:
    assert max(inliers(copy, ONE, "mirrored") for copy in strongly_edited) < 10


def test_strong_edits_put_a_picture_beside_or_into_another_at_times(strongly_edited: list[Image]) -> None:
    assert 0.03 < np.mean([inliers(copy, OTHER) >= 10 for copy in strongly_edited]) < 0.5


def test_every_edit_changes_a_picture_in_its_own_way() -> None:
    made = [edit(ONE, OTHER, np.random.default_rng(6)) for edit in dict.fromkeys(EDITS)]
    assert len({(image.shape, image.tobytes()) for image in made}) == len(made)
