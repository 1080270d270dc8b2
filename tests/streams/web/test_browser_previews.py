"""A real browser plays what is made of media, gets to any second of it, and shows its pictures."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page
from support.browser import hear, new_page
from support.clips import Clips
from support.inline import InlineService

from fingerprint.media.decode import decode
from fingerprint.media.request import Picture, PictureWish
from schemas.clock import utc_now
from schemas.jobs import JobRequest
from streams.settings import Settings
from streams.web.server import WebServer
from streams.web.services import Services

pytestmark = [pytest.mark.integration, pytest.mark.unmeasured]

#: Seeks to a second of a file, where a brightness should be on show, plays on from there, and returns where that was,
#: what was on show, and how large it is.
PLAY = """async ([address, second, shade]) => {
  const video = document.createElement("video");
  video.muted = true;
  const happens = (name) => new Promise((resolve, reject) => {
    video.addEventListener(name, resolve, {once: true});
    video.addEventListener("error", () => reject(new Error(video.error.message)), {once: true});
  });
  const loaded = happens("loadeddata");
  video.src = address;
  document.body.append(video);
  await loaded;
  const sought = happens("seeked");
  video.currentTime = second;
  await sought;
  const canvas = document.createElement("canvas");
  canvas.width = video.videoWidth || 1;
  canvas.height = video.videoHeight || 1;
  const drawing = canvas.getContext("2d", {willReadFrequently: true});
  const x = Math.floor(canvas.width * 0.8), y = Math.floor(canvas.height * 0.8);
  let colour = [];
  for (let frames = 0; frames < 600; frames++) {  // a frame that was sought comes to the screen somewhat later
    drawing.drawImage(video, 0, 0);
    colour = Array.from(drawing.getImageData(x, y, 1, 1).data).slice(0, 3);
    if (!video.videoWidth || Math.abs(colour[0] - shade) <= 4) break;
    await new Promise(requestAnimationFrame);
  }
  const at = video.currentTime;
  await video.play();
  while (video.currentTime < at + 0.3) await new Promise(requestAnimationFrame);
  video.pause();
  return {at, colour, duration: video.duration, size: [video.videoWidth, video.videoHeight]};
}"""


def _shade_seen(path: Path) -> float:
    """Return the brightness of what the pipeline sees at second 2.51; 0 of sound."""
    wish = PictureWish(rate=60.0)
    seen = [one for one in decode(path, picture=wish, sound=None) if isinstance(one, Picture) and one.time <= 2.51]
    return float(seen[-1].rgb[-20:, -20:].mean()) if seen else 0.0


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(state=tmp_path, web="127.0.0.1:0")


@pytest.fixture
async def page(services: Services, web: WebServer, browser: Browser) -> AsyncIterator[Page]:
    page = await new_page(browser, base_url=web.address)
    complaints: list[str] = []
    hear(page, complaints)
    await page.goto("/")
    yield page
    await page.close()
    services.previews.stop()
    assert complaints == []


async def test_chromium_plays_what_is_made_of_media_from_any_second_on(
    page: Page, inline: InlineService, tmp_path: Path
) -> None:
    folder = tmp_path / "media"
    folder.mkdir()
    clips = Clips(folder)
    size = (320, 240)
    media = {
        "original": clips.make("a.mp4", size=size),
        "copy": clips.make("a.ts", size=size, video_options={"g": "12"}),
        "encoded": clips.make("a.avi", size=size, video="mpeg4", audio="libmp3lame"),
        "turned": clips.rotated(clips.make("b.mp4", size=size), 90),
        "sound": clips.make("a.wav", video=None, audio="pcm_s16le"),
    }
    for name, path in media.items():
        request = JobRequest(
            job_id=name, media_id=name, file_url=str(path), library="default", requested_time=utc_now()
        )
        await inline.request(request)
        shade = _shade_seen(path)
        address = f"/api/v1/jobs/{name}/preview"
        for span in ("", "?start=1.7&end=3.5"):
            head = await page.request.head(address + span)
            assert head.status == 200, name
            start = float(head.headers["mediadna-start"])
            seen: dict[str, Any] = await page.evaluate(PLAY, [address + span, 2.51 - start, shade])
            assert abs(seen["at"] + start - 2.51) < 0.005
            if name != "sound":
                assert all(abs(part - shade) <= 4 for part in seen["colour"]), (name, span, seen)
        if name != "sound":
            assert seen["size"] == ([240, 320] if name == "turned" else [320, 240])
            shown = await page.evaluate(
                "async (address) => { const one = new Image(); one.src = address; await one.decode();"
                " return [one.naturalWidth, one.naturalHeight]; }",
                f"/api/v1/jobs/{name}/frame?at=2.5&height=120",
            )
            assert shown == ([90, 120] if name == "turned" else [160, 120])
