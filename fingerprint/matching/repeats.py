"""Finds what a media item sounds like more than once: a jingle, a spot, a title between the parts of a programme.

Sound tells it, and the picture, where there is one, has to agree. By the picture alone too much of what is shown again
is no spot: a set, a slide, a title on black.

A media item held against itself is most like itself at the same moment, which says nothing. So its fingerprint is cut
into sections that overlap, and each is matched with the later ones that have nothing in common with it. A span of up
to half a section lies whole in one of them; a longer one comes in parts, which are put together by their offset.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import TYPE_CHECKING, NamedTuple

from fingerprint.excerpt import excerpt
from fingerprint.index.memory import MemoryIndex
from fingerprint.matching import confidence
from fingerprint.matching.matcher import (
    PreparedPiece,
    align,
    find_segments,
    interval_of,
    sound_candidates,
)
from fingerprint.matching.sound.aligner import align_sound
from fingerprint.parameters import parameter
from fingerprint.picture.keyframes import Keyframes
from fingerprint.query import Piece

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from fingerprint.matching.search_regions import SeedHits
    from fingerprint.matching.time_map import Segment
    from fingerprint.model import Fingerprint
    from schemas.matches import Interval

__all__ = ["PARAMETERS", "RepeatsParameters", "find_repeats"]


@dataclass(frozen=True, slots=True)
class RepeatsParameters:
    """How a media item is cut to be held against itself, and what counts as a repeat."""

    #: Length of a section. What recurs sooner than this after it began is not seen.
    section_s: float = parameter(
        30.0, unit="s", low=10.0, high=300.0, source="spots of 15 s, the usual length, lie whole in a section"
    )

    #: How far apart sections begin: they overlap by half, so that nothing short falls apart between two.
    step_s: float = parameter(15.0, unit="s", low=5.0, high=300.0, source="half a section")

    #: Later sections that each one is held against, the likest ones.
    max_sections: int = parameter(
        8, unit="count", low=1, high=48, source="a bound on cost: a tenth of what fingerprinting takes"
    )

    #: Similarity over chance that all hits of the index in a later section have together at the least.
    min_weight: float = parameter(
        1.0,
        unit="similarity",
        low=0.0,
        high=20.0,
        source="a bound on cost; chosen: five seconds of a copy have 2 and more",
    )

    #: Pairs of sections that are aligned in all: a tune of loops has very many that sound the same.
    max_aligned: int = parameter(
        200,
        unit="count",
        low=10,
        high=10_000,
        source="a bound on cost; an hour with twelve spots has some 150",
    )

    #: Log-odds that a repeat needs.
    min_log_odds: float = parameter(
        20.0, unit="log-odds", low=4.0, high=200.0, source="chosen: sure by far; what is proposed to people must be so"
    )

    #: Seconds of the shortest repeat that is told.
    min_length_s: float = parameter(3.0, unit="s", low=0.5, high=60.0, source="two thirds of the shortest spot's 5 s")

    #: How far off each other the maps of two parts of one repeat may be.
    same_offset_s: float = parameter(0.5, unit="s", low=0.05, high=5.0, source="chosen: as exact as bounds are told")

    #: Repeats that are told of one media item, the longest ones.
    max_repeats: int = parameter(
        100, unit="count", low=1, high=10_000, source="a bound on the size of a job's messages: some ten kilobytes"
    )


PARAMETERS = RepeatsParameters()


def find_repeats(whole: Fingerprint) -> tuple[Interval, ...]:
    """Return which spans of a media item sound the same as later ones, and look so; in order of the earlier ones.

    Args:
        whole: Of the media item. Of an interval the input is the earlier span, and the reference the later one.
    """
    if whole.sound is None:
        return ()
    starts = list(_starts(whole.duration))
    index = MemoryIndex()
    for number, start in enumerate(starts):  # sections are cut anew when they are compared: a day has thousands
        index.add(str(number), _section(replace(whole, picture=None), start))
    alike = chain.from_iterable(_alike(number, starts, whole, index) for number in range(len(starts)))
    found = [one for pair in islice(alike, PARAMETERS.max_aligned) for one in _aligned(pair)]
    longest = sorted(_united(found), key=lambda one: -one.length)[: PARAMETERS.max_repeats]
    told = [one for one in (interval_of(each, whole.duration) for each in longest) if one is not None]
    return tuple(sorted(told, key=lambda one: (one.input_start, one.reference_start)))


def _starts(duration: float) -> Iterator[float]:
    """Yield where sections start, seconds; what is left at the end is in the last one."""
    start = 0.0
    while duration - start >= PARAMETERS.min_length_s:
        yield start
        if start + PARAMETERS.section_s >= duration:
            return
        start += PARAMETERS.step_s


def _section(whole: Fingerprint, start: float) -> Fingerprint:
    return excerpt(whole, start, start + PARAMETERS.section_s)


class _Pair(NamedTuple):
    """Two sections that sound the same somewhere, and where they start in the whole, seconds."""

    piece: PreparedPiece
    start: float
    reference: Fingerprint
    begin: float
    seed_hits: SeedHits


def _alike(number: int, starts: Sequence[float], whole: Fingerprint, index: MemoryIndex) -> Iterator[_Pair]:
    """Yield a section with each later one that it does not overlap and sounds like."""
    start, part = starts[number], _section(whole, starts[number])
    piece = PreparedPiece(Piece(part, Keyframes.of([])), part.duration, thorough=False)
    later = [
        one
        for one in sound_candidates(piece, index, str(number))
        if starts[int(one.key.media_id)] >= start + part.duration
        and one.seed_hits.weight.sum() >= PARAMETERS.min_weight
    ]
    for candidate in later[: PARAMETERS.max_sections]:
        begin = starts[int(candidate.key.media_id)]
        pair = _Pair(piece, start, _section(whole, begin), begin, candidate.seed_hits)
        if _sounds_the_same(piece, pair.reference):
            yield pair


def _aligned(pair: _Pair) -> Iterator[Segment]:
    """Yield what two sections have in common beyond doubt, on the clock of the whole."""
    seen = pair.piece.picture is not None
    for one in find_segments(align(pair.piece, pair.reference, pair.seed_hits, wide=False).segments):
        first = max(one.start, -one.map.offset / one.map.speed)
        last = min(one.end, (pair.reference.duration - one.map.offset) / one.map.speed)
        if last - first >= PARAMETERS.min_length_s and _is_sure(one, seen=seen):
            moved = replace(one.map, offset=one.map.offset + pair.begin - one.map.speed * pair.start)
            yield replace(one, start=first + pair.start, end=last + pair.start, map=moved)


def _sounds_the_same(piece: PreparedPiece, reference: Fingerprint) -> bool:
    """Whether a section sounds like another one: asked first, as it costs a tenth of what the picture does."""
    if piece.sound is None or reference.sound is None:
        return False
    found = align_sound(piece.sound, reference.sound, wide=False)
    return any(one.log_odds >= confidence.PARAMETERS.even_log_odds for one in found)


def _is_sure(segment: Segment, *, seen: bool) -> bool:
    """Whether a segment is a repeat beyond doubt: in all that there is to see and to hear."""
    return segment.log_odds >= PARAMETERS.min_log_odds and segment.sound and segment.picture == seen


def _united(found: Iterable[Segment]) -> list[Segment]:
    """Return what sections that overlap tell of one repeat as one segment."""
    whole: list[Segment] = []
    for one in sorted(found, key=lambda one: (one.start, one.end)):
        place = next((place for place, other in enumerate(whole) if _goes_on(other, one)), None)
        if place is None:
            whole.append(one)
        else:
            other = whole[place]
            best = max(one, other, key=lambda each: each.log_odds)
            whole[place] = replace(best, start=min(one.start, other.start), end=max(one.end, other.end))
    return whole


def _goes_on(before: Segment, after: Segment) -> bool:
    """Whether two segments are parts of one: they lie on one map, and meet."""
    meets = after.start <= before.end + PARAMETERS.same_offset_s
    return meets and abs(before.map.at(after.start) - after.map.at(after.start)) <= PARAMETERS.same_offset_s
