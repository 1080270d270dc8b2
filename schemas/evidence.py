"""Why two items match: what was seen of each interval, and what it was held against.

It is worked out on demand from stored fingerprints, and goes over no topic.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from schemas.matches import Interval, Track

__all__ = [
    "ComparedPictures",
    "Evidence",
    "Explanation",
    "IntervalEvidence",
    "PictureEvidence",
    "PointSet",
    "SoundEvidence",
    "SoundStretch",
    "Threshold",
    "TrackPoints",
]

LogOdds = Annotated[float, msgspec.Meta(description="log-odds: each step of 0.7 doubles the odds of a copy")]


class ComparedPictures(msgspec.Struct, frozen=True, kw_only=True):
    """Two pictures whose local features were compared: do corners and textures lie in the same order in both?"""

    input: Annotated[float, msgspec.Meta(description="when the one is shown in the input, seconds")]
    reference: Annotated[float, msgspec.Meta(description="when the other is shown in the reference, seconds")]
    common_features: Annotated[int, msgspec.Meta(description="features that agree on one geometry")]


class PictureEvidence(msgspec.Struct, frozen=True, kw_only=True):
    """What the picture says for an interval."""

    moments: Annotated[int, msgspec.Meta(description="moments of the input in the interval that are described")]
    agreeing: Annotated[int, msgspec.Meta(description="of these, how many look or move like their place")]
    tolerance_s: Annotated[float, msgspec.Meta(description="how far off its place a moment may look alike, seconds")]
    moving: Annotated[int, msgspec.Meta(description="moments in which something moves that could be compared")]
    moving_alike: Annotated[int, msgspec.Meta(description="of these, how many move like their place")]
    compared: Annotated[list[ComparedPictures], msgspec.Meta(description="the pictures that were compared closely")]
    by_look: LogOdds | None = None
    by_motion: LogOdds | None = None
    by_features: LogOdds | None = None


class SoundStretch(msgspec.Struct, frozen=True, kw_only=True):
    """Some seconds of the input's sound by which an interval was found."""

    start: Annotated[float, msgspec.Meta(description="where it starts in the input, seconds")]
    end: Annotated[float, msgspec.Meta(description="where it ends in the input, seconds")]
    peaks: Annotated[int, msgspec.Meta(description="peaks of the input in it")]
    common: Annotated[int, msgspec.Meta(description="how many coincide with the reference's at one offset")]
    elsewhere: Annotated[float, msgspec.Meta(description="how many do at another offset: what was taken for chance")]


class SoundEvidence(msgspec.Struct, frozen=True, kw_only=True):
    """What the sound says for an interval."""

    peaks: Annotated[int, msgspec.Meta(description="peaks of the input's sound in the interval")]
    common: Annotated[int, msgspec.Meta(description="how many coincide with the reference's at the interval's offset")]
    by_chance: Annotated[
        float | None, msgspec.Meta(description="how many do at other offsets nearby, on average; null: unknown")
    ]
    most_elsewhere: Annotated[int | None, msgspec.Meta(description="the same at the best of these other offsets")]
    pitch_steps: Annotated[int, msgspec.Meta(description="how far the pitch is taken to be raised, 36ths of an octave")]
    offsets_s: Annotated[
        list[float], msgspec.Meta(description="offsets beside the interval's own that were counted, seconds")
    ]
    counts: Annotated[list[int], msgspec.Meta(description="peaks that coincide there")]
    stretch: SoundStretch | None = None
    log_odds: LogOdds | None = None


class IntervalEvidence(msgspec.Struct, frozen=True, kw_only=True):
    """An interval of the match, and what was seen of it in the stored fingerprints."""

    number: Annotated[int, msgspec.Meta(description="which of the match's intervals it is, from 1 on")]
    interval: Interval
    found_again: Annotated[
        bool, msgspec.Meta(description="whether the stored fingerprints alone give the interval as well")
    ] = False
    log_odds: Annotated[LogOdds | None, msgspec.Meta(description="of the interval, where it was found again")] = None
    picture: PictureEvidence | None = None
    sound: SoundEvidence | None = None


class PointSet(msgspec.Struct, frozen=True, kw_only=True):
    """Pairs of moments that are alike, as parallel lists, in order of the input."""

    input: Annotated[tuple[float, ...], msgspec.Meta(description="seconds in the input")] = ()
    reference: Annotated[tuple[float, ...], msgspec.Meta(description="seconds in the reference")] = ()
    weight: Annotated[
        tuple[float, ...], msgspec.Meta(description="what each says for a copy: log-odds of a picture; 1 for a peak")
    ] = ()
    total: Annotated[int, msgspec.Meta(description="how many there are; more than are listed where it was thinned")] = 0
    thinned: Annotated[str, msgspec.Meta(description="why not all are listed; empty: they are")] = ""


class TrackPoints(msgspec.Struct, frozen=True, kw_only=True):
    """What is alike by one track: on the lines of the intervals, and elsewhere."""

    inside: PointSet = PointSet()
    outside: PointSet = PointSet()


class Threshold(msgspec.Struct, frozen=True, kw_only=True):
    """A number that evidence is held against."""

    track: Annotated[Track, msgspec.Meta(description="what it is about")]
    stage: Annotated[str, msgspec.Meta(description="the stage of the engine that it belongs to")]
    name: str
    value: float
    unit: str
    meaning: Annotated[str, msgspec.Meta(description="what it is")]
    source: Annotated[str, msgspec.Meta(description="where its value came from")]


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """What stored fingerprints show of a match."""

    input_duration: Annotated[float, msgspec.Meta(description="of the input, seconds; 0: unknown")] = 0.0
    reference_duration: Annotated[float, msgspec.Meta(description="of the reference, seconds; 0: unknown")] = 0.0
    intervals: list[IntervalEvidence] = []
    left_out: Annotated[int, msgspec.Meta(description="shorter intervals of which nothing is said, since many are")] = 0
    stored_similarity: Annotated[
        float | None,
        msgspec.Meta(description="the confidence that the stored fingerprints alone give, 0..1; null: not at hand"),
    ] = None
    log_odds: Annotated[
        LogOdds | None, msgspec.Meta(description="the evidence of all intervals together, by the stored fingerprints")
    ] = None
    picture: TrackPoints | None = None
    sound: TrackPoints | None = None
    thresholds: list[Threshold] = []
    notes: Annotated[list[str], msgspec.Meta(description="what could not be looked at, and why")] = []


class Evidence(Explanation, frozen=True, kw_only=True):
    """Why an input matches a reference."""

    job_id: Annotated[str, msgspec.Meta(description="the job that has found the match")]
    media_id: Annotated[str, msgspec.Meta(description="the input")]
    library: Annotated[str, msgspec.Meta(description="where the reference is")]
    reference: str
    similarity: Annotated[float, msgspec.Meta(description="of the match: the confidence that the input is a copy")]
    track: Annotated[Track, msgspec.Meta(description="what carried the match")]
    input_coverage: float
    reference_coverage: float
    looked_again: Annotated[
        bool, msgspec.Meta(description="whether both fingerprints were at hand; if not, the notes say why")
    ]
