"""One picture of a media item, as a player would show it at that second."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2

from fingerprint.media.decode import decode
from fingerprint.media.request import Picture, PictureWish
from streams.ports.previews import NothingThereError

if TYPE_CHECKING:
    from typing import BinaryIO

    from numpy.typing import NDArray

    from fingerprint.media.info import MediaInfo
    from fingerprint.media.limits import MediaLimits

__all__ = ["WIDEST", "thumbnail"]

#: Points of the grid a second that pictures are looked at on: as many as screens show.
RATE_HZ = 60.0
#: Seconds before and behind the wanted one that are looked at: what is on show for longer than one counts for all of
#: that time.
AROUND_S = 1.5
#: A time stamp may be rounded to the container's clock, of which Matroska's ticks each millisecond.
ROUNDING_S = 0.0015
#: A picture is at most so many times as wide as it is high: wider ones are less high than was asked for.
WIDEST = 4
#: JPEG quality: blocks are not seen at this size.
QUALITY = 80


def thumbnail(source: BinaryIO, at: float, height: int, limits: MediaLimits, info: MediaInfo) -> bytes:
    """Return the picture that is on show at a second, upright, as JPEG.

    Args:
        source: The media.
        at: Seconds on the media's own clock.
        height: Lines at the most.
        limits: What the media may cost.
        info: What the media is.

    Raises:
        MediaError: The media cannot be used.
        MemoryError: It takes more memory than there is.
        NothingThereError: There is no picture at that second.
    """
    if not info.has_picture or at > info.duration + AROUND_S:
        raise NothingThereError
    shown: Picture | None = None
    for one in decode(
        source,
        max(0.0, at - AROUND_S),
        at + AROUND_S,
        limits=limits,
        several_clocks=info.several_clocks,
        picture=PictureWish(rate=RATE_HZ, long_side=WIDEST * height),
        sound=None,
    ):
        if isinstance(one, Picture):
            if shown is not None and one.time > at + ROUNDING_S:
                break
            shown = one
    if shown is None:
        raise NothingThereError
    return _jpeg(shown.rgb, height)


def _jpeg(rgb: NDArray[Any], height: int) -> bytes:
    lines, columns = rgb.shape[:2]
    if lines > height:
        size = max(1, round(columns * height / lines)), height
        rgb = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
    _, data = cv2.imencode(".jpg", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return data.tobytes()
