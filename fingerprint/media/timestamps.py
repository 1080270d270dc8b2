"""Times of pictures that only go forward."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fingerprint.media import packets
from fingerprint.parameters import parameter

if TYPE_CHECKING:
    from fractions import Fraction

    from av.video.frame import VideoFrame

__all__ = ["PARAMETERS", "PictureClock", "TimestampsParameters"]


@dataclass(frozen=True, slots=True)
class TimestampsParameters:
    """What pictures are taken for that have no times."""

    #: Time between pictures when the file does not say.
    fallback_period_s: float = parameter(
        1 / 25, unit="s", low=1 / 60, high=1.0, source="25 pictures a second, as FFmpeg takes where nothing is said"
    )


PARAMETERS = TimestampsParameters()


class PictureClock:
    """Gives each decoded picture its time on the media's own clock.

    A picture's presentation time stamp is right almost always. VC-1 in ASF numbers half of its pictures in the wrong
    order (0.12, 0.20, 0.16): when a time goes back, the decoding time stamp is the right one. Where both are missing
    (elementary streams) pictures are counted, each for as long as it says itself: a bare H.264 stream knows its rate,
    while FFmpeg takes 25 pictures a second for all that have no container.

    Attributes:
        last: Time of the picture before, seconds; None before the first.
    """

    def __init__(self, origin: float, rate: Fraction | None, tick: float) -> None:
        """Start a clock.

        Args:
            origin: The container's time that is 0 on the media's own clock, seconds.
            rate: Pictures a second, where the file says so.
            tick: The stream's time base in seconds: arithmetic with fractions for each picture is a tenth of a pass.
        """
        self._origin = origin
        self._tick = tick
        self._period = 1 / float(rate) if rate else PARAMETERS.fallback_period_s
        self.last: float | None = None

    def seconds(self, stamp: int) -> float:
        """Return a time stamp as seconds on the media's own clock."""
        return stamp * self._tick - self._origin

    def length(self, ticks: int | None) -> float:
        """Return how long a picture is shown, seconds.

        Args:
            ticks: What the file says; None or 0 where it does not.
        """
        length = (ticks or 0) * self._tick
        return length if 0 < length <= packets.PARAMETERS.longest_stay_s else self._period

    def time(self, frame: VideoFrame) -> float:
        """Return the picture's time in seconds; never before the picture before it."""
        time = None if frame.pts is None else self.seconds(frame.pts)
        if (time is None or self._goes_back(time)) and frame.dts is not None:
            time = self.seconds(frame.dts)
        if time is not None and not self._goes_back(time):
            self.last = time
        elif self.last is None:
            self.last = 0.0
        elif frame.pts is None:
            self.last += self.length(frame.duration)
        return self.last

    def is_after(self, frame: VideoFrame, time: float) -> bool:
        """Tell whether the picture says itself that it is shown after a time."""
        return frame.pts is not None and self.seconds(frame.pts) > time

    def _goes_back(self, time: float) -> bool:
        return self.last is not None and time <= self.last
