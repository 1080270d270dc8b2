"""Made-up correspondences of a query to a reference: spans on lines, among chance ones."""

from __future__ import annotations

import numpy as np

from fingerprint.matching.picture.correspondences import Correspondences
from fingerprint.matching.time_map import TimeMap

SAMPLE_S = 0.5


def correspondences(
    duration: float, *spans: tuple[float, float, TimeMap], noise: int = 0, seed: int = 0
) -> Correspondences:
    """Return similarities of spans of a query to where their lines lie, as rough as looks are, among chance ones."""
    rng = np.random.default_rng(seed)
    samples = np.arange(0, duration, SAMPLE_S)
    rows, places = [], []
    for start, end, line in spans:
        inside = np.nonzero((samples >= start) & (samples < end))[0]
        rows.append(inside)
        places.append(line.speed * samples[inside] + line.offset + rng.uniform(-0.3, 0.3, len(inside)))
    rows.append(rng.integers(0, len(samples), noise))
    places.append(rng.uniform(0, 600, noise))
    joined = np.concatenate(rows)
    weights = np.full(len(joined), 3.0)
    weights[len(joined) - noise :] = 1.0
    order = np.argsort(joined, kind="stable")
    return Correspondences(
        samples=samples,
        gaps=np.full(len(samples), SAMPLE_S),
        has_motion=np.zeros(len(samples), bool),
        rows=joined[order],
        places=np.concatenate(places)[order],
        weights=weights[order],
        motion=np.zeros(len(joined), bool),
    )
