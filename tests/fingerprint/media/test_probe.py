from __future__ import annotations

import io
import struct
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av
import numpy as np
import pytest
from av.stream import Disposition

from fingerprint.media.decode import decode
from fingerprint.media.errors import MediaError
from fingerprint.media.limits import MediaLimits
from fingerprint.media.probe import probe
from fingerprint.media.request import Picture, PictureWish
from schemas.errors import ErrorCode

if TYPE_CHECKING:
    from pathlib import Path

    from support.clips import Clips

ENCRYPTED = {
    "encryption_scheme": "cenc-aes-ctr",
    "encryption_key": "00112233445566778899aabbccddeeff",
    "encryption_kid": "a7e61c373e219033c21091fa607bf3b8",
}


def code_of(source: Any, limits: MediaLimits | None = None) -> ErrorCode:
    with pytest.raises(MediaError) as caught:
        probe(source, limits or MediaLimits())
    assert str(caught.value)
    return caught.value.code


@pytest.mark.parametrize(
    ("name", "video", "audio", "codecs"),
    [
        ("a.mp4", "libx264", "aac", ("h264", "aac")),
        ("b.mp4", "libx265", None, ("hevc", "")),
        ("a.mkv", "libx264", "libopus", ("h264", "opus")),
        ("a.webm", "libvpx-vp9", "libopus", ("vp9", "opus")),
        ("b.webm", "libvpx", "libopus", ("vp8", "opus")),
        ("a.ts", "libx264", "aac", ("h264", "aac")),
        ("a.avi", "mpeg4", "libmp3lame", ("mpeg4", "mp3float")),
        ("a.wmv", "wmv2", "wmav2", ("wmv2", "wmav2")),
        ("a.flv", "libx264", "aac", ("h264", "aac")),
        ("a.mpg", "mpeg2video", "mp2", ("mpeg2video", "mp2float")),
        ("a.mov", "mjpeg", "pcm_s16le", ("mjpeg", "pcm_s16le")),
    ],
)
def test_a_film_is_described(clips: Clips, name: str, video: str, audio: str | None, codecs: tuple[str, str]) -> None:
    pixels = "yuvj420p" if video == "mjpeg" else "yuv420p"
    quiet = {"x265-params": "log-level=none"} if video == "libx265" else {}
    info = probe(clips.make(name, video=video, audio=audio, pixels=pixels, video_options=quiet))
    assert info.duration == pytest.approx(4.0, abs=0.15)
    assert (info.width, info.height, info.rotation) == (64, 48, 0)
    assert info.fps == pytest.approx(25, abs=0.5)
    assert info.has_picture
    assert info.has_sound is (audio is not None)
    assert (info.video_codec, info.audio_codec.replace("mp2float", "mp2")) == (
        codecs[0],
        codecs[1].replace("mp2float", "mp2"),
    )


@pytest.mark.parametrize(
    ("name", "audio"),
    [
        ("a.m4a", "aac"),
        ("a.mp3", "libmp3lame"),
        ("a.wav", "pcm_s16le"),
        ("a.flac", "flac"),
        ("a.ogg", "libopus"),
        ("a.aac", "aac"),
    ],
)
def test_sound_alone_is_described(clips: Clips, name: str, audio: str) -> None:
    info = probe(clips.make(name, video=None, audio=audio, container="adts" if name == "a.aac" else None))
    assert info.duration == pytest.approx(4.0, abs=0.1)
    assert (info.has_picture, info.has_sound) == (False, True)
    assert (info.width, info.height, info.fps, info.video_codec) == (0, 0, 0.0, "")


def test_a_file_object_is_described_as_its_path_is_and_stays_open(clip: Path) -> None:
    with clip.open("rb") as file:
        file.seek(100)
        assert probe(file) == probe(clip) == probe(str(clip))
        assert not file.closed


@pytest.mark.parametrize(("degrees", "size"), [(90, (48, 64)), (180, (64, 48)), (270, (48, 64))])
def test_the_size_is_that_of_the_upright_picture(clips: Clips, clip: Path, degrees: int, size: tuple[int, int]) -> None:
    info = probe(clips.rotated(clip, degrees))
    assert (info.width, info.height) == size
    assert info.rotation in ({180, -180} if degrees == 180 else {-90 if degrees == 90 else 90})


def test_the_size_is_in_square_pixels(clips: Clips) -> None:
    info = probe(clips.make("anamorphic.mp4", aspect=Fraction(4, 3), audio=None))
    assert info.width == pytest.approx(64 * 4 / 3, abs=1)
    assert info.height == 48


def test_cover_art_is_no_picture_track(clips: Clips) -> None:
    path = clips.folder / "covered.m4a"
    song = clips.make("song.m4a", video=None)
    with av.open(str(song)) as source, av.open(str(path), "w", format="mp4") as output:
        sound = output.add_stream_from_template(source.streams.audio[0])
        cover: Any = output.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 32, 32, "yuvj420p"
        cover.disposition = Disposition.attached_pic
        frame = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")
        frame.pts = 0
        output.mux(cover.encode(frame))
        output.mux(cover.encode(None))
        for packet in source.demux(source.streams.audio[0]):
            if packet.dts is not None:
                packet.stream = sound
                output.mux(packet)
    with av.open(str(path)) as written:
        assert written.streams.video
    info = probe(path)
    assert (info.has_picture, info.has_sound) == (False, True)


def test_a_missing_file_is_not_found(tmp_path: Path) -> None:
    assert code_of(tmp_path / "none.mp4") is ErrorCode.RESOURCE_NOT_FOUND
    assert code_of(tmp_path / "none.mp4" / "inner.mp4") is ErrorCode.RESOURCE_NOT_FOUND


def test_a_folder_is_not_supported(tmp_path: Path) -> None:
    assert code_of(tmp_path) is ErrorCode.RESOURCE_NOT_SUPPORTED


@pytest.mark.parametrize(
    "source", ["http://127.0.0.1:1/a.mp4", "concat:a.mp4|b.mp4", "pipe:0", "data:video/mp4;base64,AA"]
)
def test_an_address_is_never_opened_by_ffmpeg(source: str) -> None:
    assert code_of(source) is ErrorCode.RESOURCE_NOT_FOUND


@pytest.mark.parametrize(
    "data",
    [b"", b"just some words\n" * 200, bytes(5000), np.random.default_rng(3).bytes(20_000)],
    ids=["empty", "text", "zeros", "noise"],
)
def test_what_is_no_media_is_bad_content(clips: Clips, data: bytes) -> None:
    assert code_of(clips.write("no-media.mp4", data)) is ErrorCode.RESOURCE_CONTENT_BAD


def test_an_mp4_that_lost_its_index_is_bad_content(clips: Clips, clip: Path) -> None:
    data = clip.read_bytes()
    assert data.find(b"moov") > len(data) // 2
    assert code_of(clips.write("cut.mp4", data[: len(data) // 2])) is ErrorCode.RESOURCE_CONTENT_BAD


def test_a_file_in_which_nothing_decodes_is_bad_content(clips: Clips) -> None:
    data = clips.make("front.mp4", options={"movflags": "+faststart"}).read_bytes()
    start = data.find(b"mdat") + 4
    assert code_of(io.BytesIO(data[:start] + bytes(len(data) - start))) is ErrorCode.RESOURCE_CONTENT_BAD


@pytest.mark.parametrize(
    "text",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n{}\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile '{}'\n",
        '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><Period><BaseURL>{}</BaseURL></Period></MPD>',
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns={}\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 26\n",
    ],
    ids=["hls", "concat", "dash", "sdp"],
)
def test_a_list_of_other_media_is_not_supported(clips: Clips, clip: Path, text: str) -> None:
    assert code_of(clips.write("list.m3u8", text.format(clip).encode())) is ErrorCode.RESOURCE_NOT_SUPPORTED


def test_a_still_picture_is_not_supported(clips: Clips) -> None:
    png = clips.make("still.png", seconds=0.04, video="png", pixels="rgb24", audio=None, container="image2")
    assert code_of(png) is ErrorCode.RESOURCE_NOT_SUPPORTED


def test_a_film_without_tracks_is_not_supported(clip: Path) -> None:
    data = clip.read_bytes().replace(b"trak", b"free")
    assert code_of(io.BytesIO(data)) is ErrorCode.RESOURCE_NOT_SUPPORTED


def test_an_encrypted_film_is_not_supported(clips: Clips) -> None:
    assert code_of(clips.make("encrypted.mp4", options=ENCRYPTED)) is ErrorCode.RESOURCE_NOT_SUPPORTED


def test_limits_on_bytes_pixels_and_duration_are_kept(clip: Path) -> None:
    for limits in (MediaLimits(max_bytes=1000), MediaLimits(max_pixels=64 * 48 - 1), MediaLimits(max_duration_s=3.5)):
        assert code_of(clip, limits) is ErrorCode.RESOURCE_TOO_LARGE
    probe(clip, MediaLimits(max_bytes=10**6, max_pixels=64 * 48, max_duration_s=4.5))


@pytest.mark.parametrize(
    ("size", "video"),
    [
        ((7680, 4320), "mjpeg"),
        ((8192, 4320), "libx264"),
        ((8192, 4352), "mjpeg"),
        ((8192, 4096), "libx264"),
        ((4320, 7680), "libx264"),
        ((4320, 8192), "mjpeg"),
        ((4352, 8192), "libx264"),
    ],
)
def test_every_size_that_is_called_8k_is_read_upright_and_lying(
    clips: Clips, size: tuple[int, int], video: str
) -> None:
    options = {"preset": "ultrafast"} if video == "libx264" else {}
    pixels = "yuvj420p" if video == "mjpeg" else "yuv420p"
    path = clips.make("8k.mov", size=size, video=video, pixels=pixels, video_options=options, audio=None, seconds=0.04)
    info = probe(path)
    assert (info.width, info.height) == size
    (picture,) = [part for part in decode(path) if isinstance(part, Picture)]
    assert max(picture.rgb.shape) == PictureWish().long_side


@pytest.mark.parametrize("size", [(8192, 4354), (4354, 8192), (8192, 8192)])
def test_what_is_larger_than_8k_is_said_to_be_too_large(clips: Clips, size: tuple[int, int]) -> None:
    path = clips.make("large.mov", size=size, video="mjpeg", pixels="yuvj420p", audio=None, seconds=0.04)
    assert code_of(path) is ErrorCode.RESOURCE_TOO_LARGE


def test_a_limit_on_pixels_holds_whatever_decoders_add_to_their_lines(clips: Clips) -> None:
    path = clips.make("narrow.mp4", size=(36, 480), audio=None, seconds=0.2)
    assert probe(path, MediaLimits(max_pixels=36 * 480)).width == 36
    assert [part for part in decode(path, limits=MediaLimits(max_pixels=36 * 480)) if isinstance(part, Picture)]


@pytest.mark.parametrize("claim", [0.0, 500.0, 1e6, 1e12])
def test_a_wrong_duration_in_a_matroska_header_fools_nobody(clips: Clips, claim: float) -> None:
    data = bytearray(clips.make("long.mkv", seconds=20).read_bytes())
    at = data.find(b"\x44\x89\x88") + 3  # the element Duration, a float of 8 bytes
    assert struct.unpack(">d", data[at : at + 8])[0] == pytest.approx(20_000, abs=100)
    data[at : at + 8] = struct.pack(">d", claim)
    assert probe(io.BytesIO(bytes(data))).duration == pytest.approx(20, abs=0.1)


@pytest.mark.parametrize("claim", [0, 500, 10**8])
def test_a_wrong_duration_in_an_mp4_header_fools_nobody(clip: Path, claim: int) -> None:
    data = bytearray(clip.read_bytes())
    at = data.find(b"mvhd") + 20
    data[at : at + 4] = struct.pack(">I", claim)
    assert probe(io.BytesIO(bytes(data))).duration == pytest.approx(4, abs=0.1)


def test_a_film_that_was_cut_off_ends_where_its_data_ends(clips: Clips) -> None:
    data = clips.make("front20.mp4", seconds=20, options={"movflags": "+faststart"}).read_bytes()
    assert 8 < probe(io.BytesIO(data[: len(data) * 6 // 10])).duration < 16


def test_a_file_is_read_no_further_than_its_ends_to_be_described(footage: dict[str, Path]) -> None:
    class Counted(io.FileIO):
        got = 0

        def read(self, size: int | None = -1, /) -> bytes:
            data = super().read(size)
            self.got += len(data)
            return data

    with Counted(footage["trailer"]) as file:
        probe(file)  # type: ignore[arg-type]  # a raw file reads whole blocks too
        assert file.got < 0.4 * footage["trailer"].stat().st_size
