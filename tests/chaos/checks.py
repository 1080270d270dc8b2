"""What must be so once the service is quiet again; each check says what is not."""

from __future__ import annotations

import os
import re
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
from pymilvus import MilvusClient

from chaos.cluster import LIBRARY, MARK
from fingerprint.engine import ALGORITHM
from fingerprint.model import Fingerprint
from schemas.matches import Track
from schemas.result import MediaDNAResult
from streams.adapters.milvus.names import CollectionNames, literal
from streams.adapters.storage.fsspec_store import open_store

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from chaos.cluster import Cluster
    from chaos.traffic import Item
    from chaos.workers import Size, Worker
    from schemas.events import AIMediaDNAComplete

__all__ = [
    "CHECKS",
    "ONE_EVENT",
    "READY",
    "READ_MODELS",
    "RESULTS",
    "UNFINISHED",
    "Expected",
    "Violation",
    "Windows",
    "check_end",
    "check_events",
    "check_items",
    "check_read_models",
    "check_surroundings",
    "observe",
]

#: What is looked at, as the table names it.
ONE_EVENT = "one complete event a job"
RESULTS = "results as undisturbed"
WINDOWS = "windows as undisturbed"
FILES = "fingerprint files"
READ_MODELS = "read models alike"
USAGE = "usage counted once"
UNFINISHED = "nothing unfinished"
READY = "workers ready"
LETTERS = "no dead letters"
LEFTOVERS = "no temporary files"
ORPHANS = "no orphan processes"
SIZE = "handles and memory"
CHECKS = (ONE_EVENT, RESULTS, WINDOWS, FILES, READ_MODELS, USAGE, UNFINISHED, READY, LETTERS, LEFTOVERS, ORPHANS, SIZE)

#: Names of what the store keeps; whatever else lies there was forgotten.
KEPT = re.compile(r"\d{10,}\.mdna|media-id|\+library|place-id")
#: Media items in one question to Milvus, and windows, at the most, in an answer.
ITEMS_A_QUERY, ROWS_A_QUERY = 40, 16_384
#: Jobs of one page.
PAGE = 100
#: Seconds of rounding, for each job.
ROUNDING_S = 0.001
#: What a worker may take more at the end than at the beginning: handles, and MiB beyond half as much again.
MORE_HANDLES, MORE_MB = 24, 100.0

#: Windows of one media item: track, number, and where each starts, milliseconds.
Windows = frozenset[tuple[str, int, int]]


@dataclass(frozen=True)
class Violation:
    """Something that must not be."""

    check: str
    detail: str

    def __str__(self) -> str:
        return f"{self.check}: {self.detail}"


@dataclass(frozen=True)
class Expected:
    """What an undisturbed run left of a source.

    Attributes:
        data: Of its complete event: what was found, and the fingerprint's digest and length.
        windows: In Milvus.
    """

    data: str
    windows: Windows


async def observe(
    cluster: Cluster, items: Sequence[Item], completions: Sequence[AIMediaDNAComplete]
) -> dict[str, Expected]:
    """Return what there is of each item's source, to be expected from now on."""
    data = {event.media_id: event.data for event in completions}
    stored = stored_windows(cluster.milvus.uri, [item.media_id for item in items])
    return {
        item.source: Expected(data[item.media_id], frozenset(rows for _, rows in stored[item.media_id]))
        for item in items
    }


async def check_items(
    cluster: Cluster,
    items: Sequence[Item],
    expected: Mapping[str, Expected],
    completions: Sequence[AIMediaDNAComplete],
) -> list[Violation]:
    """Check what became of media items: their events, jobs, windows and files."""
    found = [*check_events(items, expected, completions)]
    jobs = [await _jobs_of(cluster, worker, items) for worker in cluster.workers]
    found += check_read_models(items, jobs)
    versions = {job["media_id"]: job["version"] for job in jobs[0]}
    return found + _check_stored(cluster, items, expected, versions)


async def check_surroundings(cluster: Cluster, completions: Sequence[AIMediaDNAComplete]) -> list[Violation]:
    """Check what does not belong to one media item: sums, what was put aside, what was left behind."""
    found = [Violation(READY, f"{one.name} does not take events") for one in cluster.workers if not one.web]
    found += [one for worker in cluster.workers for one in await _check_usage(cluster, worker, completions)]
    letters = (await cluster.get(cluster.workers[0], "/dead-letters"))["letters"]
    found += [Violation(LETTERS, f"{letter['topic']}: {letter['reason']}") for letter in letters]
    left = [path.relative_to(cluster.store) for path in cluster.store.rglob("*") if path.is_file()]
    found += [Violation(LEFTOVERS, f"in the store: {path}") for path in left if not KEPT.fullmatch(path.name)]
    return found + _check_orphans(cluster)


def check_end(cluster: Cluster, before: Size) -> list[Violation]:
    """Check what the workers hold at the end of the run, against the beginning's."""
    found = [Violation(LEFTOVERS, f"a temporary file: {path.name}") for path in cluster.temporary.iterdir()]
    for worker in cluster.workers:
        size = worker.size()
        if size.handles > before.handles + MORE_HANDLES:
            found.append(Violation(SIZE, f"{worker.name} has {size.handles} handles, {before.handles} at first"))
        if size.memory_mb > before.memory_mb * 1.5 + MORE_MB:
            found.append(
                Violation(SIZE, f"{worker.name} takes {size.memory_mb:.0f} MiB, {before.memory_mb:.0f} at first")
            )
    return found


def stored_windows(uri: str, media_ids: Sequence[str]) -> dict[str, set[tuple[int, tuple[str, int, int]]]]:
    """Return what Milvus holds of each media item: versions, each with a window."""
    names = CollectionNames(ALGORITHM)
    found: dict[str, set[tuple[int, tuple[str, int, int]]]] = {media_id: set() for media_id in media_ids}
    with closing(MilvusClient(uri, dedicated=True)) as client:
        for track in Track:
            name = names.of(LIBRARY, track)
            if not client.has_collection(name):
                continue
            for start in range(0, len(media_ids), ITEMS_A_QUERY):
                asked = ", ".join(map(literal, media_ids[start : start + ITEMS_A_QUERY]))
                rows = client.query(
                    name,
                    filter=f"media_id in [{asked}]",
                    output_fields=["media_id", "version", "number", "start_ms"],
                    consistency_level="Strong",
                    limit=ROWS_A_QUERY,
                )
                for row in rows:
                    window = (track.value, row["number"], row["start_ms"])
                    found[row["media_id"]].add((row["version"], window))
    return found


def check_events(
    items: Sequence[Item], expected: Mapping[str, Expected], completions: Sequence[AIMediaDNAComplete]
) -> list[Violation]:
    found = []
    for item in items:
        events = [event for event in completions if event.media_id == item.media_id]
        if len(events) != 1:
            told = ", ".join(f"{event.job_id[:8]} {event.status}" for event in events)
            found.append(Violation(ONE_EVENT, f"{item.media_id} has {len(events)}: {told}"))
        for event in events:
            if event.status != "success":
                found.append(Violation(RESULTS, f"{item.media_id} failed: {event.code} {event.message}"))
            elif event.data != expected[item.source].data:
                found.append(Violation(RESULTS, f"{item.media_id} has {event.data}, not {expected[item.source].data}"))
    return found


async def _jobs_of(cluster: Cluster, worker: Worker, items: Sequence[Item]) -> list[dict[str, Any]]:
    jobs: list[dict[str, Any]] = []
    for item in items:
        jobs += (await cluster.get(worker, "/jobs", media_id=item.media_id, limit=PAGE))["jobs"]
    return jobs


def check_read_models(items: Sequence[Item], jobs: Sequence[list[dict[str, Any]]]) -> list[Violation]:
    found = [Violation(READ_MODELS, _difference(jobs[0], other)) for other in jobs[1:] if other != jobs[0]]
    for item in items:
        own = [job for job in jobs[0] if job["media_id"] == item.media_id]
        if len(own) != 1:
            found.append(Violation(ONE_EVENT, f"{item.media_id} has {len(own)} jobs"))
        found += [
            Violation(UNFINISHED, f"{job['media_id']}: job {job['job_id'][:8]} is at {job['status']}")
            for job in own
            if job["status"] in {"init", "processing"}
        ]
    return found


def _difference(one: list[dict[str, Any]], other: list[dict[str, Any]]) -> str:
    known = {job["job_id"]: job for job in one}
    for job in other:
        there = known.pop(job["job_id"], None)
        if there is None:
            return f"{job['media_id']}: one worker knows no job {job['job_id'][:8]}"
        fields = [f"{name} {there[name]!r} and {job[name]!r}" for name in job if job[name] != there[name]]
        if fields:
            return f"{job['media_id']}: {'; '.join(fields)[:300]}"
    return f"one worker knows no job of {', '.join(job['media_id'] for job in known.values())}"


def _check_stored(
    cluster: Cluster, items: Sequence[Item], expected: Mapping[str, Expected], versions: Mapping[str, int]
) -> list[Violation]:
    found = []
    store = open_store(str(cluster.store))
    in_milvus = stored_windows(cluster.milvus.uri, [item.media_id for item in items])
    for item in items:
        version = versions.get(item.media_id)
        windows = expected[item.source].windows
        wanted = {(version, window) for window in windows}
        if in_milvus[item.media_id] != wanted:
            there = Counter(number for number, _ in in_milvus[item.media_id])
            found.append(
                Violation(WINDOWS, f"{item.media_id}, version {version} of {len(windows)} windows: {dict(there)}")
            )
        keys = store.versions(LIBRARY, item.media_id)
        data = store.get(keys[0]) if keys else None
        if [key.version for key in keys] != [version] or data is None:
            found.append(Violation(FILES, f"{item.media_id}, version {version}: {[key.version for key in keys]}"))
        elif _windows_of(data) != windows:
            found.append(Violation(FILES, f"{item.media_id}: the fingerprint has other windows than undisturbed"))
    return found


def _windows_of(data: bytes) -> Windows:
    return frozenset(
        (track.value, int(number), int(start))
        for track, rows in Fingerprint.from_bytes(data).windows().items()
        for number, start in zip(rows.numbers, rows.starts_ms, strict=True)
    )


async def _check_usage(cluster: Cluster, worker: Worker, completions: Sequence[AIMediaDNAComplete]) -> list[Violation]:
    """Compare sums with those over the jobs that were told to have succeeded, each once."""
    succeeded = {event.job_id: event for event in completions if event.status == "success"}
    results = [MediaDNAResult.from_json(event.data) for event in succeeded.values()]
    seconds = sum(float(result.fingerprint.duration) for result in results if result.fingerprint)
    total = (await cluster.get(worker, "/usage"))["total"]
    if total["jobs"] == len(succeeded) and abs(total["seconds"] - seconds) <= ROUNDING_S * len(succeeded):
        return []
    told = f"{total['jobs']} jobs, {total['seconds']:.3f} s, where {len(succeeded)} succeeded, {seconds:.3f} s"
    return [Violation(USAGE, f"{worker.name} counts {told}")]


def _check_orphans(cluster: Cluster) -> list[Violation]:
    known = set().union(*(worker.processes() for worker in cluster.workers))
    mark = f"{MARK}={cluster.folder}".encode()
    found = []
    for process in psutil.process_iter():
        try:
            environment = Path(f"/proc/{process.pid}/environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if mark in environment and process.pid not in known and process.pid != os.getpid():
            found.append(Violation(ORPHANS, f"{process.pid}: {' '.join(_command(process))[:120]}"))
    return found


def _command(process: psutil.Process) -> Collection[str]:
    try:
        line: list[str] = process.cmdline()
    except psutil.Error:
        return ["gone by now"]
    return line
