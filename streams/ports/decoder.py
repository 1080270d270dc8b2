"""The port to what decodes media."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, Protocol

if TYPE_CHECKING:
    from fingerprint.media.info import MediaInfo
    from fingerprint.media.limits import MediaLimits
    from fingerprint.model import Chunk

__all__ = ["MediaDecoder"]


class MediaDecoder(Protocol):
    """Looks at media and fingerprints spans of it."""

    @property
    def cpu_s(self) -> float:
        """Seconds of processor time that decoding has taken outside of this process."""
        ...

    def probe(self, source: BinaryIO, limits: MediaLimits) -> MediaInfo:
        """Look at a media file.

        Raises:
            MediaError: The media cannot be had, or cannot be used.
            MemoryError: It takes more memory than there may be.
        """
        ...

    def fingerprint(
        self, source: BinaryIO, start: float, end: float, limits: MediaLimits, *, several_clocks: bool = False
    ) -> Chunk:
        """Fingerprint the span `[start, end)` in seconds.

        Args:
            source: The media.
            start: First second of the span, as planned.
            end: Where it ends.
            limits: What the media may cost.
            several_clocks: Whether its clock starts anew or jumps, as `probe` has told.

        Raises:
            MediaError: The media cannot be had, or cannot be used.
            MemoryError: It takes more memory than there may be.
        """
        ...
