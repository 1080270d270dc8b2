"""What the picture says for the intervals of a match, read off piece by piece from what it was aligned by."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from fingerprint.matching.explanation import thinning
from fingerprint.matching.explanation.thinning import Points, evenly, thinned
from fingerprint.matching.findings import PictureFinding
from fingerprint.matching.picture import correspondences as picture_correspondences
from fingerprint.parameters import parameter
from schemas.evidence import ComparedPictures, PictureEvidence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fingerprint.matching.explanation.lines import Line
    from fingerprint.matching.picture.aligner import PictureAlignment
    from fingerprint.matching.picture.correspondences import Correspondences
    from fingerprint.matching.picture.localization import Located
    from fingerprint.matching.time_map import Segment
    from schemas.evidence import TrackPoints

__all__ = ["PARAMETERS", "PictureEvidenceParameters", "SeenPictures"]


@dataclass(frozen=True, slots=True)
class PictureEvidenceParameters:
    """How much is told of what the picture says."""

    #: Pairs of pictures that are told of an interval.
    max_compared: int = parameter(
        24, unit="count", low=1, high=1000, source="the rest says the same; chosen, not measured"
    )


PARAMETERS = PictureEvidenceParameters()

#: Decimals of what is told of times, seconds, and of log-odds.
TIME_DECIMALS, LOG_ODDS_DECIMALS = 2, 1


@dataclass
class _Seen:
    """What was seen of one interval so far."""

    moments: int = 0
    agreeing: int = 0
    moving: int = 0
    moving_alike: int = 0
    compared: dict[tuple[float, float], int] = field(default_factory=dict)


class SeenPictures:
    """What is seen of a match's intervals as piece after piece of the input is aligned.

    Args:
        lines: Where the intervals lie.
    """

    def __init__(self, lines: Sequence[Line]) -> None:
        self._lines = lines
        self._seen = [_Seen() for _ in lines]
        self._inside: list[Points] = []
        self._outside: list[Points] = []

    def add(self, found: PictureAlignment) -> None:
        """Take in what a piece's picture was aligned by."""
        correspondences = found.correspondences
        if correspondences is None:
            return
        moments = correspondences.samples[correspondences.rows]
        on_lines = np.zeros(len(moments), bool)
        for line, seen in zip(self._lines, self._seen, strict=True):
            inside = (correspondences.samples >= line.start) & (correspondences.samples <= line.end)
            if not inside.any():
                continue
            near = correspondences.near(line.map) & inside[correspondences.rows]
            on_lines |= near
            _count(seen, correspondences, inside, near)
            seen.compared |= _compared(found.located, line)
        for chosen, points in ((on_lines, self._inside), (~on_lines, self._outside)):
            points.append(_some(correspondences, np.flatnonzero(chosen)))

    def evidence(self, place: int, again: Segment | None) -> PictureEvidence | None:
        """Return what the picture says for an interval; None where no picture could be compared.

        Args:
            place: Which of the lines.
            again: The segment that the fingerprints give there.
        """
        if not self._inside:
            return None
        seen = self._seen[place]
        findings = [one for one in again.findings if isinstance(one, PictureFinding)] if again is not None else []
        pairs = sorted(seen.compared.items())
        told = [pairs[index] for index in evenly(len(pairs), PARAMETERS.max_compared).tolist()]
        return PictureEvidence(
            moments=seen.moments,
            agreeing=seen.agreeing,
            tolerance_s=picture_correspondences.PARAMETERS.picture_tolerance_s,
            moving=seen.moving,
            moving_alike=seen.moving_alike,
            compared=[
                ComparedPictures(
                    input=round(time, TIME_DECIMALS), reference=round(at, TIME_DECIMALS), common_features=inliers
                )
                for (time, at), inliers in told
            ],
            by_look=_sum([one.by_look for one in findings]),
            by_motion=_sum([one.by_motion for one in findings]),
            by_features=_sum([one.by_features for one in findings]),
        )

    def points(self) -> TrackPoints | None:
        """Return which moments look or move alike, on the lines and elsewhere; None where nothing was compared."""
        return thinned(Points.joined(self._inside), Points.joined(self._outside)) if self._inside else None


def _count(seen: _Seen, correspondences: Correspondences, inside: NDArray[np.bool_], near: NDArray[np.bool_]) -> None:
    """Count the moments of a piece that lie in an interval, and those of them that agree with it."""
    moving = inside & correspondences.has_motion
    alike = near & correspondences.motion & moving[correspondences.rows]
    seen.moments += int(inside.sum())
    seen.moving += int(moving.sum())
    seen.agreeing += len(np.unique(correspondences.rows[near]))
    seen.moving_alike += len(np.unique(correspondences.rows[alike]))


def _compared(located: Located | None, line: Line) -> dict[tuple[float, float], int]:
    """Return the pictures in an interval that were compared closely, and how many features each has in common."""
    if located is None:
        return {}
    pairs = zip(located.pairs, located.inliers, strict=True)
    return {(time, place): inliers for (time, place, _), inliers in pairs if line.start <= time <= line.end}


def _some(correspondences: Correspondences, chosen: NDArray[np.int64]) -> Points:
    """Return some correspondences as points; of many no more than a plot may have of all pieces."""
    some = chosen[evenly(len(chosen), thinning.PARAMETERS.max_points)]
    moments = correspondences.samples[correspondences.rows[some]]
    return Points.of(moments, correspondences.places[some], correspondences.weights[some], len(chosen))


def _sum(log_odds: Sequence[float]) -> float | None:
    return round(sum(log_odds), LOG_ODDS_DECIMALS) if log_odds else None
