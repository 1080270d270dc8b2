"""What the engine finds in a benchmark with one number moved, and in how many seconds of a processor."""

from __future__ import annotations

import tempfile
import time
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from benchmarks.score import count
from benchmarks.truth import Answer, Found, Segment, read_truth
from benchmarks.tune.force import in_force
from benchmarks.tune.moves import Value
from benchmarks.tune.prints import fingerprint_file, load, prints_folder
from fingerprint.engine import match
from fingerprint.index.memory import MemoryIndex
from fingerprint.loading import load_engine
from fingerprint.stages import stages

if TYPE_CHECKING:
    from benchmarks.truth import Query, Truth
    from schemas.matches import Match

__all__ = ["Measured", "Task", "measure", "sampled"]


class Task(msgspec.Struct, frozen=True):
    """One measurement.

    Attributes:
        bench: Folder of the benchmark.
        queries: How many of its queries are asked; 0 for all.
        stage: The stage whose number is moved.
        parameter: Its name; empty where nothing is moved.
        value: What it is moved to.
    """

    bench: Path
    queries: int
    stage: str
    parameter: str = ""
    value: Value | None = None


class Measured(msgspec.Struct, frozen=True):
    """What came of a measurement.

    Attributes:
        figures: As `benchmarks.score` names them.
        cpu_s: Seconds of a processor that it took.
    """

    figures: dict[str, float | None]
    cpu_s: float


def measure(task: Task) -> Measured:
    """Measure; in a process of its own, since what is computed from numbers may be kept as long as it lives."""
    stage = stages()[task.stage]
    truth = read_truth(task.bench)
    queries = sampled(truth.queries, task.queries)
    load_engine()
    moved = nullcontext() if task.value is None else in_force(stage, task.parameter, task.value)
    with moved, tempfile.TemporaryDirectory() as scratch:
        started = time.process_time()
        folder = prints_folder(task.bench)
        if stage.stores:
            folder = Path(scratch)
            for file in (*(one.file for one in truth.refs.values()), *(one.file for one in queries)):
                fingerprint_file(task.bench, file, folder)
        answers = _answers(truth, queries, folder)
        seconds = time.process_time() - started
    return Measured(count(queries, answers).figures, seconds)


def sampled(queries: tuple[Query, ...], most: int) -> tuple[Query, ...]:
    """Return so many queries, spread evenly over all of them: attacks of one family follow each other."""
    if not 0 < most < len(queries):
        return queries
    return tuple(queries[number * len(queries) // most] for number in range(most))


def _answers(truth: Truth, queries: tuple[Query, ...], folder: Path) -> list[Answer]:
    index = MemoryIndex()
    references = load(folder, [reference.file for reference in truth.refs.values()])
    for name, reference in truth.refs.items():
        if reference.file in references:
            index.add(name, references[reference.file].fingerprint)
    asked = load(folder, [query.file for query in queries])
    return [
        Answer(query.id, tuple(_found(one) for one in match(asked[query.file], index, index)))
        for query in queries
        if query.file in asked
    ]


def _found(match: Match) -> Found:
    segments = tuple(
        Segment((one.input_start, one.input_end), (one.reference_start, one.reference_end), one.similarity)
        for one in match.intervals
    )
    return Found(match.media_id, match.similarity, segments)
