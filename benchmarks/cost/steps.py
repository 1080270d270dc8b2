"""The steps that are timed; each runs in a process of its own."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import av

from benchmarks.cost.meter import Meter
from benchmarks.detect import PEERS
from fingerprint.engine import Query, fingerprint_chunk, fingerprint_media, plan_chunks
from fingerprint.media.limits import MediaLimits
from fingerprint.media.probe import probe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from av.container import InputContainer

__all__ = ["decode_all", "fingerprint_all", "fingerprint_chunks", "fingerprint_peer", "fingerprint_whole"]


def decode_all(media: Path) -> Meter:
    """Decode every picture and all sound on one thread, and throw them away."""
    with Meter() as meter, av.open(str(media)) as container:
        for packet in container.demux(*_single_threaded(container)):
            packet.decode()
    return meter


def fingerprint_whole(media: Path, warm: Path, parts: Path) -> tuple[Meter, Query]:
    """Fingerprint a file as one task after another does: with the engine loaded, which `warm` sees to.

    The query is of use as long as the folder `parts` is there.
    """
    fingerprint_all([warm])
    shutil.rmtree(parts, ignore_errors=True)
    parts.mkdir(parents=True)
    with Meter() as meter:
        query = fingerprint_media(str(media), MediaLimits(), parts)
    return meter, query


def fingerprint_all(media: Sequence[Path]) -> list[bytes]:
    """Return the fingerprints of several files."""
    made = []
    for one in media:
        with tempfile.TemporaryDirectory() as parts:
            made.append(fingerprint_media(str(one), MediaLimits(), Path(parts)).fingerprint.to_bytes())
    return made


def fingerprint_chunks(media: Path, warm: Path) -> Meter:
    """Fingerprint a file chunk by chunk, and throw each away; memory is what counts."""
    fingerprint_all([warm])
    with Meter() as meter:
        for start, end in plan_chunks(probe(str(media))):
            fingerprint_chunk(str(media), start, end, MediaLimits()).to_bytes()
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
