from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from fingerprint.index.memory import MemoryIndex
from fingerprint.match import match
from fingerprint.model import Query
from schemas.matches import Match, Track
from streams.demo.edit import Edit, Piece, Truth

EditedCopy = Callable[..., tuple[Path, tuple[Truth, ...]]]
Fingerprinted = Callable[[Path], Query]

EDITS = {
    "plain": Edit(),
    "smaller": Edit(width=256, height=144, bit_rate=120_000),
    "letterboxed": Edit(width=320, height=320),
}


def copies(query: Query, library: MemoryIndex) -> list[Match]:
    return [found for found in match(query, library, library) if found.similarity >= 0.5]


def assert_found(found: list[Match], truths: tuple[Truth, ...], media_id: str) -> Match:
    (one,) = found
    assert one.media_id == media_id
    assert len(one.intervals) == len(truths)
    for interval, truth in zip(one.intervals, truths, strict=True):
        span = (interval.input_start, interval.input_end, interval.reference_start, interval.reference_end)
        assert span == pytest.approx((*truth.copy, *truth.original), abs=0.5)
        assert interval.speed == 1.0
    return one


@pytest.mark.parametrize("name", EDITS)
def test_an_edited_copy_is_found_with_its_span(
    footage: dict[str, Path], edited_copy: EditedCopy, fingerprinted: Fingerprinted, library: MemoryIndex, name: str
) -> None:
    path, truths = edited_copy(Piece(footage["trailer"], 30.0, 42.0), edit=EDITS[name])
    found = assert_found(copies(fingerprinted(path), library), truths, "trailer")
    assert found.track == Track.BOTH
    assert "mirrored" not in found.intervals[0].transforms
    assert found.input_coverage > 0.95
    assert found.reference_coverage == pytest.approx(12 / 55.1, abs=0.02)
