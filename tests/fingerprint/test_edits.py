"""Copies whose picture was turned, cut, put into another picture or sped up are found, and the edit is named."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from fingerprint.index.memory import MemoryIndex
from fingerprint.matching.matcher import match
from fingerprint.media.decode import Picture, PictureWish, SoundBlock, SoundWish, decode
from fingerprint.query import Query

pytestmark = pytest.mark.unmeasured

Fingerprinted = Callable[[Path], Query]
Image = NDArray[np.uint8]

FPS = 12.5
RATE = 22_050
START, END = 26.0, 36.0


def rotated(image: Image, _: Image) -> Image:
    return np.ascontiguousarray(np.rot90(image))


def cropped(image: Image, _: Image) -> Image:
    height, width = image.shape[:2]
    return image[height // 8 : -height // 8, width // 8 : -width // 8]


def inserted(image: Image, other: Image) -> Image:
    height, width = other.shape[:2]
    out = other.copy()
    small = cv2.resize(image, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    out[height // 3 : height // 3 + height // 2, width // 4 : width // 4 + width // 2] = small
    return out


def inverted(image: Image, _: Image) -> Image:
    return 255 - image


EDITS = {
    "rotated:90": rotated,
    "cropped": cropped,
    "inserted": inserted,
    "negative": inverted,
}


def pictures(path: Path, start: float, end: float) -> list[Image]:
    wish = PictureWish(rate=FPS, long_side=640)
    return [part.rgb for part in decode(path, start, end, picture=wish, sound=None) if isinstance(part, Picture)]


def write(path: Path, images: list[Image], fps: float) -> Path:
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=Fraction(fps).limit_denominator(100), options={"crf": "26"})
        video.height, video.width = (side // 2 * 2 for side in images[0].shape[:2])
        video.pix_fmt = "yuv420p"
        for number, image in enumerate(images):
            even = np.ascontiguousarray(image[: video.height, : video.width])
            frame = av.VideoFrame.from_ndarray(even, format="rgb24")
            frame.pts, frame.time_base = number, 1 / Fraction(fps).limit_denominator(100)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
    return path


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_of_the_picture_is_seen_through_and_named(
    tmp_path: Path, footage: dict[str, Path], fingerprinted: Fingerprinted, library: MemoryIndex, name: str
) -> None:
    originals = pictures(footage["trailer"], START, END)
    others = pictures(footage["globe"], 2.0, 2.0 + END - START)
    shape = originals[0].shape[1::-1]
    images = [
        EDITS[name](image, np.asarray(cv2.resize(other, shape), np.uint8))
        for image, other in zip(originals, others, strict=False)
    ]
    query = fingerprinted(write(tmp_path / "copy.mp4", images, FPS))
    found = {one.media_id: one for one in match(query, library, library) if one.similarity >= 0.5}
    intervals = found["trailer"].intervals
    span = (
        intervals[0].input_start,
        intervals[-1].input_end,
        intervals[0].reference_start,
        intervals[-1].reference_end,
    )
    assert span == pytest.approx((0.0, END - START, START, END), abs=0.5)
    assert name in {edit for interval in intervals for edit in interval.transforms}
    assert set(found) <= {"trailer", "bunny", "globe"}


def played(path: Path, source: Path, start: float, end: float, tempo: float) -> Path:
    """Write the sound of a span, faster or slower at the same pitch."""
    wish = SoundWish(rate=RATE)
    parts = [
        part.samples for part in decode(source, start, end, picture=None, sound=wish) if isinstance(part, SoundBlock)
    ]
    graph = av.filter.Graph()
    graph.link_nodes(
        graph.add_abuffer(format="flt", sample_rate=RATE, layout="mono", time_base=Fraction(1, RATE)),
        graph.add("atempo", str(tempo)),
        graph.add("aformat", f"sample_fmts=s16:sample_rates={RATE}:channel_layouts=mono"),
        graph.add("abuffersink"),
    ).configure()
    frame = av.AudioFrame.from_ndarray(np.concatenate(parts).reshape(1, -1), format="flt", layout="mono")
    frame.sample_rate, frame.pts = RATE, 0
    graph.push(frame)
    graph.push(None)
    with av.open(str(path), "w") as container:
        audio = container.add_stream("pcm_s16le", rate=RATE, layout="mono")
        while True:
            try:
                container.mux(audio.encode(graph.pull()))
            except (av.error.EOFError, av.error.BlockingIOError):
                return path


@pytest.mark.parametrize("change", [(5.0, 0.95), (5.0, 1.05), (40.0, 0.95), (40.0, 1.05)])
def test_sound_of_another_tempo_is_found_from_end_to_end(
    tmp_path: Path,
    footage: dict[str, Path],
    fingerprinted: Fingerprinted,
    library: MemoryIndex,
    change: tuple[float, float],
) -> None:
    start, tempo = change
    query = fingerprinted(played(tmp_path / "copy.wav", footage["trailer"], start, start + 10, tempo))
    (found,) = (one for one in match(query, library, library) if one.media_id == "trailer")
    assert found.similarity >= 0.5
    (one,) = found.intervals
    span = (one.input_start, one.input_end, one.reference_start, one.reference_end)
    assert span == pytest.approx((0.0, 10 / tempo, start, start + 10), abs=0.5)
    assert one.speed == pytest.approx(tempo, abs=0.005)


@pytest.mark.parametrize("speed", [0.8, 1.5])
def test_another_speed_is_found_and_told(
    tmp_path: Path, footage: dict[str, Path], fingerprinted: Fingerprinted, library: MemoryIndex, speed: float
) -> None:
    query = fingerprinted(write(tmp_path / "copy.mp4", pictures(footage["trailer"], START, END), FPS * speed))
    (found,) = (one for one in match(query, library, library) if one.media_id == "trailer")
    assert found.similarity >= 0.5
    length = (END - START) / speed
    covered = sum(one.input_end - one.input_start for one in found.intervals)
    assert covered == pytest.approx(length, abs=1.0)
    for one in found.intervals:
        middle = (one.input_start + one.input_end) / 2
        place = (one.reference_start + one.reference_end) / 2
        assert place == pytest.approx(START + middle * speed, abs=0.5)
        assert one.speed == pytest.approx(speed, rel=0.06)
