"""Whether two spans move alike: what tells a copy from another take in front of the same wall.

A fixed camera looks the same all day, so likeness of pictures says nothing there. What changes from one quarter of a
second to the next does: miniatures are compared by their differences in time. How much chance gives is taken from the
same two spans, shifted against each other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.signal import fftconvolve

from fingerprint.align.segment import TimeMap
from fingerprint.picture.track import TINY_SIDE
from fingerprint.picture.views import VIEW_NAMES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fingerprint.align.segment import Segment
    from fingerprint.picture.track import PictureTrack

__all__ = ["Motion", "compare_motion", "placed", "search_motion"]

#: Shifts of the time map that are tried, seconds of the reference: pictures place a span this roughly.
SHIFTS = np.arange(-0.9, 0.91, 0.06)

#: Samples that two spans must have at least, and that shifted spans are apart to be unrelated.
LEAST_SAMPLES, UNRELATED = 14, 6

#: Samples compared at most; longer spans are cut to their middle.
MOST_SAMPLES = 480

#: Shifted comparisons that tell what chance gives.
CHANCES = 48

#: Gray levels beyond which a difference counts no more: a cut must not outweigh all movement.
LIMIT = 24.0

#: Smallest spread of chance correlations that is believed, for movement at places and for its amount.
LEAST_SPREAD = (0.045, 0.14)

#: Correlation at which nothing is said to move alike, and at which everything is: two takes of one scene reach 0.36 by
#: chance, copies that are not cropped hard 0.6 and more.
LEAST_CORRELATION, FULL_CORRELATION = 0.3, 0.6

#: Time between samples when a span is searched for, seconds; the speeds tried, and what another than 1 must be better.
STEP_S = 0.25
SEARCHED_SPEEDS = (0.5, 0.667, 0.75, 0.8, 0.9, 0.95, 1.0, 1.05, 1.1, 1.25, 1.333, 1.5, 1.75, 2.0)
SPEED_COST = 0.05

#: Log-odds of movement that place a span without a search, and what another place must have more.
SURE, BETTER = 8.0, 3.0

#: Log-odds that movement can give at most.
MOST = 24.0


@dataclass(frozen=True, slots=True)
class Motion:
    """How alike two spans move.

    Attributes:
        evidence: Log-odds that they show the same movement; 0 when nothing can be told.
        shift: How far to move the time map for it, seconds of the reference.
        correlation: Correlation at that shift.
    """

    evidence: float
    shift: float
    correlation: float


NOTHING = Motion(0.0, 0.0, 0.0)


def compare_motion(query: PictureTrack, reference: PictureTrack, segment: Segment) -> Motion:
    """Compare the movement of a segment's two spans, in the view that the segment was found in."""
    times = query.grid_ms / 1000
    inside = np.nonzero((times >= segment.start) & (times <= segment.end))[0]
    if len(inside) < LEAST_SAMPLES or len(reference.grid_ms) < LEAST_SAMPLES:
        return NOTHING
    middle = len(inside) // 2
    inside = inside[max(0, middle - MOST_SAMPLES // 2) : middle + MOST_SAMPLES // 2]
    ours = _changes(_turned(query.tiny[inside].astype(np.float32), segment.transforms))
    moments = times[inside]
    theirs = [_changes(_at(reference, segment.map, moments + shift / segment.map.speed)) for shift in SHIFTS]
    places = _judge(ours, theirs, LEAST_SPREAD[0])
    amounts = _judge(_amount(ours), [_amount(part) for part in theirs], LEAST_SPREAD[1])
    return max(places, amounts, key=lambda motion: motion.evidence)


def placed(query: PictureTrack, reference: PictureTrack, segment: Segment) -> Segment:
    """Return a segment where movement says that it lies, with the evidence that this adds."""
    motion = compare_motion(query, reference, segment)
    if motion.evidence < SURE:
        line = search_motion(query, reference, segment)
        if line is not None:
            other = compare_motion(query, reference, replace(segment, map=line))
            if other.evidence > motion.evidence + BETTER:
                segment, motion = replace(segment, map=line), other
    if motion.evidence <= 0:
        return segment
    line = TimeMap(segment.map.speed, segment.map.offset + motion.shift)
    return replace(segment, map=line, evidence=segment.evidence + motion.evidence)


def search_motion(query: PictureTrack, reference: PictureTrack, segment: Segment) -> TimeMap | None:
    """Return where in the reference a segment's movement is found best; None when it has too little.

    Likeness places a span of a still scene anywhere. The movement of the query's span is slid over the whole reference
    (a normalised cross-correlation by FFT) at a few speeds.
    """
    length = int(segment.length / STEP_S)
    if length < LEAST_SAMPLES or len(reference.grid_ms) < LEAST_SAMPLES:
        return None
    times = segment.start + STEP_S * np.arange(min(length, MOST_SAMPLES))
    ours = _changes(_turned(_at(query, TimeMap(1.0, 0.0), times), segment.transforms))
    norm = float(np.linalg.norm(ours))
    if norm < 1e-3:  # nothing moves
        return None
    found = []
    last = reference.grid_ms[-1] / 1000
    for speed in {*SEARCHED_SPEEDS, segment.map.speed}:
        step = STEP_S * speed
        for phase in (0.0, step / 2):
            count = int((last - phase) / step)
            if count <= len(ours):
                continue
            theirs = _changes(_at(reference, TimeMap(1.0, 0.0), phase + step * np.arange(count)))
            products = fftconvolve(theirs, ours[::-1], mode="valid", axes=0).sum(1)
            energy = np.convolve((theirs**2).sum(1), np.ones(len(ours)), mode="valid")
            values = products / np.sqrt(np.maximum(energy, 1e-6)) / norm
            best = int(np.argmax(values))
            offset = phase + step * best - speed * segment.start
            found.append((float(values[best]) - (0.0 if speed == 1.0 else SPEED_COST), speed, offset))
    value, speed, offset = max(found, default=(0.0, 1.0, 0.0))
    return TimeMap(speed, offset) if value > LEAST_CORRELATION else None


def _turned(tiny: NDArray[np.float32], transforms: tuple[str, ...]) -> NDArray[np.float32]:
    """Return miniatures in the view that undoes an edit."""
    square = tiny.reshape(-1, TINY_SIDE, TINY_SIDE)
    for name in transforms:
        if name == "mirrored":
            square = square[:, :, ::-1]
        elif name == "negative":
            square = 255 - square
        elif name in VIEW_NAMES and name.startswith("rotated:"):
            square = np.rot90(square, -int(name.removeprefix("rotated:")) // 90, axes=(1, 2))
    return np.asarray(square, np.float32).reshape(len(tiny), -1)


def _at(reference: PictureTrack, line: TimeMap, moments: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return the reference's miniatures at moments of the query, between two of them where need be."""
    grid = reference.grid_ms / 1000
    places = np.clip(line.speed * moments + line.offset, grid[0], grid[-1])
    right = np.clip(np.searchsorted(grid, places), 1, len(grid) - 1)
    share = ((places - grid[right - 1]) / np.maximum(grid[right] - grid[right - 1], 1e-3))[:, None]
    before, after = reference.tiny[right - 1].astype(np.float32), reference.tiny[right].astype(np.float32)
    return np.asarray(before + (after - before) * share, np.float32)


def _changes(tiny: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return what changes between samples, without what changes everywhere (fades, flicker)."""
    change = np.diff(tiny, axis=0)
    return np.asarray(np.clip(change - np.median(change, axis=1, keepdims=True), -LIMIT, LIMIT), np.float32)


def _amount(changes: NDArray[np.float32]) -> NDArray[np.float32]:
    amount = np.log(0.5 + np.abs(changes).mean(1, keepdims=True))
    return np.asarray(amount - amount.mean(), np.float32)


def _judge(ours: NDArray[np.float32], theirs: list[NDArray[np.float32]], least_spread: float) -> Motion:
    values = [_correlation(ours, part) for part in theirs]
    best = int(np.argmax(values))
    if values[best] < LEAST_CORRELATION:
        return NOTHING
    rolls = np.unique(np.linspace(UNRELATED, len(ours) - UNRELATED, CHANCES).astype(int))
    chances = np.array([_correlation(ours, np.roll(theirs[best], roll, axis=0)) for roll in rolls])
    spread = max(float(chances.std()), least_spread / np.sqrt(len(ours) / 40))
    score = (values[best] - float(chances.mean())) / spread
    evidence = 0.5 * score * score - np.log(len(SHIFTS)) if score > 0 else 0.0
    share = min(1.0, (values[best] - LEAST_CORRELATION) / (FULL_CORRELATION - LEAST_CORRELATION))
    return Motion(share * float(np.clip(evidence, 0, MOST)), float(SHIFTS[best]), values[best])


def _correlation(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    norm = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float((a * b).sum()) / norm if norm > 1e-3 else 0.0
