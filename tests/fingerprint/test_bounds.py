"""What the engine makes is let in, whatever the media; what it cannot have made is not, whoever sends it."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from support.scenes import Image, scene
from support.tracks import picture, sound

from fingerprint.bounds import PICTURE_VECTOR_LENGTH, most_bytes, most_windows
from fingerprint.chunking import assemble
from fingerprint.codec import Arrays, BadFingerprintError, FingerprintTooLargeError, pack, unpack
from fingerprint.file import read_fingerprint
from fingerprint.media.errors import MediaError
from fingerprint.media.limits import DEFAULT_LIMITS, MediaLimits
from fingerprint.media.request import Picture, SoundBlock
from fingerprint.model import Chunk, Fingerprint
from fingerprint.picture import extractor
from fingerprint.picture.extractor import PictureCollector
from fingerprint.picture.local_features import no_features
from fingerprint.picture.weights import trained
from fingerprint.query import Query
from fingerprint.sound import track as sound_track
from fingerprint.sound.extractor import SoundCollector
from schemas.errors import ErrorCode

#: Seconds of the made-up chunks: the shortest that heavy media is cut into.
CHUNK_S = 10.0

RATE = sound_track.PARAMETERS.rate_hz

#: Pictures that films are made of: of any form, plain ones among them.
PICTURES: list[Image] = [
    *(scene(seed) for seed in range(6)),
    np.zeros((180, 320, 3), np.uint8),
    np.full((320, 1, 3), 9, np.uint8),
    scene(7, 40, 320),
]


def chunk_of(number: int, films: list[int], early: list[float], noise: float) -> Chunk:
    """Return what the engine makes of a chunk of pictures, one in each grid cell that has any, and of noise."""
    start = number * CHUNK_S
    first = round(start * extractor.PARAMETERS.grid_rate_hz)
    pictures = PictureCollector()
    for at, (film, offset) in enumerate(zip(films, early, strict=True)):
        if film < len(PICTURES):
            cell = first + at
            pictures.add(Picture(cell, max(0.0, cell / extractor.PARAMETERS.grid_rate_hz + offset), PICTURES[film]))
    heard = SoundCollector(start, start + CHUNK_S)
    rng = np.random.default_rng(number)
    heard.add(SoundBlock(round(start * RATE), start, (rng.normal(size=round(CHUNK_S * RATE)) * noise).astype("f4")))
    track = pictures.track()
    return Chunk(start, start + CHUNK_S, track if len(track.grid_ms) else None, heard.track(), pictures.keyframes())


@settings(max_examples=15)
@given(st.data())
def test_what_the_engine_makes_passes_whatever_the_media(data: st.DataObject) -> None:
    cells = round(CHUNK_S * extractor.PARAMETERS.grid_rate_hz)
    films = st.lists(st.integers(0, len(PICTURES)), min_size=cells, max_size=cells)
    early = st.lists(st.floats(-0.0015, 0.2484), min_size=cells, max_size=cells)
    chunks = [
        Chunk.from_bytes(chunk_of(n, data.draw(films), data.draw(early), data.draw(st.floats(0, 1))).to_bytes())
        for n in range(2)
    ]
    made = assemble(len(chunks), chunks.__getitem__).fingerprint
    read = Fingerprint.from_bytes(made.to_bytes())
    assert read.to_bytes() == made.to_bytes()
    assert sum(len(rows.numbers) for rows in read.windows().values()) <= most_windows(read.duration)


@pytest.mark.parametrize("name", ["bunny", "bikes", "carphone", "globe", "card", "trailer"])
def test_the_fingerprints_of_real_videos_pass(
    name: str, footage: dict[str, Path], fingerprinted: Callable[[Path], Query]
) -> None:
    made = fingerprinted(footage[name]).fingerprint
    data = made.to_bytes()
    assert read_fingerprint(io.BytesIO(data), DEFAULT_LIMITS).to_bytes() == data
    assert len(zlib.decompress(data[6:])) <= most_bytes(made.duration)


def test_the_length_of_a_pictures_vector_is_the_trained_one() -> None:
    assert trained().projection.shape[1] == PICTURE_VECTOR_LENGTH


Change = Callable[[Arrays], None]


def _set(name: str, values: object, dtype: str) -> Change:
    def change(arrays: Arrays) -> None:
        arrays[name] = np.asarray(values, dtype)

    return change


def _spoilt(name: str, spoil: Callable[[NDArray[np.generic]], object]) -> Change:
    def change(arrays: Arrays) -> None:
        found = arrays[name]
        arrays[name] = np.asarray(spoil(found.copy()), found.dtype)

    return change


def _put(name: str, at: int, value: int) -> Change:
    def spoil(array: NDArray[np.generic]) -> NDArray[np.generic]:
        array[at] = value
        return array

    return _spoilt(name, spoil)


REFUSED: dict[str, Change] = {
    "years of media": _set("duration", [4_600_000_000_000_000_000], "<i8"),
    "less than no media": _set("duration", [-60_000], "<i8"),
    "media of no length": _set("duration", [0], "<i8"),
    "a duration that is a fraction": _set("duration", [5000.0], "<f8"),
    "a duration that is no number": _set("duration", [float("nan")], "<f8"),
    "less media than its pictures": _set("duration", [3000], "<i8"),
    "pictures that go back": _put("picture.grid", 3, -250),
    "pictures in one moment": _spoilt("picture.grid", lambda steps: steps * 0),
    "pictures beyond 32 bits": _put("picture.grid", 3, 2**31 - 1),
    "more pictures than four a second": _spoilt("picture.grid", lambda steps: steps // 2),
    "described pictures out of order": _spoilt("picture.numbers", lambda numbers: numbers[::-1]),
    "described pictures twice": _spoilt("picture.numbers", lambda numbers: numbers * 0),
    "described pictures before the start": _spoilt("picture.numbers", lambda numbers: numbers - 1),
    "numbers that are not those of the times": _spoilt("picture.numbers", lambda numbers: numbers + 2),
    "times at which nothing was looked at": _spoilt("picture.times", lambda times: times + 100),
    "vectors of nothing": _spoilt("picture.codes", lambda codes: codes * 0),
    "vectors that are too long": _spoilt("picture.codes", lambda codes: codes * 0 + 127),
    "pictures of no size": _set("picture.size", [0, 0], "<u2"),
    "pictures that are too large": _set("picture.size", [4000, 320], "<u2"),
    "local features of no picture": _set("picture.local.rows", [0, 5], "<i4"),
    "local features of one picture twice": _set("picture.local.rows", [3, 3], "<i4"),
    "fewer local features than none": _set("picture.local.counts", [-2, 8], "<i4"),
    "local features outside of the picture": _spoilt("picture.local.points", lambda points: points * 0 + 65535),
    "sound behind the end": _put("sound.frames", -1, 100_000),
    "sound that goes back": _put("sound.frames", 5, -300),
    "more peaks than thirty a second": _spoilt("sound.frames", lambda frames: frames * 0),
    "windows of sound out of order": _spoilt("sound.numbers", lambda numbers: numbers[::-1]),
    "windows of sound at other times": _spoilt("sound.starts", lambda starts: starts + 100),
    "windows of sound behind the end": _spoilt("sound.starts", lambda starts: starts + 10_000),
    "vectors of no sound": _spoilt("sound.codes", lambda codes: codes * 0),
    "vectors of sound that are too long": _spoilt("sound.codes", lambda codes: codes * 0 - 127),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_no_media_leaves_is_refused_with_a_sentence(what: str) -> None:
    arrays = unpack("fingerprint", Fingerprint(5.0, picture(), sound()).to_bytes())
    REFUSED[what](arrays)
    data = pack("fingerprint", arrays)
    if what == "more peaks than thirty a second":  # the sample has just as many as are allowed
        arrays["sound.frames"] = np.zeros(31, "<i4")
        arrays["sound.bins"] = np.zeros(31, "u1")
        data = pack("fingerprint", arrays)
    with pytest.raises(BadFingerprintError, match="the fingerprint"):
        Fingerprint.from_bytes(data)
    with pytest.raises(MediaError) as refused:
        read_fingerprint(io.BytesIO(data), DEFAULT_LIMITS)
    assert refused.value.code in {ErrorCode.RESOURCE_CONTENT_BAD, ErrorCode.RESOURCE_TOO_LARGE}


def test_pictures_described_more_often_than_twice_a_second_are_refused() -> None:
    with pytest.raises(BadFingerprintError, match="more than 2 pictures a second"):
        Fingerprint.from_bytes(_with_every_picture_described(windows=20).to_bytes())


def test_local_features_of_every_picture_are_refused() -> None:
    arrays = unpack("fingerprint", Fingerprint(5.0, picture(), sound()).to_bytes())
    arrays["picture.local.rows"] = np.arange(5, dtype="<i4")
    arrays["picture.local.counts"] = np.array([2, 1, 1, 1, 1], "<i4")
    with pytest.raises(BadFingerprintError, match="local features of too many pictures"):
        Fingerprint.from_bytes(pack("fingerprint", arrays))


def test_more_windows_than_the_longest_media_has_do_not_fit_into_a_fingerprint() -> None:
    data = _with_every_picture_described(windows=200_000).to_bytes()
    with pytest.raises(MediaError) as refused:
        read_fingerprint(io.BytesIO(data), MediaLimits(max_duration_s=600.0))
    assert refused.value.code == ErrorCode.RESOURCE_TOO_LARGE


def test_longer_media_than_is_accepted_is_too_large() -> None:
    data = Fingerprint(61.0, picture(), sound()).to_bytes()
    with pytest.raises(FingerprintTooLargeError, match="one of 61 s of media, over the limit of 60 s"):
        Fingerprint.from_bytes(data, 60.0)
    with pytest.raises(MediaError) as refused:
        read_fingerprint(io.BytesIO(data), MediaLimits(max_duration_s=60.0))
    assert refused.value.code == ErrorCode.RESOURCE_TOO_LARGE


def test_a_fingerprint_of_nothing_is_not_supported_as_media_of_nothing_is_not() -> None:
    with pytest.raises(MediaError, match="neither picture nor sound") as refused:
        read_fingerprint(io.BytesIO(Fingerprint(43_200.0).to_bytes()), DEFAULT_LIMITS)
    assert refused.value.code == ErrorCode.RESOURCE_NOT_SUPPORTED


def test_a_file_of_any_length_is_read_no_further_than_a_fingerprint_goes() -> None:
    class Endless(io.RawIOBase):
        given = 0

        def read(self, size: int = -1, /) -> bytes:
            assert size >= 0
            part = Fingerprint(5.0).to_bytes() if not self.given else bytes(min(size, 4096))
            self.given += len(part)
            return part

    file = Endless()
    with pytest.raises(MediaError):
        read_fingerprint(file, MediaLimits(max_duration_s=60.0))
    assert file.given <= most_bytes(60.0) + 1


def test_a_file_of_nothing_but_names_is_refused_before_they_are_read() -> None:
    arrays = {f"n{number}": np.zeros(0, np.uint8) for number in range(1000)}
    with pytest.raises(BadFingerprintError, match="damaged"):
        unpack("fingerprint", pack("fingerprint", arrays))


def test_what_grows_beyond_the_accepted_length_is_not_unpacked_to_its_end() -> None:
    bomb = pack("fingerprint", {"zeros": np.zeros(most_bytes(60.0) * 2, np.uint8)})
    assert len(bomb) < 10_000
    with pytest.raises(FingerprintTooLargeError, match="unpacked it takes more"):
        Fingerprint.from_bytes(bomb, 60.0)


@pytest.mark.parametrize(
    "change",
    [
        _set("start", [-1], "<i8"),
        _set("start", [60_000], "<i8"),
        _set("stills.sizes", [-1, 1], "<i4"),
        _set("stills.times", [2**31 - 1, 0], "<i4"),
    ],
)
def test_a_chunk_whose_parts_do_not_agree_is_refused(change: Change) -> None:
    arrays = unpack("chunk", Chunk(0.0, 5.0, picture(), sound()).to_bytes())
    arrays |= {"stills.times": np.array([0, 250], "<i4"), "stills.sizes": np.array([1, 1], "<i4")}
    arrays["stills.data"] = np.zeros(2, np.uint8)
    Chunk.from_bytes(pack("chunk", arrays))
    change(arrays)
    with pytest.raises(BadFingerprintError):
        Chunk.from_bytes(pack("chunk", arrays))


def _with_every_picture_described(windows: int) -> Fingerprint:
    track = picture()
    times = np.arange(windows, dtype=np.int32) * (1000 // extractor.PARAMETERS.grid_rate_hz)
    every = replace(
        track,
        numbers=np.arange(windows, dtype=np.int32),
        times_ms=times,
        codes=np.resize(track.codes, (windows, PICTURE_VECTOR_LENGTH)),
        local_rows=track.local_rows[:0],
        local_counts=track.local_counts[:0],
        local=no_features(),
        grid_ms=times,
        thumbnails=np.zeros((windows, 64), np.uint8),
    )
    return Fingerprint(windows / extractor.PARAMETERS.grid_rate_hz, every)
