"""The other ways to look at a query's pictures: mirrored, turned, inverted, and only a part of them.

The library stores one form of each picture, so whatever an edit turned, mirrored or put elsewhere is undone on the
query's side, by trying.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from fingerprint.parameters import parameter
from fingerprint.picture import extractor
from fingerprint.picture.embedding import dequantise, describe
from fingerprint.picture.letterbox import without_bars

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from fingerprint.picture.keyframes import Keyframes
    from fingerprint.picture.local_features import Part
    from fingerprint.picture.track import PictureTrack

    Image = NDArray[np.uint8]

__all__ = [
    "PARAMETERS",
    "ViewParameters",
    "Views",
    "describe_views",
    "edits_of_view",
    "regions",
    "view_names",
    "view_of",
]


@dataclass(frozen=True, slots=True)
class ViewParameters:
    """In which ways a query's pictures are looked at, and how often."""

    #: Turns that are tried.
    turns_degrees: tuple[int, ...] = parameter(
        (90, 180, 270), unit="degrees", low=90, high=270, source="the quarter turns that there are"
    )

    #: Share of a side that is one part of a split screen.
    split_share: float = parameter(0.5, unit="share", low=0.1, high=0.9, source="chosen: split screens have halves")

    #: Share of each side that a frame around the picture takes.
    frame_share: float = parameter(0.2, unit="share", low=0.05, high=0.45, source="chosen, not measured")

    #: Share of each side that larger corners, for insets, have.
    corner_share: float = parameter(
        0.5,
        unit="share",
        low=0.1,
        high=0.9,
        source="measured: with half-size regions some picture of each copy finds its moment first, without of 0.994",
    )

    #: Share of each side that smaller corners have.
    small_corner_share: float = parameter(
        0.36,
        unit="share",
        low=0.1,
        high=0.9,
        source="chosen: of insets below half size a third was not found in larger corners",
    )

    #: Seconds before and after its time that a plainly described picture speaks for: they are a second apart.
    plain_reach_s: float = parameter(0.75, unit="s", low=0.25, high=5.0, source="chosen, not measured")

    #: Seconds between pictures that are looked at in another view, at the least.
    min_spacing_s: float = parameter(
        0.5, unit="s", low=0.25, high=10.0, source="a bound on cost: a whole look costs as much as describing the query"
    )

    #: The same at the most.
    max_spacing_s: float = parameter(2.0, unit="s", low=0.25, high=60.0, source="chosen, not measured")

    #: Seconds between mirrored pictures as a share of a query's length, in between.
    mirrored_spacing_share: float = parameter(
        1 / 40, unit="share", low=1 / 1000, high=1.0, source="a bound on cost; chosen, not measured"
    )

    #: The same for each of the other views. Long queries, which have more of each scene, are looked at less often.
    other_spacing_share: float = parameter(
        1 / 20, unit="share", low=1 / 1000, high=1.0, source="a bound on cost; chosen, not measured"
    )

    #: Seconds beyond half their spacing that pictures in other views speak for.
    reach_margin_s: float = parameter(
        0.3, unit="s", low=0.0, high=2.0, source="chosen, not measured: a grid point, and a bit"
    )

    #: Pictures that a piece of a query of any length has looked at in every view, at most.
    max_pictures: int = parameter(
        48, unit="count", low=8, high=1000, source="a bound on cost: ten minutes take no longer than 96 seconds do"
    )


PARAMETERS = ViewParameters()


def regions() -> Mapping[str, Part]:
    """Return the regions of a picture that are views, by name, as left, top, right, bottom shares.

    They are halves of split screens, the middle without a frame, and larger and smaller corners for insets.
    """
    return _regions(PARAMETERS)


@functools.cache
def _regions(parameters: ViewParameters) -> Mapping[str, Part]:
    split, frame = parameters.split_share, parameters.frame_share
    found: dict[str, Part] = {
        "left": (0.0, 0.0, split, 1.0),
        "right": (1 - split, 0.0, 1.0, 1.0),
        "top": (0.0, 0.0, 1.0, split),
        "bottom": (0.0, 1 - split, 1.0, 1.0),
        "centre": (frame, frame, 1 - frame, 1 - frame),
    }
    for size, side in (("", parameters.corner_share), ("small ", parameters.small_corner_share)):
        found |= {
            f"{size}top left": (0.0, 0.0, side, side),
            f"{size}top right": (1 - side, 0.0, 1.0, side),
            f"{size}bottom left": (0.0, 1 - side, side, 1.0),
            f"{size}bottom right": (1 - side, 1 - side, 1.0, 1.0),
        }
    return MappingProxyType(found)


def view_names() -> tuple[str, ...]:
    """Return the names of all views; the first is the picture as it is."""
    return _view_names(PARAMETERS)


@functools.cache
def _view_names(parameters: ViewParameters) -> tuple[str, ...]:
    turns = (f"rotated:{degrees}" for degrees in parameters.turns_degrees)
    return ("plain", "mirrored", *turns, "negative", *_regions(parameters))


def edits_of_view(name: str) -> tuple[str, ...]:
    """Return what was done to a picture that is told best in a view; where local features say more, they are asked."""
    if name == "plain":
        return ()
    return ("inserted",) if name in regions() else (name,)


@dataclass(frozen=True, slots=True)
class Views:
    """Vectors of a query's pictures in several views.

    Attributes:
        times: When each picture is shown, seconds, float64 `(n,)`.
        kinds: Which view it is, index into `view_names()`, int8 `(n,)`.
        vectors: Unit vectors, float32 `(n, d)`.
        reach: Seconds before and after its time that each view speaks for, by kind, float64 `(k,)`.
    """

    times: NDArray[np.float64]
    kinds: NDArray[np.int8]
    vectors: NDArray[np.float32]
    reach: NDArray[np.float64]


def view_of(rgb: Image, kind: int) -> Image:
    """Return a picture in a view that undoes what the view's name says."""
    name = view_names()[kind]
    if (region := regions().get(name)) is not None:
        left, top, right, bottom = region
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
    names = view_names()
    reach = np.zeros(len(names))
    reach[0] = PARAMETERS.plain_reach_s
    seconds = keyframes.times_ms / 1000
    length = float(np.ptp(seconds)) if len(keyframes) else 0.0
    mirrored = names.index("mirrored")
    due = {mirrored: _spacing(length, PARAMETERS.mirrored_spacing_share)}
    if thorough:
        spacing = max(_spacing(length, PARAMETERS.other_spacing_share), length / PARAMETERS.max_pictures)
        due |= dict.fromkeys(range(mirrored + 1, len(names)), spacing)
    reach[list(due)] = [0.5 * spacing + PARAMETERS.reach_margin_s for spacing in due.values()]
    early = extractor.PARAMETERS.grid_step_s / 2  # a picture may be looked at so much earlier than due
    last = dict.fromkeys(due, float("-inf"))
    for index, time in enumerate(seconds.tolist()):
        wanted = [kind for kind, spacing in due.items() if time - last[kind] >= spacing - early]
        if wanted:
            last |= dict.fromkeys(wanted, time)
            picture = np.ascontiguousarray(without_bars(keyframes.decode(index)))
            vectors.append(describe([np.ascontiguousarray(view_of(picture, kind)) for kind in wanted]))
            times.append(np.full(len(wanted), time))
            kinds.append(np.array(wanted, np.int8))
    return Views(np.concatenate(times), np.concatenate(kinds), np.concatenate(vectors), reach)


def _spacing(length: float, share: float) -> float:
    """Return the seconds between pictures that are looked at in a view, of a query of a length."""
    return min(PARAMETERS.max_spacing_s, max(PARAMETERS.min_spacing_s, length * share))
