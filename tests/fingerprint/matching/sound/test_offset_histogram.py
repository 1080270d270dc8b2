from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.sounds import changed, joined, piece, sound

from fingerprint.matching.sound import offset_histogram
from fingerprint.matching.sound.offset_histogram import (
    PARAMETERS,
    counted,
    likelihood,
    stretches,
)
from fingerprint.matching.sound.peak_index import Hypothesis, QueryPeaks, ReferencePeaks
from fingerprint.sound.track import frame_s

ORIGINAL = sound(60, 1)
UNCHANGED = Hypothesis()
FRAME_S = frame_s()
CELL_FRAMES, BLOCK_FRAMES, STRETCH_CELLS = PARAMETERS.cell_frames, PARAMETERS.block_frames, PARAMETERS.stretch_cells


def coincidences(query: QueryPeaks, reference: QueryPeaks, speed: float, start: int, end: int) -> dict[int, int]:
    """Return, by looking at each pair, how many peaks of a stretch coincide at each offset, give or take a frame."""
    found: dict[int, int] = {}
    inside = (query.frames >= start) & (query.frames < end)
    for frame, note in zip(query.frames[inside], query.notes[inside], strict=True):
        for other in reference.frames[np.abs(reference.notes - note) <= 1]:
            for near in (-1, 0, 1):
                offset = int(other) - round(float(frame) * speed) + near
                found[offset] = found.get(offset, 0) + 1
    return found


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 1000), st.sampled_from([0.5, 0.93, 1.0, 1.27, 2.0]))
def test_of_every_stretch_the_best_offset_is_told_and_the_best_one_elsewhere(seed: int, speed: float) -> None:
    query, theirs = QueryPeaks.of(sound(12, seed)), sound(15, seed + 5000)
    found = counted(query, ReferencePeaks(theirs), Hypothesis(speed), STRETCH_CELLS)
    for row, (start, cells) in enumerate(zip(found.starts, found.cells, strict=True)):
        counts = coincidences(query, QueryPeaks.of(theirs), speed, start, start + cells * CELL_FRAMES)
        begins_inside = {offset: count for offset, count in counts.items() if start * speed + offset >= 0}
        best = int(found.offsets[row])
        assert counts.get(best, 0) == found.best[row]
        assert found.best[row] >= max(begins_inside.values(), default=0)
        elsewhere = [count for offset, count in begins_inside.items() if abs(offset - best) >= 2 * BLOCK_FRAMES]
        assert found.others[row] >= max(elsewhere, default=0)
        assert found.peaks[row] == ((query.frames >= start) & (query.frames < start + cells * CELL_FRAMES)).sum()


def test_each_length_has_a_stretch_at_every_cell_that_it_fits_in() -> None:
    query = QueryPeaks.of(sound(40, 3))
    found = counted(query, ReferencePeaks(ORIGINAL), UNCHANGED, STRETCH_CELLS)
    cells = np.ptp(query.frames) // CELL_FRAMES + 1
    for length in STRETCH_CELLS:
        starts = found.starts[found.cells == length]
        assert starts.tolist() == [query.frames[0] + CELL_FRAMES * at for at in range(cells - length + 1)]


def test_what_is_too_much_to_count_at_once_is_counted_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    query, reference = QueryPeaks.of(sound(120, 3)), ReferencePeaks(ORIGINAL)
    at_once = counted(query, reference, UNCHANGED, STRETCH_CELLS)
    monkeypatch.setattr(offset_histogram, "PARAMETERS", replace(PARAMETERS, max_coincidences=1000))
    in_parts = counted(query, reference, UNCHANGED, STRETCH_CELLS)
    hint = [
        {
            (start, cells): (offset, best)
            for start, cells, offset, best in zip(one.starts, one.cells, one.offsets, one.best, strict=True)
        }
        for one in (at_once, in_parts)
    ]
    assert hint[0] == hint[1]


@settings(deadline=None, max_examples=20)
@given(st.floats(0, 35), st.sampled_from([UNCHANGED, Hypothesis(1.25, 11), Hypothesis(0.8), Hypothesis(1.0, -3)]))
def test_the_first_stretch_is_one_of_the_copy(begins: float, hypothesis: Hypothesis) -> None:
    copy = changed(piece(ORIGINAL, begins, begins + 20), hypothesis.speed, hypothesis.notes)
    length = 20 / hypothesis.speed
    query = QueryPeaks.of(joined((sound(15, 5), 15.0), (copy, length), (sound(15, 6), 15.0)))
    best = stretches(query, ReferencePeaks(ORIGINAL), hypothesis)[0]
    assert best.start * FRAME_S >= 15.0 - 2.0
    assert best.end * FRAME_S <= 15.0 + length + 2.0
    offset = begins - 15.0 * hypothesis.speed
    assert best.offset * FRAME_S == pytest.approx(offset, abs=3 * FRAME_S)
    assert best.count > best.other


def test_stretches_come_best_first() -> None:
    query = QueryPeaks.of(joined((piece(ORIGINAL, 10, 30), 20.0), (sound(30, 5), 30.0)))
    odds = [stretch.odds for stretch in stretches(query, ReferencePeaks(ORIGINAL), UNCHANGED)]
    assert len(odds) > 1
    assert odds == sorted(odds, reverse=True)


@given(st.integers(0, 1000), st.integers(1, 1000))
def test_a_count_is_likelier_the_more_it_exceeds_the_other(count: int, other: int) -> None:
    assert likelihood(count, other) >= 0.0
    assert (likelihood(count, other) > 0.0) == (count > other)
    assert likelihood(count + 1, other) >= likelihood(count, other) >= likelihood(count, other + 1)


@pytest.mark.parametrize("cells", [(1, 3), (2, 1), (1, 1)])
def test_lengths_of_which_each_is_no_sum_of_shorter_ones_are_refused(cells: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="rising powers of 2"):
        replace(PARAMETERS, stretch_cells=cells)
