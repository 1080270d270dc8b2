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
    from numpy.typing import NDArray

    from fingerprint.picture.track import PictureTrack

__all__ = ["FLOOR", "PictureQuery", "align_picture"]

#: Likeness over chance below which two moments have nothing to do with each other: the 99.9th percentile of unrelated
#: ones, with every view tried.
FLOOR = 0.2

#: Log-odds for each unit of likeness over the floor, and most of a moment's: measured on the tuning footage.
GAIN, MOST = 14.0, 4.0

#: Described pictures of the reference that each query picture is held against: a still scene has many alike.
NEAREST = 32

#: Query rows compared at once.
ROWS_AT_ONCE = 512

#: Log-odds that a run needs to be looked at.
LEAST = 5.0

#: Likeness of two pictures of a reference: at the first figure the second one tells nothing new, at the other all.
SEEN, NEW = 0.8, 0.45

#: What a picture that tells nothing new still counts.
REPEATED = 0.05


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
    """Return the spans of the query that look like the reference.

    Their evidence counts what is seen again and again once: a wall is no more of a copy for being looked at longer.
    """
    if not len(reference.numbers) or not len(query.samples):
        return []
    stored = dequantise(reference.codes)
    cloud, kinds, columns = _cloud(query, stored, reference.times_ms / 1000)
    return [_segment(query, cloud, kinds, columns, stored, run) for run in find_runs(cloud, LEAST)]


def _cloud(
    query: PictureQuery, stored: NDArray[np.float32], times: NDArray[np.float64]
) -> tuple[Cloud, NDArray[np.int8], NDArray[np.int64]]:
    """Return likenesses over chance, the view of each, and which picture of the reference it is to."""
    rows, columns, likenesses = [], [], []
    limit = min(NEAREST, len(times))
    for first in range(0, len(query.moments), ROWS_AT_ONCE):
        part = slice(first, first + ROWS_AT_ONCE)
        likeness = query.views.vectors[part] @ stored.T - query.chance[part, None]
        best = np.argpartition(-likeness, limit - 1, axis=1)[:, :limit]
        values = np.take_along_axis(likeness, best, 1)
        row, column = np.nonzero(values > FLOOR)
        rows.append(row + first)
        columns.append(best[row, column])
        likenesses.append(values[row, column])
    row, column = np.concatenate(rows), np.concatenate(columns)
    weights = np.minimum((np.concatenate(likenesses) - FLOOR) * GAIN, MOST)
    cloud = Cloud(query.samples, query.gaps, query.moments[row], times[column], weights.astype(np.float64))
    return cloud, query.views.kinds[row], column


def _segment(  # noqa: PLR0917 (what one cloud consists of)
    query: PictureQuery,
    cloud: Cloud,
    kinds: NDArray[np.int8],
    columns: NDArray[np.int64],
    stored: NDArray[np.float32],
    run: Run,
) -> Segment:
    inside = (cloud.rows >= run.first) & (cloud.rows <= run.last)
    off = np.abs(cloud.places - run.map.speed * cloud.samples[cloud.rows] - run.map.offset)
    near = np.nonzero(inside & (off < ON_LINE))[0]
    votes = np.bincount(kinds[near], cloud.weights[near], len(VIEW_NAMES))
    name = VIEW_NAMES[int(votes.argmax())]
    order = near[np.lexsort((-cloud.weights[near], cloud.rows[near]))]
    _, firsts = np.unique(cloud.rows[order], return_index=True)
    best = order[firsts]  # the best likeness of each moment
    worth = cloud.weights[best] * np.minimum(cloud.gaps[cloud.rows[best]], 1.0) * _novelty(stored[columns[best]])
    typical = float(np.median(cloud.weights[best])) if len(best) else 0.0
    return Segment(
        start=float(query.samples[run.first]),
        end=float(query.samples[run.last]),
        map=run.map,
        evidence=float(worth.sum()),
        likeness=float(np.clip(0.55 + typical / GAIN + FLOOR - 0.25, 0.3, 1.0)),
        picture=True,
        transforms=() if name == "plain" else (name,),
    )


#: How far from a run's line likenesses are its own, seconds of the reference.
ON_LINE = 1.0


def _novelty(vectors: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return for each of a sequence of vectors how much it tells that those before it did not, 0..1."""
    worth = np.ones(len(vectors))
    kept: list[NDArray[np.float32]] = []
    for index, vector in enumerate(vectors):
        alike = float((np.array(kept) @ vector).max()) if kept else 0.0
        worth[index] = np.clip((SEEN - alike) / (SEEN - NEW), REPEATED, 1.0)
        if worth[index] > REPEATED:
            kept.append(vector)
    return worth
