"""Copies whose picture was turned, cut, put into another picture or sped up are found, and the edit is named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from support import sounds

from fingerprint.index.memory import MemoryIndex
from fingerprint.matching.matcher import match
from fingerprint.media.decode import Picture, PictureWish, SoundBlock, SoundWish, decode
from fingerprint.query import Query
from fingerprint.sound.track import SoundTrack

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


def upside_down(image: Image, _: Image) -> Image:
    return image[::-1]


EDITS = {
    "rotated:90": rotated,
    "rotated:180": upside_down,
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


def covered(still: Query, sound: SoundTrack) -> Query:
    """Return a song: the stored picture of a cover, and a sound."""
    return Query.of_fingerprint(replace(still.fingerprint, sound=sound))


def test_another_song_with_the_same_cover_is_no_copy_and_the_same_song_is(
    tmp_path: Path, footage: dict[str, Path], fingerprinted: Fingerprinted
) -> None:
    cover, *_ = pictures(footage["trailer"], START, END)
    still = fingerprinted(write(tmp_path / "cover.mp4", [cover] * 120, 5.0))
    song, other = sounds.sound(24.0, seed=1), sounds.sound(24.0, seed=2)
    library = MemoryIndex()
    library.add("song", covered(still, song).fingerprint)
    unlike = match(covered(still, other), library, library)
    assert all(one.similarity < 0.5 for one in unlike)
    (alike,) = match(covered(still, song), library, library)
    assert alike.similarity > 0.9
    (mute,) = match(Query.of_fingerprint(replace(still.fingerprint, sound=None)), library, library)
    assert mute.similarity > 0.5, "where there is no sound, nothing contradicts the picture"


def blocks(shape: tuple[int, ...], seed: int) -> Image:
    """Return a picture of eight by eight gray squares."""
    levels = np.random.default_rng(seed).uniform(60, 240, (8, 8, 1)).repeat(3, 2).astype(np.uint8)
    return np.asarray(cv2.resize(levels, shape[1::-1], interpolation=cv2.INTER_NEAREST), np.uint8)


def test_what_was_cut_to_black_ends_there_whatever_comes_then(
    tmp_path: Path, footage: dict[str, Path], fingerprinted: Fingerprinted
) -> None:
    titles = pictures(footage["trailer"], START, END)
    bright, other = (np.asarray(blocks(titles[0].shape, seed), np.float64) for seed in (1, 2))
    seconds = round(2.5 * FPS)
    alike = 0.45 * bright + 0.55 * other
    after = [np.asarray(alike * min(1.0, n / seconds), np.uint8) for n in range(3 * seconds)]
    bright = np.asarray(bright, np.uint8)
    query = fingerprinted(write(tmp_path / "query.mp4", [*titles, *[np.zeros_like(bright)] * seconds, *after], FPS))
    reference = fingerprinted(write(tmp_path / "reference.mp4", [*titles, *[bright] * seconds * 4], FPS))
    library = MemoryIndex()
    library.add("titles", reference.fingerprint)
    (found,) = match(query, library, library)
    assert found.intervals[-1].input_end == pytest.approx(END - START, abs=0.5)
