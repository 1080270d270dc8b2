from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from fingerprint.matching.sound.aligner import SoundQuery, align_sound
from fingerprint.media.request import SoundBlock
from fingerprint.sound.extractor import PARAMETERS, SoundCollector, sound_wish
from fingerprint.sound.track import PARAMETERS as GRID
from fingerprint.sound.track import SoundTrack, frame_s

Samples = NDArray[np.float32]

FRAME_S = frame_s()
SOUND = sound_wish()
RATE = SOUND.rate
NAMES = ("frames", "bins", "numbers", "starts_ms", "codes")


def tones(seconds: float, seed: int = 0) -> Samples:
    """Return a made-up tune of plucked tones, three at a time, with soft noise."""
    rng = np.random.default_rng(seed)
    samples = rng.normal(0, 0.002, round(seconds * RATE))
    for start in np.arange(0, seconds - 0.3, 0.15):
        time = np.arange(round(0.3 * RATE)) / RATE
        at = round(start * RATE)
        for pitch in 220 * 2 ** rng.uniform(0, 3.5, 3):
            samples[at : at + len(time)] += 0.15 * np.sin(2 * np.pi * pitch * time) * np.exp(-time / 0.1)
    return samples.astype(np.float32)


def collected(samples: Samples, start: float = 0.0, end: float | None = None, block: int = 4000) -> SoundTrack:
    """Return the track of a span of an item, which is decoded with its margins, in blocks."""
    end = len(samples) / RATE if end is None else end
    collector = SoundCollector(start, end)
    first = max(0, round((start - SOUND.margin_s) * RATE))
    last = min(len(samples), round((end + SOUND.margin_s) * RATE))
    for at in range(first, last, block):
        collector.add(SoundBlock(at, at / RATE, samples[at : min(at + block, last)]))
    return collector.track()


def shared(one: SoundTrack, other: SoundTrack) -> float:
    """Return the share of one's peaks that the other has, to a frame and a note."""
    off = np.abs(one.frames[:, None] - other.frames) <= 1
    return float((off & (np.abs(one.bins[:, None].astype(int) - other.bins) <= 1)).any(1).mean())


TUNE = tones(31)


@pytest.fixture(scope="module")
def whole() -> SoundTrack:
    return collected(TUNE)


@settings(max_examples=12)
@given(st.lists(st.integers(100, 30_900), max_size=3, unique=True))
def test_chunks_give_together_what_one_pass_gives(whole: SoundTrack, cuts: list[int]) -> None:
    ends = [0.0, *(cut / 1000 for cut in sorted(cuts)), 31.0]
    joined = SoundTrack.join([collected(TUNE, *span) for span in itertools.pairwise(ends)])
    for name in NAMES:
        np.testing.assert_array_equal(getattr(joined, name), getattr(whole, name))


@pytest.mark.parametrize("block", [333, 160_000])
def test_it_does_not_matter_in_which_blocks_samples_come(whole: SoundTrack, block: int) -> None:
    track = collected(TUNE, block=block)
    for name in NAMES:
        np.testing.assert_array_equal(getattr(track, name), getattr(whole, name))


def test_a_chunk_tells_of_its_own_span_alone() -> None:
    part = collected(TUNE, 10.0, 20.0)
    for times in (part.frames * FRAME_S, part.starts_ms / 1000):
        assert 10.0 - FRAME_S <= times.min() < 10.6
        assert 19.4 < times.max() < 20.0 + FRAME_S


@pytest.mark.parametrize("pitch", [250, 440, 1000, 3000])
@pytest.mark.parametrize("at", [3.0, 9.5])
def test_a_short_tone_is_a_peak_at_its_time_and_pitch(pitch: float, at: float) -> None:
    samples = np.zeros(15 * RATE, np.float32)
    time = np.arange(RATE // 5) / RATE
    samples[round(at * RATE) :][: len(time)] = 0.5 * np.hanning(len(time)) * np.sin(2 * np.pi * pitch * time)
    track = collected(samples)
    assert (track.frames * FRAME_S).tolist() == pytest.approx([at + 0.1], abs=0.03)
    assert track.bins.tolist() == pytest.approx([GRID.notes_per_octave * np.log2(pitch / GRID.lowest_hz)], abs=1)


def test_of_lively_sound_no_more_peaks_are_kept_a_second_than_is_said(whole: SoundTrack) -> None:
    assert np.bincount((whole.frames * FRAME_S).astype(int)).max() <= PARAMETERS.max_peaks_per_s
    assert len(whole.frames) > 25 * PARAMETERS.max_peaks_per_s
    assert (np.diff(whole.frames) >= 0).all()


def test_windows_follow_each_other_about_twice_a_second_and_are_numbered_in_order(whole: SoundTrack) -> None:
    assert whole.numbers.tolist() == list(range(len(whole.numbers)))
    assert set(np.diff(whole.starts_ms).tolist()) <= {540, 541}
    assert whole.codes.shape == (len(whole.numbers), GRID.vector_length)


def softer(samples: Samples) -> Samples:
    return (0.1 * samples).astype(np.float32)


def muffled(samples: Samples) -> Samples:
    return np.convolve(samples, np.ones(3) / 3, mode="same").astype(np.float32)


def noisy(samples: Samples) -> Samples:
    return (samples + np.random.default_rng(1).normal(0, 0.01, len(samples))).astype(np.float32)


@pytest.mark.parametrize("edit", [softer, muffled, noisy])
def test_an_edited_recording_has_the_peaks_and_windows_of_its_original(
    edit: Callable[[Samples], Samples], whole: SoundTrack
) -> None:
    copy = collected(edit(TUNE))
    assert shared(whole, copy) > 0.5
    full = slice(54)  # those after it reach over the end
    np.testing.assert_array_equal(copy.numbers[full], whole.numbers[full])
    similarity = copy.vectors()[full] @ whole.vectors()[full].T
    own = similarity.diagonal()
    apart = np.abs(whole.numbers[full, None] - whole.numbers[full]) > 4
    assert np.median(own) > 0.8
    assert (own > np.where(apart, similarity, -1).max(1)).mean() > 0.95


def test_other_sound_has_other_peaks(whole: SoundTrack) -> None:
    assert shared(collected(tones(31, 3)), whole) < 0.2


def test_a_piece_that_starts_anywhere_is_found_by_its_peaks(whole: SoundTrack) -> None:
    cut = TUNE[round(7.77 * RATE) : round(22.2 * RATE)]
    query = collected(np.concatenate([tones(4.2, 9), cut]))
    (found,) = align_sound(SoundQuery(query), whole, wide=False)
    assert (found.start, found.end) == pytest.approx((4.2, 4.2 + 14.43), abs=0.7)
    assert found.map.offset == pytest.approx(7.77 - 4.2, abs=0.03)


TIME = np.arange(20 * RATE) / RATE


@pytest.mark.parametrize(
    "samples",
    [
        np.zeros(20 * RATE),
        np.full(20 * RATE, 0.5),
        0.3 * np.sin(2 * np.pi * 50 * TIME),
        0.3 * np.sin(2 * np.pi * 1000 * TIME),
        1e-5 * tones(20),
    ],
    ids=["silence", "direct current", "hum", "a steady tone", "too soft to hear"],
)
def test_where_there_is_nothing_to_hear_there_are_no_windows(samples: Samples) -> None:
    track = collected(samples.astype(np.float32))
    assert len(track.numbers) == 0
    assert len(track.frames) < 6


def test_sound_is_heard_where_samples_came_even_silent_ones() -> None:
    collector = SoundCollector(0.0, 2.0)
    assert len(collector.track().frames) == 0
    assert not collector.heard
    collector.add(SoundBlock(0, 0.0, np.zeros(2 * RATE, np.float32)))
    assert len(collector.track().frames) == 0
    assert collector.heard


@pytest.mark.parametrize("count", [1, 100, RATE])
def test_however_little_sound_there_is_it_makes_a_track(count: int) -> None:
    track = collected(TUNE[:count])
    assert len(track.frames) == len(track.bins)
    assert track.codes.shape == (len(track.numbers), GRID.vector_length)
