"""A stored fingerprint in pieces, as media is matched: so that memory does not grow with its length."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np

from fingerprint import chunking
from fingerprint.model import Fingerprint
from fingerprint.picture.keyframes import Keyframes
from fingerprint.picture.local_features import LocalFeatures
from fingerprint.picture.track import PictureTrack
from fingerprint.query import Piece
from fingerprint.sound.track import SoundTrack, frame_s

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["pieces_of"]


def pieces_of(fingerprint: Fingerprint) -> Iterator[Piece]:
    """Yield a stored fingerprint piece by piece; pieces begin where those of media do."""
    chunk_s = chunking.PARAMETERS.chunk_s
    chunks = max(1, round(fingerprint.duration / chunk_s))
    count = -(-chunks // chunking.PARAMETERS.piece_chunks)
    borders = [chunk_s * (chunks * number // count) for number in range(count)]
    for start, end in itertools.pairwise([*borders, np.inf]):
        part = Fingerprint(
            min(end, fingerprint.duration),
            None if fingerprint.picture is None else _picture(fingerprint.picture, start, end),
            None if fingerprint.sound is None else _sound(fingerprint.sound, start, end),
        )
        yield Piece(part, Keyframes.of([]))


def _picture(track: PictureTrack, start: float, end: float) -> PictureTrack:
    """Return what a picture track keeps of some seconds."""
    described = _span(track.times_ms / 1000, start, end)
    looked_at = _span(track.grid_ms / 1000, start, end)
    rows = slice(*np.searchsorted(track.local_rows, [described.start, described.stop]).tolist())
    ends = np.concatenate([[0], np.cumsum(track.local_counts)])
    features = slice(int(ends[rows.start]), int(ends[rows.stop]))
    local = track.local
    return PictureTrack(
        numbers=track.numbers[described],
        times_ms=track.times_ms[described],
        codes=track.codes[described],
        local_rows=(track.local_rows[rows] - described.start).astype(np.int32),
        local_counts=track.local_counts[rows],
        local=LocalFeatures(
            local.points[features], local.scales[features], local.angles[features], local.codes[features]
        ),
        grid_ms=track.grid_ms[looked_at],
        thumbnails=track.thumbnails[looked_at],
        size=track.size,
    )


def _sound(track: SoundTrack, start: float, end: float) -> SoundTrack:
    """Return what a sound track keeps of some seconds; times are the whole item's."""
    peaks, windows = _span(track.frames * frame_s(), start, end), _span(track.starts_ms / 1000, start, end)
    return SoundTrack(
        track.frames[peaks], track.bins[peaks], track.numbers[windows], track.starts_ms[windows], track.codes[windows]
    )


def _span(times: np.ndarray, start: float, end: float) -> slice:
    first, last = np.searchsorted(times, [start, end]).tolist()
    return slice(first, last)
