"""Channels that cancel each other out do not hide a sound track."""

from __future__ import annotations

import io
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av
import numpy as np
import pytest
from av.audio.frame import AudioFrame
from hypothesis import given
from hypothesis import strategies as st

from fingerprint.media.decode import decode
from fingerprint.media.polarity import aligned_polarity
from fingerprint.media.request import SoundBlock, SoundWish

if TYPE_CHECKING:
    from numpy.typing import NDArray

RATE = 44_100
FORMATS = ("u8", "s16", "s32", "flt", "dbl")


def noise(seed: int, seconds: float = 2.0) -> NDArray[np.float32]:
    """Something to hear that is like nothing else: -0.5 to 0.5."""
    return np.random.default_rng(seed).uniform(-0.5, 0.5, round(seconds * RATE)).astype(np.float32)


def frame_of(channels: NDArray[np.float32], layout: str, form: str = "flt") -> AudioFrame:
    """Return a frame of any format that holds the channels."""
    kind = form.removesuffix("p")
    scale = {"u8": 127, "s16": 32767, "s32": 2**31 - 256, "flt": 1, "dbl": 1}[kind]
    types: dict[str, Any] = {"u8": np.uint8, "s16": np.int16, "s32": np.int32, "flt": np.float32, "dbl": np.float64}
    data = (channels * scale + (128 if kind == "u8" else 0)).astype(types[kind])
    data = data if form.endswith("p") else np.ascontiguousarray(data.T).reshape(1, -1)
    frame = AudioFrame.from_ndarray(data, format=form, layout=layout)
    frame.sample_rate = RATE
    return frame


def swing_of(frame: AudioFrame) -> NDArray[np.float64]:
    """Return a frame's channels, about 0 and of at most 1."""
    count = frame.layout.nb_channels
    data = frame.to_ndarray() if frame.format.is_planar else frame.to_ndarray().reshape(-1, count).T
    if data.dtype == np.uint8:
        return (data.astype(np.float64) - 128) / 127
    return data / np.iinfo(data.dtype).max if np.issubdtype(data.dtype, np.integer) else data.astype(np.float64)


def line_of(channels: NDArray[np.float32], layout: str, *, container: str, codec: str) -> NDArray[np.float32]:
    """Write a file of the channels, and return the line of sound that is read from it."""
    file = io.BytesIO()
    with av.open(file, "w", format=container) as output:
        stream = output.add_stream(codec, rate=48_000 if codec == "libopus" else RATE, layout=layout)
        for at in range(0, channels.shape[1], 1024):
            frame = frame_of(channels[:, at : at + 1024], layout)
            frame.pts, frame.time_base = at, Fraction(1, RATE)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    parts = decode(file, picture=None, sound=SoundWish())
    return np.concatenate([part.samples for part in parts if isinstance(part, SoundBlock)])


@pytest.mark.parametrize("form", [*FORMATS, *(f"{name}p" for name in FORMATS)])
def test_an_inverted_channel_is_turned_round_in_every_format(form: str) -> None:
    sound = noise(1)
    frame = frame_of(np.stack([sound, -sound * 0.9]), "stereo", form)
    left, right = swing_of(aligned_polarity(frame))
    assert np.abs(left - right / 0.9).max() < 0.02
    assert aligned_polarity(frame).sample_rate == RATE


@given(st.sampled_from([*FORMATS, *(f"{name}p" for name in FORMATS)]), st.floats(0, 1), st.integers(0, 99))
def test_sound_that_does_not_cancel_itself_stays_as_it_is(form: str, together: float, seed: int) -> None:
    one, other = noise(seed, 0.3), noise(seed + 100, 0.3)
    frame = frame_of(np.stack([one, together * one + (1 - together) * other]), "stereo", form)
    assert aligned_polarity(frame) is frame


@pytest.mark.parametrize("layout", ["mono", "stereo", "5.1"])
def test_silence_stays_as_it_is(layout: str) -> None:
    frame = frame_of(np.zeros((av.AudioLayout(layout).nb_channels, 1000), np.float32), layout)
    assert aligned_polarity(frame) is frame


@pytest.mark.parametrize(
    ("container", "codec", "layout", "signs"),
    [
        ("wav", "pcm_s16le", "stereo", (1, -1)),
        ("flac", "flac", "stereo", (-1, 1)),
        ("matroska", "aac", "stereo", (1, -1)),
        ("mp4", "aac", "stereo", (-0.8, 1)),
        ("avi", "pcm_u8", "stereo", (1, -1)),
        ("ogg", "libopus", "stereo", (1, -0.7)),
        ("wav", "pcm_s16le", "quad", (1, -1, 1, -1)),
        ("matroska", "flac", "5.1", (1, -1, -1, 0, 1, -1)),
    ],
)
def test_a_file_with_inverted_channels_sounds_like_one_without(
    container: str, codec: str, layout: str, signs: tuple[float, ...]
) -> None:
    sound = np.convolve(noise(2, 4.0), np.ones(8) / 8, "same").astype(np.float32)
    inverted, upright = (
        line_of(np.outer(shares, sound).astype(np.float32), layout, container=container, codec=codec)
        for shares in (signs, np.abs(signs))
    )
    length = min(len(inverted), len(upright))
    middle = slice(length // 4, 3 * length // 4)
    alike = np.corrcoef(inverted[:length][middle], upright[:length][middle])[0, 1]
    assert abs(alike) > 0.9
    assert np.std(inverted[middle]) > 0.5 * np.std(upright[middle])


def test_a_channel_that_is_inverted_for_a_part_is_turned_round_there() -> None:
    sound = np.convolve(noise(3, 6.0), np.ones(8) / 8, "same").astype(np.float32)
    signs = np.where((np.arange(len(sound)) // (2 * RATE)) % 2, -1, 1)
    line = line_of(np.stack([sound, signs * sound]), "stereo", container="wav", codec="pcm_s16le")
    loudness = np.std(line[: len(line) // 12 * 12].reshape(12, -1), axis=1)
    assert loudness.min() > 0.5 * loudness.max()
