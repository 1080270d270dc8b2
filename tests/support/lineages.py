"""Media made of other media, and the matches that a flawless engine would find between them, for tests of tracing."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from schemas.matches import Interval, Track
from streams.domain.precedence import Ages
from streams.domain.tracing.links import Medium, Sighting

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["Work", "at", "copied", "joined", "media_of", "original", "sightings_of"]


class Piece(NamedTuple):
    """A span of an original, as a work shows it: seconds, edits that undo themselves, and speed."""

    of: str
    start: float
    end: float
    edits: frozenset[str] = frozenset()
    speed: float = 1.0

    @property
    def seconds(self) -> float:
        return (self.end - self.start) / self.speed


class Work(NamedTuple):
    """A media item: its name, and what it shows, piece after piece."""

    name: str
    pieces: tuple[Piece, ...]

    @property
    def seconds(self) -> float:
        return sum(one.seconds for one in self.pieces)


def original(name: str, seconds: float = 600.0) -> Work:
    """Return a work that is made of nothing else."""
    return Work(name, (Piece(name, 0.0, seconds),))


def copied(
    of: Work, name: str, *edits: str, spans: Sequence[tuple[float, float]] | None = None, speed: float = 1.0
) -> Work:
    """Return a copy: of some spans of a work, or of all, with edits of its own."""
    parts = [part for span in spans or [(0.0, of.seconds)] for part in _between(of, *span)]
    return Work(name, tuple(one._replace(edits=one.edits ^ frozenset(edits), speed=one.speed * speed) for one in parts))


def joined(name: str, *works: Work) -> Work:
    """Return one work behind the other."""
    return Work(name, tuple(piece for work in works for piece in work.pieces))


def at(number: int) -> str:
    """Return a time, later for a larger number."""
    return f"2026-11-23T08:{number // 60:02}:{number % 60:02}.000Z"


def media_of(works: Iterable[Work], *, published: dict[str, str] | None = None) -> dict[str, Medium]:
    """Return media that were first seen one after the other."""
    told = published or {}
    return {
        work.name: Medium(
            Ages(work.name, published=told.get(work.name, ""), seen=at(number), stored=at(number)), work.seconds
        )
        for number, work in enumerate(works)
    }


def sightings_of(works: Sequence[Work], *, turned: bool = False, sure: float = 0.9) -> list[Sighting]:
    """Return the matches of each work with each one before it; or of each with those that come later."""
    pairs = [(later, earlier) for number, later in enumerate(works) for earlier in works[:number]]
    found = []
    for later, earlier in pairs:
        one, other = (earlier, later) if turned else (later, earlier)
        intervals = tuple(intervals_of(one, other))
        found += [Sighting(one.name, other.name, sure, intervals)] if intervals else []
    return found


def intervals_of(work: Work, reference: Work) -> Iterable[Interval]:
    """Yield what a work shows of what a reference shows."""
    for piece, offset in _placed(work):
        for other, other_offset in _placed(reference):
            start, end = max(piece.start, other.start), min(piece.end, other.end)
            if piece.of == other.of and end > start:
                yield Interval(
                    input_start=offset + (start - piece.start) / piece.speed,
                    input_end=offset + (end - piece.start) / piece.speed,
                    reference_start=other_offset + (start - other.start) / other.speed,
                    reference_end=other_offset + (end - other.start) / other.speed,
                    similarity=0.9,
                    track=Track.BOTH,
                    speed=round(piece.speed / other.speed, 4),
                    transforms=tuple(sorted(piece.edits ^ other.edits)),
                )


def _placed(work: Work) -> Iterable[tuple[Piece, float]]:
    offset = 0.0
    for piece in work.pieces:
        yield piece, offset
        offset += piece.seconds


def _between(work: Work, start: float, end: float) -> Iterable[Piece]:
    for piece, offset in _placed(work):
        first, last = max(start, offset), min(end, offset + piece.seconds)
        if last > first:
            yield piece._replace(
                start=piece.start + (first - offset) * piece.speed, end=piece.start + (last - offset) * piece.speed
            )
