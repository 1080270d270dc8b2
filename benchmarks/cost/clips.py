"""Makes the videos that are timed."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from benchmarks.tools import FFMPEG, run
from fingerprint.media.probe import probe

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["programme", "repeated"]

#: H.264 and AAC as a transcoder of uploads makes them.
CODEC = ("-c:v", "libx264", "-preset", "fast", "-crf", "23", "-c:a", "aac", "-b:a", "128k")

#: Sound of what has none.
SILENCE = "anullsrc=r=44100:cl=stereo"


def programme(videos: Sequence[Path], target: Path, *, height: int, seconds: float, fps: int = 25) -> Path:
    """Show videos one after the other, 16:9 at a height, over again until the time is filled."""
    if target.is_file():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"part-{target.name}")
    chosen, filled = [], 0.0
    for video in itertools.cycle(videos):
        if filled >= seconds:
            break
        chosen.append(video)
        filled += probe(video).duration
    inputs = [word for video in chosen for word in ("-i", str(video))]
    graph = ";".join(_shaped(number, video, height, fps) for number, video in enumerate(chosen))
    joined = "".join(f"[v{number}][a{number}]" for number in range(len(chosen)))
    graph += f";{joined}concat=n={len(chosen)}:v=1:a=1[v][a]"
    run(
        [
            *FFMPEG,
            *inputs,
            "-filter_complex",
            graph,
            "-map",
            "[v]",
            "-map",
            "[a]",
            "-t",
            str(seconds),
            *CODEC,
            str(part),
        ]
    )
    return part.replace(target)


def repeated(clip: Path, target: Path, times: int) -> Path:
    """Repeat a clip without decoding it."""
    if target.is_file():
        return target
    part = target.with_name(f"part-{target.name}")
    run([*FFMPEG, "-stream_loop", str(times - 1), "-i", str(clip), "-c", "copy", str(part)])
    return part.replace(target)


def _shaped(number: int, video: Path, height: int, fps: int) -> str:
    info = probe(video)
    width = round(height * 8 / 9) * 2
    sound = f"[{number}:a]aresample=44100,aformat=channel_layouts=stereo,apad" if info.has_sound else SILENCE
    return (
        f"[{number}:v:0]scale={width}:{height}:force_original_aspect_ratio=decrease,"
        f"pad={width}:{height}:(ow-iw)/2:(oh-ih)/2,setsar=1,fps={fps},format=yuv420p,"
        f"trim=duration={info.duration:.3f},setpts=PTS-STARTPTS[v{number}];"
        f"{sound},atrim=duration={info.duration:.3f},asetpts=PTS-STARTPTS[a{number}]"
    )
