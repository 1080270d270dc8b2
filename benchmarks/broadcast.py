"""`python -m benchmarks.broadcast`: twelve ads planted in an hour of footage, and the log of airings held against it.

The programme is made of videos that hold none of the ads, over and over; each ad of two other videos. Three airings are
cut short, and one ad runs twice. An airing is right that is of the right ad, within half a second at both ends, and
told to be complete where it is.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.corpus import SHARED_VARIABLE, add_options, find_shared, split_media
from benchmarks.report import table
from benchmarks.tools import FFMPEG, BenchmarkError, require, run
from fingerprint.engine import fingerprint_media, match
from fingerprint.index.memory import MemoryIndex
from fingerprint.media.limits import DEFAULT_LIMITS
from fingerprint.media.probe import probe
from schemas.libraries import COPY_LINE
from streams.domain.airings import airings_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.corpus import Split
    from fingerprint.query import Query
    from streams.domain.airings import Airing

__all__ = ["main"]

#: Airings, those of them that are cut short, and the ads: one runs twice.
AIRINGS, SHORTENED = 12, 3
ADS = AIRINGS - 1
#: Pictures a second.
FPS = 25
#: Seconds of each half of an ad, which is of one video, and of the part that is left of one that is cut short. All are
#: whole pictures long, so that what is put one behind the other is where it is said to be.
HALF_S, LEFT_S = 7.6, 9.0
#: Seconds by which a bound may be wrong.
ERROR_S = 0.5
#: What all of it is made into before it is cut together.
FORM = f"scale=480:270:force_original_aspect_ratio=decrease,pad=480:270:-1:-1,setsar=1,fps={FPS},format=yuv420p"
SOUND = "aresample=44100,aformat=channel_layouts=stereo"


class Planted(NamedTuple):
    """An airing as it was planted; times are seconds."""

    ad: str
    start: float
    end: float
    complete: bool


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print a table; return 0."""
    parser = argparse.ArgumentParser(prog="benchmarks.broadcast", description=(__doc__ or "").splitlines()[0])
    add_options(parser)
    parser.add_argument("--seconds", type=float, default=3600.0, help="how long the broadcast is")
    options = parser.parse_args(arguments)
    try:
        require("ffmpeg")
        videos = _videos(options.shared, options.split)
        with tempfile.TemporaryDirectory() as folder:
            _measure(videos, Path(folder), options.seconds, random.Random(options.seed))
    except BenchmarkError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _videos(folder: Path, split: Split) -> list[Path]:
    shared = find_shared(folder)
    if shared is None:
        raise BenchmarkError(f"an hour is made of many videos: name a folder of them with {SHARED_VARIABLE}")
    return split_media(shared, split)


def _measure(videos: list[Path], folder: Path, seconds: float, draw: random.Random) -> None:
    lengths = {video: probe(video).duration for video in videos}
    long = [video for video, length in lengths.items() if length >= HALF_S + 1.0]
    sources = draw.sample(long, 2 * ADS)
    ads = [_ad(folder / f"ad-{number}.mp4", sources[2 * number : 2 * number + 2]) for number in range(ADS)]
    programme = [video for video in videos if video not in sources]
    planted = _broadcast(folder / "broadcast.mp4", ads, programme, seconds, draw)
    index = MemoryIndex()
    for ad in ads:
        index.add(ad.stem, _fingerprinted(ad).fingerprint)
    started = time.process_time()
    query = _fingerprinted(folder / "broadcast.mp4")
    fingerprinting, started = time.process_time() - started, time.process_time()
    matches = [one for one in match(query, index, index) if one.similarity >= COPY_LINE]
    matching = time.process_time() - started
    durations = {("default", ad.stem): probe(ad).duration for ad in ads}
    _tell(planted, airings_of(matches, durations))
    sys.stdout.write(f"\nmatching ÷ fingerprinting, processor time: {matching / fingerprinting:.2f}\n")


def _tell(planted: list[Planted], found: list[Airing]) -> None:
    left, right = list(found), 0
    rows: list[tuple[str, ...]] = []
    for one in planted:
        near = [each for each in left if each.ad == one.ad and each.start < one.end and one.start < each.end]
        best = min(near, key=lambda each: abs(each.start - one.start), default=None)
        if best is None:
            rows.append((one.ad, f"{one.start:.2f}", f"{one.end:.2f}", "missed", "", ""))
            continue
        left.remove(best)
        errors = best.start - one.start, best.end - one.end
        is_right = max(map(abs, errors)) <= ERROR_S and best.complete == one.complete
        right += is_right
        told = "complete" if best.complete else f"{best.share:.0%} of it"
        rows.append((one.ad, f"{one.start:.2f}", f"{one.end:.2f}", told, *(f"{error:+.2f} s" for error in errors)))
    heads = ("ad", "starts, s", "ends, s", "told", "start differs by", "end differs by")
    sys.stdout.write(table(heads, rows))
    others = ", ".join(f"{one.ad} at {one.start:.1f} to {one.end:.1f} s" for one in left)
    sys.stdout.write(f"\nairings right: {right} of {len(planted)}; others: {others or 'none'}\n")


def _ad(target: Path, halves: Sequence[Path]) -> Path:
    _join([(video, 0.5, HALF_S) for video in halves], target)
    return target


def _broadcast(
    target: Path, ads: Sequence[Path], programme: Sequence[Path], seconds: float, draw: random.Random
) -> list[Planted]:
    """Make a broadcast with all ads in it, one twice; return what was planted."""
    order = [*ads, draw.choice(ads)]
    draw.shuffle(order)
    short = set(draw.sample(range(AIRINGS), SHORTENED))
    shown = cycle(draw.sample(programme, len(programme)))
    between = (seconds - sum(probe(ad).duration for ad in order)) / (AIRINGS + 1)
    parts: list[tuple[Path, float, float]] = []
    planted: list[Planted] = []
    at = 0.0
    for number, ad in enumerate(order):
        for part in _filled(shown, between):
            parts.append(part)
            at += part[2]
        length = LEFT_S if number in short else probe(ad).duration
        parts.append((ad, 0.0, length))
        planted.append(Planted(ad.stem, at, at + length, number not in short))
        at += length
    parts += _filled(shown, between)
    _join(parts, target)
    return planted


def _filled(shown: Iterator[Path], seconds: float) -> list[tuple[Path, float, float]]:
    """Return parts of the programme that last so long."""
    parts: list[tuple[Path, float, float]] = []
    while seconds > 0.0:
        video = next(shown)
        length = round(min(probe(video).duration - 0.2, seconds) * FPS) / FPS
        if length <= 0.0:
            break
        parts.append((video, 0.0, length))
        seconds -= length
    return parts


def _join(parts: Sequence[tuple[Path, float, float]], target: Path) -> None:
    """Write parts, each a file, where it starts and how long it lasts, one after the other, in one form."""
    folder = Path(tempfile.mkdtemp(dir=target.parent))
    made: dict[tuple[Path, float, float], Path] = {}
    for part in parts:
        if part not in made:
            made[part] = folder / f"{len(made)}.mkv"
            _part(part, made[part])
    listed = folder / "parts.txt"
    listed.write_text("".join(f"file '{made[part]}'\n" for part in parts))
    run([*FFMPEG, "-f", "concat", "-safe", "0", "-i", str(listed), "-c:v", "copy", "-c:a", "aac", str(target)])


def _part(part: tuple[Path, float, float], target: Path) -> None:
    video, start, length = part
    has_sound = probe(video).has_sound
    silence = () if has_sound else ("-f", "lavfi", "-i", "anullsrc=r=44100:cl=stereo")
    sound = f"[{0 if has_sound else 1}:a:0]{SOUND},apad,atrim=end={length}[a]"
    picture = f"[0:v:0]{FORM},tpad=stop_mode=clone:stop_duration=1,trim=end={length}[v]"
    codecs = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "26", "-c:a", "pcm_s16le")
    run([
        *FFMPEG, "-ss", str(start), "-t", str(length), "-i", str(video), *silence,
        "-filter_complex", f"{picture};{sound}", "-map", "[v]", "-map", "[a]", *codecs, "-t", str(length), str(target),
    ])  # fmt: skip


def _fingerprinted(file: Path) -> Query:
    folder = file.with_suffix("")
    folder.mkdir()
    return fingerprint_media(file, DEFAULT_LIMITS, folder)


if __name__ == "__main__":
    sys.exit(main())
