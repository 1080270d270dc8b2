from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from fingerprint.sound.landmarks import Hypothesis, landmarks, shared

Peaks = tuple[NDArray[np.int32], NDArray[np.uint8]]


def peaks(seed: int, count: int = 400) -> Peaks:
    rng = np.random.default_rng(seed)
    frames = np.cumsum(rng.integers(2, 12, count)).astype(np.int32)
    return frames, rng.integers(30, 110, count).astype(np.uint8)


def changed(original: Peaks, speed: float, notes: int, late: int = 0) -> Peaks:
    """Return the peaks of a copy that is played faster, higher and later."""
    frames, bins = original
    return np.rint(frames / speed).astype(np.int32) + late, (bins.astype(np.int64) + notes).astype(np.uint8)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 1000), st.integers(0, 5000))
def test_a_later_copy_shares_all_landmarks_at_one_offset(seed: int, late: int) -> None:
    original = peaks(seed)
    mine = landmarks(*changed(original, 1.0, 0, late))
    votes = shared(mine, landmarks(*original))
    aligned = votes.ours - votes.theirs == late
    assert aligned.sum() >= len(mine.keys)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 1000), st.floats(0.8, 1.25), st.integers(-6, 6))
def test_retimed_and_shifted_peaks_are_found_by_their_hypothesis(seed: int, speed: float, notes: int) -> None:
    original = peaks(seed)
    stored = landmarks(*original)
    copy = changed(original, speed, notes)
    votes = shared(landmarks(*copy, Hypothesis(speed, notes)), stored)
    aligned = np.abs(votes.theirs - votes.ours * speed) < 3
    assert aligned.sum() > 0.25 * len(stored.keys)


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 1000))
def test_other_sound_agrees_on_no_offset(seed: int) -> None:
    votes = shared(landmarks(*peaks(seed)), landmarks(*peaks(seed + 5000)))
    _, counts = np.unique(votes.theirs - votes.ours, return_counts=True)
    assert counts.max(initial=0) < 12


def test_few_peaks_make_no_landmarks() -> None:
    for count in (0, 1):
        frames, bins = peaks(1, count)
        assert not len(landmarks(frames, bins).keys)


def test_a_steady_tone_casts_no_more_votes_than_a_bound() -> None:
    frames = np.arange(0, 40_000, 10, dtype=np.int32)
    tone = landmarks(frames, np.full(len(frames), 60, np.uint8))
    assert len(shared(tone, tone)) < 100 * len(tone.keys)
