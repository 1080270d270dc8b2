from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fingerprint.codec import BadFingerprintError, pack, unpack
from fingerprint.sound.track import PARAMETERS, SoundTrack

NAMES = ("frames", "bins", "numbers", "starts_ms", "codes")


def track(peaks: int, windows: int, seed: int = 0, start: int = 0) -> SoundTrack:
    rng = np.random.default_rng(seed)
    numbers = np.arange(windows, dtype=np.int32) + start // 72
    return SoundTrack(
        frames=np.sort(rng.integers(0, 10_000, peaks)).astype(np.int32) + np.int32(start),
        bins=rng.integers(0, 150, peaks).astype(np.uint8),
        numbers=numbers,
        starts_ms=(numbers * 540).astype(np.int32),
        codes=rng.integers(-127, 128, (windows, PARAMETERS.vector_length)).astype(np.int8),
    )


def assert_same(one: SoundTrack, other: SoundTrack) -> None:
    for name in NAMES:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
        assert getattr(one, name).dtype == getattr(other, name).dtype


@given(st.integers(0, 50), st.integers(0, 10), st.integers(0, 1000), st.integers(0, 1_000_000))
def test_a_track_survives_storing(peaks: int, windows: int, seed: int, start: int) -> None:
    made = track(peaks, windows, seed, start)
    assert_same(SoundTrack.from_arrays(unpack("fingerprint", pack("fingerprint", made.to_arrays()))), made)


def test_silence_survives_storing_and_has_no_windows() -> None:
    silence = SoundTrack.nothing()
    assert_same(SoundTrack.from_arrays(silence.to_arrays()), silence)
    assert len(silence.windows().numbers) == 0
    assert silence.vectors().shape == (0, PARAMETERS.vector_length)


@pytest.mark.parametrize("name", track(9, 4).to_arrays())
def test_a_track_that_lacks_something_is_refused_by_name(name: str) -> None:
    arrays = track(9, 4).to_arrays()
    del arrays[name]
    with pytest.raises(BadFingerprintError, match=name):
        SoundTrack.from_arrays(arrays)


@pytest.mark.parametrize("name", ["sound.bins", "sound.starts", "sound.codes"])
def test_a_track_whose_parts_do_not_fit_together_is_refused(name: str) -> None:
    arrays = track(9, 4).to_arrays()
    arrays[name] = arrays[name][:-1]
    with pytest.raises(BadFingerprintError, match=name):
        SoundTrack.from_arrays(arrays)


def test_vectors_of_another_length_are_refused() -> None:
    arrays = track(9, 4).to_arrays()
    arrays["sound.codes"] = arrays["sound.codes"][:, :-1]
    with pytest.raises(BadFingerprintError, match=r"sound\.codes"):
        SoundTrack.from_arrays(arrays)


@given(st.integers(0, 1000))
def test_windows_tell_where_they_are_and_what_they_sound_like(seed: int) -> None:
    made = track(9, 4, seed, start=7200)
    windows = made.windows()
    np.testing.assert_array_equal(windows.numbers, made.numbers)
    np.testing.assert_array_equal(windows.starts_ms, made.starts_ms)
    np.testing.assert_array_equal(windows.ends_ms - windows.starts_ms, PARAMETERS.window_ms)
    np.testing.assert_allclose(np.linalg.norm(windows.vectors, axis=1), 1.0, atol=1e-5)
    lengths = np.linalg.norm(made.codes.astype(np.float64), axis=1, keepdims=True)
    np.testing.assert_allclose(windows.vectors * lengths, made.codes, atol=1e-2)


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 5)), min_size=1, max_size=4))
def test_tracks_are_joined_in_order(sizes: list[tuple[int, int]]) -> None:
    parts = [track(peaks, windows, seed=at, start=at * 10_000) for at, (peaks, windows) in enumerate(sizes)]
    joined = SoundTrack.join([*parts, SoundTrack.nothing()])
    for name in NAMES:
        np.testing.assert_array_equal(getattr(joined, name), np.concatenate([getattr(part, name) for part in parts]))
    assert_same(SoundTrack.from_arrays(joined.to_arrays()), joined)


def test_what_names_the_content_is_its_peaks_and_not_its_vectors() -> None:
    one = track(9, 4)
    other = SoundTrack(one.frames, one.bins, one.numbers, one.starts_ms, -one.codes)
    for name, array in one.identity().items():
        np.testing.assert_array_equal(array, other.identity()[name])
    later = SoundTrack(one.frames + np.int32(1), one.bins, one.numbers, one.starts_ms, one.codes)
    assert any(not np.array_equal(array, later.identity()[name]) for name, array in one.identity().items())
