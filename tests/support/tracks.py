"""Tracks as the engine makes them, made up: a few seconds of picture and of sound that nothing else is like."""

from __future__ import annotations

import numpy as np

from fingerprint.picture import local_features
from fingerprint.picture.embedding import quantise, unit
from fingerprint.picture.local_features import LocalFeatures
from fingerprint.picture.track import PictureTrack
from fingerprint.sound import extractor as sound_extractor
from fingerprint.sound.track import SoundTrack

__all__ = ["DESCRIBED", "SECONDS", "WINDOWS", "picture", "sound"]

#: Of media that the tracks fit, seconds.
SECONDS = 5.0

DESCRIBED, LOOKED_AT, PEAKS, WINDOWS = 5, 20, 30, 4


def picture(seed: int = 0) -> PictureTrack:
    """Return a picture track."""
    rng = np.random.default_rng(seed)
    rows = np.array([0, 3], np.int32)
    counts = np.array([2, 4], np.int32)
    return PictureTrack(
        numbers=np.arange(DESCRIBED, dtype=np.int32) * 4,
        times_ms=np.arange(DESCRIBED, dtype=np.int32) * 1000,
        codes=quantise(unit(rng.normal(size=(DESCRIBED, 384)).astype(np.float32))),
        local_rows=rows,
        local_counts=counts,
        local=LocalFeatures(
            rng.integers(0, 1280, (6, 2)).astype(np.uint16),
            rng.integers(0, 256, 6).astype(np.uint8),
            rng.integers(0, 256, 6).astype(np.uint8),
            rng.integers(-127, 128, (6, local_features.PARAMETERS.code_length)).astype(np.int8),
        ),
        grid_ms=np.arange(LOOKED_AT, dtype=np.int32) * 250,
        thumbnails=rng.integers(0, 256, (LOOKED_AT, 64)).astype(np.uint8),
        size=np.array([320, 180], np.uint16),
    )


def sound(seed: int = 0) -> SoundTrack:
    """Return a sound track."""
    rng = np.random.default_rng(seed)
    return SoundTrack(
        frames=np.sort(rng.integers(0, 600, PEAKS)).astype(np.int32),
        bins=rng.integers(0, 140, PEAKS).astype(np.uint8),
        numbers=np.arange(WINDOWS, dtype=np.int32),
        starts_ms=np.arange(WINDOWS, dtype=np.int32) * 540,
        codes=np.rint(
            unit(rng.normal(size=(WINDOWS, 100)).astype(np.float32)) * sound_extractor.PARAMETERS.code_scale
        ).astype(np.int8),
    )
