"""`python -m benchmarks.speed`: what fingerprinting and matching cost, as ratios taken in one run on one core."""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.corpus import SHARED_VARIABLE, find_shared, split_media
from benchmarks.cost.clips import programme, repeated
from benchmarks.cost.load import match_large_library, match_uploads
from benchmarks.cost.meter import alone
from benchmarks.cost.steps import decode_all, fingerprint_all, fingerprint_chunks, fingerprint_peer, fingerprint_whole
from benchmarks.detect import PEERS
from benchmarks.report import table
from benchmarks.tools import BenchmarkError, require
from fingerprint.media.probe import probe
from streams.demo.edit import Edit, Piece, make_copy
from streams.demo.footage import FootageError, fetch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from benchmarks.cost.load import Index
    from benchmarks.cost.meter import Meter

__all__ = ["main"]

#: Each pair of steps that makes a ratio runs so often, by turns; the least of each is taken, as noise only adds.
ROUNDS = 3

#: Seconds of the clips whose decoding is compared.
CLIP_S = 60.0

#: Heights in lines, with the ratio to decoding that must be reached, and the one that is hoped for.
HEIGHTS = {480: (1.5, 1.1), 1080: (1.1, 0.8)}

#: Short uploads of each kind whose matching is compared with their fingerprinting, and seconds of each.
UPLOADS, UPLOAD_S = 8, (10.0, 60.0)

#: References that short uploads are matched against, with the ratios to be reached and hoped for: no copies, copies.
UPLOAD_BARS = {80: ((1.0, 0.5), (2.0, 1.2)), 5000: ((1.3, 0.55), (2.6, 1.3))}

#: What is done to short uploads that are copies, by turns.
UPLOAD_EDITS = (Edit(), Edit(mirrored=True), Edit(logo=True, bit_rate=100_000), Edit(width=240, height=426))

#: The largest share of memory that a long file may take over a short one, and bytes of fingerprint an hour, in MB.
MEMORY_BAR, MEGABYTES_BAR = 1.1, 8.0


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    cost: str
    figure: str
    bar: str = ""
    aim: str = ""

    def __str__(self) -> str:
        """Return the row as Markdown."""
        return f"| {self.cost} | {self.figure} | {self.bar} | {self.aim} |"


class Speed:
    """Makes clips in a folder and times steps on them."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._out: Path = options.out / "speed"
        self._out.mkdir(parents=True, exist_ok=True)
        self._minutes: float = options.long_minutes
        self._hours: float = options.library_hours
        footage = fetch()
        shared = find_shared(options.shared)
        self._videos = list(footage.values())
        self._media = split_media(shared, "all") if shared else self._videos
        self._warm = footage["bunny"]  # it has both tracks
        self._parts = self._out / "parts"

    def ratio(self) -> Iterator[Row]:
        """Compare fingerprinting with decoding, and with what peers cost."""
        for height, (bar, aim) in HEIGHTS.items():
            clip = programme(self._videos, self._out / f"{height}p.mp4", height=height, seconds=CLIP_S)
            decoding, own = [], []
            for _ in range(ROUNDS):
                decoding.append(alone(decode_all, clip).cpu_s)
                meter, query = alone(fingerprint_whole, clip, self._warm, self._parts)
                own.append(meter.cpu_s)
            least, mine = min(decoding), min(own)
            yield Row(f"fingerprint ÷ decoding, {height}p", f"{mine / least:.2f}", f"{bar:g}", f"{aim:g}")
            yield Row(f"decoding, {height}p, CPU s an hour", f"{_hourly(least):.0f}")
            yield Row(f"MediaDNA, {height}p, CPU s an hour", f"{_hourly(mine):.0f}")
            for name in PEERS:
                cost = _hourly(alone(fingerprint_peer, name, clip).cpu_s)
                yield Row(f"{name}, {height}p, CPU s an hour", f"{cost:.0f}")
            size = len(query.fingerprint.to_bytes()) / query.fingerprint.duration * 3600 / 1e6
            yield Row(f"fingerprint of an hour, {height}p, MB", f"{size:.2f}", f"{MEGABYTES_BAR:g}")

    def memory(self) -> Iterator[Row]:
        """Compare the memory that a long file and one of three minutes take."""
        clip = programme(self._videos, self._out / "low.mp4", height=120, seconds=60, fps=10)
        short = repeated(clip, self._out / "short.mp4", 3)
        long = repeated(clip, self._out / f"long-{self._minutes:g}.mp4", round(self._minutes))
        steps: dict[str, Callable[[Path], Meter]] = {
            "its chunks": lambda media: alone(fingerprint_chunks, media, self._warm),
            "all of it": lambda media: alone(fingerprint_whole, media, self._warm, self._parts)[0],
        }
        for name, step in steps.items():
            few, many = step(short).peak_mb, step(long).peak_mb
            figure = f"{many / few:.2f} ({few:.0f} and {many:.0f} MiB)"
            yield Row(f"memory, {self._minutes:g} ÷ 3 minutes, {name}", figure, f"{MEMORY_BAR:g}")

    def uploads(self) -> Iterator[Row]:
        """Compare matching short uploads, which copy nothing or are copies, with fingerprinting them."""
        lengths = {media: probe(media).duration for media in self._media}
        short = [media for media, length in lengths.items() if UPLOAD_S[0] <= length <= UPLOAD_S[1]]
        chosen = short[:: max(1, len(short) // UPLOADS)][:UPLOADS]
        names = [media.stem for media in self._media]
        real = dict(zip(names, alone(fingerprint_all, self._media), strict=True))
        for place, kind in enumerate(("copy nothing", "are copies")):
            cost, queries = 0.0, {}
            for number, media in enumerate(chosen):
                upload = media
                if place:
                    upload = self._out / f"copy-{media.stem}.mp4"
                    make_copy([Piece(media)], upload, UPLOAD_EDITS[number % len(UPLOAD_EDITS)])
                parts = self._out / "uploads" / upload.stem
                meter, query = alone(fingerprint_whole, upload, self._warm, parts)
                cost += meter.cpu_s
                queries[f"upload-{number}" if place else media.stem] = query
            for references, bars in UPLOAD_BARS.items():
                matching = alone(match_uploads, queries, real, references)
                bar, aim = bars[place]
                title = f"matching {len(chosen)} short uploads that {kind}, {references} references ÷ their fingerprint"
                figure = f"{matching.cpu_s / cost:.2f} ({matching.cpu_s:.1f} and {cost:.1f} CPU s)"
                yield Row(title, figure, f"{bar:g}", f"{aim:g}")

    def matching(self) -> Iterator[Row]:
        """Compare matching ten minutes against a large library with fingerprinting them."""
        clip = programme(self._media, self._out / "ten-minutes.mp4", height=480, seconds=600)
        fingerprinting, query = alone(fingerprint_whole, clip, self._warm, self._parts)
        yield Row("fingerprint of ten minutes, 480p, CPU s", f"{fingerprinting.cpu_s:.1f}")
        real = alone(fingerprint_all, self._media)
        indexes: list[Index] = ["memory", "Milvus Lite"]
        for index in indexes:
            cost, windows = alone(match_large_library, query, real, self._hours, index)
            title = f"matching ten minutes in {self._hours:g} h, {windows} windows ÷ their fingerprint, {index}"
            yield Row(title, f"{cost.cpu_s / fingerprinting.cpu_s:.2f} ({cost.cpu_s:.1f} CPU s)", "1")


def main(words: Sequence[str] | None = None) -> int:
    """Run the benchmark; return the exit status."""
    parts = ("ratio", "memory", "uploads", "matching")
    parser = argparse.ArgumentParser(prog="make bench-speed", description=__doc__)
    shared = os.environ.get(SHARED_VARIABLE) or "../shared"
    parser.add_argument("--shared", type=Path, default=shared, help="folder with media/ to fill the library from")
    parser.add_argument("--out", type=Path, default=".bench", help="folder for clips (%(default)s)")
    parser.add_argument("--parts", nargs="+", choices=parts, default=parts, help="what is measured (all)")
    parser.add_argument("--long-minutes", type=float, default=180, help="length of the long file (%(default)s)")
    parser.add_argument("--library-hours", type=float, default=50, help="size of the library (%(default)s)")
    options = parser.parse_args(words)
    try:
        require("ffmpeg")
        speed = Speed(options)
        print(table(["cost", "figure", "bar", "aim"], []))
        for row in (row for part in options.parts for row in getattr(speed, part)()):
            print(row, flush=True)
    except (BenchmarkError, FootageError) as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    return 0


def _hourly(clip_s: float) -> float:
    """Return the cost of an hour from that of a clip."""
    return clip_s / CLIP_S * 3600


if __name__ == "__main__":
    sys.exit(main())
