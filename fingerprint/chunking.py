"""Cutting a media item into chunks, fingerprinting one, and putting them together."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2

from fingerprint.media.coverage import MediaCoverage
from fingerprint.media.decode import decode
from fingerprint.media.faults import is_out_of_memory
from fingerprint.media.probe import probe
from fingerprint.media.request import Picture
from fingerprint.model import Chunk, Fingerprint
from fingerprint.parameters import parameter
from fingerprint.picture.extractor import PictureCollector, picture_wish
from fingerprint.picture.keyframes import Keyframes
from fingerprint.picture.track import PictureTrack
from fingerprint.query import Piece, Query
from fingerprint.sound.extractor import SoundCollector, sound_wish
from fingerprint.sound.track import SoundTrack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from fingerprint.media.container import Source
    from fingerprint.media.info import MediaInfo
    from fingerprint.media.limits import MediaLimits

__all__ = [
    "PARAMETERS",
    "ChunkFiles",
    "ChunkingParameters",
    "assemble",
    "fingerprint_chunk",
    "fingerprint_media",
    "plan_chunks",
]


@dataclass(frozen=True, slots=True)
class ChunkingParameters:
    """How long chunks are, and how many are matched together."""

    #: Length of a chunk: seeking costs up to 40 % of a 10 s chunk and little of a 30 s one.
    chunk_s: float = parameter(
        30.0, unit="s", low=10.0, high=120.0, source="a bound on cost: what seeking took of chunks of 10 s and of 30 s"
    )

    #: Shortest chunk. All chunks start at multiples of it: what is described depends on blocks of this length.
    block_s: float = parameter(
        10.0, unit="s", low=10.0, high=10.0, source="by the stored form: still scenes are described once in it"
    )

    #: Pixels a second, 720p at 60, beyond which chunks are shorter, so that one takes seconds still.
    heavy_pixels_per_s: int = parameter(
        1280 * 720 * 60,
        unit="pixels/s",
        low=640 * 360 * 30,
        high=3840 * 2160 * 60,
        source="a bound on cost; chosen, not measured",
    )

    #: Chunks that are matched together, ten minutes of ordinary video: with what is kept for a second look, some 20 MB.
    piece_chunks: int = parameter(
        20, unit="count", low=1, high=120, source="a bound on cost: 20 MB of memory and the density of hits of a piece"
    )

    #: A rest shorter than this joins the chunk before it.
    min_rest_s: float = parameter(5.0, unit="s", low=0.0, high=10.0, source="half of the shortest chunk")


PARAMETERS = ChunkingParameters()


def plan_chunks(info: MediaInfo) -> tuple[tuple[float, float], ...]:
    """Return the spans to fingerprint, seconds; they meet, and the last ends where the media does."""
    load = info.width * info.height * info.fps if info.has_picture else 0.0
    length = _chunk_s(load)
    count = max(1, int(info.duration // length) + (info.duration % length >= PARAMETERS.min_rest_s))
    ends = [length * number for number in range(1, count)]
    return tuple(zip([0.0, *ends], [*ends, info.duration], strict=True))


def _chunk_s(pixels_per_s: float) -> float:
    """Return how long the chunks of media are, seconds."""
    block, heavy = PARAMETERS.block_s, PARAMETERS.heavy_pixels_per_s
    if pixels_per_s <= heavy:
        return PARAMETERS.chunk_s
    return max(block, block * (PARAMETERS.chunk_s * heavy / pixels_per_s // block))


def fingerprint_chunk(
    source: Source, start: float, end: float, limits: MediaLimits, *, several_clocks: bool = False
) -> Chunk:
    """Decode a span once and return what it leaves; memory does not grow with its length.

    Args:
        source: Path, or seekable binary file object.
        start: First second of the span, as planned.
        end: Where it ends, seconds.
        limits: What the media may cost.
        several_clocks: Whether the file's clock starts anew or jumps, as `probe` tells.

    Raises:
        MediaError: The media cannot be opened or used.
        MemoryError: There is not the memory to look at all of the span.
    """
    try:
        return _fingerprint_chunk(source, start, end, limits, several_clocks=several_clocks)
    except Exception as error:
        if is_out_of_memory(error) and not isinstance(error, MemoryError):
            raise MemoryError(f"there is not the memory to fingerprint a chunk: {error}") from error
        raise


def _fingerprint_chunk(source: Source, start: float, end: float, limits: MediaLimits, *, several_clocks: bool) -> Chunk:
    cv2.setNumThreads(1)
    pictures, sound = PictureCollector(), SoundCollector(start, end)
    covered: list[MediaCoverage] = []
    parts = decode(
        source,
        start,
        end,
        limits=limits,
        several_clocks=several_clocks,
        picture=picture_wish(),
        sound=sound_wish(),
        covered=covered.append,
    )
    for part in parts:
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
        keyframes=pictures.keyframes(),
        coverage=MediaCoverage.joined(covered),
    )


def assemble(count: int, load: Callable[[int], Chunk]) -> Query:
    """Put the chunks of a media item together; a single chunk gives a query of its span.

    Args:
        count: How many chunks there are.
        load: Gives each chunk by its number, in order of time. It is asked for each of them now and whenever the query
            is matched, so that few are held at a time.
    """
    covered: list[MediaCoverage] = []

    def bare() -> Iterator[Chunk]:
        for chunk in map(load, range(count)):
            covered.append(chunk.coverage)
            yield replace(chunk, keyframes=Keyframes.of([]))

    whole = _joined(bare()).fingerprint
    return Query(whole, _Pieces(count, load), MediaCoverage.joined(covered))


def fingerprint_media(source: Source, limits: MediaLimits, folder: Path) -> Query:
    """Fingerprint a whole media item in this process, as the chunk tasks of a service do together.

    Args:
        source: Path, or seekable binary file object.
        limits: What the media may cost.
        folder: An empty folder for the chunks; the query is of use as long as it is there.

    Raises:
        MediaError: The media cannot be opened or used, or too little of it can be looked at (`least_coverage`).
        MemoryError: There is not the memory to look at all of it.
    """
    info = probe(source, limits)
    spans = plan_chunks(info)
    chunks = ChunkFiles(folder)
    for number, (start, end) in enumerate(spans):
        chunks.write(number, fingerprint_chunk(source, start, end, limits, several_clocks=info.several_clocks))
    query = assemble(len(spans), chunks.load)
    query.coverage.require(limits.least_coverage)
    return query


class ChunkFiles:
    """Chunks as files in a folder; the same object is of use in every process that sees the folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, number: int, chunk: Chunk) -> None:
        """Keep a chunk under its number."""
        self._path(number).write_bytes(chunk.to_bytes())

    def load(self, number: int) -> Chunk:
        """Return the chunk of a number."""
        return Chunk.from_bytes(self._path(number).read_bytes())

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:06d}.chunk"


class _Pieces:
    """Walks through chunks some at a time, about equally many in each piece."""

    def __init__(self, count: int, load: Callable[[int], Chunk]) -> None:
        self._count = count
        self._load = load

    def __iter__(self) -> Iterator[Piece]:
        pieces = -(-self._count // PARAMETERS.piece_chunks)
        borders = [self._count * number // pieces for number in range(pieces + 1)] if pieces else []
        for first, last in itertools.pairwise(borders):
            yield _joined(self._load(number) for number in range(first, last))


def _joined(chunks: Iterable[Chunk]) -> Piece:
    duration, pictures, sounds, keyframes = 0.0, [], [], [Keyframes.of([])]
    for chunk in chunks:
        duration = max(duration, chunk.duration)
        pictures += [chunk.picture] if chunk.picture is not None else []
        sounds += [chunk.sound] if chunk.sound is not None else []
        keyframes.append(chunk.keyframes)
    fingerprint = Fingerprint(
        duration=duration,
        picture=PictureTrack.join(pictures) if pictures else None,
        sound=SoundTrack.join(sounds) if sounds else None,
    )
    return Piece(fingerprint, Keyframes.join(keyframes))
