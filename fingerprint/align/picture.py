"""Which spans of a query's picture are which spans of a reference's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fingerprint.align.lines import Cloud, Run, find_runs
from fingerprint.align.segment import Segment
from fingerprint.picture.vectors import chance, dequantise
from fingerprint.picture.views import VIEW_NAMES, Views

if TYPE_CHECKING:
    from fingerprint.picture.track import PictureTrack
    from numpy.typing import NDArray

__all__ = ["FLOOR", "PictureQuery", "align_picture"]

#: Likeness over chance below which two moments have nothing to do with each other: the 99.9th percentile of unrelated
#: ones, with every view tried.
FLOOR = 0.2

#: Log-odds for each unit of likeness over the floor, and most of a moment's: measured on the tuning footage.
GAIN, MOST = 14.0, 4.0

#: Described pictures of the reference that each query picture is held against.
NEAREST = 10

#: Query rows compared at once.
ROWS_AT_ONCE = 512

#: Log-odds that a picture segment needs.
LEAST = 5.0


@dataclass(frozen=True)
class PictureQuery:
    """A query's pictures in all views, with what each scores by chance.

    Attributes:
        views: The vectors.
        chance: What each is like by chance, float32 `(n,)`.
        samples: The distinct moments, float64 `(m,)`.
        moments: Index of each view's moment, int64 `(n,)`.
        gaps: Seconds that each moment stands for, float64 `(m,)`.
    """

    views: Views
    chance: NDArray[np.float32]
    samples: NDArray[np.float64]
    moments: NDArray[np.int64]
    gaps: NDArray[np.float64]

    @classmethod
    def of(cls, views: Views) -> PictureQuery:
        """Prepare a query's views."""
        samples, moments = np.unique(views.times, return_inverse=True)
        gaps = np.diff(samples, append=samples[-1:] + 0.5) if len(samples) else np.zeros(0)
        return cls(views, chance(views.vectors), samples, moments, np.clip(gaps, 0.1, 2.5))


def align_picture(query: PictureQuery, reference: PictureTrack) -> list[Segment]:
    """Return the spans of the query that look like the reference."""
    if not len(reference.numbers) or not len(query.samples):
        return []
    cloud, kinds = _cloud(query, reference)
    return [_segment(query, cloud, kinds, run) for run in find_runs(cloud, LEAST)]


def _cloud(query: PictureQuery, reference: PictureTrack) -> tuple[Cloud, NDArray[np.int8]]:
    stored, times = dequantise(reference.codes), reference.times_ms / 1000
    rows, places, likenesses = [], [], []
    limit = min(NEAREST, len(times))
    for first in range(0, len(query.moments), ROWS_AT_ONCE):
        part = slice(first, first + ROWS_AT_ONCE)
        likeness = query.views.vectors[part] @ stored.T - query.chance[part, None]
        best = np.argpartition(-likeness, limit - 1, axis=1)[:, :limit]
        values = np.take_along_axis(likeness, best, 1)
        row, column = np.nonzero(values > FLOOR)
        rows.append(row + first)
        places.append(times[best[row, column]])
        likenesses.append(values[row, column])
    row = np.concatenate(rows)
    weights = np.minimum((np.concatenate(likenesses) - FLOOR) * GAIN, MOST)
    cloud = Cloud(query.samples, query.gaps, query.moments[row], np.concatenate(places), weights.astype(np.float64))
    return cloud, query.views.kinds[row]


def _segment(query: PictureQuery, cloud: Cloud, kinds: NDArray[np.int8], run: Run) -> Segment:
    inside = (cloud.rows >= run.first) & (cloud.rows <= run.last)
    near = inside & (np.abs(cloud.places - run.map.speed * cloud.samples[cloud.rows] - run.map.offset) < 1.0)
    votes = np.bincount(kinds[near], cloud.weights[near], len(VIEW_NAMES))
    best = np.zeros(len(query.samples))
    np.maximum.at(best, cloud.rows[near], cloud.weights[near])
    typical = float(np.median(best[run.first : run.last + 1]))
    name = VIEW_NAMES[int(votes.argmax())]
    return Segment(
        start=float(query.samples[run.first]),
        end=float(query.samples[run.last]),
        map=run.map,
        evidence=run.score,
        likeness=float(np.clip(0.55 + (typical / GAIN + FLOOR - 0.25) * 1.0, 0.3, 1.0)),
        picture=True,
        transforms=() if name == "plain" else (name,),
    )
