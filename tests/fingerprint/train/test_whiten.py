from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from fingerprint.train.whiten import learn_whitening

Vectors = NDArray[np.float32]

SEEDS = st.integers(0, 100)
PICTURES, EDITS, LENGTH = 300, 4, 24
#: Numbers of a feature that edits change, and much more than one picture differs from another in them.
SHAKY = 6


def features(seed: int, count: int = PICTURES) -> tuple[Vectors, Vectors]:
    """Return features of made-up pictures, `(n, d)`, and of edited versions of them, `(n, k, d)`."""
    rng = np.random.default_rng(seed)
    originals = rng.normal(3.0, 1.0, (count, LENGTH))
    noise = rng.normal(0, 0.2, (count, EDITS, LENGTH))
    noise[..., :SHAKY] *= 40
    return originals.astype(np.float32), (originals[:, None] + noise).astype(np.float32)


def turned(vectors: Vectors, seed: int) -> Vectors:
    """Return vectors turned in space, all in one way."""
    rotation, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(LENGTH, LENGTH)))
    return np.asarray(vectors @ rotation, np.float32)


def units(vectors: NDArray[np.floating]) -> NDArray[np.floating]:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True))


def first_places(originals: NDArray[np.floating], edits: NDArray[np.floating]) -> float:
    """Return the share of edited versions that are nearest to their own original."""
    similarity = units(edits) @ units(originals).T
    return float((similarity.argmax(1) == np.arange(len(originals))).mean())


@settings(max_examples=15)
@given(SEEDS)
def test_edited_pictures_find_their_originals_better_through_it_than_without(seed: int) -> None:
    originals, edits = turned(features(seed)[0], seed), turned(features(seed)[1], seed)
    mean, projection = learn_whitening(originals, edits, LENGTH - SHAKY)
    new, copies = (turned(part, seed) for part in features(seed + 1000))
    plain = first_places(new - mean, copies[:, 0] - mean)
    projected = first_places((new - mean) @ projection, (copies[:, 0] - mean) @ projection)
    assert projected > 0.95
    assert projected > plain + 0.3


@settings(max_examples=15)
@given(SEEDS)
def test_what_edits_change_is_about_as_much_in_every_direction_afterwards(seed: int) -> None:
    originals, edits = features(seed)
    _, projection = learn_whitening(originals, edits, LENGTH)
    before = np.linalg.eigvalsh(np.cov((edits - originals[:, None]).reshape(-1, LENGTH).T))
    after = np.linalg.eigvalsh(np.cov(((edits - originals[:, None]) @ projection).reshape(-1, LENGTH).T))
    assert before.max() / before.min() > 1000
    assert after[-SHAKY:].max() < 2.0
    # The others, which edits hardly change, are trusted less than so few pairs would have it.
    assert after.max() / after.min() < before.max() / before.min() / 10


@settings(max_examples=15)
@given(SEEDS)
def test_directions_in_which_pictures_differ_most_come_first(seed: int) -> None:
    originals, edits = turned(features(seed)[0], seed), turned(features(seed)[1], seed)
    mean, projection = learn_whitening(originals, edits, LENGTH)
    spread = ((originals - mean) @ projection).std(0)
    assert (np.diff(spread) <= 1e-3 * spread.max()).all()


@settings(max_examples=15)
@given(SEEDS, st.integers(1, LENGTH))
def test_fewer_dimensions_are_the_first_of_more(seed: int, dimensions: int) -> None:
    originals, edits = features(seed)
    mean, whole = learn_whitening(originals, edits, LENGTH)
    same_mean, part = learn_whitening(originals, edits, dimensions)
    assert (part.shape, part.dtype.name, mean.dtype.name) == ((LENGTH, dimensions), "float32", "float32")
    np.testing.assert_array_equal(part, whole[:, :dimensions])
    np.testing.assert_array_equal(mean, same_mean)
    np.testing.assert_allclose(mean, originals.mean(0), rtol=1e-4)


@settings(max_examples=15)
@given(SEEDS, st.floats(0.01, 100))
def test_in_which_units_and_directions_features_come_does_not_matter(seed: int, factor: float) -> None:
    originals, edits = features(seed)

    def similarity(first: Vectors, second: Vectors) -> NDArray[np.floating]:
        mean, projection = learn_whitening(first, second, LENGTH - SHAKY)
        projected = units((first.astype(np.float64) - mean) @ projection)
        return projected @ projected.T

    other = [(factor * turned(part, seed)).astype(np.float32) for part in (originals, edits)]
    np.testing.assert_allclose(similarity(*other), similarity(originals, edits), atol=0.01)


def test_a_few_pairs_tell_enough_to_project_with() -> None:
    originals, edits = features(1, count=5)
    _, projection = learn_whitening(originals, edits[:, :1], LENGTH)
    assert np.isfinite(projection).all()
    assert np.abs(projection).max() < 100
