"""Pictures in PQ and HLG are described as the ordinary release of the same film is."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.video.reformatter import ColorPrimaries, Colorspace, ColorTrc
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from fingerprint.media.decode import decode
from fingerprint.media.frame_sampler import PicturePicker
from fingerprint.media.hdr import is_hdr, standard_range
from fingerprint.media.request import PictureWish
from fingerprint.picture.embedding import describe, squeezed

PQ, HLG = int(ColorTrc.SMPTE2084), int(ColorTrc.ARIB_STD_B67)
BT709, BT2020 = int(ColorPrimaries.BT709), int(ColorPrimaries.BT2020)
LARGEST = 65_535
#: Levels of 255 that a picture may be off once it was coded as PQ or HLG: the roll-off darkens what is lightest.
LEVELS = 6


def one_colour(number: float | tuple[float, float, float], transfer: int, primaries: int = BT2020) -> list[int]:
    """Return what a picture of one colour becomes, whose numbers are given from 0 to 1."""
    rgb = np.broadcast_to(np.rint(np.array(number) * LARGEST).astype(np.uint16), (2, 2, 3))
    found: list[int] = standard_range(np.ascontiguousarray(rgb), transfer, primaries)[0, 0].tolist()
    return found


def coded(rgb: NDArray[np.uint8], transfer: int) -> NDArray[np.uint16]:
    """Return an ordinary picture as PQ or HLG has it, with its white at 203 cd/m2 (BT.2408) and BT.2020's primaries."""
    matrix = np.array([[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114], [0.0164, 0.0880, 0.8956]])
    nits = 203.0 * (rgb / 255) ** 2.4 @ matrix.T
    if transfer == PQ:
        power = (nits / 10_000) ** 0.1593017578125
        number = ((0.8359375 + 18.8515625 * power) / (1 + 18.6875 * power)) ** 78.84375
    else:
        luminance = np.maximum(nits @ [0.2627, 0.6780, 0.0593], 1e-9)[..., None] / 1000
        scene = nits / 1000 * luminance ** (1 / 1.2 - 1)
        bright = 0.17883277 * np.log(np.maximum(12 * scene - 0.28466892, 1e-9)) + 0.55991073
        number = np.where(scene <= 1 / 12, np.sqrt(3 * scene), bright)
    return np.asarray(np.rint(np.clip(number, 0, 1) * LARGEST), np.uint16)


def frame_of(
    rgb: NDArray[np.uint8], transfer: int | None, *, tag: int | None = None, primaries: int = BT2020
) -> av.VideoFrame:
    """Return a picture as a frame of 10 bits, coded with a transfer and tagged with it, or with another one."""
    if transfer is None:
        return av.VideoFrame.from_ndarray(rgb, format="rgb24")
    deep = av.VideoFrame.from_ndarray(coded(rgb, transfer), format="rgb48le")
    frame = deep.reformat(format="yuv420p10le", dst_colorspace=Colorspace.BT2020)
    frame.colorspace = Colorspace.BT2020
    frame.color_trc, frame.color_primaries = transfer if tag is None else tag, primaries
    return frame


def picked(frame: av.VideoFrame) -> NDArray[np.uint8]:
    picture = PicturePicker(PictureWish(), 0.0, 1.0, 1.0).offer(frame, 0.0)
    assert picture is not None
    return picture.rgb


@pytest.fixture(scope="module")
def scene(footage: dict[str, Path]) -> NDArray[np.uint8]:
    """A real picture."""
    (first,) = decode(footage["carphone"], 1.0, 1.4, sound=None)
    rgb: NDArray[np.uint8] = first.rgb[:144, :176]  # type: ignore[union-attr] # no sound was asked for
    return np.ascontiguousarray(rgb)


@pytest.mark.parametrize("transfer", [PQ, HLG])
def test_black_is_black_the_peak_is_white_and_gray_stays_gray(transfer: int) -> None:
    assert one_colour(0.0, transfer) == [0, 0, 0]
    assert one_colour(1.0, transfer) == [255, 255, 255]
    levels = np.array([one_colour(number, transfer) for number in np.linspace(0, 1, 101)])
    assert (np.ptp(levels, axis=1) <= 1).all()
    assert (np.diff(levels[:, 1]) >= 0).all()


def test_the_white_of_ordinary_video_is_the_same_in_both() -> None:
    """BT.2408, table 1: it is 58 % in PQ and 75 % in HLG."""
    assert abs(one_colour(0.58, PQ)[0] - one_colour(0.75, HLG)[0]) <= 1
    assert 200 < one_colour(0.58, PQ)[0] < 255


@pytest.mark.parametrize("transfer", [PQ, HLG])
@given(level=st.integers(0, 150))
def test_what_is_darker_than_the_roll_off_comes_back_as_it_was(transfer: int, level: int) -> None:
    gray = np.full((1, 1, 3), level, np.uint8)
    assert np.abs(standard_range(coded(gray, transfer), transfer, BT2020).astype(int) - level).max() <= 1


@pytest.mark.parametrize("transfer", [PQ, HLG])
def test_colours_come_back_from_wide_primaries_and_stay_where_the_primaries_are_ordinary_ones(transfer: int) -> None:
    red = np.full((1, 1, 3), (150, 20, 20), np.uint8)
    assert standard_range(coded(red, transfer), transfer, BT2020)[0, 0].tolist() == pytest.approx([150, 20, 20], abs=3)
    kept = one_colour((0.4, 0.1, 0.1), transfer, BT709)
    assert one_colour((0.4, 0.1, 0.1), transfer, int(ColorPrimaries.UNSPECIFIED)) != kept
    assert one_colour((0.4, 0.1, 0.1), transfer, BT2020)[0] > kept[0]


@pytest.mark.parametrize("transfer", [PQ, HLG])
def test_a_frame_that_is_tagged_is_described_as_the_ordinary_one(scene: NDArray[np.uint8], transfer: int) -> None:
    ordinary = picked(frame_of(scene, None))
    mended = picked(frame_of(scene, transfer))
    taken_for_ordinary = picked(frame_of(scene, transfer, tag=int(ColorTrc.BT2020_10)))

    def off(other: NDArray[np.uint8]) -> float:
        return float(np.abs(ordinary.astype(int) - other).mean())

    def likeness(other: NDArray[np.uint8]) -> float:
        first, second = describe([squeezed(ordinary), squeezed(other)])
        return float(first @ second)

    assert off(mended) < LEVELS < 12 < off(taken_for_ordinary)
    assert likeness(mended) > max(0.98, likeness(taken_for_ordinary))


@pytest.mark.parametrize("tag", [ColorTrc.UNSPECIFIED, ColorTrc.BT709, ColorTrc.BT2020_10, ColorTrc.SMPTE170M])
def test_frames_of_any_other_transfer_are_taken_as_they_are(scene: NDArray[np.uint8], tag: ColorTrc) -> None:
    frame = frame_of(scene, PQ, tag=int(tag))
    assert not is_hdr(frame)
    as_before = frame.reformat(format="rgb24", interpolation="AREA").to_ndarray()
    assert (picked(frame) == as_before).all()


@pytest.mark.parametrize(("codec", "suffix"), [("ffv1", "mkv"), ("libx265", "mp4"), ("prores_ks", "mov")])
@pytest.mark.parametrize("transfer", [PQ, HLG])
def test_a_file_is_read_by_its_tags(
    scene: NDArray[np.uint8], tmp_path: Path, codec: str, suffix: str, transfer: int
) -> None:
    path = tmp_path / f"clip.{suffix}"
    write(path, codec, [frame_of(scene, transfer)] * 5)
    (first,) = decode(path, 0.0, 0.4, sound=None)
    rgb = first.rgb  # type: ignore[union-attr] # no sound was asked for
    assert np.abs(rgb.astype(int) - picked(frame_of(scene, None))).mean() < LEVELS


def write(path: Path, codec: str, frames: list[av.VideoFrame]) -> None:
    with av.open(str(path), "w") as output:
        stream: Any = output.add_stream(codec, rate=10)
        first = frames[0]
        stream.width, stream.height = first.width, first.height
        stream.pix_fmt = "yuv422p10le" if codec == "prores_ks" else "yuv420p10le"
        stream.codec_context.color_trc, stream.codec_context.color_primaries = first.color_trc, first.color_primaries
        stream.codec_context.colorspace = Colorspace.BT2020
        if codec == "libx265":
            stream.options = {"x265-params": "log-level=none", "preset": "ultrafast", "crf": "10"}
        for number, frame in enumerate(frames):
            frame.pts, frame.time_base = number, Fraction(1, 10)
            output.mux(stream.encode(frame))
        output.mux(stream.encode())
