"""What media makes FFmpeg and PyAV raise is the media's fault, and has a code; faults of ours stay ours."""

from __future__ import annotations

import io
import struct
import zlib
from typing import TYPE_CHECKING, Any

import av
import numpy as np
import pytest
from support.clips import FORMS

from fingerprint.engine import fingerprint_media
from fingerprint.media import container
from fingerprint.media import decode as decoding
from fingerprint.media import probe as probing
from fingerprint.media.container import open_container
from fingerprint.media.decode import decode
from fingerprint.media.errors import MediaError
from fingerprint.media.limits import MediaLimits
from fingerprint.media.probe import probe
from fingerprint.media.request import Picture, SoundBlock
from schemas.errors import ErrorCode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from support.clips import Clips

#: What is said of media that cannot be used.
MEDIA_CODES = {ErrorCode.RESOURCE_CONTENT_BAD, ErrorCode.RESOURCE_NOT_SUPPORTED, ErrorCode.RESOURCE_TOO_LARGE}

#: Bytes of which FFmpeg looks at the first 5 MB to learn what streams there are, and no further.
PROBED = 5_000_000


def parts(source: Any) -> tuple[int, int]:
    """Return how many pictures there are, and how many samples of sound."""
    found = list(decode(source))
    pictures = sum(isinstance(part, Picture) for part in found)
    return pictures, sum(len(part.samples) for part in found if isinstance(part, SoundBlock))


def fingerprinted(data: bytes, folder: Path, path: Path | None = None) -> str:
    """Return the code with which media is refused, in memory or in a file; empty where it is fingerprinted."""
    try:
        fingerprint_media(path or io.BytesIO(data), MediaLimits(), folder)
    except MediaError as error:
        return error.code
    return ""


def transport_stream_of_dts(clips: Clips) -> Path:
    """A transport stream that names its sound by the number of DTS, 0x82, in its program map."""
    data = bytearray(clips.make("plain.ts", audio="mp2").read_bytes())
    for at in range(0, len(data), 188):
        if data[at + 1] & 0x5F == 0x50 and data[at + 2] == 0:  # the program map, on packet id 0x1000
            begin = at + 5
            length = struct.unpack_from(">H", data, begin + 1)[0] & 0xFFF
            end = begin + 3 + length - 4
            table = data[begin:end]
            table[table.rindex(b"\x03\xe1\x01")] = 0x82
            data[begin:end] = table
            struct.pack_into(">I", data, end, _mpeg_crc(bytes(table)))
    return clips.write("dts.ts", bytes(data))


def _mpeg_crc(data: bytes) -> int:
    """The check sum of tables of transport streams: that of zlib with the bits the other way round."""
    turned = bytes(int(f"{byte:08b}"[::-1], 2) for byte in data)
    return int(f"{zlib.crc32(turned) ^ 0xFFFFFFFF:032b}"[::-1], 2)


def tag_patched(clips: Clips, name: str, tag: bytes, **options: Any) -> Path:
    data = clips.make(f"plain-{name}", **options).read_bytes()
    assert tag in data
    return clips.write(name, data.replace(tag, b"\xe9" + tag[1:]))


@pytest.mark.parametrize(
    "make",
    [
        lambda clips: clips.make("aac.avi", video="mpeg4", audio="aac"),
        lambda clips: clips.make("flac.avi", video="mpeg4", audio="flac"),
        lambda clips: clips.make("ac3.mkv", audio="ac3"),
        lambda clips: tag_patched(clips, "patched.mov", b"mp4v", video="mpeg4", audio="pcm_s16le"),
        lambda clips: tag_patched(clips, "patched.avi", b"FMP4", video="mpeg4", audio="libmp3lame"),
    ],
    ids=["aac in avi", "flac in avi", "ac3 in mkv", "mov", "avi"],
)
def test_a_codec_tag_is_any_four_bytes(clips: Clips, make: Callable[[Clips], Path]) -> None:
    path = make(clips)
    info = probe(path)
    assert info.has_sound
    pictures, samples = parts(path)
    assert pictures in {8, 9} or not info.has_picture
    assert samples == pytest.approx(8000 * 4, abs=1000)


def test_a_transport_stream_may_number_its_sound_as_it_likes(clips: Clips) -> None:
    path = transport_stream_of_dts(clips)
    with av.open(str(path)) as opened, pytest.raises(UnicodeDecodeError):
        _ = opened.streams.audio[0].codec_tag
    assert probe(path).has_picture
    assert parts(path)[0] == 8


def test_a_tag_of_encrypted_sound_is_still_known(clips: Clips) -> None:
    data = clips.make("plain.m4a", video=None).read_bytes()
    with pytest.raises(MediaError, match="encrypted") as caught:
        probe(clips.write("enca.m4a", data.replace(b"mp4a", b"enca", 1)))
    assert caught.value.code is ErrorCode.RESOURCE_NOT_SUPPORTED


@pytest.fixture(scope="module")
def late_sound(clips: Clips) -> Path:
    """FLV whose sound appears behind the bytes that FFmpeg looks at beforehand."""
    pictures = clips.folder / "pictures.flv"
    noise = np.random.default_rng(1)
    with av.open(str(pictures), "w") as output:
        stream: Any = output.add_stream("flv", rate=25, options={"qmin": "1", "qmax": "1", "g": "1"})
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = 640, 480, "yuv420p", 400_000_000
        for number in range(12):
            frame = av.VideoFrame.from_ndarray(noise.integers(0, 255, (480, 640, 3), np.uint8), format="rgb24")
            frame.pts = number
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    assert pictures.stat().st_size > PROBED
    head = 13  # bytes before the first tag
    with_sound = clips.make("with-sound.flv", video="flv", audio="libmp3lame", size=(640, 480))
    return clips.write("late.flv", pictures.read_bytes() + with_sound.read_bytes()[head:])


def test_a_stream_that_appears_in_mid_file_hides_nothing_of_the_others(late_sound: Path) -> None:
    with av.open(str(late_sound)) as opened, pytest.raises(IndexError):
        list(opened.demux(opened.streams.video[0]))
    assert probe(late_sound).has_picture
    assert parts(late_sound)[0] >= 8


def test_a_display_matrix_of_zeros_turns_nothing(clips: Clips, clip: Path) -> None:
    data = bytearray(clip.read_bytes())
    at = data.find(b"tkhd") + 44
    data[at : at + 36] = bytes(36)
    path = clips.write("zeros.mp4", bytes(data))
    info = probe(path)
    assert (info.width, info.height, info.rotation) == (64, 48, 0)
    assert next(part for part in decode(path, sound=None) if isinstance(part, Picture)).rgb.shape == (48, 64, 3)


class Raising:
    """Stands in for a part of PyAV: raises, inside PyAV, what PyAV raises of odd media."""

    def __init__(self, call: Callable[[], object]) -> None:
        self._call = call

    def __call__(self, *_: object, **__: object) -> Any:
        return self._call()


@pytest.mark.parametrize(
    "call",
    [
        lambda: av.VideoFrame(2, 2, "no such format"),
        lambda: av.VideoFrame(2, 2, "yuv420p").to_ndarray(format="no such format"),
        lambda: av.AudioFrame(layout="no such layout"),
        lambda: av.CodecContext.create("h264", "r").decode(av.Packet(b"\xff" * 40)),
    ],
    ids=["format", "conversion", "layout", "decoder"],
)
def test_whatever_pyav_raises_while_media_is_read_has_a_code(
    clip: Path, monkeypatch: pytest.MonkeyPatch, call: Callable[[], object]
) -> None:
    with pytest.raises((ValueError, av.error.FFmpegError)):
        call()
    monkeypatch.setattr(probing, "choose_tracks", Raising(call))
    monkeypatch.setattr(decoding, "choose_tracks", Raising(call))
    for read in (probe, lambda source: list(decode(source))):
        with pytest.raises(MediaError) as caught:
            read(clip)
        assert caught.value.code is ErrorCode.RESOURCE_CONTENT_BAD
        assert str(caught.value)


@pytest.mark.parametrize("error", [IndexError("ours"), ValueError("ours"), KeyError("ours"), RuntimeError("ours")])
def test_a_fault_of_ours_is_not_blamed_on_the_media(
    clip: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(probing, "real_duration", fail)
    monkeypatch.setattr(decoding, "packet_time", fail)
    for read in (probe, lambda source: list(decode(source))):
        with pytest.raises(type(error), match="ours"):
            read(clip)


class Flaky(io.BytesIO):
    """A place that media is read from, which fails in the last tenth."""

    def __init__(self, data: bytes, error: Exception) -> None:
        super().__init__(data)
        self._error, self._broken = error, len(data) * 9 // 10

    def read(self, size: int | None = -1) -> bytes:
        if self.tell() > self._broken:
            raise self._error
        return super().read(size)


@pytest.mark.parametrize(
    "error",
    [
        OSError(5, "the disk is broken"),
        ValueError("no such range"),
        IndexError("ours"),
        MediaError(ErrorCode.RESOURCE_NOT_FOUND, "gone"),
    ],
)
def test_what_a_place_raises_in_the_middle_of_reading_is_not_blamed_on_the_media(
    late_sound: Path, error: Exception
) -> None:
    with pytest.raises(type(error)) as caught:
        list(decode(Flaky(late_sound.read_bytes(), error)))
    assert caught.value is error


@pytest.mark.parametrize(
    ("form", "part"),
    [
        ("caf", b"junk" + struct.pack(">q", 2**63 - 9)),
        ("mp4", struct.pack(">I4sQ", 1, b"free", 2**63 - 9)),
        ("mkv", b"\xec\x01\xff\xff\xff\xff\xff\xff\xf0"),
        ("w64", b"junk" + bytes(12) + struct.pack("<q", 2**63 - 64)),
    ],
)
def test_a_part_that_is_larger_than_files_can_be_is_the_medias_fault(
    clips: Clips, tmp_path: Path, form: str, part: bytes
) -> None:
    path = clips.make(f"before-much.{form}", seconds=1, **FORMS[form])
    (tmp_path / "chunks").mkdir()
    for number, data in enumerate((path.read_bytes() + part, path.read_bytes() * 2, part + path.read_bytes())):
        source = tmp_path / f"{number}.{form}"
        source.write_bytes(data)
        assert fingerprinted(data, tmp_path / "chunks", source) in {"", *MEDIA_CODES}


def test_a_place_past_every_file_is_past_the_end(clip: Path) -> None:
    with clip.open("rb") as file:
        view = container._View(file)
        assert view.seek(2**63 - 1) == 2**63 - 1
        assert view.read(10) == b""


def test_memory_that_is_missing_may_be_there_at_another_try(clip: Path) -> None:
    def use() -> Iterator[None]:
        with open_container(clip, MediaLimits()):
            raise av.error.MemoryError(12, "Cannot allocate memory")
        yield

    with pytest.raises(MemoryError):
        next(use())


@pytest.mark.parametrize("form", sorted(FORMS.keys() - {"gxf", "dv"}))  # MBs each, of which little is a header
def test_damaged_media_of_any_form_is_fingerprinted_or_has_a_code(clips: Clips, tmp_path: Path, form: str) -> None:
    whole = clips.make(f"sound.{form}", seconds=0.6, **FORMS[form]).read_bytes()
    damage = np.random.default_rng(len(whole))
    for number in range(6):
        data = bytearray(whole)
        reach = len(data) if number % 2 else min(len(data), 4096)  # most of what is read of a header is in its start
        for at in damage.integers(0, reach, damage.integers(1, 30)):
            data[at] = damage.integers(0, 256)
        if number % 3 == 2:
            del data[damage.integers(1, len(data)) :]
        folder = tmp_path / str(number)
        folder.mkdir()
        assert fingerprinted(bytes(data), folder) in {"", *MEDIA_CODES}
