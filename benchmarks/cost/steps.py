"""The steps that are timed; each runs in a process of its own."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import av

from benchmarks.cost.meter import Meter
from benchmarks.detect import PEERS
from fingerprint.engine import Chunk, Query, assemble, fingerprint_chunk, fingerprint_media, plan_chunks
from fingerprint.media.limits import MediaLimits
from fingerprint.media.probe import probe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from av.container import InputContainer

__all__ = ["chunk_by_chunk", "decode_all", "fingerprint_all", "fingerprint_peer", "fingerprint_whole", "join_chunks"]


def decode_all(media: Path) -> Meter:
    """Decode every picture and all sound on one thread, and throw them away."""
    with Meter() as meter, av.open(str(media)) as container:
        for packet in container.demux(*_single_threaded(container)):
            packet.decode()
    return meter


def fingerprint_whole(media: Path, warm: Path) -> tuple[Meter, Query]:
    """Fingerprint a file as one task after another does: with the engine loaded, which `warm` sees to."""
    fingerprint_media(str(warm), MediaLimits())
    with Meter() as meter:
        query = fingerprint_media(str(media), MediaLimits())
    return meter, query


def fingerprint_all(media: Sequence[Path]) -> list[bytes]:
    """Return the fingerprints of several files."""
    return [fingerprint_media(str(one), MediaLimits()).fingerprint.to_bytes() for one in media]


def chunk_by_chunk(media: Path, parts: Path, warm: Path) -> Meter:
    """Fingerprint a file as the service does, chunk by chunk, writing each down; memory is what counts."""
    fingerprint_media(str(warm), MediaLimits())
    parts.mkdir(parents=True, exist_ok=True)
    with Meter() as meter:
        for number, (start, end) in enumerate(plan_chunks(probe(str(media)))):
            chunk = fingerprint_chunk(str(media), start, end, MediaLimits())
            (parts / f"{number:06d}").write_bytes(chunk.to_bytes())
    return meter


def join_chunks(parts: Path) -> Meter:
    """Put written chunks together, as the service's last task of a job does."""
    with Meter() as meter:
        query = assemble(Chunk.from_bytes(part.read_bytes()) for part in sorted(parts.iterdir()))
        query.fingerprint.to_bytes()
    return meter


def fingerprint_peer(name: str, media: Path) -> Meter:
    """Let a peer fingerprint a file."""
    with tempfile.TemporaryDirectory() as scratch, Meter() as meter:
        PEERS[name]().fingerprint(media, Path(scratch))
    return meter


def _single_threaded(container: InputContainer) -> list[av.stream.Stream]:
    streams: list[av.stream.Stream] = [*container.streams.video[:1], *container.streams.audio[:1]]
    for stream in streams:
        stream.codec_context.thread_count = 1
    return streams
