"""Previews and pictures over REST: what a browser asks for, by whom, and what it is told where there is none."""

from __future__ import annotations

import io
from pathlib import Path

import av
import pytest
from litestar.testing import AsyncTestClient
from support.clips import Clips
from support.inline import InlineService

from schemas.clock import utc_now
from schemas.jobs import JobRequest
from streams.settings import Settings


@pytest.fixture
def media(settings: Settings) -> Path:
    folder = settings.state / "media"
    folder.mkdir()
    return folder


async def _job_of(inline: InlineService, path: Path | str) -> str:
    request = JobRequest(
        job_id="5f0c2d9be1a34b16a1", media_id="m", file_url=str(path), library="default", requested_time=utc_now()
    )
    await inline.request(request)
    return request.job_id


async def test_a_preview_is_an_mp4_file_that_answers_ranges(
    client: AsyncTestClient, inline: InlineService, media: Path
) -> None:
    job = await _job_of(inline, Clips(media).make("a.mkv", seconds=3))
    address = f"/api/v1/jobs/{job}/preview"
    whole = await client.get(address)
    assert whole.status_code == 200, whole.text
    assert whole.headers["content-type"] == "video/mp4"
    assert whole.headers["accept-ranges"] == "bytes"
    assert int(whole.headers["content-length"]) == len(whole.content)
    with av.open(io.BytesIO(whole.content)) as container:
        assert [stream.codec_context.name for stream in container.streams] == ["h264", "aac"]
    part = await client.get(address, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, whole.content[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{len(whole.content)}"
    head = await client.head(address)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == whole.headers["content-length"]
    assert head.headers["mediadna-start"] == "0.000000"
    frame = await client.get(f"/api/v1/jobs/{job}/frame", params={"at": 1.0})
    assert frame.status_code == 200, frame.text
