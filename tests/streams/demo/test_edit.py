"""Edited copies show and sound what their truths say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from fingerprint.media.decode import Picture, SoundBlock, SoundWish, decode
from fingerprint.media.probe import probe
from streams.demo.edit import Edit, Piece, make_copy

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    EditedCopy = Callable[..., tuple[Path, Any]]

RATE = 8000


def picture_at(path: Path, time: float) -> NDArray[np.float32]:
    """Return the picture that is shown at a time: small, grey, without bars, mean and spread."""
    pictures = [item for item in decode(path, time, time + 0.6, sound=None) if isinstance(item, Picture)]
    grey = cv2.cvtColor(pictures[0].rgb, cv2.COLOR_RGB2GRAY)
    grey = grey[grey.mean(axis=1) > 5]  # less the black bars above and below
    flat = cv2.resize(grey, (32, 18), interpolation=cv2.INTER_AREA).astype(np.float32)
    return (flat - flat.mean()) / max(1e-6, float(flat.std()))


def likeness(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    return float((one * other).mean())


def sound_of(path: Path, start: float, end: float) -> NDArray[np.float32]:
    blocks = decode(path, start, end, picture=None, sound=SoundWish(rate=RATE))
    return np.concatenate([block.samples for block in blocks if isinstance(block, SoundBlock)])


def lag(copy: NDArray[np.float32], original: NDArray[np.float32]) -> float:
    """Return how many seconds the copy's sound comes after the original's."""
    size = 2 ** int(np.ceil(np.log2(len(copy) + len(original))))
    spectrum = np.fft.rfft(copy, size) * np.conj(np.fft.rfft(original, size))
    peak = int(np.argmax(np.fft.irfft(spectrum)))
    return (peak if peak < size // 2 else peak - size) / RATE


def test_a_trimmed_copy_shows_and_sounds_what_its_truth_says(footage: dict[str, Path], edited_copy: EditedCopy) -> None:
    path, (truth,) = edited_copy(Piece(footage["trailer"], 12.0, 22.0), edit=Edit(logo=True))
    info = probe(path)
    assert (info.width, info.height) == (426, 240)
    assert info.duration == pytest.approx(10.0, abs=0.1)
    assert truth.copy == (0.0, 10.0)
    assert truth.original == (12.0, 22.0)
    for time in (0.5, 4.0, 8.5):
        assert likeness(picture_at(path, time), picture_at(footage["trailer"], 12.0 + time)) > 0.9
    assert abs(lag(sound_of(path, 1, 9), sound_of(footage["trailer"], 13, 21))) < 0.03


def test_spans_of_several_videos_follow_each_other(footage: dict[str, Path], edited_copy: EditedCopy) -> None:
    pieces = (
        Piece(footage["trailer"], 20.0, 24.0),
        Piece(footage["bikes"], 2.0, 5.0),
        Piece(footage["trailer"], 15.0, 18.0),
    )
    path, truths = edited_copy(*pieces)
    assert [truth.copy for truth in truths] == [(0.0, 4.0), (4.0, 7.0), (7.0, 10.0)]
    for truth in truths:
        middle = sum(truth.copy) / 2
        original = picture_at(truth.source, middle - truth.copy[0] + truth.original[0])
        assert likeness(picture_at(path, middle), original) > 0.8
    assert np.abs(sound_of(path, 4.5, 6.5)).max() < 0.01  # the second piece has no sound
    assert abs(lag(sound_of(path, 7.2, 9.8), sound_of(footage["trailer"], 15.2, 17.8))) < 0.03


def test_a_mirrored_copy_is_mirrored(footage: dict[str, Path], edited_copy: EditedCopy) -> None:
    path, _ = edited_copy(Piece(footage["trailer"], 30.0, 33.0), edit=Edit(mirrored=True))
    original = picture_at(footage["trailer"], 31.0)
    assert likeness(picture_at(path, 1.0)[:, ::-1], original) > 0.9 > likeness(picture_at(path, 1.0), original)


@pytest.mark.parametrize("late", [0.3, -0.3])
def test_sound_can_be_shifted_against_the_picture(
    footage: dict[str, Path], edited_copy: EditedCopy, late: float
) -> None:
    path, _ = edited_copy(Piece(footage["trailer"], 12.0, 18.0), edit=Edit(sound_late_s=late))
    assert lag(sound_of(path, 1, 5), sound_of(footage["trailer"], 13, 17)) == pytest.approx(late, abs=0.03)


def test_a_copy_may_keep_the_picture_or_the_sound_alone(footage: dict[str, Path], edited_copy: EditedCopy) -> None:
    piece = Piece(footage["bunny"])
    silent, _ = edited_copy(piece, edit=Edit(sound=False))
    heard, _ = edited_copy(piece, edit=Edit(picture=False), suffix=".m4a")
    assert (probe(silent).has_picture, probe(silent).has_sound) == (True, False)
    assert (probe(heard).has_picture, probe(heard).has_sound) == (False, True)


def test_an_empty_piece_is_refused(footage: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="nothing of"):
        make_copy([Piece(footage["bunny"], 7.0, 9.0)], tmp_path / "copy.mp4")
