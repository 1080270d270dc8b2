"""`python -m benchmarks.upkeep`: what a new item costs what is kept of all, as a made-up library grows to 10,000 items.

Each item is searched and stored. Every fifth is a copy of an earlier one, every fifth shows a sting, and every tenth an
ad. What is told is processor time for an item, which is the same whatever else the machine does: of everything, and of
each feature that follows from what items have in common. The last ones of each size count.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import defaultdict
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import msgspec

from benchmarks.report import table
from schemas.jobs import Job, JobRequest, JobStatus, Metrics
from schemas.libraries import Library, LibraryItem, Purpose
from schemas.matches import Interval, Match, Track
from streams.readmodel.airings import AiringProjection
from streams.readmodel.clusters import ClusterProjection
from streams.readmodel.model import PROJECTIONS, ReadModel
from streams.readmodel.projection import Record
from streams.readmodel.recurring import RecurringProjection

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence

    from streams.readmodel.projection import News, Projection

__all__ = ["main"]

#: Items of the library at which costs are told, and how many new ones are measured there.
SIZES, MEASURED = (1_000, 2_500, 5_000, 10_000), 200
#: Items that are taken over at a time.
BATCH = 50
#: Seconds of each item, of the sting and of an ad.
ITEM_S, STING_S, AD_S = 600.0, 8.0, 20.0
#: Every so-manieth item is a copy of an earlier one, shows the sting, shows the ad.
COPIED, STUNG, AIRED = 5, 5, 10
#: Earlier items that a search finds the sting in, at the most: as many as it has candidates a track.
MOST_FOUND = 24
SHOWS, ADS = Library(name="shows"), Library(name="ads", purpose=Purpose.ADS)
FOLLOWING = {"airings": AiringProjection, "recurring content": RecurringProjection, "clusters": ClusterProjection}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print a table; return 0."""
    parser = argparse.ArgumentParser(prog="benchmarks.upkeep", description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--sizes", type=_size, nargs="+", default=SIZES, metavar="ITEMS",
        help=f"items of the library at which costs are told, {MEASURED} at the least",
    )  # fmt: skip
    sizes = sorted(set(parser.parse_args(arguments).sizes))
    spent: dict[str, float] = defaultdict(float)
    for projection in PROJECTIONS:
        for name, kind in FOLLOWING.items():
            if isinstance(projection, kind):
                _meter(name, projection, spent)
    rows = []
    with TemporaryDirectory() as folder:
        model = ReadModel(Path(folder) / "model.sqlite", PROJECTIONS)
        made = _Made()
        model.project([_record("libraries", SHOWS), _record("libraries", ADS), _record("items", made.ad)], {})
        for before, size in zip((0, *sizes), sizes, strict=False):
            _take_over(model, made, before, size - MEASURED)
            spent.clear()
            began = time.process_time()
            _take_over(model, made, size - MEASURED, size)
            total = time.process_time() - began
            shown = [f"{1000 * one / MEASURED:.2f} ms" for one in (total, *(spent[name] for name in FOLLOWING))]
            rows.append((f"{size:,}", *shown))
        model.close()
    sys.stdout.write(table(("items", "all that is kept, an item", *FOLLOWING), rows))
    return 0


def _size(text: str) -> int:
    """Return how many items a library has to have: as many as are measured, or more."""
    size = int(text)
    if size < MEASURED:
        raise argparse.ArgumentTypeError(f"{size} are fewer than the {MEASURED} that are measured: give more")
    return size


def _take_over(model: ReadModel, made: _Made, first: int, last: int) -> None:
    """Let a read model hear of items, some at a time."""
    for start in range(first, last, BATCH):
        records = [record for number in range(start, min(start + BATCH, last)) for record in made.item(number)]
        model.project(records, {})


def _meter(name: str, projection: Projection, spent: dict[str, float]) -> None:
    """Count what a projection spends in taking messages over."""
    apply = projection.apply

    def metered(writer: sqlite3.Connection, record: Record) -> list[News]:
        began = time.process_time()
        try:
            return list(apply(writer, record))
        finally:
            spent[name] += time.process_time() - began

    projection.apply = metered  # type: ignore[method-assign]


class _Made:
    """The items, drawn in the same way each time."""

    def __init__(self) -> None:
        self._random = Random(17)
        self._stings: list[tuple[str, float]] = []
        self._names: list[str] = []
        self.ad = LibraryItem(
            library=ADS.name, media_id="ad", version=1, job_id="ad", creation_time=_time(0), duration=AD_S
        )

    def item(self, number: int) -> Iterator[Record]:
        """Yield the job of an item that was searched, and the item that it has stored."""
        name = f"item-{number:06}"
        matches = list(self._matches(number))
        self._names.append(name)
        if number % STUNG == 1:
            self._stings.append((name, self._random.uniform(0.0, ITEM_S - STING_S)))
            place = self._stings[-1][1]
            found = self._random.sample(self._stings[:-1], min(len(self._stings) - 1, MOST_FOUND))
            matches += [_match(other, place, there, STING_S) for other, there in found]
        request = JobRequest(job_id=f"{number:032x}", media_id=name, file_url="file:///a.mp4", library=SHOWS.name)
        time_ = _time(number)
        yield _record(
            "jobs",
            Job(
                job_id=request.job_id, media_id=name, status=JobStatus.SUCCESS, request=request, creation_time=time_,
                update_time=time_, complete_time=time_, version=1, matches=tuple(matches),
                metrics=Metrics(duration=ITEM_S),
            ),
        )  # fmt: skip
        yield _record(
            "items",
            LibraryItem(
                library=SHOWS.name, media_id=name, version=1, job_id=request.job_id, creation_time=time_,
                duration=ITEM_S,
            ),
        )  # fmt: skip

    def _matches(self, number: int) -> Iterator[Match]:
        if number % COPIED == 0 and self._names:
            yield _match(self._random.choice(self._names), 0.0, 0.0, ITEM_S)
        if number % AIRED == AIRED - 1:
            yield _match("ad", self._random.uniform(0.0, ITEM_S - AD_S), 0.0, AD_S, library=ADS.name, length=AD_S)


def _match(
    other: str, start: float, there: float, seconds: float, *, library: str = SHOWS.name, length: float = ITEM_S
) -> Match:
    interval = Interval(
        input_start=start, input_end=start + seconds, reference_start=there, reference_end=there + seconds,
        similarity=0.9, track=Track.BOTH,
    )  # fmt: skip
    return Match(
        media_id=other, library=library, similarity=0.9, track=Track.BOTH, input_coverage=seconds / ITEM_S,
        reference_coverage=seconds / length, intervals=(interval,),
    )  # fmt: skip


def _record(channel: str, value: msgspec.Struct) -> Record:
    return Record(channel, key=b"", value=msgspec.json.encode(value))


def _time(number: int) -> str:
    return f"2026-11-{1 + number // 86_400:02}T{number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02}.000Z"


if __name__ == "__main__":
    sys.exit(main())
