"""Fingerprints of sound that nobody has made, of any length, put together of parts: the matcher takes it for sound."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from fingerprint.model import Fingerprint
from fingerprint.picture.embedding import unit
from fingerprint.sound import extractor
from fingerprint.sound.extractor import window_step_ms
from fingerprint.sound.track import PARAMETERS, SoundTrack, frame_s

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["joined", "made_up"]

#: Peaks a second, somewhat fewer than the engine keeps at the most, and notes that they are on.
PEAKS_PER_S, NOTES = 25, 140


def made_up(seconds: float, seed: int) -> Fingerprint:
    """Return so many seconds of sound that nothing else is like."""
    draw = np.random.default_rng(seed)
    windows = int((seconds * 1000 - PARAMETERS.window_ms) / window_step_ms()) + 1
    numbers = np.arange(windows, dtype=np.int32)
    vectors = unit(draw.normal(size=(windows, PARAMETERS.vector_length)).astype(np.float32))
    peaks = int(PEAKS_PER_S * seconds)
    sound = SoundTrack(
        frames=np.sort(draw.integers(0, int(seconds / frame_s()), peaks)).astype(np.int32),
        bins=draw.integers(0, NOTES, peaks).astype(np.uint8),
        numbers=numbers,
        starts_ms=np.rint(numbers * window_step_ms()).astype(np.int32),
        codes=np.rint(vectors * extractor.PARAMETERS.code_scale).astype(np.int8),
    )
    return Fingerprint(seconds, sound=sound)


def joined(parts: Sequence[Fingerprint]) -> Fingerprint:
    """Return parts, one after the other, as one."""
    tracks, start = [], 0.0
    for part in parts:
        assert part.sound is not None
        number = np.int32(round(start * 1000 / window_step_ms()))
        numbers = part.sound.numbers + number
        tracks.append(
            replace(
                part.sound,
                frames=part.sound.frames + np.int32(round(start / frame_s())),
                numbers=numbers,
                starts_ms=np.rint(numbers * window_step_ms()).astype(np.int32),
            )
        )
        start += part.duration
    return Fingerprint(start, sound=SoundTrack.join(tracks))
