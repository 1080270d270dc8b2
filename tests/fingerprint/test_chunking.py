"""A media item is fingerprinted chunk by chunk: the same as in one pass, the same on every run, in little memory."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fingerprint.chunking import PARAMETERS, assemble, fingerprint_chunk, fingerprint_media, plan_chunks
from fingerprint.media.info import MediaInfo
from fingerprint.media.limits import DEFAULT_LIMITS
from fingerprint.media.request import Picture
from fingerprint.model import Chunk, Fingerprint
from fingerprint.picture import extractor
from fingerprint.picture.extractor import PictureCollector
from fingerprint.query import Query
from schemas.matches import Track

Fingerprinted = Callable[[Path], Query]


def info(duration: float, *, width: int = 640, height: int = 360) -> MediaInfo:
    return MediaInfo(
        duration=duration,
        width=width,
        height=height,
        fps=25.0,
        rotation=0,
        has_picture=True,
        has_sound=True,
        container="mov",
        video_codec="h264",
        audio_codec="aac",
    )


@pytest.mark.parametrize("duration", [0.1, 29.0, 30.0, 34.9, 35.1, 3600.0])
def test_chunks_meet_and_cover_the_whole_item(duration: float) -> None:
    spans = plan_chunks(info(duration))
    assert spans[0][0] == 0.0
    assert spans[-1][1] == duration
    assert all(one[1] == following[0] for one, following in itertools.pairwise(spans))


def test_heavy_pictures_make_shorter_chunks() -> None:
    light, heavy = (plan_chunks(info(600.0, width=w, height=h)) for w, h in ((640, 360), (7680, 4320)))
    assert len(heavy) > len(light)


def test_chunks_give_together_what_one_pass_gives(footage: dict[str, Path], fingerprinted: Fingerprinted) -> None:
    media = str(footage["trailer"])
    whole = fingerprinted(footage["trailer"]).fingerprint
    parts = [fingerprint_chunk(media, *span, DEFAULT_LIMITS) for span in plan_chunks(info(whole.duration))]
    assert len(parts) > 1
    joined = assemble(len(parts), lambda number: Chunk.from_bytes(parts[number].to_bytes())).fingerprint
    assert joined.digest == whole.digest
    assert joined.to_bytes() == whole.to_bytes()


@given(st.integers(0, 400))
def test_a_long_item_is_matched_by_pieces_of_few_chunks(count: int) -> None:
    loaded: list[int] = []

    def load(number: int) -> Chunk:
        loaded.append(number)
        return Chunk(30.0 * number, 30.0 * (number + 1), None, None)

    query = assemble(count, load)
    assert query.fingerprint.duration == 30.0 * count
    loaded.clear()
    borders = [0]
    for piece in query.pieces:
        assert piece.fingerprint.duration == 30.0 * len(loaded)
        borders.append(len(loaded))
    assert loaded == list(range(count))
    assert all(last - first <= PARAMETERS.piece_chunks for first, last in itertools.pairwise(borders))


def test_what_is_described_of_a_picture_does_not_depend_on_where_chunks_start(
    footage: dict[str, Path], fingerprinted: Fingerprinted
) -> None:
    whole = fingerprinted(footage["trailer"]).fingerprint.windows()[Track.PICTURE]
    part = fingerprint_chunk(str(footage["trailer"]), 20.0, 40.0, DEFAULT_LIMITS).windows()[Track.PICTURE]
    inside = (whole.starts_ms >= 20_000) & (whole.starts_ms < 40_000)
    np.testing.assert_array_equal(part.numbers, whole.numbers[inside])
    np.testing.assert_array_equal(part.vectors, whole.vectors[inside])


def test_the_digest_is_the_same_on_another_run(
    footage: dict[str, Path], fingerprinted: Fingerprinted, tmp_path: Path
) -> None:
    again = fingerprint_media(str(footage["bunny"]), DEFAULT_LIMITS, tmp_path)
    assert again.fingerprint.digest == fingerprinted(footage["bunny"]).fingerprint.digest


def test_the_fingerprint_of_a_lively_hour_stays_below_eight_megabytes(
    footage: dict[str, Path], fingerprinted: Fingerprinted
) -> None:
    whole = fingerprinted(footage["trailer"]).fingerprint
    assert len(whole.to_bytes()) / whole.duration * 3600 < 8_000_000


def test_the_picture_of_an_hour_of_nothing_but_cuts_stays_below_it_too() -> None:
    rng = np.random.default_rng(0)
    pictures = PictureCollector()
    for number in range(120):
        scene, detail = (
            cv2.resize(rng.integers(0, 256, shape, dtype=np.uint8), (320, 180), interpolation=cv2.INTER_CUBIC)
            for shape in ((9, 16), (45, 80))
        )
        gray = np.asarray(cv2.addWeighted(scene, 0.7, detail, 0.3, 0), np.uint8)
        pictures.add(Picture(number, number / 4, gray[:, :, None].repeat(3, 2)))
    track = pictures.track()
    assert (track.local_counts == extractor.PARAMETERS.max_local_features).all()
    assert len(Fingerprint(30.0, track).to_bytes()) / 30.0 * 3600 < 8_000_000 - 1_300_000  # sound takes the rest


def test_a_chunk_of_black_has_windows_of_neither_track(tmp_path: Path) -> None:
    import av  # noqa: PLC0415 (this test alone writes a file)

    path = tmp_path / "black.mp4"
    folder = tmp_path / "chunks"
    folder.mkdir()
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=10)
        video.width, video.height, video.pix_fmt = 64, 64, "yuv420p"
        for _ in range(20):
            container.mux(video.encode(av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")))
        container.mux(video.encode(None))
    assert fingerprint_media(str(path), DEFAULT_LIMITS, folder).fingerprint.windows() == {}
