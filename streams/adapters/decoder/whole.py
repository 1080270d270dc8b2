"""Fingerprints a whole media item, chunk by chunk, as the tasks of a service do together."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from fingerprint.engine import ChunkFiles, Query, assemble, plan_chunks

if TYPE_CHECKING:
    from pathlib import Path

    from fingerprint.media.limits import MediaLimits
    from streams.ports.decoder import MediaDecoder

__all__ = ["fingerprint_whole"]


def fingerprint_whole(decoder: MediaDecoder, source: BinaryIO, limits: MediaLimits, folder: Path) -> Query:
    """Fingerprint a whole media item.

    Args:
        decoder: What decodes it.
        source: Its file.
        limits: What the media may cost.
        folder: An empty folder for the chunks; the query is of use as long as it is there.

    Raises:
        MediaError: The media cannot be used, or too little of it could be looked at.
        MemoryError: It takes more memory than there may be.
    """
    info = decoder.probe(source, limits)
    spans = plan_chunks(info)
    chunks = ChunkFiles(folder)
    for number, (start, end) in enumerate(spans):
        chunks.write(number, decoder.fingerprint(source, start, end, limits, several_clocks=info.several_clocks))
    query = assemble(len(spans), chunks.load)
    query.coverage.require(limits.least_coverage)
    return query
