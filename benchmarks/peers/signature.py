"""FFmpeg's `signature` filter (MPEG-7 video signature): it compares two videos at a time, and names one span.

The filter reduces every picture to the means of a grid of 32 x 32. A small gray video with four pixels in each of its
cells takes the place of the media, so that each file is decoded once, and not once a pair.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.tools import FFMPEG, run
from benchmarks.truth import Segment

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Signature", "SmallVideo"]

#: Side of the small video, pixels; and its pictures a second: the filter takes a matching picture for a matching time.
SIDE, RATE = 64, 25

#: What the filter prints: where both videos agree, and for how many pictures around there.
MATCHING = re.compile(rb"matching of video 0 at ([\d.]+) and 1 at ([\d.]+), (\d+) frames matching")

#: Pictures that make a match as sure as not; the filter itself reports what it holds for a copy.
HALF = RATE


@dataclass(frozen=True)
class SmallVideo:
    """What stands for a file."""

    path: Path
    duration: float


class Signature:
    """`signature=detectmode=full` of the machine's ffmpeg."""

    programs: tuple[str, ...] = ("ffmpeg",)

    def fingerprint(self, media: Path, scratch: Path) -> SmallVideo | None:
        """See `Peer`."""
        path = scratch / f"{media.stem}.avi"
        shape = f"fps={RATE},scale={SIDE}:{SIDE}:flags=area,format=gray"
        run([*FFMPEG, "-i", str(media), "-an", "-vf", shape, "-c:v", "rawvideo", str(path)])
        pictures = path.stat().st_size // SIDE**2
        return SmallVideo(path, pictures / RATE) if pictures else None

    def match(self, query: SmallVideo, reference: SmallVideo) -> list[Segment]:
        """See `Peer`. FFmpeg 5 crashes on some pairs of which one is nearly still: it finds nothing there."""
        graph = "[0:v][1:v]signature=nb_inputs=2:detectmode=full[out]"
        command = [*FFMPEG, "-v", "info", "-nostats", "-i", str(query.path), "-i", str(reference.path)]
        done = run([*command, "-filter_complex", graph, "-map", "[out]", "-f", "null", "-"], may_crash=True)
        return [
            _segment(float(match[1]), float(match[2]), int(match[3]), query, reference)
            for match in MATCHING.finditer(done.stderr)
        ]


def _segment(at: float, reference_at: float, count: int, query: SmallVideo, reference: SmallVideo) -> Segment:
    """Lay as many pictures as match around where they do: behind that point, as far as both videos go."""
    length = count / RATE
    over = max(0.0, at + length - query.duration, reference_at + length - reference.duration)
    back = min(over, at, reference_at)
    span = (at - back, at - back + length)
    reference_span = (reference_at - back, reference_at - back + length)
    return Segment(span, reference_span, 0.5 + 0.5 * count / (count + HALF))
