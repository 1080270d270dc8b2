"""The other ways to look at a query's pictures: mirrored, turned, inverted, and only a part of them.

The library stores one form of each picture, so whatever an edit turned, mirrored or put elsewhere is undone on the
query's side, by trying.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fingerprint.picture.embedding import dequantise, describe
from fingerprint.picture.letterbox import without_bars

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fingerprint.picture.keyframes import Keyframes
    from fingerprint.picture.track import PictureTrack

    Image = NDArray[np.uint8]

__all__ = ["REGIONS", "VIEW_EDITS", "VIEW_NAMES", "Views", "describe_views", "view_of"]

#: Regions of a picture as left, top, right, bottom shares: halves of split screens, the middle without a frame, and
#: larger and smaller corners for insets.
REGIONS = {
    "left": (0.0, 0.0, 0.5, 1.0),
    "right": (0.5, 0.0, 1.0, 1.0),
    "top": (0.0, 0.0, 1.0, 0.5),
    "bottom": (0.0, 0.5, 1.0, 1.0),
    "centre": (0.2, 0.2, 0.8, 0.8),
    "top left": (0.0, 0.0, 0.5, 0.5),
    "top right": (0.5, 0.0, 1.0, 0.5),
    "bottom left": (0.0, 0.5, 0.5, 1.0),
    "bottom right": (0.5, 0.5, 1.0, 1.0),
    "small top left": (0.0, 0.0, 0.36, 0.36),
    "small top right": (0.64, 0.0, 1.0, 0.36),
    "small bottom left": (0.0, 0.64, 0.36, 1.0),
    "small bottom right": (0.64, 0.64, 1.0, 1.0),
}

#: All views; the first is the picture as it is.
VIEW_NAMES = ("plain", "mirrored", "rotated:90", "rotated:180", "rotated:270", "negative", *REGIONS)

#: Index of the mirrored view.
MIRRORED = 1

#: Seconds that a plainly described picture speaks for: they are a second apart.
PLAIN_REACH_S = 0.75

#: What was done to a picture that is told best in a view; where local features say more, they are asked.
VIEW_EDITS = {
    "mirrored": ("mirrored",),
    "rotated:90": ("rotated:90",),
    "rotated:180": ("rotated:180",),
    "rotated:270": ("rotated:270",),
    "negative": ("negative",),
    **dict.fromkeys(REGIONS, ("inserted",)),
}

#: Seconds between mirrored pictures: at the least, at the most, and as a share of a query's length in between.
MIRRORED_SPACING_S = (0.5, 2.0, 1 / 40)

#: The same for each of the other views. A whole look costs as much as describing the query did, so long queries, which
#: have more of each scene, are looked at less often.
OTHER_SPACING_S = (0.5, 2.0, 1 / 20)

#: How much earlier than due a picture may be looked at, seconds: half a step of the time grid.
JITTER_S = 0.125

#: Pictures that a piece of a query of any length has looked at in every view, at most.
MAX_PICTURES = 48


@dataclass(frozen=True, slots=True)
class Views:
    """Vectors of a query's pictures in several views.

    Attributes:
        times: When each picture is shown, seconds, float64 `(n,)`.
        kinds: Which view it is, index into `VIEW_NAMES`, int8 `(n,)`.
        vectors: Unit vectors, float32 `(n, d)`.
        reach: Seconds before and after its time that each view speaks for, by kind, float64 `(len(VIEW_NAMES),)`.
    """

    times: NDArray[np.float64]
    kinds: NDArray[np.int8]
    vectors: NDArray[np.float32]
    reach: NDArray[np.float64]


def view_of(rgb: Image, kind: int) -> Image:
    """Return a picture in a view that undoes what the view's name says."""
    name = VIEW_NAMES[kind]
    if name in REGIONS:
        left, top, right, bottom = REGIONS[name]
        height, width = rgb.shape[:2]
        return rgb[_span(top, bottom, height), _span(left, right, width)]
    if name == "mirrored":
        return rgb[:, ::-1]
    if name.startswith("rotated:"):
        return np.rot90(rgb, -int(name.removeprefix("rotated:")) // 90)
    return 255 - rgb if name == "negative" else rgb


def _span(first: float, last: float, length: int) -> slice:
    """Return which of so many lines lie between two shares of them: one at the least, also of a banner of two lines."""
    begin = min(round(first * length), length - 1)
    return slice(begin, max(begin + 1, round(last * length)))


def describe_views(track: PictureTrack, keyframes: Keyframes, *, thorough: bool = True) -> Views:
    """Return a query's vectors: as described plainly, and of its keyframes in the other views.

    Args:
        track: The query's picture track.
        keyframes: Its pictures; without any, the plain view is all there is.
        thorough: Look in every view, and not at plain and mirrored pictures alone.
    """
    plain = dequantise(track.codes)
    times, kinds, vectors = [track.times_ms / 1000], [np.zeros(len(plain), np.int8)], [plain]
    reach = np.zeros(len(VIEW_NAMES))
    reach[0] = PLAIN_REACH_S
    seconds = keyframes.times_ms / 1000
    length = float(np.ptp(seconds)) if len(keyframes) else 0.0
    due = {MIRRORED: _spacing(length, MIRRORED_SPACING_S)}
    if thorough:
        due |= dict.fromkeys(
            range(MIRRORED + 1, len(VIEW_NAMES)), max(_spacing(length, OTHER_SPACING_S), length / MAX_PICTURES)
        )
    reach[list(due)] = [0.5 * spacing + 0.3 for spacing in due.values()]
    last = dict.fromkeys(due, -1e9)
    for index, time in enumerate(seconds.tolist()):
        wanted = [kind for kind, spacing in due.items() if time - last[kind] >= spacing - JITTER_S]
        if wanted:
            last |= dict.fromkeys(wanted, time)
            picture = np.ascontiguousarray(without_bars(keyframes.decode(index)))
            vectors.append(describe([np.ascontiguousarray(view_of(picture, kind)) for kind in wanted]))
            times.append(np.full(len(wanted), time))
            kinds.append(np.array(wanted, np.int8))
    return Views(np.concatenate(times), np.concatenate(kinds), np.concatenate(vectors), reach)


def _spacing(length: float, limits: tuple[float, float, float]) -> float:
    least, most, share = limits
    return min(most, max(least, length * share))
