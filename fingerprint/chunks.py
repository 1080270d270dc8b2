"""Cutting a media item into chunks, fingerprinting one, and putting them together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2

from fingerprint.media.decode import decode
from fingerprint.media.probe import probe
from fingerprint.media.wish import Picture
from fingerprint.model import Chunk, Fingerprint, Query
from fingerprint.picture.collect import PICTURES, PictureCollector
from fingerprint.picture.stills import Stills
from fingerprint.picture.track import PictureTrack
from fingerprint.sound.collect import SOUND, SoundCollector
from fingerprint.sound.track import SoundTrack

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fingerprint.media.container import Source
    from fingerprint.media.info import MediaInfo
    from fingerprint.media.limits import MediaLimits

__all__ = ["assemble", "fingerprint_chunk", "fingerprint_media", "plan_chunks"]

#: Length of a chunk, seconds: seeking costs up to 40 % of a 10 s chunk and little of a 30 s one.
CHUNK_S = 30.0

#: Shortest chunk, seconds. All chunks start at multiples of it: what is described depends on blocks of this length.
BLOCK_S = 10.0

#: Pixels a second of 720p at 60: beyond that, chunks are shorter, so that one takes seconds still.
HEAVY = 1280 * 720 * 60

#: A rest shorter than this joins the chunk before it, seconds.
LEAST_S = 5.0


def plan_chunks(info: MediaInfo) -> tuple[tuple[float, float], ...]:
    """Return the spans to fingerprint, seconds; they meet, and the last ends where the media does."""
    load = info.width * info.height * info.fps if info.has_picture else 0.0
    length = CHUNK_S if load <= HEAVY else max(BLOCK_S, BLOCK_S * (CHUNK_S * HEAVY / load // BLOCK_S))
    count = max(1, int(info.duration // length) + (info.duration % length >= LEAST_S))
    ends = [length * number for number in range(1, count)]
    return tuple(zip([0.0, *ends], [*ends, info.duration], strict=True))


def fingerprint_chunk(source: Source, start: float, end: float, limits: MediaLimits) -> Chunk:
    """Decode a span once and return what it leaves; memory does not grow with its length.

    Args:
        source: Path, or seekable binary file object.
        start: First second of the span, as planned.
        end: Where it ends, seconds.
        limits: What the media may cost.

    Raises:
        MediaError: The media cannot be opened or used.
    """
    cv2.setNumThreads(1)
    pictures, sound = PictureCollector(), SoundCollector(start, end)
    for part in decode(source, start, end, limits=limits, picture=PICTURES, sound=SOUND):
        if isinstance(part, Picture):
            pictures.add(part)
        else:
            sound.add(part)
    track, sounds = pictures.track(), sound.track()
    return Chunk(
        start=start,
        duration=end,
        picture=track if len(track.grid_ms) else None,
        sound=sounds if sound.heard else None,
        stills=pictures.stills(),
    )


def assemble(chunks: Iterable[Chunk]) -> Query:
    """Put the chunks of a media item together, in any order; a single chunk gives a query of its span."""
    parts = sorted(chunks, key=lambda chunk: chunk.start)
    pictures = [part.picture for part in parts if part.picture is not None]
    sounds = [part.sound for part in parts if part.sound is not None]
    fingerprint = Fingerprint(
        duration=max((part.duration for part in parts), default=0.0),
        picture=PictureTrack.join(pictures) if pictures else None,
        sound=SoundTrack.join(sounds) if sounds else None,
    )
    return Query(fingerprint, Stills.join([Stills.of([]), *(part.stills for part in parts)]).thinned())


def fingerprint_media(source: Source, limits: MediaLimits) -> Query:
    """Fingerprint a whole media item in this process, as the chunk tasks of a service do together.

    Raises:
        MediaError: The media cannot be opened or used.
    """
    spans = plan_chunks(probe(source, limits))
    return assemble([fingerprint_chunk(source, start, end, limits) for start, end in spans])
