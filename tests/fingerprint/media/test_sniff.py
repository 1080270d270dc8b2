"""Media is told from other files by its first bytes, whatever it is called."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import zipfile
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.clips import FORMS

from fingerprint.media.sniff import HEAD_BYTES, media_kind

if TYPE_CHECKING:
    from support.clips import Clips


def head(clips: Clips, suffix: str) -> bytes:
    return clips.make(f"sniffed.{suffix}", seconds=0.4, **FORMS[suffix]).read_bytes()[:HEAD_BYTES]


@pytest.mark.parametrize("suffix", FORMS)
def test_every_container_that_can_be_made_is_told_by_its_first_bytes(clips: Clips, suffix: str) -> None:
    assert media_kind(head(clips, suffix))


def test_sound_without_tags_and_streams_cut_in_mid_packet_are_told_too(clips: Clips) -> None:
    tagged = clips.make("tagged.mp3", video=None, audio="libmp3lame").read_bytes()
    assert media_kind(tagged[tagged.index(b"\xff\xfb") :][:HEAD_BYTES]) == "MPEG audio"
    for suffix in ("ts", "m2ts"):
        assert media_kind(head(clips, suffix)[50:]) == "MPEG transport stream"


@pytest.mark.parametrize(("size", "fps"), [((128, 96), 25), ((176, 144), 30), ((352, 288), 10)])
def test_bare_h263_is_told_by_two_pictures_of_one_size(clips: Clips, size: tuple[int, int], fps: int) -> None:
    path = clips.make("bare.h263", video="h263", audio=None, size=size, fps=fps, container="h263")
    assert media_kind(path.read_bytes()[:HEAD_BYTES]) == "H.263"


def test_amv_is_told_from_other_riff_files() -> None:
    assert media_kind(b"RIFF\x00\x00\x00\x00AMV LIST\x00\x00\x00\x00hdrlamvh8\x00\x00\x00") == "AMV"


@pytest.mark.parametrize(
    ("form", "codec", "kind"),
    [("mp3", "libmp3lame", "MPEG audio"), ("mp2", "mp2", "MPEG audio"), ("aac", "aac", "AAC"), ("ac3", "ac3", "AC-3")],
)
@pytest.mark.parametrize("share", [0.3, 0.5, 0.71])
def test_bare_sound_that_begins_in_the_middle_of_a_frame_is_told(
    clips: Clips, form: str, codec: str, kind: str, share: float
) -> None:
    made = clips.make(f"cut.{form}", seconds=8.0, video=None, audio=codec, container={"aac": "adts"}.get(form))
    data = made.read_bytes()
    assert media_kind(data[round(len(data) * share) + 3 :][:HEAD_BYTES]) == kind


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
        gzip.compress(b"text" * 500, mtime=0),
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
