"""What the engine finds in a benchmark with one number moved, and in how many seconds of a processor."""

from __future__ import annotations

import tempfile
import time
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import msgspec

from benchmarks.score import count
from benchmarks.truth import Answer, Found, Segment, Truth, read_truth
from benchmarks.tune.force import in_force
from benchmarks.tune.moves import Value
from benchmarks.tune.prints import files_of, fingerprint_file, load, prints_folder
from fingerprint.engine import match
from fingerprint.index.memory import MemoryIndex
from fingerprint.loading import load_engine
from fingerprint.picture.weights import trained, trunk
from fingerprint.stages import stages

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schemas.matches import Match

Thing = TypeVar("Thing")

__all__ = ["Measured", "Sample", "Task", "measure", "sampled"]


class Sample(msgspec.Struct, frozen=True):
    """How much of a benchmark is asked: less takes less time.

    Attributes:
        queries: How many queries; 0 for all.
        references: How many references; 0 for all. Those that the queries copy are taken in any case.
    """

    queries: int = 0
    references: int = 0


class Task(msgspec.Struct, frozen=True):
    """One measurement.

    Attributes:
        bench: Folder of the benchmark.
        sample: How much of it is asked.
        stage: The stage whose number is moved.
        parameter: Its name; empty where nothing is moved.
        value: What it is moved to.
    """

    bench: Path
    sample: Sample
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
    truth = sampled(read_truth(task.bench), task.sample)
    if stage.stores:
        load_engine()
    else:  # what matching loads
        trained()
        trunk()
    moved = nullcontext() if task.value is None else in_force(stage, task.parameter, task.value)
    with moved, tempfile.TemporaryDirectory() as scratch:
        started = time.process_time()
        folder = prints_folder(task.bench)
        if stage.stores:
            folder = Path(scratch)
            for file in files_of(truth):
                fingerprint_file(task.bench, file, folder)
        answers = _answers(truth, folder)
        seconds = time.process_time() - started
    return Measured(count(truth.queries, answers).figures, seconds)


def sampled(truth: Truth, sample: Sample) -> Truth:
    """Return some of a benchmark, spread evenly over all of it: attacks of one family follow each other."""
    queries = _spread(truth.queries, sample.queries)
    copied = {span.ref for query in queries for span in query.truth}
    others = _spread([ref for ref in truth.refs if ref not in copied], max(1, sample.references - len(copied)))
    wanted = copied.union(others if sample.references else truth.refs)
    return Truth(truth.seed, {ref: one for ref, one in truth.refs.items() if ref in wanted}, tuple(queries))


def _spread(things: Sequence[Thing], most: int) -> Sequence[Thing]:
    if not 0 < most < len(things):
        return things
    return [things[number * len(things) // most] for number in range(most)]


def _answers(truth: Truth, folder: Path) -> list[Answer]:
    index = MemoryIndex()
    references = load(folder, [reference.file for reference in truth.refs.values()])
    for name, reference in truth.refs.items():
        if reference.file in references:
            index.add(name, references[reference.file].fingerprint)
    asked = load(folder, [query.file for query in truth.queries])
    return [
        Answer(query.id, tuple(_found(one) for one in match(asked[query.file], index, index)))
        for query in truth.queries
        if query.file in asked
    ]


def _found(match: Match) -> Found:
    segments = tuple(
        Segment((one.input_start, one.input_end), (one.reference_start, one.reference_end), one.similarity)
        for one in match.intervals
    )
    return Found(match.media_id, match.similarity, segments)
