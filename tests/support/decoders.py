"""A decoder without a process of its own, for tests that are not about the cage."""

from __future__ import annotations

from typing import BinaryIO

from fingerprint.engine import Chunk, fingerprint_chunk
from fingerprint.media.info import MediaInfo
from fingerprint.media.limits import MediaLimits
from fingerprint.media.probe import probe

__all__ = ["InlineDecoder"]


class InlineDecoder:
    """Decodes in this process."""

    cpu_s = 0.0

    def probe(self, source: BinaryIO, limits: MediaLimits) -> MediaInfo:
        return probe(source, limits)

    def fingerprint(
        self, source: BinaryIO, start: float, end: float, limits: MediaLimits, *, several_clocks: bool = False
    ) -> Chunk:
        return fingerprint_chunk(source, start, end, limits, several_clocks=several_clocks)
