"""Media is told from other files by its first bytes, whatever it is called."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import zipfile
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fingerprint.media.sniff import HEAD_BYTES, media_kind

if TYPE_CHECKING:
    from clips import Clips

SOUND: dict[str, Any] = {"video": None}
PICTURE: dict[str, Any] = {"audio": None}

#: How the clip is made of each suffix that the reader reads, and that its first bytes tell.
MADE: dict[str, dict[str, Any]] = {
    "3g2": {},
    "3gp": {},
    "mp4": {},
    "mov": {},
    "f4v": {},
    "m4a": SOUND,
    "mkv": {},
    "mka": SOUND,
    "webm": {"video": "libvpx", "audio": "libopus"},
    "ts": {},
    "m2ts": {},
    "mpg": {"video": "mpeg2video", "audio": "mp2"},
    "vob": {"video": "mpeg2video", "audio": "mp2"},
    "m2v": {"video": "mpeg2video", "audio": None},
    "avi": {"video": "mpeg4"},
    "asf": {"video": "wmv2", "audio": "wmav2"},
    "flv": {"video": "flv", "audio": "libmp3lame"},
    "wtv": {"video": "mpeg2video", "audio": "mp2"},
    "nut": {},
    "rm": {"video": "rv10", "audio": "ac3", "size": (176, 144)},
    "mxf": {"video": "mpeg2video", "audio": "pcm_s16le"},
    "gxf": {"video": "mpeg2video", "audio": None, "size": (720, 576)},
    "dv": {"video": "dvvideo", "audio": None, "size": (720, 576)},
    "ivf": {"video": "libvpx", "audio": None},
    "y4m": {"video": "rawvideo", "audio": None},
    "h264": PICTURE,
    "hevc": {"video": "libx265", "audio": None, "video_options": {"x265-params": "log-level=none"}},
    "obu": {"video": "libsvtav1", "audio": None},
    "gif": {"video": "gif", "audio": None, "pixels": "rgb8"},
    "ogg": {"video": None, "audio": "libopus"},
    "oga": {"video": None, "audio": "flac"},
    "opus": {"video": None, "audio": "libopus"},
    "flac": {"video": None, "audio": "flac"},
    "aiff": {"video": None, "audio": "pcm_s16be"},
    "caf": {"video": None, "audio": "pcm_s16be"},
    "au": {"video": None, "audio": "pcm_s16be"},
    "wav": {"video": None, "audio": "pcm_s16le"},
    "w64": {"video": None, "audio": "pcm_s16le"},
    "voc": {"video": None, "audio": "pcm_u8"},
    "wv": {"video": None, "audio": "wavpack"},
    "tta": {"video": None, "audio": "tta"},
    "ac3": {"video": None, "audio": "ac3"},
    "eac3": {"video": None, "audio": "eac3"},
    "mp2": {"video": None, "audio": "mp2"},
    "mp3": {"video": None, "audio": "libmp3lame"},
    "aac": {"video": None, "container": "adts"},
}


def head(clips: Clips, suffix: str) -> bytes:
    return clips.make(f"sniffed.{suffix}", seconds=0.4, **MADE[suffix]).read_bytes()[:HEAD_BYTES]


@pytest.mark.parametrize("suffix", MADE)
def test_every_container_that_can_be_made_is_told_by_its_first_bytes(clips: Clips, suffix: str) -> None:
    assert media_kind(head(clips, suffix))


def test_sound_without_tags_and_streams_cut_in_mid_packet_are_told_too(clips: Clips) -> None:
    tagged = clips.make("tagged.mp3", video=None, audio="libmp3lame").read_bytes()
    assert media_kind(tagged[tagged.index(b"\xff\xfb") :][:HEAD_BYTES]) == "MPEG audio"
    for suffix in ("ts", "m2ts"):
        assert media_kind(head(clips, suffix)[50:]) == "MPEG transport stream"


def _archive() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.txt", "text " * 5000)
    return packed.getvalue()


def _tar() -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("a.txt"))
    return packed.getvalue()


def _photo(suffix: str) -> bytes:
    return cv2.imencode(suffix, np.random.default_rng(2).integers(0, 255, (64, 64, 3), np.uint8))[1].tobytes()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"G",
        b"just some words\n" * 2000,
        b"1\n00:00:01,000 --> 00:00:02,000\nGood morning\n" * 50,
        "ÿþ é ".encode("utf-16") * 500,
        json.dumps({"title": "a"}).encode(),
        b"#EXTM3U\n#EXTINF:10,\na.ts\n",
        b"%PDF-1.7\n" + bytes(200),
        b"\x7fELF" + bytes(200),
        bytes(HEAD_BYTES),
        b"\xff" * HEAD_BYTES,
        b"\x00\x00\x00\x1cftypheic" + bytes(200),
        b"\x00\x00\x00\x1cftypavif" + bytes(200),
        b"RIFF\x00\x00\x00\x00WEBPVP8 ",
        b"SQLite format 3\x00" + bytes(500),
        _archive(),
        _tar(),
        gzip.compress(b"text" * 500),
        _photo(".jpg"),
        _photo(".png"),
        _photo(".tiff"),
    ],
)
def test_what_is_no_media_is_not_taken_for_it(data: bytes) -> None:
    assert media_kind(data[:HEAD_BYTES]) == ""


@given(st.binary(max_size=5000), st.sampled_from([b"", b"\xff\xfb\x90", b"\xff\xf1", b"\x0bw", b"\x00\x00\x01"]))
def test_any_bytes_have_an_answer(data: bytes, start: bytes) -> None:
    assert isinstance(media_kind(start + data), str)


def test_noise_is_rarely_taken_for_media() -> None:
    noise = np.random.default_rng(5)
    assert sum(bool(media_kind(noise.bytes(HEAD_BYTES))) for _ in range(200)) <= 1
