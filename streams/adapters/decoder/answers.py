"""Looks at what the decoder answers: it has seen untrusted media, and may have been taken over by it.

What passes is what fingerprinting this span of this media can give: other times would be stored and matched as if they
had been seen, and pictures of other kinds would reach decoders that no cage is around.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from fingerprint.model import Chunk
from fingerprint.picture import extractor, local_features
from fingerprint.sound import extractor as sound_extractor
from fingerprint.sound.track import frame_s

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fingerprint.media.info import MediaInfo
    from fingerprint.media.limits import MediaLimits

__all__ = ["checked_chunk", "checked_info", "checked_jpeg"]

#: Seconds that times may lie outside of their span: rounding to frames and to the container's clock.
MARGIN_S = 1.0
#: Windows of sound that start in a second, and some.
SOUND_WINDOWS_A_SECOND = 2
#: How a JPEG begins: the only form that pictures for a second look have.
JPEG = b"\xff\xd8\xff"
#: What comes before its size: the start of the picture, and the parts that may stand before the one that names the size
#: of a baseline picture, which are tables and the application's own (JFIF).
SOI, BASELINE = b"\xff\xd8", b"\xff\xc0"
TABLES = frozenset({b"\xff\xc4", b"\xff\xdb", b"\xff\xdd", b"\xff\xe0"})
#: Characters of a codec's or a container's name; FFmpeg's longest has 35.
LONGEST_WORD = 200
#: Degrees that a picture may be turned by.
TURNS = frozenset({0, 90, 180, -90})


def checked_info(info: MediaInfo, limits: MediaLimits) -> MediaInfo:
    """Return what the media is, if it can be so.

    Raises:
        ValueError: It cannot.
    """
    _demand(0 <= info.duration <= limits.max_duration_s, f"a duration of {info.duration} s")
    _demand(math.isfinite(info.fps) and info.fps >= 0, f"{info.fps} pictures a second")
    _demand(min(info.width, info.height) >= 0, f"a picture of {info.width} x {info.height}")
    _demand(info.rotation in TURNS, f"a picture turned by {info.rotation}")
    words = (info.container, info.video_codec, info.audio_codec)
    _demand(all(len(word) <= LONGEST_WORD for word in words), "a codec of that name")
    return info


def checked_chunk(data: bytes, start: float, end: float) -> Chunk:
    """Return the chunk that bytes hold, if it can be one of the span `[start, end)` in seconds.

    Raises:
        ValueError: It cannot.
    """
    chunk = Chunk.from_bytes(data)
    span = end - start + 2 * MARGIN_S
    rate = extractor.PARAMETERS.grid_rate_hz
    _demand(round(chunk.start * 1000) == round(start * 1000), f"a start of {chunk.start} s")
    _demand(0 <= chunk.duration <= end + MARGIN_S, f"an end at {chunk.duration} s")
    inside = (start - MARGIN_S) * 1000, (end + MARGIN_S) * 1000
    if chunk.picture is not None:
        for what, times in (("pictures", chunk.picture.grid_ms), ("descriptions", chunk.picture.times_ms)):
            _demand_times(what, times, inside, most=rate * span)
        _demand_times("picture numbers", chunk.picture.numbers, (0, inside[1] / 1000 * rate), most=rate * span)
    if chunk.sound is not None:
        peaks = inside[0] / 1000 / frame_s(), inside[1] / 1000 / frame_s()
        _demand_times("peaks", chunk.sound.frames, peaks, most=sound_extractor.PARAMETERS.max_peaks_per_s * span)
        _demand_times("windows", chunk.sound.starts_ms, inside, most=SOUND_WINDOWS_A_SECOND * span)
        _demand_times("window numbers", chunk.sound.numbers, (0, math.inf), most=SOUND_WINDOWS_A_SECOND * span)
    _demand_times("stills", chunk.keyframes.times_ms, inside, most=rate * span)
    _demand_jpegs(chunk.keyframes.sizes, chunk.keyframes.data)
    return chunk


def _demand(holds: bool, what: str) -> None:  # noqa: FBT001 (read as a sentence)
    if not holds:
        raise ValueError(what)


def _demand_times(what: str, times: NDArray[np.int32], inside: tuple[float, float], *, most: float) -> None:
    """Demand that there are no more than so many, that they rise, and that they lie inside."""
    _demand(len(times) <= most, f"{len(times)} {what}")
    if len(times):
        _demand(bool((np.diff(times.astype(np.int64)) >= 0).all()), f"{what} that go back")
        _demand(inside[0] <= times[0] and times[-1] <= inside[1], f"{what} from {times[0]} to {times[-1]}")


def _demand_jpegs(sizes: NDArray[np.int32], data: NDArray[np.uint8]) -> None:
    _demand(bool((sizes > len(JPEG)).all()), "stills without pictures")
    ends = np.cumsum(sizes.astype(np.int64))
    for first, end in zip(ends - sizes, ends, strict=True):
        checked_jpeg(data[first:end].tobytes(), local_features.PARAMETERS.long_side_px)


def checked_jpeg(data: bytes, longest: int) -> bytes:
    """Return a JPEG (ITU-T T.81, annex B) if it is of the kind and of no larger a size than is written in the cage.

    A header that announces more would have the picture's whole size allocated outside of the cage.

    Args:
        data: Its bytes.
        longest: Pixels of its longer side at the most.

    Raises:
        ValueError: It is none, or larger.
    """
    _demand(data.startswith(JPEG), "stills that are no JPEG")
    at = len(SOI)
    while data[at : at + 2] != BASELINE:
        _demand(data[at : at + 2] in TABLES, "stills of a JPEG that the engine does not write")
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    height, width = (int.from_bytes(data[at + skip : at + skip + 2], "big") for skip in (5, 7))
    _demand(min(height, width) > 0 and max(height, width) <= longest, f"stills of {width} x {height}")
    return data
