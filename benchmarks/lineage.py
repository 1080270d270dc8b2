"""`python -m benchmarks.lineage`: chains of edited copies, and how many edges of their trees are right.

Each draw takes a video, makes a copy of it, a copy of that, and so on, with another edit each time, and asks for the
tree of what comes out. An edge is right that leads from a copy to the one that it was made from. All are matched as
jobs match them, in the order in which they were made.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.corpus import add_options, find_shared, split_media
from benchmarks.report import table
from benchmarks.tools import FFMPEG, BenchmarkError, require, run
from fingerprint.engine import fingerprint_media, match
from fingerprint.index.memory import MemoryIndex
from fingerprint.matching.likeness import likeness
from fingerprint.media.limits import DEFAULT_LIMITS
from fingerprint.media.probe import probe
from schemas.libraries import COPY_LINE
from streams.demo.footage import fetch
from streams.domain.precedence import Ages
from streams.domain.tracing.links import Medium, Sighting
from streams.domain.tracing.tree import trace_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fingerprint.picture.track import PictureTrack
    from schemas.traces import Trace
    from streams.domain.tracing.links import Link

__all__ = ["main"]

#: Seconds that a video has at least, so that a cut leaves enough of it.
LEAST_S = 10.0
#: Copies of a chain.
EDITS = 4


@dataclass(frozen=True)
class Edit:
    """One edit, as options of ffmpeg.

    Attributes:
        span: Which part of the video is kept, as shares of it.
        picture: Filters of the picture.
        sound: Filters of the sound.
        rate: Constant rate factor of x264: more is worse.
    """

    picture: str = "null"
    sound: str = "anull"
    span: tuple[float, float] = (0.0, 1.0)
    rate: int = 23


#: Edits by name. Each can be told from the picture or the times of what it was made into, but the last two.
EDIT_KINDS: dict[str, Callable[[random.Random], Edit]] = {
    "cut at the front": lambda draw: Edit(span=(draw.uniform(0.1, 0.25), 1.0)),
    "cut at the end": lambda draw: Edit(span=(0.0, draw.uniform(0.7, 0.85))),
    "cropped": lambda draw: Edit(f"crop=iw*{(kept := draw.uniform(0.75, 0.9)):.3f}:ih*{kept:.3f}"),
    "mirrored": lambda _: Edit("hflip"),
    "framed": lambda draw: Edit(
        f"scale=iw*{(small := draw.uniform(0.7, 0.85)):.3f}:-2,pad=iw/{small:.3f}:ih/{small:.3f}:-1:-1"
    ),
    "faster": lambda draw: Edit(f"setpts=PTS/{(speed := draw.uniform(1.08, 1.25)):.3f}", f"atempo={speed:.3f}"),
    "with a logo": lambda _: Edit("drawbox=x=iw*0.8:y=ih*0.06:w=iw*0.14:h=ih*0.14:color=orange:t=fill"),
    "brighter": lambda draw: Edit(f"eq=brightness={draw.uniform(0.06, 0.12):.3f}:contrast=1.15"),
    "compressed": lambda _: Edit("scale=-2:240", rate=34),
}


@dataclass(frozen=True)
class Chain:
    """Files of which each was made from the one before, and how."""

    files: tuple[Path, ...]
    edits: tuple[str, ...]

    @property
    def names(self) -> list[str]:
        """Their MediaIds."""
        return [file.stem for file in self.files]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print a table; return 0."""
    parser = argparse.ArgumentParser(prog="benchmarks.lineage", description=(__doc__ or "").splitlines()[0])
    add_options(parser)
    parser.add_argument("--draws", type=int, default=10, help="chains")
    options = parser.parse_args(arguments)
    try:
        require("ffmpeg")
        shared = find_shared(options.shared)
        videos = list(fetch().values()) if shared is None else split_media(shared, options.split)
        _measure([one for one in videos if probe(one).duration >= LEAST_S], options.draws, options.seed)
    except BenchmarkError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _measure(videos: list[Path], draws: int, seed: int) -> None:
    draw = random.Random(seed)
    rows, right, asked, whole = [], 0, 0, 0
    for video in draw.sample(videos, min(draws, len(videos))):
        with tempfile.TemporaryDirectory() as folder:
            chain = _make(video, Path(folder), draw)
            trace = _traced(chain)
        found = {(edge.copy, edge.source) for edge in trace.edges}
        wanted = list(zip(chain.names[1:], chain.names, strict=False))
        hits = sum(edge in found for edge in wanted)
        extra = len(found - set(wanted))
        right, asked, whole = right + hits, asked + len(wanted), whole + (found == set(wanted))
        rows.append((video.stem, ", ".join(chain.edits), f"{hits} of {len(wanted)}", str(extra), _wrong(trace, wanted)))
    sys.stdout.write(table(("video", "edits, one after the other", "edges right", "others", "instead"), rows))
    sys.stdout.write(f"\nedges right: {right} of {asked}; whole chains: {whole} of {len(rows)}\n")


def _make(video: Path, folder: Path, draw: random.Random) -> Chain:
    first = folder / "v0.mp4"
    _encode(video, first, Edit("scale=-2:360"))
    files, kinds = [first], draw.sample(sorted(EDIT_KINDS), EDITS)
    for number, kind in enumerate(kinds, start=1):
        files.append(folder / f"v{number}.mp4")
        _encode(files[-2], files[-1], EDIT_KINDS[kind](draw))
    return Chain(tuple(files), tuple(kinds))


def _encode(source: Path, target: Path, edit: Edit) -> None:
    length = probe(source).duration
    start, end = (share * length for share in edit.span)
    even = f"{edit.picture},scale=trunc(iw/2)*2:trunc(ih/2)*2,format=yuv420p"
    cut = ("-ss", f"{start:.3f}", "-t", f"{end - start:.3f}")
    codecs = ("-c:v", "libx264", "-preset", "veryfast", "-crf", str(edit.rate), "-c:a", "aac", "-b:a", "96k")
    run([*FFMPEG, *cut, "-i", str(source), "-vf", even, "-af", edit.sound, *codecs, str(target)])


def _traced(chain: Chain) -> Trace:
    """Return the tree of a chain's media, each matched with all that came before it."""
    index = MemoryIndex()
    media: dict[str, Medium] = {}
    pictures: dict[str, PictureTrack] = {}
    sightings: list[Sighting] = []
    for number, file in enumerate(chain.files):
        folder = file.with_suffix("")
        folder.mkdir()
        query = fingerprint_media(file, DEFAULT_LIMITS, folder)
        found = match(query, index, index) if number else []
        sightings += [
            Sighting(file.stem, one.media_id, one.similarity, one.intervals)
            for one in found
            if one.similarity >= COPY_LINE
        ]
        time = f"2026-11-{number + 1:02}T08:00:00.000Z"
        media[file.stem] = Medium(Ages(file.stem, seen=time, stored=time), query.fingerprint.duration)
        index.add(file.stem, query.fingerprint)
        if query.fingerprint.picture is not None:
            pictures[file.stem] = query.fingerprint.picture

    def alike(link: Link) -> float:
        return likeness(pictures[link.copy], pictures[link.source], link.intervals)

    return trace_of(chain.names[-1], media, sightings, likeness=alike)


def _wrong(trace: Trace, wanted: list[tuple[str, str]]) -> str:
    """Tell the sources that copies were given instead of theirs, and why."""
    wrong = (edge for edge in trace.edges if (edge.copy, edge.source) not in wanted)
    return "; ".join(
        f"{edge.copy} of {edge.source} ({', '.join(reason.because for reason in edge.why)})" for edge in wrong
    )


if __name__ == "__main__":
    sys.exit(main())
