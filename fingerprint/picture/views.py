"""The other ways to look at a query's pictures: mirrored, turned, inverted, and only a part of them.

The library stores one form of each picture, so whatever an edit turned, mirrored or put elsewhere is undone on the
query's side, by trying.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fingerprint.picture.bars import without_bars
from fingerprint.picture.vectors import describe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from fingerprint.picture.stills import Stills

    Image = NDArray[np.uint8]

__all__ = ["VIEW_EDITS", "VIEW_NAMES", "Views", "describe_views", "view_of"]

#: Regions of a picture as left, top, right, bottom shares: halves of split screens, and the middle without a frame.
REGIONS = {
    "left": (0.0, 0.0, 0.5, 1.0),
    "right": (0.5, 0.0, 1.0, 1.0),
    "top": (0.0, 0.0, 1.0, 0.5),
    "bottom": (0.0, 0.5, 1.0, 1.0),
    "centre": (0.2, 0.2, 0.8, 0.8),
}

#: All views; the first is the picture as it is.
VIEW_NAMES = ("plain", "mirrored", "rotated:90", "rotated:180", "rotated:270", "negative", *REGIONS)

#: What was done to a picture that is told best in a view; where local features say more, they are asked.
VIEW_EDITS = {
    "mirrored": ("mirrored",),
    "rotated:90": ("rotated:90",),
    "rotated:180": ("rotated:180",),
    "rotated:270": ("rotated:270",),
    "negative": ("negative",),
    **dict.fromkeys(REGIONS, ("inserted",)),
}

#: Seconds between pictures that are looked at plainly and mirrored, and in every other view: the latter cost ten
#: times as much, and a long query has more of each scene.
NEAR_S, WIDE_S, WIDEST_S = 0.5, 1.0, 2.5

#: Pictures that a short query has looked at in every view.
WIDE_PICTURES = 60


@dataclass(frozen=True, slots=True)
class Views:
    """Vectors of a query's pictures in several views.

    Attributes:
        times: When each picture is shown, seconds, float64 `(n,)`.
        kinds: Which view it is, index into `VIEW_NAMES`, int8 `(n,)`.
        vectors: Unit vectors, float32 `(n, d)`.
    """

    times: NDArray[np.float64]
    kinds: NDArray[np.int8]
    vectors: NDArray[np.float32]


def view_of(rgb: Image, kind: int) -> Image:
    """Return a picture in a view that undoes what the view's name says."""
    name = VIEW_NAMES[kind]
    if name in REGIONS:
        left, top, right, bottom = REGIONS[name]
        height, width = rgb.shape[:2]
        return rgb[round(top * height) : round(bottom * height), round(left * width) : round(right * width)]
    if name == "mirrored":
        return rgb[:, ::-1]
    if name.startswith("rotated:"):
        return np.rot90(rgb, -int(name.removeprefix("rotated:")) // 90)
    return 255 - rgb if name == "negative" else rgb


def describe_views(stills: Stills) -> Views:
    """Describe a query's pictures in every view that its length allows."""
    times: list[float] = []
    kinds: list[int] = []
    vectors: list[NDArray[np.float32]] = []
    for time, images in _looks(stills):
        times += [time] * len(images)
        kinds += [kind for kind, _ in images]
        vectors.append(describe([np.ascontiguousarray(image) for _, image in images]))
    joined = np.concatenate(vectors) if vectors else describe([])
    return Views(np.array(times), np.array(kinds, np.int8), joined)


def _looks(stills: Stills) -> Iterator[tuple[float, list[tuple[int, Image]]]]:
    """Yield for each picture that is looked at again its time and its views."""
    if not len(stills):
        return
    seconds = stills.times_ms / 1000
    length = float(seconds[-1] - seconds[0])
    wide = min(WIDEST_S, max(WIDE_S, length / WIDE_PICTURES))
    near = NEAR_S if wide < WIDEST_S else 2 * NEAR_S
    due_near = due_wide = -1.0
    for index, time in enumerate(seconds.tolist()):
        if time < due_near:
            continue
        due_near = time + near * 0.9
        picture = np.ascontiguousarray(without_bars(stills.decode(index)))
        kinds = [0, 1]
        if time >= due_wide:
            due_wide = time + wide * 0.9
            kinds = list(range(len(VIEW_NAMES)))
        yield time, [(kind, view_of(picture, kind)) for kind in kinds]
