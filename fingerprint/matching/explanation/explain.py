"""Why an input matches a reference: the matcher's own steps over their fingerprints, and what it saw on the way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fingerprint.index.memory import MemoryIndex
from fingerprint.matching import confidence
from fingerprint.matching.explanation.lines import Line, segment_on
from fingerprint.matching.explanation.picture import SeenPictures
from fingerprint.matching.explanation.pieces import pieces_of
from fingerprint.matching.explanation.sound import PairOfSounds
from fingerprint.matching.explanation.thresholds import thresholds
from fingerprint.matching.matcher import PreparedPiece, align, find_segments, propose
from fingerprint.matching.search_regions import SeedHits
from fingerprint.matching.sound.peak_index import QueryPeaks
from fingerprint.parameters import parameter
from fingerprint.types import ReferenceKey
from schemas.evidence import Explanation, IntervalEvidence
from schemas.matches import Track

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fingerprint.matching.time_map import Segment
    from fingerprint.model import Fingerprint
    from schemas.matches import Interval, Match

__all__ = ["PARAMETERS", "ExplanationParameters", "explain", "untold"]


@dataclass(frozen=True, slots=True)
class ExplanationParameters:
    """What of a match is told."""

    #: Intervals of which something is said, the longest of a match.
    max_intervals: int = parameter(
        50, unit="count", low=1, high=10_000, source="a bound on cost, and nobody reads more; chosen, not measured"
    )

    #: What the places that a match names weigh among those where the index finds a likeness.
    named_weight: float = parameter(
        10.0, unit="similarity", low=1.0, high=1000.0, source="enough to be looked at; chosen, not measured"
    )


PARAMETERS = ExplanationParameters()

#: Decimals of what is told of durations, seconds; of log-odds; and of similarities.
TIME_DECIMALS, LOG_ODDS_DECIMALS, SHARE_DECIMALS = 3, 1, 4


def explain(query: Fingerprint, reference: Fingerprint, match: Match) -> Explanation:
    """Return what two fingerprints show of a match.

    The matcher's own steps are taken once more, with this reference alone, so that what is told is what it goes by. A
    match that was made with the pictures themselves at hand may show more than what is kept of them: the notes say so.

    Args:
        query: The input's fingerprint.
        reference: The reference's.
        match: What was found of the pair when the media was at hand.
    """
    numbered = _longest(match)
    lines = [Line.of(interval) for _, interval in numbered]
    pictures = SeenPictures(lines)
    segments = find_segments(_aligned(query, reference, match, pictures))
    again = [segment_on(line, segments) for line in lines]
    sounds = None
    if query.sound is not None and reference.sound is not None:
        sounds = PairOfSounds(QueryPeaks.of(query.sound), reference.sound)
    joint = confidence.joint_evidence((one.log_odds for one in segments), query.duration, reference.duration)
    return Explanation(
        input_duration=round(query.duration, TIME_DECIMALS),
        reference_duration=round(reference.duration, TIME_DECIMALS),
        intervals=[
            IntervalEvidence(
                number=number,
                interval=interval,
                found_again=found is not None,
                log_odds=None if found is None else round(found.log_odds, LOG_ODDS_DECIMALS),
                picture=pictures.evidence(place, found),
                sound=None if sounds is None else sounds.evidence(lines[place], found),
            )
            for place, ((number, interval), found) in enumerate(zip(numbered, again, strict=True))
        ],
        left_out=len(match.intervals) - len(numbered),
        stored_similarity=round(confidence.confidence(joint), SHARE_DECIMALS) if segments else 0.0,
        log_odds=round(joint, LOG_ODDS_DECIMALS) if segments else None,
        picture=pictures.points(),
        sound=None if sounds is None else sounds.points(list(zip(lines, again, strict=True))),
        thresholds=thresholds(),
        notes=_notes(
            [number for (number, _), found in zip(numbered, again, strict=True) if not found], query, reference
        ),
    )


def untold(match: Match, *, input_duration: float, reference_duration: float) -> Explanation:
    """Return what a match alone tells, where a fingerprint is not at hand.

    Args:
        match: The match.
        input_duration: Of the input, seconds; 0: unknown.
        reference_duration: Of the reference, seconds; 0: unknown.
    """
    numbered = _longest(match)
    return Explanation(
        input_duration=input_duration,
        reference_duration=reference_duration,
        intervals=[IntervalEvidence(number=number, interval=interval) for number, interval in numbered],
        left_out=len(match.intervals) - len(numbered),
        thresholds=thresholds(),
    )


def _longest(match: Match) -> list[tuple[int, Interval]]:
    """Return the longest intervals with their numbers, in order of these."""
    numbered = list(enumerate(match.intervals, 1))
    ranked = sorted(numbered, key=lambda pair: pair[1].input_start - pair[1].input_end)
    return sorted(ranked[: PARAMETERS.max_intervals], key=lambda pair: pair[0])


def _aligned(query: Fingerprint, reference: Fingerprint, match: Match, pictures: SeenPictures) -> list[Segment]:
    """Return the spans that the two share, as the matcher finds them in piece after piece of the query.

    What it goes by is where an index of this reference alone finds a likeness, and where the match names one.

    Args:
        query: The input's fingerprint.
        reference: The reference's.
        match: What was found of the pair.
        pictures: Takes in what each piece's picture was aligned by.
    """
    key = ReferenceKey(match.library, match.media_id, 1)
    index = MemoryIndex()
    index.add(key.media_id, reference, library=key.library, version=key.version)
    ends = [(one.input_start, one.reference_start, PARAMETERS.named_weight) for one in match.intervals]
    ends += [(one.input_end, one.reference_end, PARAMETERS.named_weight) for one in match.intervals]
    named = SeedHits(*np.array(ends, np.float64).reshape(-1, 3).T)
    segments: list[Segment] = []
    for piece in pieces_of(query):
        prepared = PreparedPiece(piece, query.duration, thorough=True)
        found, _ = propose(prepared, index, {key: named})
        alignment = align(prepared, reference, SeedHits.joined(found[key]), wide=True)
        pictures.add(alignment.picture)
        segments += alignment.segments
    return segments


def _notes(lost: Sequence[int], query: Fingerprint, reference: Fingerprint) -> list[str]:
    """Return what the fingerprints do not show, in words.

    Args:
        lost: The numbers of the intervals that they do not give.
        query: The input's.
        reference: The reference's.
    """
    notes = []
    names = {Track.PICTURE: (query.picture, reference.picture), Track.SOUND: (query.sound, reference.sound)}
    for track, (ours, theirs) in names.items():
        without = [name for name, kept in (("input", ours), ("reference", theirs)) if kept is None]
        if without:
            notes.append(f"The {' and the '.join(without)} {'have' if len(without) > 1 else 'has'} no {track}.")
    if lost:
        which = f"Interval {lost[0]} is" if len(lost) == 1 else f"Intervals {', '.join(map(str, lost))} are"
        notes.append(
            f"{which} not given by the stored fingerprints alone. When it was found the pictures themselves could be "
            "looked at again (turned, inverted, or a part of them), of which only a description is kept; or one of "
            "the two was stored anew since."
        )
    return notes
