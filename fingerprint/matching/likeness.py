"""How alike two media items look as they are, where they show the same.

Matching looks away from what an edit changes: a mirrored copy is as sure a copy as a plain one. Whoever asks which of
two media items a third one was made from wants the contrary: each edit takes a copy a little further away from what it
was made from, and from everything before that, so that it looks most like the one it was made from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fingerprint.parameters import parameter
from fingerprint.picture.embedding import dequantise

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fingerprint.picture.track import PictureTrack
    from schemas.matches import Interval

__all__ = ["PARAMETERS", "LikenessParameters", "likeness"]


@dataclass(frozen=True, slots=True)
class LikenessParameters:
    """Which moments are looked at."""

    #: Seconds between two moments that are looked at.
    step_s: float = parameter(
        0.5, unit="s", low=0.1, high=5.0, source="about the distance of described pictures; chosen, not measured"
    )
    #: Moments of an interval at the least.
    least_moments: int = parameter(
        3, unit="count", low=1, high=100, source="one may be a transition; chosen, not measured"
    )
    #: Moments of all intervals at the most.
    most_moments: int = parameter(2000, unit="count", low=100, high=100_000, source="a bound on cost")


PARAMETERS = LikenessParameters()


def likeness(copy: PictureTrack, source: PictureTrack, intervals: Sequence[Interval]) -> float:
    """Return how alike the pictures of two media items are, on the average of the spans that they share.

    It is the mean of two: how the miniatures correlate, which sees what was moved, turned and covered, and the cosine
    of the vectors as they are, which sees what was changed more finely.

    Args:
        copy: The picture of the one, which is the input of the intervals.
        source: The picture of the other.
        intervals: The spans, at least one of which has a length.

    Returns:
        1 for the same pictures; about 0 for pictures that have nothing in common as they are.
    """
    at_copy, at_source = _moments(intervals)
    miniatures = _correlations(_miniatures(copy, at_copy), _miniatures(source, at_source))
    vectors = _cosines(_vectors(copy, at_copy), _vectors(source, at_source))
    return float((miniatures + vectors) / 2)


def _moments(intervals: Sequence[Interval]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return moments of the copy, and where in the source each of them is, milliseconds."""
    at_copy, at_source = [], []
    for one in intervals:
        length = one.input_end - one.input_start
        count = max(PARAMETERS.least_moments, round(length / PARAMETERS.step_s))
        shares = (np.arange(count) + 0.5) / count
        at_copy.append(one.input_start + shares * length)
        at_source.append(one.reference_start + shares * (one.reference_end - one.reference_start))
    copy, source = np.concatenate(at_copy) * 1000, np.concatenate(at_source) * 1000
    chosen = slice(None, None, -(-len(copy) // PARAMETERS.most_moments))
    return copy[chosen], source[chosen]


def _miniatures(track: PictureTrack, times_ms: NDArray[np.float64]) -> NDArray[np.float32]:
    return track.thumbnails[_shown(track.grid_ms, times_ms)].astype(np.float32)


def _vectors(track: PictureTrack, times_ms: NDArray[np.float64]) -> NDArray[np.float32]:
    return dequantise(track.codes[_shown(track.times_ms, times_ms)])


def _shown(starts_ms: NDArray[np.int32], times_ms: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return which picture is shown at each time: the last one that has begun."""
    return np.clip(np.searchsorted(starts_ms, times_ms, side="right") - 1, 0, len(starts_ms) - 1)


def _correlations(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    return _cosines(one - one.mean(axis=1, keepdims=True), other - other.mean(axis=1, keepdims=True))


def _cosines(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Return the mean cosine of rows; of those where one is nothing but zeros, as pictures of one gray are, it is 0."""
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    products = np.einsum("ij,ij->i", one, other)
    return float(np.divide(products, lengths, out=np.zeros_like(products), where=lengths > 0).mean())
