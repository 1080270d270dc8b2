"""What a decoder that was taken over could send in place of a chunk is not believed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fingerprint.engine import Chunk, fingerprint_chunk
from fingerprint.media.limits import MediaLimits
from fingerprint.picture.keyframes import Keyframes, encode_still
from fingerprint.picture.track import PictureTrack
from fingerprint.sound.track import SoundTrack
from streams.adapters.decoder.answers import checked_chunk

END = 10.0


@pytest.fixture(scope="module")
def chunk(footage: dict[str, Path]) -> Chunk:
    return fingerprint_chunk(str(footage["trailer"]), 0.0, END, MediaLimits())


def picture(chunk: Chunk) -> PictureTrack:
    assert chunk.picture is not None
    return chunk.picture


def sound(chunk: Chunk) -> SoundTrack:
    assert chunk.sound is not None
    return chunk.sound


def test_a_chunk_passes_as_it_is(chunk: Chunk) -> None:
    assert checked_chunk(chunk.to_bytes(), 0.0, END).to_bytes() == chunk.to_bytes()


def with_stills(chunk: Chunk, data: bytes) -> Chunk:
    return replace(chunk, keyframes=Keyframes.of([(0, np.frombuffer(data, np.uint8))]))


def jpeg_of(width: int, height: int) -> bytes:
    return encode_still(np.zeros((height, width, 3), np.uint8)).tobytes()


FORGED: dict[str, Callable[[Chunk], Chunk]] = {
    "another start": lambda chunk: replace(chunk, start=5.0),
    "an end beyond the span": lambda chunk: replace(chunk, duration=1e6),
    "pictures of another time": lambda chunk: replace(
        chunk, picture=replace(picture(chunk), grid_ms=picture(chunk).grid_ms + np.int32(3_600_000))
    ),
    "descriptions of another time": lambda chunk: replace(
        chunk, picture=replace(picture(chunk), times_ms=picture(chunk).times_ms + np.int32(3_600_000))
    ),
    "pictures that go back": lambda chunk: replace(
        chunk, picture=replace(picture(chunk), grid_ms=picture(chunk).grid_ms[::-1])
    ),
    "windows of sound of another time": lambda chunk: replace(
        chunk, sound=replace(sound(chunk), starts_ms=sound(chunk).starts_ms + np.int32(3_600_000))
    ),
    "a thousand times the windows of sound": lambda chunk: replace(
        chunk,
        sound=replace(
            sound(chunk),
            numbers=np.repeat(sound(chunk).numbers, 1000),
            starts_ms=np.repeat(sound(chunk).starts_ms, 1000),
            codes=np.repeat(sound(chunk).codes, 1000, axis=0),
        ),
    ),
    "a still of another form": lambda chunk: with_stills(chunk, b"II*\x00 a TIFF, whose decoder is another"),
    "a still of a huge picture": lambda chunk: with_stills(chunk, jpeg_of(64, 321)),
    "a still whose header names another size": lambda chunk: with_stills(
        chunk, jpeg_of(64, 48).replace(b"\x00\x30\x00\x40", b"\xff\xff\xff\xff", 1)
    ),
    "a still that ends in its header": lambda chunk: with_stills(chunk, jpeg_of(64, 48)[:100]),
    "a still that holds another one before itself": lambda chunk: with_stills(
        chunk, b"\xff\xd8\xff\xe1\x00\x10" + bytes(14) + jpeg_of(64, 48)[2:]
    ),
    "a still of nothing": lambda chunk: with_stills(chunk, b""),
}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
def test_a_chunk_that_this_span_cannot_give_is_refused(chunk: Chunk, forge: Callable[[Chunk], Chunk]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        checked_chunk(forge(chunk).to_bytes(), 0.0, END)


@given(st.integers(1, 320), st.integers(1, 320))
def test_every_still_that_the_engine_writes_passes(chunk: Chunk, width: int, height: int) -> None:
    ours = with_stills(chunk, jpeg_of(width, height))
    assert checked_chunk(ours.to_bytes(), 0.0, END).to_bytes() == ours.to_bytes()


def test_bytes_that_are_no_chunk_are_refused() -> None:
    with pytest.raises(ValueError, match="no fingerprint"):
        checked_chunk(b"anything", 0.0, END)
