"""A case whose two sides can be watched: real footage, and a copy of it that was mirrored and plays faster."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page

from schemas.jobs import Job, JobStatus, Metrics
from schemas.libraries import Library, Purpose
from schemas.matches import Interval, Match, Track
from schemas.policies import Action, Conditions, Outcome, Policy
from support.cases import id_of, item, ruling
from support.examples import TIME, job
from support.inline import InlineService

#: How much faster the copy plays; seconds of noise before it; the part of the reference that it shows.
SPEED, LATE_S, SHOWN = 1.25, 3.0, (4.0, 28.0)
LENGTH_S = (SHOWN[1] - SHOWN[0]) / SPEED
REFERENCE_S = 30.03

#: Two halves of the copy, so that there is more than one interval.
INTERVALS = tuple(
    Interval(
        input_start=LATE_S + start,
        input_end=LATE_S + end,
        reference_start=SHOWN[0] + start * SPEED,
        reference_end=SHOWN[0] + end * SPEED,
        similarity=0.93,
        track=track,
        speed=SPEED,
        transforms=("mirrored",),
    )
    for start, end, track in ((0.0, 15.2, Track.BOTH), (15.2, LENGTH_S, Track.PICTURE))
)

#: How far the reference is ahead of where the edit has put it, seconds of the input: the middle and the worst of some
#: pictures. Each is compared with what was shown of the input at the same moment, which does not depend on when this
#: script gets its turn; in a pause, by the players' clocks. Our own arithmetic, so that no fault of the page's hides.
DRIFT = """async ([inputStart, referenceStart, speed, pictures]) => {
  const videos = ["input", "reference"].map((side) => document.querySelector(`.side.${side} video`));
  const starts = await Promise.all(videos.map(async (video) => {
    const answer = await fetch(video.currentSrc, { method: "HEAD" });
    return Number(answer.headers.get("MediaDNA-Start"));
  }));
  const apart = (input, reference) =>
    inputStart + (reference + starts[1] - referenceStart) / speed - (input + starts[0]);
  if (videos[0].paused) return [apart(...videos.map((video) => video.currentTime)), 0];
  const shown = await Promise.all(videos.map((video) => new Promise((resolve) => {
    const seen = [];
    const next = (_, { mediaTime, expectedDisplayTime }) => {
      seen.push([expectedDisplayTime, mediaTime]);
      if (seen.length < pictures) video.requestVideoFrameCallback(next);
      else resolve(seen);
    };
    video.requestVideoFrameCallback(next);
  })));
  const found = [];
  for (const [moment, reference] of shown[1]) {
    const at = shown[0].findIndex(([time]) => time >= moment);
    if (at < 1) continue;
    const [[before, from], [after, to]] = [shown[0][at - 1], shown[0][at]];
    found.push(apart(from + (to - from) * (moment - before) / (after - before), reference));
  }
  found.sort((one, other) => Math.abs(one) - Math.abs(other));
  return [found[Math.floor(found.length / 2)], found[found.length - 1]];
}"""

#: What the two players may be apart, seconds of the input; pictures that are compared for that.
APART_S, PICTURES = 0.1, 30
#: How often that is looked at, and seconds between the looks. A machine that has other things to do makes either side
#: stop for a moment, and the page puts that right; what is wrong stays wrong.
LOOKS, PAUSE_S = 5, 1.5


async def in_step(page: Page, interval: Interval) -> float:
    """Return how far the reference is ahead, seconds of the input, once the players are in step.

    Raises:
        AssertionError: They are not, however often one looks.
    """
    place = [interval.input_start, interval.reference_start, interval.speed, PICTURES]
    found: list[float] = []
    for _ in range(LOOKS):
        middle, worst = await page.evaluate(DRIFT, place)
        print(f"the reference is {middle:+.3f} s ahead, {worst:+.3f} s at the worst")  # noqa: T201
        if abs(middle) < APART_S:
            return float(middle)
        found.append(middle)
        await page.wait_for_timeout(PAUSE_S * 1000)
    raise AssertionError(f"the players are not in step: {found}")


def mirrored_copy(original: Path, target: Path) -> Path:
    """Write a copy of a part of a video: mirrored, faster, and behind some seconds of something else."""
    if target.exists():
        return target
    ffmpeg = shutil.which("ffmpeg")
    if ffmpeg is None:
        pytest.fail("ffmpeg makes the copy: install it")
    picture = f"hflip,setpts=(PTS-STARTPTS)/{SPEED},fps=30,scale=426:240,tpad=start_duration={LATE_S}:color=gray"
    sound = f"asetpts=PTS-STARTPTS,atempo={SPEED},adelay={round(LATE_S * 1000)}:all=1"
    span = ["-ss", str(SHOWN[0]), "-t", str(SHOWN[1] - SHOWN[0])]
    coding = ["-c:v", "libx264", "-preset", "ultrafast", "-g", "30", "-pix_fmt", "yuv420p", "-c:a", "aac"]
    quiet = [ffmpeg, "-v", "error", "-y", "-threads", "1", *span, "-i", str(original)]
    subprocess.run([*quiet, "-vf", picture, "-af", sound, *coding, "-movflags", "+faststart", str(target)], check=True)
    return target


def watched_job(job_id: str, media: Path, *, media_id: str, seconds: float, **fields: Any) -> Job:
    """Return a job over a file that a browser can be shown."""
    return job(
        job_id,
        JobStatus.SUCCESS,
        media_id=media_id,
        file_url=media.as_uri(),
        metrics=Metrics(duration=seconds),
        **fields,
    )


def watched_case(
    inline: InlineService,
    folder: Path,
    original: Path,
    *,
    media_id: str = "holiday.mp4",
    reference: str = "globe",
    purpose: Purpose = Purpose.ORIGINAL,
    intervals: Sequence[Interval] = INTERVALS,
    action: Action = Action.BLOCK,
) -> str:
    """Put a case of real media below the state folder's `media` into a read model; return its id."""
    folder.mkdir(parents=True, exist_ok=True)
    stored = folder / "original.mp4"
    if not stored.exists():
        shutil.copyfile(original, stored)
    copied = mirrored_copy(original, folder / "copy.mp4")
    match = Match(
        media_id=reference,
        library="films",
        similarity=0.93,
        track=Track.BOTH,
        input_coverage=0.86,
        reference_coverage=0.8,
        intervals=tuple(intervals),
    )
    found = watched_job(
        f"job-{id_of(reference, media_id)}",
        copied,
        media_id=media_id,
        seconds=LATE_S + LENGTH_S,
        matches=(match,),
        rulings=(ruling(reference, action),),
    )
    policy = Policy(
        name=f"to-{action}",
        library="films",
        when=Conditions(similarity=0.8, matched_seconds=10, input_coverage=0.3),
        action=action,
    )
    outcome = Outcome(
        media_id=media_id, action=action, policy=policy.name, final=True, job_id=found.job_id, event_time=TIME
    )
    inline.apply(
        libraries=[Library(name="films", purpose=purpose)],
        policies=[policy],
        items=[item(reference, job_id=f"job-of-{reference}", duration=REFERENCE_S)],
        jobs=[
            watched_job(f"job-of-{reference}", stored, media_id=reference, seconds=REFERENCE_S, library="films"),
            found,
        ],
        outcomes=[outcome],
    )
    return id_of(reference, media_id)
