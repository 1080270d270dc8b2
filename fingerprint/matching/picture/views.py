"""The other ways to look at a query's pictures: mirrored, turned, inverted, and only a part of them.

The library stores one form of each picture, so whatever an edit turned, mirrored or put elsewhere is undone on the
query's side, by trying.
"""

from __future__ import annotations

import functools
import itertools
from dataclasses import dataclass
from operator import itemgetter
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from fingerprint.matching.novelty import distinct
from fingerprint.parameters import parameter
from fingerprint.picture import extractor
from fingerprint.picture.embedding import dequantise, describe
from fingerprint.picture.letterbox import without_bars

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from numpy.typing import NDArray

    from fingerprint.picture.keyframes import Keyframes
    from fingerprint.picture.local_features import Part
    from fingerprint.picture.track import PictureTrack

    Image = NDArray[np.uint8]

__all__ = [
    "PARAMETERS",
    "ViewDescriber",
    "ViewParameters",
    "Views",
    "edits_of_view",
    "regions",
    "view_names",
    "view_of",
]

#: The view of a picture whose top and bottom changed places: a mirror and half a turn, which neither undoes alone.
UPSIDE_DOWN = "upside down"


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

    #: Seconds between pictures that a closer look is taken at in another view, at the least.
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

    #: Similarity to a picture that was looked at from which on another one shows nothing new at first look.
    seen_similarity: float = parameter(
        0.7,
        unit="similarity",
        low=0.3,
        high=1.0,
        source="a bound on cost: with the time below it leaves four in ten of the pictures of a fixed step",
    )

    #: How far apart the two are at most, seconds: also a scene that stands still is looked at again.
    seen_s: float = parameter(4.0, unit="s", low=1.0, high=60.0, source="a bound on cost; chosen, not measured")

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
    return ("plain", "mirrored", *turns, UPSIDE_DOWN, "negative", *_regions(parameters))


def edits_of_view(name: str) -> tuple[str, ...]:
    """Return what was done to a picture that is told best in a view; where local features say more, they are asked."""
    if name == "plain":
        return ()
    if name == UPSIDE_DOWN:
        return ("mirrored", "rotated:180")
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
    if name == UPSIDE_DOWN:
        return rgb[::-1]
    if name.startswith("rotated:"):
        return np.rot90(rgb, -int(name.removeprefix("rotated:")) // 90)
    return 255 - rgb if name == "negative" else rgb


def _span(first: float, last: float, length: int) -> slice:
    """Return which of so many lines lie between two shares of them: one at the least, also of a banner of two lines."""
    begin = min(round(first * length), length - 1)
    return slice(begin, max(begin + 1, round(last * length)))


class ViewDescriber:
    """Describes a query's pictures in views, each picture in each view once, and only when it is asked for.

    Most of what is uploaded copies nothing. So a first look is taken at those pictures alone that show something new;
    what it finds a likeness in is worth a closer one, at pictures that lie evenly in time, in that view.
    """

    def __init__(self, track: PictureTrack, keyframes: Keyframes, *, thorough: bool = True) -> None:
        """Prepare; nothing is described yet.

        Args:
            track: The query's picture track.
            keyframes: Its pictures; without any, the plain view is all there is.
            thorough: Look in every view, and not at plain and mirrored pictures alone.
        """
        self._track = track
        self._keyframes = keyframes
        self._seconds = keyframes.times_ms / 1000
        self._plain = dequantise(track.codes)
        self._kinds = range(1, (len(view_names()) if thorough else view_names().index("mirrored") + 1))
        self._described: dict[tuple[int, int], NDArray[np.float32]] = {}

    def views(self, closely: Collection[int] = ()) -> Views:
        """Return a query's vectors: as described plainly, and of its keyframes in the other views.

        Args:
            closely: Kinds of views, indices into `view_names()`, that a closer look is taken in.
        """
        reach = np.full(len(view_names()), 0.0)
        reach[0] = PARAMETERS.plain_reach_s
        looked = [(index, kind) for kind in self._kinds for index in self._looked(kind, closely, reach)]
        self._describe(looked)
        looked.sort()
        return Views(
            np.concatenate([self._track.times_ms / 1000, self._seconds[[index for index, _ in looked]]]),
            np.array([0] * len(self._plain) + [kind for _, kind in looked], np.int8),
            np.concatenate([self._plain, *(self._described[one][None] for one in looked)]),
            reach,
        )

    def _looked(self, kind: int, closely: Collection[int], reach: NDArray[np.float64]) -> list[int]:
        """Return which keyframes are looked at in a view, and note for how long around it each speaks."""
        spacing = PARAMETERS.min_spacing_s
        if kind in closely:
            spacing = self._spacing(kind)
        reach[kind] = 0.5 * spacing + PARAMETERS.reach_margin_s
        return self._spread(spacing) if kind in closely else self._novel

    @functools.cached_property
    def _novel(self) -> list[int]:
        """Keyframes that show something new, at most so many, and as evenly as they come."""
        times = self._track.times_ms / 1000
        if not len(self._keyframes) or not len(times):
            return []
        novel = times[distinct(self._plain, times, same=PARAMETERS.seen_similarity, within_s=PARAMETERS.seen_s)]
        if len(novel) > PARAMETERS.max_pictures:
            novel = novel[np.linspace(0, len(novel) - 1, PARAMETERS.max_pictures).astype(int)]
        return sorted({int(np.argmin(np.abs(self._seconds - time))) for time in novel})

    def _spacing(self, kind: int) -> float:
        """Return the seconds between pictures that a closer look is taken at in a view."""
        length = float(np.ptp(self._seconds)) if len(self._seconds) else 0.0
        if kind == view_names().index("mirrored"):
            return _spacing(length, PARAMETERS.mirrored_spacing_share)
        return max(_spacing(length, PARAMETERS.other_spacing_share), length / PARAMETERS.max_pictures)

    def _spread(self, spacing: float) -> list[int]:
        """Return keyframes that lie so far apart in time."""
        early = extractor.PARAMETERS.grid_step_s / 2  # a picture may be looked at so much earlier than due
        chosen: list[int] = []
        for index, time in enumerate(self._seconds.tolist()):
            if not chosen or time - self._seconds[chosen[-1]] >= spacing - early:
                chosen.append(index)
        return chosen

    def _describe(self, looked: Iterable[tuple[int, int]]) -> None:
        """Describe keyframes in views, those that are not described yet."""
        missing = sorted(set(looked) - self._described.keys())
        for index, some in itertools.groupby(missing, key=itemgetter(0)):
            kinds = [kind for _, kind in some]
            picture = np.ascontiguousarray(without_bars(self._keyframes.decode(index)))
            vectors = describe([np.ascontiguousarray(view_of(picture, kind)) for kind in kinds])
            self._described |= {(index, kind): vector for kind, vector in zip(kinds, vectors, strict=True)}


def _spacing(length: float, share: float) -> float:
    """Return the seconds between pictures that are looked at in a view, of a query of a length."""
    return min(PARAMETERS.max_spacing_s, max(PARAMETERS.min_spacing_s, length * share))
