"""A stored fingerprint's pieces are all of it, once, and as long as the matcher's own."""

from __future__ import annotations

import numpy as np
import pytest
from support import sounds, tracks

from fingerprint import chunking
from fingerprint.matching.explanation.pieces import pieces_of
from fingerprint.model import Fingerprint
from fingerprint.picture.track import PictureTrack
from fingerprint.sound.track import SoundTrack

PIECE_S = chunking.PARAMETERS.piece_chunks * chunking.PARAMETERS.chunk_s


def test_a_short_item_is_one_piece_and_that_is_all_of_it() -> None:
    whole = Fingerprint(tracks.SECONDS, tracks.picture(), tracks.sound())
    (piece,) = pieces_of(whole)
    assert piece.fingerprint.to_bytes() == whole.to_bytes()
    assert not len(piece.keyframes)


@pytest.mark.parametrize("seconds", [PIECE_S - 5, PIECE_S + 40, 3.5 * PIECE_S])
def test_pieces_join_to_the_whole(seconds: float) -> None:
    parts = []
    for number in range(int(seconds // 100)):
        part = tracks.picture(number)
        late = np.int32(100_000 * number)
        parts.append(
            PictureTrack(
                part.numbers + late // 250, part.times_ms + late, part.codes, part.local_rows, part.local_counts,
                part.local, part.grid_ms + late, part.thumbnails, part.size,
            )
        )  # fmt: skip
    whole = Fingerprint(seconds, PictureTrack.join(parts), sounds.sound(seconds, seed=1))
    pieces = [piece.fingerprint for piece in pieces_of(whole)]
    assert len(pieces) == -(-round(seconds / chunking.PARAMETERS.chunk_s) // chunking.PARAMETERS.piece_chunks)
    joined = Fingerprint(
        pieces[-1].duration,
        PictureTrack.join([piece.picture for piece in pieces if piece.picture is not None]),
        SoundTrack.join([piece.sound for piece in pieces if piece.sound is not None]),
    )
    assert joined.to_bytes() == whole.to_bytes()
    assert all(piece.picture is not None and np.ptp(piece.picture.grid_ms) <= PIECE_S * 1000 for piece in pieces)


def test_a_track_that_is_not_there_is_in_no_piece() -> None:
    for whole in (Fingerprint(1500.0, None, sounds.sound(1500.0, seed=1)), Fingerprint(0.2, tracks.picture(), None)):
        for piece in pieces_of(whole):
            assert piece.fingerprint.has_picture == whole.has_picture
            assert piece.fingerprint.has_sound == whole.has_sound
