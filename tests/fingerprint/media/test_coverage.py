"""Of every media file it is known how much was looked at, and why the rest was not."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from support.clips import FORMS, Clips

from fingerprint.chunking import fingerprint_media, plan_chunks
from fingerprint.media.coverage import MediaCoverage, TrackCoverage, nothing_decodes
from fingerprint.media.decode import decode
from fingerprint.media.errors import MediaError
from fingerprint.media.limits import DEFAULT_LIMITS, MediaLimits
from fingerprint.media.probe import probe
from fingerprint.picture.extractor import picture_wish
from fingerprint.sound.extractor import sound_wish
from schemas.coverage import Cause
from schemas.errors import ErrorCode
from schemas.matches import Track


def covered(source: Any, limits: MediaLimits = DEFAULT_LIMITS) -> MediaCoverage:
    """Return how much of a media item is looked at, chunk by chunk."""
    found: list[MediaCoverage] = []
    for start, end in plan_chunks(probe(source, limits)):
        for _ in decode(
            source, start, end, limits=limits, picture=picture_wish(), sound=sound_wish(), covered=found.append
        ):
            pass
    return MediaCoverage.joined(found)


def shares(source: Any) -> tuple[float | None, float | None]:
    found = covered(source)
    return found.picture.share, found.sound.share


@pytest.mark.parametrize("form", FORMS)
def test_of_media_of_any_form_everything_is_looked_at(clips: Clips, form: str) -> None:
    options = FORMS[form]
    path = clips.make(f"covered.{form}", seconds=3, **options)
    expected = (1.0 if options.get("video", "") is not None else None, None if "audio" in options else 1.0)
    if options.get("audio"):
        expected = (expected[0], 1.0)
    assert shares(path) == expected


def test_real_footage_is_looked_at_from_end_to_end(footage: dict[str, Path]) -> None:
    assert {covered(path).picture.share for path in footage.values()} == {1.0}
    assert {covered(path).sound.share for path in footage.values()} == {1.0, None}


@pytest.mark.parametrize(
    "options",
    [
        {"times": [0.0, 0.04, 0.08, 3.0, 3.04, 9.0, 9.8], "audio": None},
        {"sound_from": 0.5},
        {"picture_from": 0.6},
        {"drop_sound": (2.0, 3.0)},
        {"video_options": {"bf": "8", "b_strategy": "0", "x264-params": "b-pyramid=none:scenecut=0"}, "fps": 5},
    ],
    ids=["variable rate", "late sound", "late picture", "pause in the sound", "skipped pictures"],
)
def test_what_is_odd_and_plays_misses_nothing(clips: Clips, options: dict[str, Any]) -> None:
    assert {*shares(clips.make("odd.mkv", seconds=6, **options))} <= {1.0, None}


def test_a_cover_picture_is_no_picture(clips: Clips) -> None:
    sound = clips.make("bare.mp3", seconds=2, video=None, audio="libmp3lame")
    path = clips.folder / "cover.mp3"
    cover = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24").reformat(format="yuvj420p")
    with av.open(str(sound)) as source, av.open(str(path), "w") as output:
        kept = output.add_stream_from_template(source.streams.audio[0])
        picture: Any = output.add_stream("mjpeg", rate=1)
        picture.width, picture.height, picture.pix_fmt = 64, 64, "yuvj420p"
        picture.disposition = av.stream.Disposition.attached_pic
        output.mux(picture.encode(cover))
        for packet in source.demux(source.streams.audio[0]):
            if packet.dts is not None:
                packet.stream = kept
                output.mux(packet)
    assert shares(path) == (None, 1.0)


def damaged(film: Path, first: float, last: float) -> bytes:
    """Return the film with noise in place of a part of it, in shares of its length."""
    data = bytearray(film.read_bytes())
    span = slice(int(len(data) * first), int(len(data) * last))
    data[span] = np.random.default_rng(5).bytes(span.stop - span.start)
    return bytes(data)


def film(clips: Clips, name: str, **options: Any) -> Path:
    return clips.make(name, seconds=20, video_options={"g": "25"}, options={"movflags": "+faststart"}, **options)


def test_a_little_damage_costs_a_little(clips: Clips) -> None:
    found = covered(io.BytesIO(damaged(film(clips, "scratched.mp4"), 0.5, 0.54)))
    assert found.picture.share is not None
    assert 0.85 < found.picture.share <= 1.0
    assert set(found.picture.missed) <= {Cause.DAMAGED}
    found.require(0.5)


def test_much_damage_is_told_and_fails_below_the_least_share(clips: Clips, tmp_path: Path) -> None:
    data = damaged(film(clips, "torn.mp4"), 0.2, 0.95)
    found = covered(io.BytesIO(data))
    assert found.picture.share is not None
    assert found.picture.share < 0.5
    with pytest.raises(MediaError, match=r"MEDIADNA_LEAST_COVERAGE.*damaged.*transcode") as caught:
        fingerprint_media(io.BytesIO(data), DEFAULT_LIMITS, tmp_path)
    assert caught.value.code is ErrorCode.RESOURCE_CONTENT_BAD


def test_a_file_that_was_cut_off_lacks_what_its_index_names(clips: Clips, tmp_path: Path) -> None:
    data = film(clips, "whole.mp4").read_bytes()
    most, little = (io.BytesIO(data[: int(len(data) * part)]) for part in (0.8, 0.3))
    found = covered(most)
    assert found.picture.share == pytest.approx(0.8, abs=0.15)
    assert found.picture.expected == pytest.approx(20.0, abs=0.5)
    assert set(found.picture.missed) == {Cause.CUT_SHORT}
    with pytest.raises(MediaError, match="upload the whole file again"):
        fingerprint_media(little, DEFAULT_LIMITS, tmp_path)


def test_a_recording_that_begins_between_two_key_frames_lacks_its_beginning(clips: Clips) -> None:
    path = clips.make("begun.ts", seconds=20, video_options={"g": "100", "sc_threshold": "0"})
    data = path.read_bytes()
    found = covered(io.BytesIO(data[188 * 3 : 188 * 3] + data[len(data) // 188 // 10 * 188 :]))
    assert found.picture.share is not None
    assert 0.7 < found.picture.share < 1.0


def without_decoder(clips: Clips) -> Path:
    """A file whose sound has a codec that nobody knows."""
    data = clips.make("known.mkv", seconds=6).read_bytes()
    assert b"A_AAC" in data
    return clips.write("unknown.mkv", data.replace(b"A_AAC", b"A_XYZ"))


def test_sound_without_a_decoder_is_not_looked_at(clips: Clips, tmp_path: Path) -> None:
    path = without_decoder(clips)
    found = covered(path)
    assert (found.picture.share, found.sound.share) == (1.0, 0.0)
    assert set(found.sound.missed) == {Cause.UNSUPPORTED}
    with pytest.raises(MediaError, match=r"of the sound.*no decoder") as caught:
        fingerprint_media(path, DEFAULT_LIMITS, tmp_path)
    assert caught.value.code is ErrorCode.RESOURCE_NOT_SUPPORTED


def test_whoever_sets_no_least_share_gets_what_there_is(clips: Clips, tmp_path: Path) -> None:
    query = fingerprint_media(without_decoder(clips), MediaLimits(least_coverage=0.0), tmp_path)
    assert query.coverage.told().sound == 0.0
    assert query.fingerprint.has_picture


def growing(clips: Clips, size: tuple[int, int], *, codec: str = "libx264") -> Path:
    """A bare stream whose pictures are small, then of a size, then small again."""
    names = []
    for name, (width, height) in (("small", (320, 240)), ("large", size)):
        names.append(f"{name}-{codec}.h264")
        clips.make(names[-1], seconds=2, fps=10, size=(width, height), video=codec, audio=None)
    small, large = ((clips.folder / name).read_bytes() for name in names)
    return clips.write("growing.h264", small + large + small)


@pytest.mark.parametrize("size", [(640, 480), (4096, 2160)], ids=["a little over the limit", "far over it"])
def test_pictures_over_the_limit_in_mid_stream_are_not_looked_at(
    clips: Clips, tmp_path: Path, size: tuple[int, int]
) -> None:
    limits = MediaLimits(max_pixels=320 * 240)
    found = covered(growing(clips, size), limits)
    assert found.picture.share == pytest.approx(2 / 3, abs=0.06)
    assert set(found.picture.missed) == {Cause.TOO_LARGE}
    with pytest.raises(MediaError, match="MEDIADNA_MAX_PIXELS") as caught:
        fingerprint_media(clips.folder / "growing.h264", MediaLimits(320, 320 * 240, least_coverage=0.9), tmp_path)
    assert caught.value.code is ErrorCode.RESOURCE_TOO_LARGE


SHORT_OF_MEMORY = """
import resource, sys
from pathlib import Path
from fingerprint.chunking import fingerprint_chunk
from fingerprint.media.limits import DEFAULT_LIMITS
from fingerprint.media.probe import probe
mapped = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (mapped + int(sys.argv[2]) * 2**20,) * 2)
try:
    fingerprint_chunk(sys.argv[1], 0.0, probe(sys.argv[1]).duration, DEFAULT_LIMITS)
except MemoryError:
    print("no memory")
else:
    print("done")
"""


@pytest.mark.unmeasured
@pytest.mark.parametrize(("codec", "mebibytes"), [("libx264", 90), ("libx265", 90), ("libvpx-vp9", 60)])
def test_a_picture_for_which_there_is_no_memory_is_never_called_damaged(
    clips: Clips, codec: str, mebibytes: int
) -> None:
    """The decoder of H.264 keeps to itself that it got no memory: the file would be one of which nothing matches."""
    options = {"x265-params": "log-level=none"} if codec == "libx265" else {}
    path = clips.make(
        f"large-{codec}.mkv", seconds=1.2, fps=5, size=(7680, 4320), video=codec, audio=None, video_options=options
    )
    ran = subprocess.run(
        [sys.executable, "-c", SHORT_OF_MEMORY, path, str(mebibytes)], check=True, capture_output=True, text=True
    )
    assert ran.stdout == "no memory\n"


def test_shares_of_chunks_add_up_by_the_time_that_each_has() -> None:
    parts = [TrackCoverage(30.0), TrackCoverage(10.0, {Cause.DAMAGED: 4.0}), TrackCoverage()]
    whole = TrackCoverage.joined(parts)
    assert (whole.expected, whole.share, whole.main_cause) == (40.0, 0.9, Cause.DAMAGED)
    assert TrackCoverage().share is None
    assert TrackCoverage(1e6, {Cause.DAMAGED: 0.1}).share == 0.9999


def test_what_is_missed_is_told_by_track_and_cause() -> None:
    told = MediaCoverage(
        picture=TrackCoverage(10.0, {Cause.DAMAGED: 1.0, Cause.TOO_LARGE: 2.0}), sound=TrackCoverage(10.0)
    ).told()
    assert (told.picture, told.sound) == (0.7, 1.0)
    assert [(one.track, one.cause, one.seconds) for one in told.missed] == [
        (Track.PICTURE, Cause.TOO_LARGE, 2.0),
        (Track.PICTURE, Cause.DAMAGED, 1.0),
    ]


@pytest.mark.parametrize(
    ("cause", "code"),
    [
        (Cause.OUT_OF_MEMORY, ErrorCode.RESOURCE_TOO_LARGE),
        (Cause.TOO_LARGE, ErrorCode.RESOURCE_TOO_LARGE),
        (Cause.CUT_SHORT, ErrorCode.RESOURCE_CONTENT_BAD),
        (Cause.DAMAGED, ErrorCode.RESOURCE_CONTENT_BAD),
        (Cause.UNSUPPORTED, ErrorCode.RESOURCE_NOT_SUPPORTED),
    ],
)
def test_too_little_fails_with_the_code_of_its_cause(cause: Cause, code: ErrorCode) -> None:
    little = MediaCoverage(sound=TrackCoverage(10.0, {cause: 6.0}))
    with pytest.raises(MediaError, match=r"only 40 % of the sound.*50 % is the least") as caught:
        little.require(0.5)
    assert caught.value.code is code
    little.require(0.4)


def test_media_of_which_nothing_decodes_says_why() -> None:
    assert isinstance(nothing_decodes(Cause.OUT_OF_MEMORY), MemoryError)
    for cause, code in ((None, ErrorCode.RESOURCE_CONTENT_BAD), (Cause.TOO_LARGE, ErrorCode.RESOURCE_TOO_LARGE)):
        error = nothing_decodes(cause)
        assert isinstance(error, MediaError)
        assert error.code is code
