"""Empty and common material matches nothing: neither real footage, nor other empty material."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from fingerprint.index.memory import MemoryIndex
from fingerprint.matching.matcher import match
from fingerprint.query import Query

Fingerprinted = Callable[[Path], Query]

RATE, FPS, SECONDS = 16_000, 10, 8.0
WIDTH, HEIGHT = 320, 180


def black(_: float) -> NDArray[np.uint8]:
    return np.zeros((HEIGHT, WIDTH, 3), np.uint8)


def gray_card(_: float) -> NDArray[np.uint8]:
    return np.full((HEIGHT, WIDTH, 3), 120, np.uint8)


def fade(time: float) -> NDArray[np.uint8]:
    return np.full((HEIGHT, WIDTH, 3), int(255 * time / SECONDS), np.uint8)


def silence(time: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.zeros_like(time)


def hum(time: NDArray[np.float64]) -> NDArray[np.float64]:
    return 0.2 * np.sin(2 * np.pi * 50 * time) + 0.1 * np.sin(2 * np.pi * 100 * time)


def tone(time: NDArray[np.float64]) -> NDArray[np.float64]:
    return 0.3 * np.sin(2 * np.pi * 1000 * time)


def noise(seed: int) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    return lambda time: np.random.default_rng(seed).normal(0, 0.1, len(time))


MATERIAL = {
    "black and silence": (black, silence),
    "black and hum": (black, hum),
    "gray card and tone": (gray_card, tone),
    "gray card and hum": (gray_card, hum),
    "fade and noise": (fade, noise(1)),
    "black and other noise": (black, noise(2)),
}


def write(
    path: Path,
    picture: Callable[[float], NDArray[np.uint8]],
    sound: Callable[[NDArray[np.float64]], NDArray[np.float64]],
) -> Path:
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=FPS)
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        audio = container.add_stream("aac", rate=RATE, layout="mono")
        for number in range(int(SECONDS * FPS)):
            frame = av.VideoFrame.from_ndarray(picture(number / FPS), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        samples = sound(np.arange(int(SECONDS * RATE)) / RATE).astype(np.float32)
        for first in range(0, len(samples) - 1023, 1024):
            block = av.AudioFrame.from_ndarray(samples[None, first : first + 1024], format="fltp", layout="mono")
            block.rate, block.pts, block.time_base = RATE, first, Fraction(1, RATE)
            container.mux(audio.encode(block))
        container.mux(audio.encode(None))
    return path


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory, fingerprinted: Fingerprinted) -> dict[str, Query]:
    folder = tmp_path_factory.mktemp("empty")
    return {name: fingerprinted(write(folder / f"{name}.mp4", *made)) for name, made in MATERIAL.items()}


@pytest.mark.parametrize("name", MATERIAL)
def test_empty_material_matches_no_footage(empty: dict[str, Query], library: MemoryIndex, name: str) -> None:
    assert [found for found in match(empty[name], library, library) if found.similarity >= 0.5] == []


@pytest.mark.parametrize("name", MATERIAL)
def test_empty_material_matches_no_other_empty_material(empty: dict[str, Query], name: str) -> None:
    others = MemoryIndex()
    for other, query in empty.items():
        if other != name:
            others.add(other, query.fingerprint)
    assert [found for found in match(empty[name], others, others) if found.similarity >= 0.5] == []


def test_different_cards_of_text_do_not_match(tmp_path: Path, fingerprinted: Fingerprinted) -> None:
    def card(text: str) -> Callable[[float], NDArray[np.uint8]]:
        field = np.full((HEIGHT, WIDTH, 3), 20, np.uint8)
        cv2.putText(field, text, (30, 100), cv2.FONT_HERSHEY_DUPLEX, 1.0, (255, 255, 255), 2)
        return lambda _: field

    one = fingerprinted(write(tmp_path / "one.mp4", card("THE END"), silence))
    other = fingerprinted(write(tmp_path / "other.mp4", card("CHAPTER 2"), silence))
    library = MemoryIndex()
    library.add("one", one.fingerprint)
    assert [found for found in match(other, library, library) if found.similarity >= 0.5] == []
