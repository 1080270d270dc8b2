"""The numbers that evidence is held against, with what they mean, as the parameter sets have them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fingerprint.matching import confidence
from fingerprint.matching.picture import aligner as picture_aligner
from fingerprint.matching.picture import correspondences, localization, similarity
from fingerprint.matching.sound import aligner as sound_aligner
from fingerprint.matching.sound import offset_histogram, span_extension
from fingerprint.parameters import describe, meanings
from schemas.evidence import Threshold
from schemas.matches import Track

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

__all__ = ["thresholds"]


def thresholds() -> list[Threshold]:
    """Return what the evidence of a match is held against, in the order in which it is."""
    picture, sound, both = Track.PICTURE, Track.SOUND, Track.BOTH
    return [
        *_of(picture, similarity.PARAMETERS, "similarity_floor"),
        *_of(picture, correspondences.PARAMETERS, "picture_tolerance_s", "motion_tolerance_s"),
        *_of(picture, picture_aligner.PARAMETERS, "min_run_log_odds"),
        *_of(picture, localization.PARAMETERS, "max_chance_inliers", "min_inliers", "min_sure_inliers"),
        *_of(sound, span_extension.PARAMETERS, "line_tolerance_frames"),
        *_of(sound, offset_histogram.PARAMETERS, "min_count", "min_other_count"),
        *_of(sound, sound_aligner.PARAMETERS, "chance_log_odds", "min_moments", "min_segment_log_odds"),
        *_of(both, confidence.PARAMETERS, "even_log_odds", "spread_log_odds"),
    ]


def _of(track: Track, parameters: DataclassInstance, *names: str) -> list[Threshold]:
    """Return some fields of a parameter set."""
    known, said = describe(parameters), meanings(type(parameters))
    stage = type(parameters).__module__.removeprefix("fingerprint.")
    return [
        Threshold(
            track=track,
            stage=stage,
            name=name,
            value=getattr(parameters, name),
            unit=known[name].unit,
            meaning=said[name],
            source=known[name].source,
        )
        for name in names
    ]
