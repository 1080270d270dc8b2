"""Reads a file as the product reads media, and tells what became of it."""

from __future__ import annotations

import tempfile
import traceback
from pathlib import Path
from typing import BinaryIO, NamedTuple

import msgspec
from support.decoders import InlineDecoder

from fingerprint.engine import match
from fingerprint.index.memory import MemoryIndex
from fingerprint.media.errors import MediaError
from fingerprint.media.info import MediaInfo
from fingerprint.media.limits import MediaLimits
from fingerprint.media.sniff import HEAD_BYTES, media_kind
from fingerprint.model import Chunk
from schemas.errors import ErrorCode
from streams.adapters.decoder.answers import checked_chunk, checked_info
from streams.adapters.decoder.whole import fingerprint_whole
from streams.pipeline.tasks.search import checked_windows
from streams.ports.decoder import MediaDecoder

__all__ = ["MEDIA_CODES", "READ", "Outcome", "ReadInline", "read"]

#: What is said of a file that gave a fingerprint; what is wrong is said otherwise.
READ, RAISED = "fingerprint", "RAISED"

#: What may be said of media that cannot be used. Anything else would blame whoever runs the service.
MEDIA_CODES = frozenset(
    {ErrorCode.RESOURCE_CONTENT_BAD, ErrorCode.RESOURCE_NOT_SUPPORTED, ErrorCode.RESOURCE_TOO_LARGE}
)

LIMITS = MediaLimits()


class Outcome(NamedTuple):
    """What became of a file.

    Attributes:
        what: `fingerprint`, a code of the contract, or that something was raised.
        detail: What is known of the media, why it is refused, or where it was raised.
        sniffed: What its first bytes are taken for; empty where they tell nothing.
    """

    what: str
    detail: str
    sniffed: str

    @property
    def is_right(self) -> bool:
        """Tell whether there is a fingerprint, or a code that media can have."""
        return self.what == READ or self.what in MEDIA_CODES


class ReadInline(InlineDecoder):
    """Decodes in this process; what it answers is looked at as if it came from the cage."""

    def probe(self, source: BinaryIO, limits: MediaLimits) -> MediaInfo:
        return checked_info(super().probe(source, limits), limits)

    def fingerprint(
        self, source: BinaryIO, start: float, end: float, limits: MediaLimits, *, several_clocks: bool = False
    ) -> Chunk:
        made = super().fingerprint(source, start, end, limits, several_clocks=several_clocks)
        chunk = checked_chunk(made.to_bytes(), start, end)
        checked_windows(chunk.windows(), end - start)
        return chunk


def read(path: Path, decoder: MediaDecoder) -> Outcome:
    """Fingerprint a file, look for it in a library that holds it, and tell what became of it."""
    with path.open("rb") as source, tempfile.TemporaryDirectory() as folder:
        sniffed = media_kind(source.read(HEAD_BYTES))
        try:
            query = fingerprint_whole(decoder, source, LIMITS, Path(folder))
            index = MemoryIndex()
            index.add("itself", query.fingerprint)
            found = match(query, index, index)
            told = query.coverage.told()
            msgspec.json.decode(msgspec.json.encode(told), type=type(told))
        except MediaError as error:
            return Outcome(error.code, str(error), sniffed)
        except Exception:  # noqa: BLE001 (whatever it is: it is what this looks for)
            return Outcome(RAISED, traceback.format_exc(), sniffed)
    tracks = f"picture {told.picture}, sound {told.sound}"
    return Outcome(READ, f"{query.fingerprint.duration:.2f} s, {tracks}, {len(found)} matches", sniffed)
