from __future__ import annotations

from collections.abc import Callable

import cv2
import hypothesis.extra.numpy as arrays_of
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from fingerprint.picture import embedding
from fingerprint.picture.embedding import background_score, dequantise, describe, quantise, unit
from fingerprint.picture.weights import trained

Image = NDArray[np.uint8]

WIDTH, HEIGHT = 320, 180


def sunset() -> Image:
    sky = np.linspace((40, 30, 90), (250, 140, 40), HEIGHT)[:, None]
    image = np.repeat(sky, WIDTH, 1).astype(np.uint8)
    cv2.circle(image, (220, 90), 30, (255, 240, 180), -1)
    cv2.rectangle(image, (0, 120), (WIDTH, HEIGHT), (20, 30, 60), -1)
    return image


def board() -> Image:
    squares = np.indices((HEIGHT, WIDTH)) // 30
    return np.repeat((squares.sum(0) % 2 * 200 + 20)[..., None], 3, 2).astype(np.uint8)


def house() -> Image:
    image = np.full((HEIGHT, WIDTH, 3), (120, 180, 240), np.uint8)
    cv2.rectangle(image, (90, 80), (230, 170), (180, 60, 50), -1)
    cv2.fillPoly(image, [np.array([[70, 80], [160, 20], [250, 80]])], (90, 50, 30))
    cv2.rectangle(image, (140, 120), (175, 170), (60, 40, 20), -1)
    cv2.rectangle(image, (100, 95), (125, 120), (250, 250, 200), -1)
    return image


def balls() -> Image:
    image = np.full((HEIGHT, WIDTH, 3), (30, 110, 40), np.uint8)
    rng = np.random.default_rng(1)
    for _ in range(25):
        centre = (int(rng.integers(0, WIDTH)), int(rng.integers(0, HEIGHT)))
        cv2.circle(image, centre, int(rng.integers(8, 20)), rng.integers(120, 256, 3).tolist(), -1)
    return image


def page() -> Image:
    image = np.full((HEIGHT, WIDTH, 3), 245, np.uint8)
    for line in range(8):
        text = "of the words that stand here, " + "none matters"[line:]
        cv2.putText(image, text, (10, 20 + 20 * line), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (20, 20, 20), 1)
    return image


SCENES = (sunset, board, house, balls, page)


def compressed(image: Image) -> Image:
    jpeg = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 30])[1]
    return np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_COLOR), np.uint8)


def brightened(image: Image) -> Image:
    return np.asarray(np.clip(image * 0.8 + 40, 0, 255), np.uint8)


def squeezed(image: Image) -> Image:
    return np.asarray(cv2.resize(image, (200, 200), interpolation=cv2.INTER_AREA), np.uint8)


def shrunk(image: Image) -> Image:
    return np.asarray(cv2.resize(image, (160, 90), interpolation=cv2.INTER_AREA), np.uint8)


def cropped(image: Image) -> Image:
    return np.asarray(image[10:-10, 18:-18])


EDITS = (compressed, brightened, squeezed, shrunk, cropped)


@pytest.fixture(scope="module")
def originals() -> NDArray[np.float32]:
    return describe([scene() for scene in SCENES])


def test_each_picture_has_one_vector_of_length_one(originals: NDArray[np.float32]) -> None:
    assert originals.shape == (len(SCENES), trained().projection.shape[1])
    np.testing.assert_allclose(np.linalg.norm(originals, axis=1), 1.0, atol=1e-5)


def test_no_pictures_have_no_vectors_of_the_same_length(originals: NDArray[np.float32]) -> None:
    assert describe([]).shape == (0, originals.shape[1])


@pytest.mark.parametrize("edit", EDITS)
def test_an_edited_picture_is_like_its_original_and_unlike_others(
    edit: Callable[[Image], Image], originals: NDArray[np.float32]
) -> None:
    similarity = describe([edit(scene()) for scene in SCENES]) @ originals.T
    others = similarity[~np.eye(len(SCENES), dtype=bool)]
    assert similarity.diagonal().min() > others.max() + 0.2


def test_a_vector_depends_on_its_own_picture_alone(originals: NDArray[np.float32]) -> None:
    repeats = embedding.PARAMETERS.batch_pictures // len(SCENES) + 2
    together = describe([scene() for scene in SCENES * repeats])
    np.testing.assert_allclose(together, np.tile(originals, (repeats, 1)), atol=1e-4)


def test_a_picture_of_one_pixel_is_described() -> None:
    assert np.isfinite(describe([np.zeros((1, 1, 3), np.uint8)])).all()


def test_plain_pictures_are_like_anything_by_chance_and_scenes_are_not() -> None:
    plain = [np.full((HEIGHT, WIDTH, 3), level, np.uint8) for level in (0, 128, 255)]
    assert (
        background_score(describe([sunset(), house(), balls()])).max() + 0.1 < background_score(describe(plain)).min()
    )


def test_no_vectors_have_no_chance() -> None:
    assert background_score(np.zeros((0, 0), np.float32)).shape == (0,)


VECTORS = arrays_of.arrays(np.float32, (3, 16), elements=st.floats(-100, 100, width=16))


@given(VECTORS)
def test_a_vector_is_scaled_to_length_one_and_keeps_its_direction(vectors: NDArray[np.float32]) -> None:
    scaled = unit(vectors)
    lengths = np.linalg.norm(vectors, axis=1)
    np.testing.assert_allclose(scaled * lengths[:, None], vectors, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(scaled, axis=1), lengths > 0, atol=1e-2)


@given(st.integers(0, 10_000))
def test_a_stored_vector_comes_back_at_length_one_and_nearly_the_same(seed: int) -> None:
    vectors = unit(np.random.default_rng(seed).normal(size=(4, 384)).astype(np.float32))
    read = dequantise(quantise(vectors))
    np.testing.assert_allclose(np.linalg.norm(read, axis=1), 1.0, atol=1e-5)
    assert (read * vectors).sum(1).min() > 0.999


@given(st.integers(0, 10_000))
def test_likeness_is_the_same_after_storing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    first, second = unit(rng.normal(size=(2, 384)).astype(np.float32)), unit(rng.normal(size=(3, 384)).astype("f4"))
    stored = dequantise(quantise(first)) @ dequantise(quantise(second)).T
    np.testing.assert_allclose(stored, first @ second.T, atol=0.01)


@given(st.floats(0.42, 1.0), st.sampled_from([-1.0, 1.0]))
def test_a_number_too_large_to_store_keeps_its_sign(number: float, sign: float) -> None:
    vector = np.full((1, 384), np.sqrt((1 - number**2) / 383), np.float32)
    vector[0, 7] = sign * number
    read = dequantise(quantise(vector))
    assert read[0, 7] * sign > 0.3
    assert float((read * vector).sum()) > 0.75
