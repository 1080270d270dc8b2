"""A query's pictures in the form that references are held against."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from fingerprint.matching.picture.query_frames import QueryFrames
from fingerprint.matching.picture.views import ViewDescriber
from fingerprint.parameters import parameter
from fingerprint.picture import extractor
from fingerprint.picture.embedding import background_score

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fingerprint.matching.picture.views import Views
    from fingerprint.query import Piece

__all__ = ["PARAMETERS", "PictureQuery", "QueryParameters"]


@dataclass(frozen=True, slots=True)
class QueryParameters:
    """How densely a query is placed."""

    #: Seconds between the moments that are placed.
    sample_step_s: float = parameter(
        0.5, unit="s", low=0.25, high=2.0, source="a bound on cost: every other picture that is looked at; not measured"
    )

    #: How much earlier than its step begins a moment may lie: times are rounded.
    sample_slack_share: float = parameter(
        0.01,
        unit="share of a step",
        low=0.001,
        high=0.25,
        source="by the stored form: 5 ms, and times are whole milliseconds",
    )

    #: Seconds that a moment stands for, at the least.
    min_gap_s: float = parameter(0.1, unit="s", low=0.0, high=0.5, source="chosen, not measured")

    #: The same at the most: where pictures are far apart, what lies between them is not known.
    max_gap_s: float = parameter(2.5, unit="s", low=0.5, high=10.0, source="chosen, not measured")


PARAMETERS = QueryParameters()


@dataclass(frozen=True)
class PictureQuery:
    """A query's pictures in views, with what each scores by chance.

    Attributes:
        views: The vectors.
        background_score: What each is like by chance, float32 `(n,)`.
        samples: The moments that are placed, float64 `(m,)`.
        gaps: Seconds that each moment stands for, float64 `(m,)`.
        spoken: Index of a view and of a moment that it speaks for, int64 `(k, 2)`, sorted by view.
        query_frames: The pictures themselves, for a closer look.
        describer: What describes them in views.
        closer_looks: Closer looks that were taken, by the kinds of views: they are kept for the next reference.
    """

    views: Views
    background_score: NDArray[np.float32]
    samples: NDArray[np.float64]
    gaps: NDArray[np.float64]
    spoken: NDArray[np.int64]
    query_frames: QueryFrames
    describer: ViewDescriber
    closer_looks: dict[frozenset[int], PictureQuery] = field(default_factory=dict)

    @classmethod
    def of(cls, query: Piece, *, thorough: bool) -> PictureQuery | None:
        """Prepare a query at first look; None when it has no picture.

        Args:
            query: The piece; of a bare fingerprint, what it keeps of its pictures is all there is.
            thorough: Look in every view, and not at plain and mirrored pictures alone.
        """
        track = query.fingerprint.picture
        if track is None or not len(track.grid_ms):
            return None
        describer = ViewDescriber(track, query.keyframes, thorough=thorough)
        views = describer.views()
        query_frames = QueryFrames(query)
        step = PARAMETERS.sample_step_s
        _, firsts = np.unique(np.floor(query_frames.times / step + PARAMETERS.sample_slack_share), return_index=True)
        samples = query_frames.times[firsts]
        gaps = np.diff(samples, append=samples[-1:] + step)
        gaps = np.clip(gaps, PARAMETERS.min_gap_s, PARAMETERS.max_gap_s)
        return cls(
            views, background_score(views.vectors), samples, gaps, _spoken(views, samples), query_frames, describer
        )

    def closer(self, kinds: frozenset[int]) -> PictureQuery:
        """Return the query with a closer look in some kinds of views."""
        if not kinds:
            return self
        if kinds not in self.closer_looks:
            views = self.describer.views(kinds)
            self.closer_looks[kinds] = replace(
                self, views=views, background_score=background_score(views.vectors), spoken=_spoken(views, self.samples)
            )
        return self.closer_looks[kinds]


def _spoken(views: Views, samples: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return which view speaks for which moment: the nearest of its kind; a still picture until the next one."""
    pairs = []
    for kind, reach in enumerate(views.reach):
        own = np.nonzero(views.kinds == kind)[0]
        if not len(own):
            continue
        times = views.times[own]
        right = np.clip(np.searchsorted(times, samples), 1, len(times) - 1) if len(times) > 1 else np.zeros(1, int)
        left = np.maximum(right - 1, 0)
        nearest = np.where(np.abs(times[right] - samples) < np.abs(times[left] - samples), right, left)
        off = samples - times[nearest]
        near = np.abs(off) <= reach
        if kind == 0:
            nearest = np.where(near, nearest, np.clip(np.searchsorted(times, samples, "right") - 1, 0, None))
            near |= (samples >= times[nearest]) & (samples - times[nearest] <= extractor.PARAMETERS.still_scene_s)
        pairs.append(np.stack([own[nearest[near]], np.nonzero(near)[0]], 1))
    joined = np.concatenate(pairs) if pairs else np.zeros((0, 2), np.int64)
    return joined[np.argsort(joined[:, 0], kind="stable")]
