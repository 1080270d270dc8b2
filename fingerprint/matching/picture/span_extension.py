"""How far a copied span reaches: each quarter of a second along its time map is held against the reference."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from fingerprint.matching.picture import motion as picture_motion
from fingerprint.matching.picture.motion import at_times, changes, levelled
from fingerprint.parameters import parameter

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fingerprint.matching.picture.query_frames import Miniatures
    from fingerprint.matching.time_map import Segment, TimeMap
    from fingerprint.picture.track import PictureTrack

__all__ = ["PARAMETERS", "SpanExtensionParameters", "extended"]


@dataclass(frozen=True, slots=True)
class SpanExtensionParameters:
    """How far a span may reach, and what each sample beside it says for that."""

    #: Seconds by which a span may grow at each end.
    max_growth_s: float = parameter(6.0, unit="s", low=0.0, high=60.0, source="a bound on cost; chosen, not measured")

    #: Seconds by which a span may shrink at each end.
    max_trim_s: float = parameter(1.5, unit="s", low=0.0, high=30.0, source="chosen, not measured")

    #: Seconds before the reference's first picture and after its last one at which it still shows them.
    end_slack_s: float = parameter(
        0.3,
        unit="s",
        low=0.0,
        high=2.0,
        source="by the stored form: pictures are a quarter of a second apart; and a bit",
    )

    #: Cells of a miniature that must lie inside of the query's picture for its pattern of light to tell something.
    min_covered_cells: int = parameter(12, unit="count", low=3, high=64, source="chosen, not measured")

    #: Spread of a pattern of light below which it is none.
    faint_spread_gray_levels: float = parameter(
        3.0,
        unit="gray levels",
        low=0.1,
        high=30.0,
        source="chosen, not measured: below it pictures are not described either",
    )

    #: Correlation of patterns, or cosine of movement, in the middle of a span below which it says nothing about its
    #: ends.
    min_correlation: float = parameter(0.3, unit="correlation", low=0.0, high=0.95, source="chosen, not measured")

    #: Share of the correlation of patterns in a span's middle at which a sample is as likely by chance as in a copy.
    even_correlation_share: float = parameter(0.55, unit="share", low=0.0, high=1.0, source="chosen, not measured")

    #: Share of the correlation in a span's middle that is worth a log-odds of 1.
    correlation_share_per_log_odds: float = parameter(
        0.25, unit="share", low=0.01, high=1.0, source="chosen, not measured"
    )

    #: Log-odds of one sample by its pattern at most.
    max_pattern_log_odds: float = parameter(1.2, unit="log-odds", low=0.0, high=10.0, source="chosen, not measured")

    #: Cosine of movement that is as likely by chance as in a copy.
    even_motion_cosine: float = parameter(
        0.35,
        unit="cosine",
        low=0.0,
        high=0.9,
        source="chosen between what copies have on the tuning footage, 0.6 to 0.95, and what other places have, 0.15",
    )

    #: Log-odds for each unit of the cosine of movement over that.
    log_odds_per_motion_cosine: float = parameter(
        3.0, unit="log-odds", low=0.1, high=100.0, source="chosen, not measured"
    )

    #: Log-odds of one sample by its movement at most.
    max_motion_log_odds: float = parameter(1.0, unit="log-odds", low=0.0, high=10.0, source="chosen, not measured")

    #: Times the energy of noise that changes must have for a sample to be told by its movement.
    min_moving_noise_ratio: float = parameter(2.0, unit="ratio", low=0.0, high=50.0, source="chosen, not measured")

    #: Log-odds that are none.
    negligible_log_odds: float = parameter(0.3, unit="log-odds", low=0.0, high=5.0, source="chosen, not measured")

    #: Seconds without a picture of the query, while the reference shows one, from which on the query shows something
    #: else: black, which is not kept.
    min_hidden_s: float = parameter(
        0.75,
        unit="s",
        low=0.3,
        high=5.0,
        source="by the stored form: three pictures; the value is chosen, not measured",
    )

    #: Samples over which movement is taken together.
    motion_samples: int = parameter(4, unit="samples", low=2, high=32, source="chosen, not measured: a second")

    #: Samples on either side of one that are taken together with it where the middle of a span is looked for.
    beside_samples: int = parameter(2, unit="samples", low=1, high=32, source="chosen, not measured")


PARAMETERS = SpanExtensionParameters()


def extended(segment: Segment, seen: Miniatures, reference: PictureTrack, *, after: float, before: float) -> Segment:
    """Return the segment with its ends where the query stops to show what the reference shows, and how alike it is.

    Args:
        segment: What to extend, or to cut back.
        seen: What the query shows where the reference's picture lies.
        reference: The reference.
        after: Where the segment before ends, seconds of the query: this one starts no earlier.
        before: Where the one that follows starts.
    """
    grid = reference.grid_ms / 1000
    places = segment.map.speed * seen.times + segment.map.offset
    growth, slack = PARAMETERS.max_growth_s, PARAMETERS.end_slack_s
    near = (seen.times >= max(after, segment.start - growth)) & (seen.times <= min(before, segment.end + growth))
    chosen = np.nonzero(near & (places >= grid[0] - slack) & (places <= grid[-1] + slack))[0]
    if len(chosen) < PARAMETERS.motion_samples or len(grid) <= 1 or not seen.covered.any():
        return segment
    times = seen.times[chosen]
    ours = seen.thumbnails[chosen]
    theirs = at_times(grid, reference.thumbnails, places[chosen])
    core = (times >= segment.start) & (times <= segment.end)
    if core.sum() < PARAMETERS.motion_samples:
        return segment
    gains = np.zeros(len(times))
    pattern = _patterns(ours[:, seen.covered], theirs[:, seen.covered])
    typical = float(np.median(pattern[core]))
    if seen.covered.sum() >= PARAMETERS.min_covered_cells and typical >= PARAMETERS.min_correlation:
        # What looks like every moment of the reference does not tell this one; what looks like none tells against it.
        telling = max(0.0, 1.0 - _pattern_elsewhere(ours[core], reference, seen) / typical)
        like = _pattern_log_odds(pattern, typical)
        gains += np.where(like > 0, telling * like, like)
    motion, moving = _movement(ours * seen.covered, theirs * seen.covered)
    typical_motion = float(np.median(motion[core & moving])) if (core & moving).any() else 0.0
    if typical_motion >= PARAMETERS.min_correlation:
        gains += np.where(moving, _motion_log_odds(motion), 0.0)
    if not gains.any():
        return segment
    trim = PARAMETERS.max_trim_s
    inner = (times >= segment.start + trim) & (times <= segment.end - trim)
    gains = np.where(inner, np.maximum(gains, 0.0), gains)
    first, last = _stretch(gains, core, _hidden_log_odds(times, grid, segment.map))
    similarity = float(np.clip(0.5 + 0.5 * max(typical, typical_motion), 0.0, 1.0))
    return replace(segment, start=float(times[first]), end=float(times[last]), similarity=similarity)


def _pattern_log_odds(pattern: NDArray[np.float64], typical: float) -> NDArray[np.float64]:
    """Return what the correlation of each sample's pattern says, log-odds, where one is typical of the span."""
    even, unit = PARAMETERS.even_correlation_share * typical, PARAMETERS.correlation_share_per_log_odds * typical
    return np.clip((pattern - even) / unit, -PARAMETERS.max_pattern_log_odds, PARAMETERS.max_pattern_log_odds)


def _motion_log_odds(cosines: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what the cosine of each sample's movement says, log-odds."""
    over = (cosines - PARAMETERS.even_motion_cosine) * PARAMETERS.log_odds_per_motion_cosine
    return np.clip(over, -PARAMETERS.max_motion_log_odds, PARAMETERS.max_motion_log_odds)


def _hidden_log_odds(times: NDArray[np.float64], grid: NDArray[np.float64], line: TimeMap) -> NDArray[np.float64]:
    """Return what speaks against going on from each sample to the next, log-odds, float64 `(n - 1,)`.

    Black is not kept: where the query has no picture for a while and the reference has, the two differ as much as
    pictures do that are unlike.
    """
    places = line.speed * times + line.offset
    missed = np.searchsorted(grid, places[1:]) - np.searchsorted(grid, places[:-1], "right")
    hidden = np.diff(times) > PARAMETERS.min_hidden_s
    return np.where(hidden, PARAMETERS.max_pattern_log_odds * np.maximum(missed, 0), 0.0)


def _stretch(gains: NDArray[np.float64], core: NDArray[np.bool_], between: NDArray[np.float64]) -> tuple[int, int]:
    """Return the stretch, with some of the core, of the largest sum of gains less what speaks against going on."""
    beside = PARAMETERS.beside_samples
    # Not mode="same", which of fewer samples than the kernel has makes as many as that.
    smooth = np.convolve(gains, np.ones(2 * beside + 1), mode="full")[beside:-beside]
    middle = int(np.argmax(np.where(core, smooth, -np.inf)))
    inside = core[1:] & core[:-1]  # it was found there as one
    between = np.where(inside, 0.0, between)
    before = np.append(0.0, between[:middle][::-1])
    after = np.append(0.0, between[middle:])
    return middle - _farthest(gains[: middle + 1][::-1] - before), middle + _farthest(gains[middle:] - after)


def _farthest(gains: NDArray[np.float64]) -> int:
    """Return how far to go for the largest sum; over what tells nothing either way, on."""
    sums = np.cumsum(gains)
    return int(np.nonzero(sums >= sums.max() - PARAMETERS.negligible_log_odds)[0][-1])


def _pattern_elsewhere(ours: NDArray[np.float32], reference: PictureTrack, seen: Miniatures) -> float:
    """Return how like any other moment of the reference the span's pictures are, 0..1: a still scene is like all."""
    rng = np.random.default_rng(0)
    chosen = rng.integers(0, len(reference.thumbnails), len(ours))
    theirs = reference.thumbnails[chosen].astype(np.float32)
    return float(np.clip(np.median(_patterns(ours[:, seen.covered], theirs[:, seen.covered])), 0, 1))


def _patterns(ours: NDArray[np.float32], theirs: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the correlation of each pair of patterns; 0 where one is hardly any."""
    a, b = ours - ours.mean(1, keepdims=True), theirs - theirs.mean(1, keepdims=True)
    norms = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    spread = PARAMETERS.faint_spread_gray_levels
    faint = spread * spread * max(1, ours.shape[1])
    return np.asarray((a * b).sum(1) / np.maximum(norms, faint), np.float64)


def _movement(ours: NDArray[np.float32], theirs: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the cosine of what changes around each sample, and where enough changes to tell."""
    a, b = levelled(changes(ours)), levelled(changes(theirs))
    kernel = np.ones(PARAMETERS.motion_samples)

    def together(values: NDArray[np.float32]) -> NDArray[np.float64]:
        return np.convolve(np.append(values, values[-1:]), kernel, mode="same")

    products, energy_a, energy_b = together((a * b).sum(1)), together((a * a).sum(1)), together((b * b).sum(1))
    noise_rms = picture_motion.PARAMETERS.noise_rms
    noise = noise_rms * noise_rms * PARAMETERS.motion_samples * ours.shape[1]
    moving = energy_a > PARAMETERS.min_moving_noise_ratio * noise
    return products / (np.sqrt(energy_a * energy_b) + noise), moving
