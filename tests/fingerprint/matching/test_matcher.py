"""Copies of real footage are found with their spans, and nothing else is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from fingerprint.chunking import assemble, fingerprint_chunk
from fingerprint.index.memory import MemoryIndex
from fingerprint.matching.matcher import match
from fingerprint.media.limits import DEFAULT_LIMITS
from fingerprint.query import Query
from schemas.matches import Match, Track
from streams.demo.edit import Edit, Piece, Truth

EditedCopy = Callable[..., tuple[Path, tuple[Truth, ...]]]
Fingerprinted = Callable[[Path], Query]

EDITS = {
    "plain": Edit(),
    "smaller": Edit(width=256, height=144, bit_rate=120_000),
    "letterboxed": Edit(width=320, height=320),
    "fewer pictures": Edit(fps=12),
    "logo": Edit(logo=True),
    "mirrored": Edit(mirrored=True),
    "picture only": Edit(sound=False),
    "sound only": Edit(picture=False),
}


def copies(query: Query, library: MemoryIndex, **options: str) -> list[Match]:
    return [found for found in match(query, library, library, **options) if found.similarity >= 0.5]


def assert_found(found: list[Match], truths: tuple[Truth, ...], media_id: str) -> Match:
    (one,) = (match for match in found if match.media_id == media_id)
    assert {match.media_id for match in found} <= {media_id, "bunny"}  # both are cut from one film
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
    edit = EDITS[name]
    piece = Piece(footage["trailer"], 30.0, 42.0)
    path, truths = edited_copy(piece, edit=edit, suffix=".mp4" if edit.picture else ".m4a")
    found = assert_found(copies(fingerprinted(path), library), truths, "trailer")
    carried = Track.PICTURE if not edit.sound else Track.SOUND if not edit.picture else Track.BOTH
    assert found.track == carried
    assert ("mirrored" in found.intervals[0].transforms) == edit.mirrored
    assert found.input_coverage > 0.95
    assert found.reference_coverage == pytest.approx(12 / 55.1, abs=0.02)


def test_spans_in_another_order_are_found_each_at_its_place(
    footage: dict[str, Path], edited_copy: EditedCopy, fingerprinted: Fingerprinted, library: MemoryIndex
) -> None:
    spans = [(38.0, 46.0), (10.0, 18.0), (26.0, 34.0)]
    path, truths = edited_copy(*(Piece(footage["trailer"], *span) for span in spans))
    assert_found(copies(fingerprinted(path), library), truths, "trailer")


def test_a_stored_fingerprint_finds_its_plain_copy(
    footage: dict[str, Path], edited_copy: EditedCopy, fingerprinted: Fingerprinted, library: MemoryIndex
) -> None:
    path, truths = edited_copy(Piece(footage["trailer"], 30.0, 42.0), edit=EDITS["plain"])
    query = Query.of_fingerprint(fingerprinted(path).fingerprint)
    assert_found(copies(query, library), truths, "trailer")


def test_a_copy_across_pieces_of_a_long_query_is_one_interval(
    footage: dict[str, Path], edited_copy: EditedCopy, fingerprinted: Fingerprinted, library: MemoryIndex
) -> None:
    path, truths = edited_copy(Piece(footage["bikes"], 0.0, 6.0), Piece(footage["trailer"], 30.0, 44.0))
    spans = [(0.0, 10.0), (10.0, 20.0)]
    parts = [fingerprint_chunk(str(path), *span, DEFAULT_LIMITS) for span in spans]
    pieces = [piece for part in parts for piece in assemble(1, [part].__getitem__).pieces]
    query = Query(fingerprinted(path).fingerprint, pieces)
    found = [one for one in copies(query, library) if one.media_id == "trailer"]
    assert_found(found, truths[1:], "trailer")


@pytest.mark.parametrize("name", ["bunny", "bikes", "carphone", "globe", "card", "trailer"])
def test_videos_that_share_nothing_match_nothing(
    footage: dict[str, Path], fingerprinted: Fingerprinted, library: MemoryIndex, name: str
) -> None:
    others = copies(fingerprinted(footage[name]), library, exclude_media=name)
    # The trailer is cut from the film that bunny is the start of.
    assert {found.media_id for found in others} <= ({"bunny", "trailer"} if name in {"bunny", "trailer"} else set())
