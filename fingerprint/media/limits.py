"""Limits on the media that is accepted: media is untrusted."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["DEFAULT_LIMITS", "MediaLimits"]


@dataclass(frozen=True)
class MediaLimits:
    """What is too much.

    Attributes:
        max_duration_s: Seconds. A day of video is a recording of a channel, which belongs in pieces.
        max_pixels: Width times height: a picture of 8K. A decoder allocates several pictures at once.
        max_bytes: Size of the file.
    """

    max_duration_s: float = 12 * 3600.0
    max_pixels: int = 7680 * 4320
    max_bytes: int = 64 * 2**30


#: The limits where nobody has set others.
DEFAULT_LIMITS = MediaLimits()
