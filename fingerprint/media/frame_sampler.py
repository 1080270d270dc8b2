"""From decoded frames to the few small upright pictures that are wanted."""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np
from av.video.reformatter import Interpolation, VideoReformatter

from fingerprint.media.hdr import is_hdr, standard_range
from fingerprint.media.request import Picture, PictureWish
from fingerprint.media.stream_selection import quarter_turns
from fingerprint.parameters import parameter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from av.video.frame import VideoFrame
    from numpy.typing import NDArray

__all__ = ["PARAMETERS", "FrameSamplerParameters", "PicturePicker"]

#: Quarter turns of a whole one.
QUARTERS = 4
#: How pictures of a high dynamic range are had: in 8 bits, their dark parts would have next to no steps left.
DEEP = "rgb48le" if sys.byteorder == "little" else "rgb48be"


@dataclass(frozen=True, slots=True)
class FrameSamplerParameters:
    """Which picture is on a point of the time grid."""

    #: A picture this little early is on the point: time stamps are rounded to the container's clock.
    grid_tolerance_s: float = parameter(
        0.0015,
        unit="s",
        low=0.0005,
        high=0.01,
        source="by the stored form; the clock of Matroska ticks each millisecond",
    )


PARAMETERS = FrameSamplerParameters()


class PicturePicker:
    """Takes the first picture in each cell `[k/rate, (k+1)/rate)` of the time grid; in empty ones, what stays on show.

    Cells are counted from the start of the media item, so neighbouring chunks never give the same picture twice and
    never leave one out. Only picked pictures are scaled; scaling each one would cost as much as half the decoding.
    """

    def __init__(self, wish: PictureWish, start: float, end: float, aspect: float) -> None:
        self._wish = wish
        self._next = self._cell(start, up=True)
        self._end = math.inf if math.isinf(end) else self._cell(end, up=True)
        self._aspect = aspect
        self._reformatter = VideoReformatter()
        self._on_show: VideoFrame | None = None
        #: Since when the newest frame is on show, seconds; None before the first.
        self.shown_since: float | None = None
        self.done = self._next >= self._end

    def _cell(self, time: float, *, up: bool = False) -> int:
        tolerance = PARAMETERS.grid_tolerance_s
        position = (time + (-tolerance if up else tolerance)) * self._wish.rate
        return max(0, math.ceil(position) if up else math.floor(position))

    def offer(self, frame: VideoFrame, time: float) -> Picture | None:
        """Return the frame's picture if it is the first of its cell in the span, else None."""
        cell = self._cell(time)
        self._on_show, self.shown_since = frame, time
        if cell >= self._end:
            self.done = True
            return None
        if cell < self._next:
            return None
        self._next = cell + 1
        self.done = self._next >= self._end
        return Picture(number=cell, time=max(0.0, time), rgb=self._upright(frame))

    def stay(self, until: float) -> Iterator[Picture]:
        """Yield the picture that is on show for each cell of the span that ends by a time: nothing came since."""
        if self._on_show is None:
            return
        last = min(self._cell(until), self._end)
        rgb = self._upright(self._on_show) if self._next < last else None
        while rgb is not None and self._next < last:
            yield Picture(number=self._next, time=self._next / self._wish.rate, rgb=rgb)
            self._next += 1
        self.done = self._next >= self._end

    def restart(self) -> None:
        """Forget what is on show: reading goes on elsewhere."""
        self._on_show = self.shown_since = None

    def _upright(self, frame: VideoFrame) -> NDArray[np.uint8]:
        width, height = frame.width * self._aspect, float(frame.height)
        scale = min(1.0, self._wish.long_side / max(width, height))
        hdr = is_hdr(frame)
        small = self._reformatter.reformat(
            frame,
            width=max(1, round(width * scale)),
            height=max(1, round(height * scale)),
            format=DEEP if hdr else "rgb24",
            interpolation=Interpolation.AREA,  # no aliasing; 1-4 % of decoding at 2 pictures a second
            threads=1,
        )
        if hdr:
            deep = cast("NDArray[np.uint16]", small.to_ndarray())
            rgb = standard_range(deep, frame.color_trc, frame.color_primaries)
        else:
            rgb = cast("NDArray[np.uint8]", small.to_ndarray())
        turns = quarter_turns(frame) % QUARTERS
        return np.ascontiguousarray(np.rot90(rgb, turns) if turns else rgb)
