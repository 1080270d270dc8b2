"""Made-up peaks for the tests of sound."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fingerprint.sound.track import PARAMETERS, SoundTrack, frame_s

__all__ = ["changed", "joined", "piece", "sound", "track", "worn"]

#: Seconds of a frame.
FRAME_S = frame_s()

#: Peaks a second of lively sound.
DENSITY = 12


def track(times: NDArray[np.floating], bins: NDArray[np.int64]) -> SoundTrack:
    """Return the track of peaks at times (seconds); alignment needs no windows."""
    order = np.argsort(times, kind="stable")
    none = np.zeros(0, np.int32)
    return SoundTrack(
        frames=np.rint(times[order] / FRAME_S).astype(np.int32),
        bins=bins[order].astype(np.uint8),
        numbers=none,
        starts_ms=none,
        codes=np.zeros((0, PARAMETERS.vector_length), np.int8),
    )


def sound(seconds: float, seed: int, density: float = DENSITY) -> SoundTrack:
    """Return sound that no other seed shares."""
    rng = np.random.default_rng(seed)
    count = int(seconds * density)
    return track(np.sort(rng.uniform(0, seconds, count)), rng.integers(30, 110, count))


def piece(of: SoundTrack, start: float, end: float) -> SoundTrack:
    """Return a part, which starts at 0."""
    times = of.frames * FRAME_S
    inside = (times >= start) & (times < end)
    return track(times[inside] - start, of.bins[inside].astype(np.int64))


def joined(*parts: tuple[SoundTrack, float]) -> SoundTrack:
    """Return sounds one after the other; each comes with its length."""
    times, bins, at = [], [], 0.0
    for part, seconds in parts:
        times.append(part.frames * FRAME_S + at)
        bins.append(part.bins.astype(np.int64))
        at += seconds
    return track(np.concatenate(times), np.concatenate(bins))


def changed(of: SoundTrack, speed: float, notes: int = 0) -> SoundTrack:
    return track(of.frames * FRAME_S / speed, of.bins.astype(np.int64) + notes)


def worn(of: SoundTrack, kept: float, seed: int) -> SoundTrack:
    """Return what is left of sound after compression: some peaks are gone, others are new, all are a little off."""
    rng = np.random.default_rng(seed)
    chosen = rng.random(len(of.frames)) < kept
    count = int((~chosen).sum())
    times = of.frames[chosen] * FRAME_S + rng.uniform(-0.5, 0.5, int(chosen.sum())) * FRAME_S
    new = rng.uniform(0, float(of.frames.max() * FRAME_S), count)
    bins = np.concatenate([of.bins[chosen].astype(np.int64), rng.integers(30, 110, count)])
    return track(np.concatenate([np.maximum(times, 0), new]), bins)
