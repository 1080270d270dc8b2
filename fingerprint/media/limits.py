"""Limits on the media that is accepted: media is untrusted."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["DEFAULT_LIMITS", "LEAST_COVERAGE", "MAX_PIXELS", "MediaLimits"]

#: Width times height of the largest picture that is called 8K: what the codecs' own top levels allow (H.264, HEVC and
#: AV1, level 6.2: 35,651,584 samples). It holds 8K UHD (7,680 x 4,320, ITU-R BT.2020), 8K of full width (8,192 x 4,320)
#: and panoramas (8,192 x 4,096), upright and lying. 8,192 x 8,192 is two 8K panoramas, one for each eye, which only the
#: levels of HEVC above these know: a decoder may hold 17 pictures, 3.4 GB in ten bits, next to all that a task may use.
MAX_PIXELS = 8192 * 4352


#: Share of each track that has to be looked at for an answer. Odd files that play keep nearly all of theirs: a broken
#: packet costs a part of a second, a recording that begins between two key frames some seconds. Of a file of which not
#: even half can be seen, "copies nothing" would be said of what nobody has seen.
LEAST_COVERAGE = 0.5


@dataclass(frozen=True)
class MediaLimits:
    """What is too much, and what is too little.

    Attributes:
        max_duration_s: Seconds. A day of video is a recording of a channel, which belongs in pieces.
        max_pixels: Width times height: a picture of 8K, see `MAX_PIXELS`. A decoder allocates several pictures at once.
        max_bytes: Size of the file.
        least_coverage: Share of the picture, and of the sound, that has to be looked at for an answer, 0..1.
    """

    max_duration_s: float = 12 * 3600.0
    max_pixels: int = MAX_PIXELS
    max_bytes: int = 64 * 2**30
    least_coverage: float = LEAST_COVERAGE


#: The limits where nobody has set others.
DEFAULT_LIMITS = MediaLimits()
