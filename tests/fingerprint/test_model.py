from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.tracks import DESCRIBED, WINDOWS, picture, sound

from fingerprint.codec import BadFingerprintError, pack, unpack
from fingerprint.model import Chunk, Fingerprint
from fingerprint.picture.keyframes import Keyframes, encode_still
from fingerprint.picture.local_features import LocalFeatures
from fingerprint.picture.track import PictureTrack
from fingerprint.query import Query
from fingerprint.sound.track import SoundTrack
from schemas.matches import Track


def same_picture(one: PictureTrack | None, other: PictureTrack | None) -> bool:
    return (one is None and other is None) or (
        one is not None
        and other is not None
        and all(np.array_equal(array, other.to_arrays()[name]) for name, array in one.to_arrays().items())
    )


def same_sound(one: SoundTrack | None, other: SoundTrack | None) -> bool:
    return (one is None and other is None) or (
        one is not None
        and other is not None
        and all(np.array_equal(array, other.to_arrays()[name]) for name, array in one.to_arrays().items())
    )


@pytest.mark.parametrize("of_picture", [picture(), None])
@pytest.mark.parametrize("of_sound", [sound(), None])
def test_a_fingerprint_survives_its_file(of_picture: PictureTrack | None, of_sound: SoundTrack | None) -> None:
    made = Fingerprint(5.25, of_picture, of_sound)
    read = Fingerprint.from_bytes(made.to_bytes())
    assert (read.duration, read.has_picture, read.has_sound) == (5.25, of_picture is not None, of_sound is not None)
    assert same_picture(read.picture, made.picture)
    assert same_sound(read.sound, made.sound)
    assert read.digest == made.digest
    assert read.to_bytes() == made.to_bytes()


def test_a_chunk_survives_its_bytes_with_its_pictures_for_a_second_look() -> None:
    rgb = np.random.default_rng(1).integers(0, 256, (90, 160, 3), dtype=np.uint8)
    made = Chunk(30.0, 60.0, picture(), sound(), Keyframes.of([(30_250, encode_still(rgb))]))
    read = Chunk.from_bytes(made.to_bytes())
    assert (read.start, read.duration) == (30.0, 60.0)
    assert same_picture(read.picture, made.picture)
    assert same_sound(read.sound, made.sound)
    np.testing.assert_array_equal(read.keyframes.decode(0), made.keyframes.decode(0))


def test_the_two_kinds_of_file_are_not_taken_for_each_other() -> None:
    with pytest.raises(BadFingerprintError, match="chunk"):
        Fingerprint.from_bytes(Chunk(0.0, 5.0, picture(), None).to_bytes())
    with pytest.raises(BadFingerprintError, match="fingerprint"):
        Chunk.from_bytes(Fingerprint(5.0, picture()).to_bytes())


def test_the_digest_names_what_is_seen_and_heard_and_how_long() -> None:
    fingerprints = [
        Fingerprint(5.0, picture(0), sound(0)),
        Fingerprint(5.5, picture(0), sound(0)),
        Fingerprint(5.0, picture(1), sound(0)),
        Fingerprint(5.0, picture(0), sound(1)),
        Fingerprint(5.0, picture(0)),
        Fingerprint(5.0, None, sound(0)),
    ]
    assert len({fingerprint.digest for fingerprint in fingerprints}) == len(fingerprints)
    assert Fingerprint(5.0, picture(0), sound(0)).digest == fingerprints[0].digest


def test_every_described_picture_and_every_window_of_sound_is_a_row_of_the_index() -> None:
    rows = Fingerprint(5.0, picture(), sound()).windows()
    assert list(rows) == [Track.PICTURE, Track.SOUND]
    for windows, count in ((rows[Track.PICTURE], DESCRIBED), (rows[Track.SOUND], WINDOWS)):
        assert len(windows.numbers) == len(set(windows.numbers.tolist())) == count
        assert (windows.ends_ms >= windows.starts_ms).all()
        np.testing.assert_allclose(np.linalg.norm(windows.vectors, axis=1), 1.0, atol=1e-5)


def test_what_shows_and_sounds_nothing_adds_no_rows() -> None:
    empty = picture()
    empty = PictureTrack(
        empty.numbers[:0],
        empty.times_ms[:0],
        empty.codes[:0],
        empty.local_rows[:0],
        empty.local_counts[:0],
        LocalFeatures.join([]),
        empty.grid_ms,
        empty.thumbnails,
        empty.size,
    )
    assert Fingerprint(5.0, empty, SoundTrack.nothing()).windows() == {}
    assert Fingerprint(5.0).windows() == {}


def test_a_stored_fingerprint_is_a_query_without_pictures_for_a_second_look() -> None:
    fingerprint = Fingerprint(5.0, picture(), sound())
    query = Query.of_fingerprint(fingerprint)
    assert query.fingerprint is fingerprint
    (piece,) = query.pieces
    assert piece.fingerprint is fingerprint
    assert len(piece.keyframes) == 0


@pytest.mark.parametrize("name", sorted(unpack("fingerprint", Fingerprint(5.0, picture(), sound()).to_bytes())))
@pytest.mark.parametrize("damage", ["missing", "short", "other shape"])
def test_arrays_that_do_not_fit_together_are_refused(name: str, damage: str) -> None:
    arrays = unpack("fingerprint", Fingerprint(5.0, picture(), sound()).to_bytes())
    if damage == "missing":
        del arrays[name]
    elif damage == "short":
        arrays[name] = arrays[name][:-1]
    else:
        arrays[name] = np.zeros((3, 3, 3), arrays[name].dtype)
    with pytest.raises(BadFingerprintError):
        Fingerprint.from_bytes(pack("fingerprint", arrays))


@pytest.mark.parametrize("name", ["start", "stills.times", "stills.sizes", "stills.data"])
def test_a_chunk_that_lacks_something_is_refused(name: str) -> None:
    arrays = unpack("chunk", Chunk(0.0, 5.0, picture(), sound()).to_bytes())
    del arrays[name]
    with pytest.raises(BadFingerprintError):
        Chunk.from_bytes(pack("chunk", arrays))


@given(st.data())
@pytest.mark.parametrize(
    ("read", "whole"),
    [
        (Fingerprint.from_bytes, Fingerprint(5.0, picture(), sound()).to_bytes()),
        (Chunk.from_bytes, Chunk(0.0, 5.0, picture(), sound()).to_bytes()),
    ],
    ids=["fingerprint", "chunk"],
)
def test_damaged_bytes_are_refused_or_mean_the_same(
    read: Callable[[bytes], Fingerprint | Chunk], whole: bytes, data: st.DataObject
) -> None:
    damaged = bytearray(whole)
    damaged[data.draw(st.integers(0, len(damaged) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        found = read(bytes(damaged))
    except BadFingerprintError:
        return
    assert found.to_bytes() == whole  # a few bits of zlib's frame carry nothing


def test_damage_in_the_middle_is_refused() -> None:
    for read, whole in (
        (Fingerprint.from_bytes, Fingerprint(5.0, picture(), sound()).to_bytes()),
        (Chunk.from_bytes, Chunk(0.0, 5.0, picture(), sound()).to_bytes()),
    ):
        damaged = bytearray(whole)
        damaged[len(damaged) // 2] ^= 1
        with pytest.raises(BadFingerprintError):
            read(bytes(damaged))
