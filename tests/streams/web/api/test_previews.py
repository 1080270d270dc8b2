"""Previews and pictures over REST: what a browser asks for, by whom, and what it is told where there is none."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path

import av
import httpx
import pytest
from litestar.testing import AsyncTestClient
from structlog.testing import capture_logs
from support.clips import Clips
from support.inline import InlineService

from schemas.clock import utc_now
from schemas.jobs import UPLOADED, JobRequest
from streams.settings import Settings
from streams.web.services import Services


@pytest.fixture
def clips(settings: Settings) -> Clips:
    folder = settings.state / "media"
    folder.mkdir()
    return Clips(folder)


async def _job_of(inline: InlineService, address: Path | str, job_id: str = "j1") -> str:
    request = JobRequest(
        job_id=job_id, media_id=job_id, file_url=str(address), library="default", requested_time=utc_now()
    )
    await inline.request(request)
    return f"/api/v1/jobs/{job_id}"


def _problem(answer: httpx.Response, status: int) -> str:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    detail: str = answer.json()["detail"]
    return detail


async def test_a_preview_is_an_mp4_file_made_once_that_answers_ranges(
    client: AsyncTestClient, inline: InlineService, clips: Clips
) -> None:
    job = await _job_of(inline, clips.make("a.avi", video="mpeg4", audio="libmp3lame", seconds=2.0))
    address = f"{job}/preview"
    with capture_logs() as lines:
        whole = await client.get(address)
        assert whole.status_code == 200, whole.text
        size = len(whole.content)
        with av.open(io.BytesIO(whole.content)) as container:
            assert [stream.codec_context.name for stream in container.streams] == ["h264", "aac"]
        tag = whole.headers["etag"]
        told = {
            "content-type": "video/mp4",
            "accept-ranges": "bytes",
            "mediadna-start": "0.000000",
            "mediadna-form": "encoded",
            "cache-control": "private, no-cache",
            "cross-origin-resource-policy": "same-origin",
            "x-content-type-options": "nosniff",
            "etag": tag,
        }
        assert told.items() <= dict(whole.headers).items()
        for asked, first, end in (
            ("bytes=10-19", 10, 20),
            ("bytes=100-", 100, size),
            ("bytes=-50", size - 50, size),
            (f"bytes=0-{10 * size}", 0, size),
            (f"bytes=-{10 * size}", 0, size),
        ):
            part = await client.get(address, headers={"Range": asked, "If-Range": tag})
            assert (part.status_code, part.content) == (206, whole.content[first:end]), asked
            assert part.headers["content-range"] == f"bytes {first}-{end - 1}/{size}"
            assert part.headers["content-length"] == str(end - first)
            assert told.items() <= dict(part.headers).items()
        head = await client.head(address, headers={"Range": "bytes=0-9"})
        assert (head.status_code, head.content, head.headers["content-length"]) == (206, b"", "10")
        head = await client.head(address)
        assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(size))
        assert head.headers["content-type"] == "video/mp4"
        for ignored in ("bytes=5-2", "bytes=-", "lines=1-2", "bytes=0-1,5-6", "bytes=x-"):
            assert (await client.get(address, headers={"Range": ignored})).content == whole.content
        of_another = await client.get(address, headers={"Range": "bytes=0-9", "If-Range": '"another"'})
        assert (of_another.status_code, len(of_another.content)) == (200, size)
        same = await client.get(address, headers={"If-None-Match": f'"x", {tag}'})
        assert (same.status_code, same.content) == (304, b"")
        outside = await client.get(address, headers={"Range": f"bytes={size}-"})
        assert str(size) in _problem(outside, 416)
        assert outside.headers["content-range"] == f"bytes */{size}"
    shown = [line for line in lines if line["event"] == "preview_shown"]
    assert [line["cached"] for line in shown][:2] == [False, True]
    assert {"caller": "local", "job_id": "j1", "form": "encoded", "start": 0.0}.items() <= shown[0].items()
    assert (await client.get("/metrics")).text.count("mediadna_previews_total{") > 0


async def test_a_span_says_which_second_it_begins_at(
    client: AsyncTestClient, inline: InlineService, clips: Clips
) -> None:
    job = await _job_of(inline, clips.make("a.ts", video_options={"g": "12"}))
    part = await client.get(f"{job}/preview", params={"start": 1.7, "end": 2.5})
    assert part.status_code == 200, part.text
    assert part.headers["mediadna-form"] == "copy"
    assert 1.0 < float(part.headers["mediadna-start"]) <= 1.7
    plays = await _job_of(inline, clips.make("b.mp4"), "j2")
    itself = await client.get(f"{plays}/preview", params={"start": 1.7, "end": 2.5})
    assert itself.content == (clips.folder / "b.mp4").read_bytes()
    assert (itself.headers["mediadna-form"], itself.headers["mediadna-start"]) == ("original", "0.000000")


async def test_a_picture_is_a_jpeg_of_the_height_that_is_asked_for(
    client: AsyncTestClient, inline: InlineService, clips: Clips
) -> None:
    job = await _job_of(inline, clips.make("a.mkv", size=(320, 240)))
    for height in (16, 180, 720):
        answer = await client.get(f"{job}/frame", params={"at": 1.0, "height": height})
        assert answer.headers["content-type"] == "image/jpeg"
        with av.open(io.BytesIO(answer.content)) as picture:
            assert picture.streams.video[0].height == min(height, 240)
    tag = answer.headers["etag"]
    same = await client.get(f"{job}/frame", params={"at": 1.0, "height": 720}, headers={"If-None-Match": tag})
    assert same.status_code == 304
    assert (await client.head(f"{job}/frame", params={"at": 1.0})).status_code == 200


@pytest.mark.parametrize(
    "asked",
    [
        "preview?start=-1",
        "preview?start=nan",
        "preview?end=inf",
        "preview?start=5&end=5",
        "preview?from=5",
        "frame",
        "frame?at=x",
        "frame?at=nan",
        "frame?at=1&height=15",
        "frame?at=1&height=721",
    ],
)
async def test_what_makes_no_sense_is_a_bad_request(
    client: AsyncTestClient, inline: InlineService, clips: Clips, asked: str
) -> None:
    job = await _job_of(inline, clips.folder / "a.mp4")
    _problem(await client.get(f"{job}/{asked}"), 400)


async def test_where_there_is_nothing_to_show_it_is_said_why(
    client: AsyncTestClient, inline: InlineService, clips: Clips, tmp_path: Path
) -> None:
    assert "no job" in _problem(await client.get("/api/v1/jobs/none/preview"), 404)
    gone = await _job_of(inline, clips.folder / "gone.mp4", "gone")
    assert "no file" in _problem(await client.get(f"{gone}/preview"), 404)
    (tmp_path / "outside.mp4").write_bytes(b"x")
    outside = await _job_of(inline, tmp_path / "outside.mp4", "outside")
    assert "MEDIADNA_MEDIA" in _problem(await client.get(f"{outside}/frame?at=0"), 409)
    sent = await _job_of(inline, UPLOADED, "sent")
    assert "sent along" in _problem(await client.get(f"{sent}/preview"), 404)
    broken = await _job_of(inline, clips.write("broken.mp4", b"x" * 9999), "broken")
    _problem(await client.get(f"{broken}/preview"), 422)
    heard = await _job_of(inline, clips.make("a.wav", video=None, audio="pcm_s16le", seconds=1.0), "heard")
    assert (await client.get(f"{heard}/preview")).status_code == 200
    _problem(await client.get(f"{heard}/frame?at=0"), 404)
    _problem(await client.get(f"{heard}/preview?start=99"), 404)
    long = await _job_of(inline, clips.make("long.mkv", audio=None, times=[0.0, 300.0, 700.0]), "long")
    assert "'start' and 'end'" in _problem(await client.get(f"{long}/preview"), 422)
    assert (await client.get(f"{long}/preview?start=290&end=310")).status_code == 200


async def test_of_a_job_that_was_deleted_nothing_is_kept(
    client: AsyncTestClient, inline: InlineService, clips: Clips, settings: Settings
) -> None:
    job = await _job_of(inline, clips.make("a.mkv", seconds=1.0))
    assert (await client.get(f"{job}/frame?at=0")).status_code == 200
    kept = settings.state / "previews" / "j1"
    assert kept.exists()
    await inline.job_gone("j1")
    while kept.exists():
        await asyncio.sleep(0.01)
    _problem(await client.get(f"{job}/frame?at=0"), 404)


async def test_too_many_at_a_time_are_told_to_come_back(
    client: AsyncTestClient, inline: InlineService, clips: Clips, services: Services
) -> None:
    job = await _job_of(inline, clips.make("a.mkv", seconds=1.0))
    services.previews.stop()
    answer = await client.get(f"{job}/frame?at=0")
    _problem(answer, 503)
    assert int(answer.headers["retry-after"]) > 0
