"""What a container's streams say of themselves, and what is made of it where they say nonsense."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, cast

import pytest

from fingerprint.media.errors import MediaError
from fingerprint.media.stream_selection import (
    check_pixels,
    decoder_pixels,
    is_encrypted,
    pixel_aspect,
    quarter_turns,
    start_time,
)
from schemas.errors import ErrorCode


@dataclass(frozen=True)
class FakeCodec:
    sample_aspect_ratio: Fraction | None = None


@dataclass(frozen=True)
class FakeStream:
    """What is asked of a stream's header."""

    codec_tag: str = ""
    codec_context: FakeCodec = FakeCodec()


@dataclass(frozen=True)
class FakeFrame:
    rotation: float


class StreamOfBytes:
    """A stream whose codec is named by bytes that are no ASCII, as transport streams and AVI have them."""

    @property
    def codec_tag(self) -> str:
        return b"\x82\x00\x00\x00".decode("ascii")


@dataclass(frozen=True)
class FakeContainer:
    start_time: int | None


def test_a_picture_over_the_limit_is_refused_with_its_size_and_what_to_do() -> None:
    check_pixels(1920, 1080, 1920 * 1080)
    with pytest.raises(MediaError, match="1921x1080, over the limit of 2073600 pixels: submit a smaller") as refused:
        check_pixels(1921, 1080, 1920 * 1080)
    assert refused.value.code == ErrorCode.RESOURCE_TOO_LARGE


@pytest.mark.parametrize(("width", "height"), [(4320, 7680), (7680, 4320), (1, 16_384)])
def test_decoders_are_let_have_lines_that_they_round_up(width: int, height: int) -> None:
    assert decoder_pixels(width * height) >= -(-width // 64) * 64 * height


@pytest.mark.parametrize("tag", ["encv", "enca", "drmi", "drms", "ENCV"])
def test_protected_tracks_are_told_by_their_sample_entry(tag: str) -> None:
    assert is_encrypted(cast("Any", FakeStream(tag)))


@pytest.mark.parametrize("stream", [FakeStream("avc1"), FakeStream(""), StreamOfBytes()])
def test_other_tracks_are_not_taken_for_protected_ones(stream: object) -> None:
    assert not is_encrypted(cast("Any", stream))


@pytest.mark.parametrize(
    ("ratio", "aspect"),
    [
        (None, 1.0),
        (Fraction(0), 1.0),
        (Fraction(16, 15), 16 / 15),
        (Fraction(4), 4.0),
        (Fraction(1, 4), 0.25),
        (Fraction(401, 100), 1.0),
        (Fraction(1, 255), 1.0),
    ],
)
def test_pixels_are_square_where_the_header_says_nothing_or_nonsense(ratio: Fraction | None, aspect: float) -> None:
    assert pixel_aspect(cast("Any", FakeStream(codec_context=FakeCodec(ratio)))) == pytest.approx(aspect)


@pytest.mark.parametrize(
    ("rotation", "turns"),
    [(0, 0), (90, 1), (-90, -1), (180, 2), (-180, -2), (89.4, 1), (44, 0), (float("nan"), 0), (-2147483648, 0)],
)
def test_a_picture_is_turned_by_whole_right_angles_and_by_none_where_the_matrix_is_none(
    rotation: float, turns: int
) -> None:
    assert quarter_turns(cast("Any", FakeFrame(rotation))) == turns


@pytest.mark.parametrize(("start", "seconds"), [(None, 0.0), (0, 0.0), (1_400_000, 1.4), (-80_000, -0.08)])
def test_the_media_s_own_clock_starts_where_the_container_does(start: int | None, seconds: float) -> None:
    assert start_time(cast("Any", FakeContainer(start))) == pytest.approx(seconds)
