"""Media as it comes: what cannot be used gets the contract's error code, everything else the right result."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest
from support.clips import Clips
from support.whole_job import make_context, run_job

from fingerprint.media.limits import MediaLimits
from schemas.errors import ErrorCode
from schemas.jobs import Job, JobStatus
from schemas.matches import Track
from streams.demo.edit import Piece, Truth
from streams.pipeline.tasks.context import TaskContext

pytestmark = pytest.mark.unmeasured

#: The span of the original that every copy below is made of.
START, END = 10.0, 24.0


@pytest.fixture(scope="module")
def original(footage: dict[str, Path]) -> Path:
    return footage["trailer"]


@pytest.fixture(scope="module")
def copy(original: Path, edited_copy: Callable[..., tuple[Path, tuple[Truth, ...]]]) -> Path:
    path, _ = edited_copy(Piece(original, START, END))
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("odd")


@pytest.fixture(scope="module")
def context(
    tmp_path_factory: pytest.TempPathFactory, folder: Path, original: Path, copy: Path, clips: Clips
) -> TaskContext:
    """A context whose library holds the original."""
    context = make_context(tmp_path_factory.mktemp("state"), folder, original.parent, copy.parent, clips.folder)
    assert run_job(context, original).status is JobStatus.SUCCESS
    return context


def remuxed(copy: Path, path: Path, kind: str) -> Path:
    """Write the streams of one kind into another file, as they are."""
    with av.open(str(copy)) as source, av.open(str(path), "w") as output:
        (stream,) = [one for one in source.streams if one.type == kind]
        kept = output.add_stream_from_template(stream)
        for packet in source.demux(stream):
            if packet.dts is not None:
                packet.stream = kept
                output.mux(packet)
    return path


def of_variable_rate(copy: Path, path: Path) -> Path:
    """Write the pictures with gaps of one to four frames between them, each at its own time."""
    with av.open(str(copy)) as source, av.open(str(path), "w") as output:
        pictures: Any = output.add_stream("libx264", rate=30)
        first = source.streams.video[0].codec_context
        pictures.width, pictures.height, pictures.pix_fmt = first.width, first.height, "yuv420p"
        pictures.codec_context.time_base = Fraction(1, 1000)
        for number, frame in enumerate(source.decode(video=0)):
            if number % 10 in {0, 1, 3, 6}:
                frame.pts = round(frame.time * 1000)
                frame.time_base = Fraction(1, 1000)
                frame.pict_type = av.video.frame.PictureType.NONE
                output.mux(pictures.encode(frame))
        output.mux(pictures.encode(None))
    return path


def with_wrong_duration(copy: Path, path: Path, factor: int) -> Path:
    """Write an MP4 file whose movie header claims another length."""
    data = bytearray(copy.read_bytes())
    at = data.find(b"mvhd") + 4
    scale, duration = struct.unpack(">II", data[at + 12 : at + 20])
    assert scale
    data[at + 16 : at + 20] = struct.pack(">I", duration * factor)
    path.write_bytes(bytes(data))
    return path


def assert_found(job: Job, original: Path, track: Track | None = None) -> None:
    """The whole copy is found, where it was taken from."""
    assert (job.status, job.code) == (JobStatus.SUCCESS, ErrorCode.OK), job.message
    found = next(match for match in job.matches if match.media_id == original.stem)
    assert found.input_coverage > 0.8
    if track is not None:
        assert found.track is track
    assert found.intervals[0].reference_start == pytest.approx(START, abs=1.0)
    assert found.intervals[-1].reference_end == pytest.approx(END, abs=1.0)


def test_a_picture_without_sound_is_found_by_the_picture(
    context: TaskContext, folder: Path, original: Path, copy: Path
) -> None:
    assert_found(run_job(context, remuxed(copy, folder / "silent.mp4", "video")), original, Track.PICTURE)


def test_sound_without_a_picture_is_found_by_the_sound(
    context: TaskContext, folder: Path, original: Path, copy: Path
) -> None:
    assert_found(run_job(context, remuxed(copy, folder / "sound.m4a", "audio")), original, Track.SOUND)


def test_a_variable_frame_rate_moves_nothing(context: TaskContext, folder: Path, original: Path, copy: Path) -> None:
    assert_found(run_job(context, of_variable_rate(copy, folder / "variable.mp4")), original)


@pytest.mark.parametrize("factor", [0, 20], ids=["none", "20 times"])
def test_a_wrong_duration_in_the_header_changes_nothing(
    context: TaskContext, folder: Path, original: Path, copy: Path, factor: int
) -> None:
    job = run_job(context, with_wrong_duration(copy, folder / f"wrong-{factor}.mp4", factor))
    assert_found(job, original)
    assert job.metrics.duration == pytest.approx(END - START, abs=0.5)


@pytest.mark.parametrize("degrees", [90, 180])
def test_a_video_that_is_rotated_by_its_metadata_is_found(
    context: TaskContext, clips: Clips, original: Path, copy: Path, degrees: int
) -> None:
    assert_found(run_job(context, clips.rotated(copy, degrees)), original)


def test_a_video_of_one_pixel_copies_nothing(context: TaskContext, clips: Clips) -> None:
    clip = clips.make("pixel.mkv", size=(1, 1), video="ffv1", pixels="yuv444p", audio=None)
    job = run_job(context, clip)
    assert (job.status, job.matches) == (JobStatus.SUCCESS, ())


def made(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda folder, _: folder / "missing.mp4", ErrorCode.RESOURCE_NOT_FOUND),
        (lambda folder, _: folder, ErrorCode.RESOURCE_NOT_SUPPORTED),
        (lambda folder, _: made(folder, "empty.mp4", b""), ErrorCode.RESOURCE_CONTENT_BAD),
        (lambda folder, _: made(folder, "text.mp4", b"no video at all\n" * 999), ErrorCode.RESOURCE_CONTENT_BAD),
        (lambda folder, _: made(folder, "noise.mp4", os.urandom(99_999)), ErrorCode.RESOURCE_CONTENT_BAD),
        (
            lambda folder, copy: made(folder, "no-index.mp4", copy.read_bytes()[:200_000]),
            ErrorCode.RESOURCE_CONTENT_BAD,
        ),
        (lambda folder, _: made(folder, "damaged.mdna", b"\x89MDNA\x01damaged"), ErrorCode.RESOURCE_CONTENT_BAD),
        (lambda *_: Path("/etc/hostname"), ErrorCode.RESOURCE_ACCESS),
    ],
    ids=["missing", "folder", "empty", "text", "noise", "truncated", "damaged fingerprint", "elsewhere"],
)
def test_what_cannot_be_used_fails_with_its_code_and_a_sentence(
    context: TaskContext, folder: Path, copy: Path, make: Callable[[Path, Path], Path], code: ErrorCode
) -> None:
    job = run_job(context, make(folder, copy))
    assert (job.status, job.code) == (JobStatus.FAIL, code)
    assert job.message


@pytest.mark.parametrize(
    "limits", [MediaLimits(max_duration_s=5.0), MediaLimits(max_pixels=100), MediaLimits(max_bytes=1000)]
)
def test_what_is_over_a_limit_is_too_large(tmp_path: Path, copy: Path, limits: MediaLimits) -> None:
    job = run_job(make_context(tmp_path, copy.parent, limits=limits), copy)
    assert (job.status, job.code) == (JobStatus.FAIL, ErrorCode.RESOURCE_TOO_LARGE)


def test_a_job_that_failed_leaves_nothing_behind(tmp_path: Path, folder: Path) -> None:
    context = make_context(tmp_path, folder)
    run_job(context, made(folder, "broken.mp4", b"broken"))
    assert context.vectors.count("default") == 0
    assert list(context.store.keys("default")) == []


def test_a_recording_that_was_joined_of_two_is_one_running_time(
    context: TaskContext, original: Path, folder: Path, edited_copy: Callable[..., tuple[Path, tuple[Truth, ...]]]
) -> None:
    first, _ = edited_copy(Piece(original, 2.0, 10.0), suffix=".ts")
    second, _ = edited_copy(Piece(original, 15.0, 29.0), suffix=".ts")
    path = folder / "joined.ts"
    path.write_bytes(first.read_bytes() + second.read_bytes())
    job = run_job(context, path)
    assert job.status is JobStatus.SUCCESS
    assert "starts anew" in job.message
    match = next(match for match in job.matches if match.media_id == original.stem)
    spans = [(one.input_start, one.input_end, one.reference_start, one.reference_end) for one in match.intervals]
    assert spans == [pytest.approx((0.0, 8.0, 2.0, 10.0), abs=0.5), pytest.approx((8.0, 22.0, 15.0, 29.0), abs=0.5)]
    assert all(one.speed == pytest.approx(1.0, abs=0.01) for one in match.intervals)
