"""Matching a query against references: search, candidates, alignment, one answer a reference."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from fingerprint.intervals import covered_s
from fingerprint.matching import candidates, confidence, search_regions
from fingerprint.matching.boundaries import clipped, find_cuts, snapped
from fingerprint.matching.candidates import rank_references
from fingerprint.matching.contradiction import contradicted
from fingerprint.matching.fusion import fuse, join_adjacent, non_maximum_suppression
from fingerprint.matching.novelty import distinct
from fingerprint.matching.picture import similarity as picture_similarity
from fingerprint.matching.picture.aligner import PictureAlignment, compare_pictures
from fingerprint.matching.picture.correspondences import Hint
from fingerprint.matching.picture.query import PictureQuery
from fingerprint.matching.search_regions import SearchRegion, SeedHits, around, united
from fingerprint.matching.sound.aligner import SoundQuery, align_sound, explained
from fingerprint.parameters import parameter
from schemas.matches import Interval, Match, Track

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fingerprint.matching.candidates import Candidate
    from fingerprint.matching.time_map import Segment
    from fingerprint.model import Fingerprint
    from fingerprint.ports import FingerprintSource, WindowIndex
    from fingerprint.query import Piece, Query
    from fingerprint.types import ReferenceKey

__all__ = [
    "PARAMETERS",
    "Alignment",
    "MatcherParameters",
    "PreparedPiece",
    "align",
    "find_segments",
    "interval_of",
    "match",
    "propose",
    "sound_candidates",
]

#: Decimal places of what is answered: times to a millisecond, similarities, shares and speeds to a ten thousandth.
TIME_DECIMALS, SHARE_DECIMALS = 3, 4

#: Decimal places of a speed that the picture tells the sound: two that differ less are tried once.
HINT_DECIMALS = 2


@dataclass(frozen=True, slots=True)
class MatcherParameters:
    """How many references are looked at, and what is left out of the answer."""

    #: Windows of the library that each vector of a query's picture is given.
    max_picture_hits: int = parameter(10, unit="count", low=1, high=100, source="a bound on cost; chosen, not measured")

    #: The same for each vector of its sound.
    max_sound_hits: int = parameter(10, unit="count", low=1, high=100, source="a bound on cost; chosen, not measured")

    #: Windows of sound from which on every other one is enough to search for: they overlap by half and more.
    many_sound_windows: int = parameter(
        100, unit="count", low=1, high=10_000, source="a bound on cost; chosen, not measured"
    )

    #: References that the picture may propose.
    max_picture_candidates: int = parameter(
        24, unit="count", low=1, high=200, source="a bound on cost; chosen, not measured"
    )

    #: References that the sound may propose.
    max_sound_candidates: int = parameter(
        24, unit="count", low=1, high=200, source="a bound on cost; chosen, not measured"
    )

    #: Of each track's, the first ones that are also tried at other speeds and pitches of the sound.
    max_retimed_candidates: int = parameter(
        6, unit="count", low=0, high=200, source="a bound on cost; chosen, not measured"
    )

    #: Search regions of a long reference in which other speeds and pitches are tried.
    max_retimed_regions: int = parameter(
        2, unit="count", low=1, high=24, source="a bound on cost; chosen, not measured"
    )

    #: Similarity over chance of two pictures from which on a reference is looked at, if too few others are more alike.
    faint_similarity: float = parameter(0.1, unit="similarity", low=0.0, high=0.5, source="chosen, not measured")

    #: Similarity that a sound window scores by chance.
    sound_background_score: float = parameter(0.3, unit="similarity", low=0.0, high=0.9, source="chosen, not measured")

    #: Similarity over chance that a sound window counts from.
    sound_similarity_floor: float = parameter(0.0, unit="similarity", low=-0.3, high=0.5, source="chosen, not measured")

    #: Confidence below which a match is not worth ranking.
    min_confidence: float = parameter(0.05, unit="share", low=0.0, high=0.5, source="chosen, not measured")

    #: An interval shorter than this is left out of the answer.
    min_interval_s: float = parameter(0.1, unit="s", low=0.0, high=5.0, source="chosen, not measured")


PARAMETERS = MatcherParameters()


class PreparedPiece:
    """A piece of a query in all the forms that references are held against."""

    def __init__(self, piece: Piece, duration: float, *, thorough: bool) -> None:
        self.duration = duration
        self.picture = PictureQuery.of(piece, thorough=thorough)
        self.sound = SoundQuery(piece.fingerprint.sound) if piece.fingerprint.sound is not None else None
        self.cuts = find_cuts(piece.fingerprint.picture)


@dataclass(frozen=True)
class Alignment:
    """Which spans a piece of a query and a reference share, and what the picture's were found in."""

    segments: list[Segment]
    picture: PictureAlignment


def match(
    query: Query,
    index: WindowIndex,
    references: FingerprintSource,
    *,
    exclude_media: str | None = None,
    thorough: bool = True,
) -> list[Match]:
    """Return what a query copies, best first.

    Args:
        query: A whole item, or one chunk of it; times are the whole item's.
        index: Where to search.
        references: Where to load what was found; what is not there is passed over.
        exclude_media: A media id that is left out, in all its versions.
        thorough: Look for copies that are turned, inverted or part of another picture as well; it takes most of the
            time, and a first look while the query is still coming in can do without.
    """
    duration = query.fingerprint.duration
    segments: dict[ReferenceKey, list[Segment]] = {}
    durations: dict[ReferenceKey, float] = {}
    before: dict[ReferenceKey, SeedHits] = {}
    for piece in query.pieces:
        prepared = PreparedPiece(piece, duration, thorough=thorough)
        found = _match_piece(prepared, index, references, exclude_media, before)
        # What a piece ends with, the next one may begin with, too shortly to be proposed by itself.
        before = {key: seed_hits for key, (_, own) in found.items() if len((seed_hits := _ends(own)).moments)}
        for key, (reference_duration, own) in found.items():
            segments.setdefault(key, []).extend(own)
            durations[key] = reference_duration
    matches = [_match(key, find_segments(own), duration, durations[key]) for key, own in segments.items()]
    matches = [one for one in matches if one.similarity >= PARAMETERS.min_confidence]
    return sorted(matches, key=lambda one: (-one.similarity, one.library, one.media_id))


def find_segments(found: Sequence[Segment]) -> list[Segment]:
    """Return the segments of an answer, of all that were found in the pieces of a query in one reference."""
    return _worthwhile(join_adjacent(non_maximum_suppression(found)))


def _match_piece(
    piece: PreparedPiece,
    index: WindowIndex,
    references: FingerprintSource,
    exclude_media: str | None,
    before: Mapping[ReferenceKey, SeedHits],
) -> dict[ReferenceKey, tuple[float, list[Segment]]]:
    """Return for each reference that a piece has something of its duration and the segments."""
    seed_hits, retimed = propose(piece, index, before, exclude_media=exclude_media)
    found = {}
    for key, parts in seed_hits.items():
        reference = references.load(key)
        if reference is None:
            continue
        segments = align(piece, reference, SeedHits.joined(parts), wide=key in retimed).segments
        if segments:
            found[key] = (reference.duration, segments)
    return found


def propose(
    piece: PreparedPiece,
    index: WindowIndex,
    before: Mapping[ReferenceKey, SeedHits],
    *,
    exclude_media: str | None = None,
) -> tuple[dict[ReferenceKey, list[SeedHits]], set[ReferenceKey]]:
    """Return the references that are worth a closer look with what says so, and which of them also at other speeds.

    Args:
        piece: Of the query.
        index: Where to search.
        before: What else speaks for references.
        exclude_media: A media id that is left out, in all its versions.
    """
    pictures = _picture_candidates(piece, index, exclude_media)
    sounds = sound_candidates(piece, index, exclude_media)
    most, floor = PARAMETERS.max_retimed_candidates, picture_similarity.PARAMETERS.similarity_floor
    alike = [one for one in pictures[:most] if one.likest > floor]
    retimed = {one.key for one in (*sounds[:most], *alike)}
    seed_hits = {key: [one] for key, one in before.items()}
    for candidate in (*pictures, *sounds):
        seed_hits.setdefault(candidate.key, []).append(candidate.seed_hits)
    return seed_hits, retimed


def _ends(segments: Sequence[Segment]) -> SeedHits:
    """Return where copies end: they may go on from there."""
    ends = [
        (one.end, one.map.at(one.end), one.log_odds)
        for one in segments
        if one.log_odds >= confidence.PARAMETERS.even_log_odds
    ]
    return SeedHits(*np.array(ends, np.float64).reshape(-1, 3).T)


def _picture_candidates(query: PreparedPiece, index: WindowIndex, exclude: str | None) -> list[Candidate]:
    picture = query.picture
    if picture is None or not len(picture.views.vectors):
        return []
    views = picture.views
    known = candidates.PARAMETERS
    chosen = distinct(views.vectors, views.times, same=known.same_similarity, within_s=known.neighbour_s)
    hits = index.search(Track.PICTURE, views.vectors[chosen], limit=PARAMETERS.max_picture_hits, exclude_media=exclude)
    return rank_references(
        hits,
        views.times[chosen],
        picture.background_score[chosen],
        picture_similarity.PARAMETERS.similarity_floor,
        PARAMETERS.max_picture_candidates,
        faint=PARAMETERS.faint_similarity,
    )


def sound_candidates(query: PreparedPiece, index: WindowIndex, exclude: str | None) -> list[Candidate]:
    """Return the references that a query's sound is like, best first; one media id may be left out."""
    if query.sound is None or not len(query.sound.track.numbers):
        return []
    track = query.sound.track
    chosen = slice(None, None, 2 if len(track.numbers) > PARAMETERS.many_sound_windows else 1)
    vectors = track.vectors()[chosen]
    hits = index.search(Track.SOUND, vectors, limit=PARAMETERS.max_sound_hits, exclude_media=exclude)
    background_score = np.full(len(vectors), PARAMETERS.sound_background_score, np.float32)
    starts = track.starts_ms[chosen] / 1000
    floor = PARAMETERS.sound_similarity_floor
    return rank_references(hits, starts, background_score, floor, PARAMETERS.max_sound_candidates, faint=floor)


def align(query: PreparedPiece, reference: Fingerprint, seed_hits: SeedHits, *, wide: bool) -> Alignment:
    """Return the spans that a query and a reference share, by both tracks; what one tells, the other is asked for.

    Args:
        query: A piece of the query.
        reference: The reference.
        seed_hits: Where the two are alike: of a long reference no more is looked at than what lies around them.
        wide: Try other speeds and pitches of the sound as well.
    """
    near = (
        search_regions.search_regions(seed_hits)
        if reference.duration > search_regions.PARAMETERS.long_reference_s
        else None
    )
    sounds = _align_sounds(query, reference, near)
    strongest = sorted(sounds, key=lambda segment: -segment.log_odds)
    even = confidence.PARAMETERS.even_log_odds
    hint = [Hint(one.map, one.start, one.end, one.log_odds >= even) for one in strongest]
    picture = _align_pictures(query, reference, hint)
    pictures = non_maximum_suppression(picture.segments)
    speeds = sorted({round(segment.map.speed, HINT_DECIMALS) for segment in pictures if segment.map.speed != 1.0})
    if wide and (speeds or not pictures) and query.sound is not None and not explained(query.sound, sounds):
        # Fragments of changed sound fit unchanged as well: more is better.
        if near is not None:
            near = (
                united(around(_region_of(segment)) for segment in (*pictures, *sounds))
                or near[: PARAMETERS.max_retimed_regions]
            )
        again = _align_sounds(query, reference, near, speeds=speeds, wide=not pictures)
        sounds = max(sounds, again, key=lambda found: sum(segment.log_odds for segment in found))
    heard = query.sound.track if query.sound is not None else None
    segments = [
        contradicted(segment, heard, reference.sound)
        if segment.picture
        else snapped(segment, query.cuts, query.duration)[0]
        for segment in fuse(pictures, sounds)
    ]
    return Alignment(segments, picture)


def _region_of(segment: Segment) -> SearchRegion:
    return SearchRegion(segment.start, segment.end, segment.map.at(segment.start), segment.map.at(segment.end))


def _align_sounds(
    query: PreparedPiece,
    reference: Fingerprint,
    near: Sequence[SearchRegion] | None,
    *,
    speeds: Sequence[float] = (),
    wide: bool = False,
) -> list[Segment]:
    if query.sound is None or reference.sound is None:
        return []
    return non_maximum_suppression(align_sound(query.sound, reference.sound, near=near, wide=wide, speeds=speeds))


def _align_pictures(query: PreparedPiece, reference: Fingerprint, hint: Sequence[Hint]) -> PictureAlignment:
    """Return the picture's segments, ending where the query's picture is cut."""
    if reference.picture is None or query.picture is None:
        return PictureAlignment()
    found = compare_pictures(query.picture, reference.picture, hint)
    return replace(found, segments=[snapped(one, query.cuts, query.duration)[0] for one in found.segments])


def _worthwhile(segments: Sequence[Segment]) -> list[Segment]:
    """Leave out segments that would be no copy by themselves, if another one is."""
    good = [segment for segment in segments if segment.log_odds >= confidence.PARAMETERS.even_log_odds]
    return good or list(segments)


def _match(key: ReferenceKey, segments: Sequence[Segment], duration: float, reference_duration: float) -> Match:
    intervals = [one for one in (interval_of(segment, reference_duration) for segment in segments) if one is not None]
    carried = {one.track for one in intervals}
    track = carried.pop() if len(carried) == 1 else Track.BOTH
    log_odds = confidence.joint_evidence((segment.log_odds for segment in segments), duration, reference_duration)
    return Match(
        media_id=key.media_id,
        library=key.library,
        similarity=round(confidence.confidence(log_odds), SHARE_DECIMALS),
        track=track,
        input_coverage=_coverage([(one.input_start, one.input_end) for one in intervals], duration),
        reference_coverage=_coverage(
            [(one.reference_start, one.reference_end) for one in intervals], reference_duration
        ),
        intervals=tuple(intervals),
    )


def interval_of(segment: Segment, reference_duration: float) -> Interval | None:
    """Return what is told of a segment, which ends where its reference does; None where next to nothing is left."""
    start, end = clipped(segment.start, segment.end, segment.map, reference_duration)
    if end - start < PARAMETERS.min_interval_s:
        return None
    track = Track.BOTH if segment.picture and segment.sound else Track.PICTURE if segment.picture else Track.SOUND
    return Interval(
        input_start=round(max(0.0, start), TIME_DECIMALS),
        input_end=round(end, TIME_DECIMALS),
        reference_start=round(max(0.0, segment.map.at(start)), TIME_DECIMALS),
        reference_end=round(segment.map.at(end), TIME_DECIMALS),
        similarity=round(confidence.interval_similarity(segment), SHARE_DECIMALS),
        track=track,
        speed=round(segment.map.speed, SHARE_DECIMALS),
        transforms=segment.transforms,
    )


def _coverage(spans: Sequence[tuple[float, float]], duration: float) -> float:
    """Return which share of a duration spans cover; overlaps count once."""
    return round(min(1.0, covered_s(spans) / duration), SHARE_DECIMALS) if duration > 0 else 0.0
