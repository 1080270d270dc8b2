"""A part of a stored fingerprint as a fingerprint of its own: what the part's media would leave, without the media.

The part's own media would have been looked at from its first picture on; here the grid of the whole is kept. So the cut
is made at a point of the picture's grid, and what would be too close together on the part's own grid is left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fingerprint.model import Fingerprint
from fingerprint.picture import extractor as picture_extractor
from fingerprint.picture.local_features import LocalFeatures
from fingerprint.picture.track import PictureTrack
from fingerprint.sound import extractor as sound_extractor
from fingerprint.sound import track as sound_track
from fingerprint.sound.extractor import window_step_ms
from fingerprint.sound.track import SoundTrack, frame_s

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["excerpt"]

#: Pictures with local features of each block of the grid: the first described one has them.
LOCAL_PICTURES_PER_BLOCK = 1


def excerpt(whole: Fingerprint, start: float, end: float) -> Fingerprint:
    """Return the fingerprint of a span, on a clock that starts with it; the start is moved by an eighth of a second.

    Args:
        whole: What the span is of.
        start: Of the span, seconds.
        end: Of the span, seconds; what lies behind the end of the whole is not in it.

    Raises:
        ValueError: There is no such span in it.
    """
    step = picture_extractor.PARAMETERS.grid_step_s
    first, end = round(max(0.0, start) / step), min(end, whole.duration)
    duration = end - first * step
    if duration < step:
        raise ValueError(f"a fingerprint of {whole.duration:.1f} s has no span from {start:.1f} to {end:.1f} s")
    picture = None if whole.picture is None else _picture(whole.picture, first, end)
    sound = None if whole.sound is None else _sound(whole.sound, first * step, duration)
    return Fingerprint(duration, picture, sound)


def _picture(track: PictureTrack, first: int, end: float) -> PictureTrack | None:
    """Return what is seen from a point of the grid on; None where nothing was looked at."""
    step_ms = round(picture_extractor.PARAMETERS.grid_step_s * 1000)
    looked_at = _grid(track.grid_ms - np.int32(first * step_ms), round(end * 1000) - first * step_ms, step_ms)
    if not len(looked_at):
        return None
    grid_ms = np.maximum(track.grid_ms[looked_at] - np.int32(first * step_ms), 0).astype(np.int32)
    described = np.flatnonzero((track.numbers >= first) & np.isin(track.times_ms, track.grid_ms[looked_at]))
    numbers = track.numbers[described] - np.int32(first)
    chosen = picture_extractor.PARAMETERS
    kept = _thinned(numbers // chosen.due_steps, chosen.due_steps // chosen.cut_spacing_steps)
    described, numbers = described[kept], numbers[kept]
    local = np.flatnonzero(np.isin(track.local_rows, described))
    rows = np.searchsorted(described, track.local_rows[local])
    local = local[_thinned(numbers[rows] // chosen.local_spacing_steps, LOCAL_PICTURES_PER_BLOCK)]
    features = [track.features(int(place)) for place in local]
    return PictureTrack(
        numbers=numbers,
        times_ms=np.maximum(track.times_ms[described] - np.int32(first * step_ms), 0).astype(np.int32),
        codes=track.codes[described],
        local_rows=np.searchsorted(described, track.local_rows[local]).astype(np.int32),
        local_counts=track.local_counts[local],
        local=LocalFeatures.join(features) if features else _no_features(track.local),
        grid_ms=grid_ms,
        thumbnails=track.thumbnails[looked_at],
        size=track.size,
    )


def _grid(times_ms: NDArray[np.int32], last_ms: int, step_ms: int) -> NDArray[np.intp]:
    """Return which pictures are inside, of those the ones that a grid would hold that begins with the span."""
    inside = np.flatnonzero((times_ms >= -_EARLY_MS) & (times_ms < last_ms))
    kept: list[int] = []
    for place in inside.tolist():
        if times_ms[place] >= len(kept) * step_ms - _EARLY_MS:
            kept.append(place)
    return np.array(kept, np.intp)


#: A picture is taken up to so many milliseconds before its point of the grid.
_EARLY_MS = 2


def _sound(track: SoundTrack, start: float, duration: float) -> SoundTrack:
    """Return what is heard from a second on; windows are placed to half of their step."""
    first = round(start / frame_s())
    peaks = track.between(first, first + round(duration / frame_s()))
    kept = _thinned(np.floor(peaks.frames * frame_s()).astype(np.int64), sound_extractor.PARAMETERS.max_peaks_per_s)
    number = round(start * 1000 / window_step_ms())
    last_ms = duration * 1000 - sound_track.PARAMETERS.window_ms + window_step_ms() / 2
    numbers = track.numbers - np.int32(number)
    inside = (numbers >= 0) & (numbers * window_step_ms() <= last_ms)
    return SoundTrack(
        frames=peaks.frames[kept],
        bins=peaks.bins[kept],
        numbers=numbers[inside],
        starts_ms=np.rint(numbers[inside] * window_step_ms()).astype(np.int32),
        codes=track.codes[inside],
    )


def _thinned(places: NDArray[np.signedinteger], most: int) -> NDArray[np.intp]:
    """Return which of rising places to keep, so that at most so many are equal."""
    rank = np.arange(len(places)) - np.searchsorted(places, places)
    return np.flatnonzero(rank < most)


def _no_features(like: LocalFeatures) -> LocalFeatures:
    return LocalFeatures(like.points[:0], like.scales[:0], like.angles[:0], like.codes[:0])
