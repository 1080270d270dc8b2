"""`python -m benchmarks.tune STAGE`: what moving each number of a stage by a quarter does."""

from __future__ import annotations

import argparse
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from benchmarks.corpus import SHARED_VARIABLE, Plan, build, find_shared
from benchmarks.tools import BenchmarkError
from benchmarks.truth import read_truth
from benchmarks.tune.measure import Sample, Task, measure, sampled
from benchmarks.tune.moves import moves
from benchmarks.tune.prints import files_of, keep_prints
from benchmarks.tune.report import Outcome, Report, as_markdown
from fingerprint.engine import ALGORITHM
from fingerprint.parameters import describe
from fingerprint.stages import stages
from streams.demo.footage import FootageError
from streams.settings import available_cores

if TYPE_CHECKING:
    from collections.abc import Sequence
    from multiprocessing.context import ForkServerContext

    from benchmarks.tune.moves import Move
    from fingerprint.stages import Stage

__all__ = ["main"]

#: The benchmark that all stages are measured on: a query for each attack, so that a stage takes minutes.
SEED, PER_ATTACK, COMBOS, NEGATIVES, RECUT = 14, 1, 2, 4, 2


def main(words: Sequence[str] | None = None) -> int:
    """Measure a stage; return the exit status."""
    options = _options(words)
    if options.list or options.stage is None:
        for stage in stages().values():
            print(f"{stage.name}: {len(describe(stage.parameters))}")
        return 0
    try:
        print(_run(options))
    except (BenchmarkError, FootageError) as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    return 0


def _options(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make tune", description=__doc__)
    shared = os.environ.get(SHARED_VARIABLE) or "../shared"
    parser.add_argument("stage", nargs="?", help="a stage, or the end of its name")
    parser.add_argument("--list", action="store_true", help="say which stages there are, and how many numbers each has")
    parser.add_argument("--parameter", help="the one that is moved (all)")
    parser.add_argument("--shared", type=Path, default=shared, help="folder with media/ and copybench/ (%(default)s)")
    parser.add_argument("--bench", type=Path, help="a benchmark that is already built")
    parser.add_argument("--out", type=Path, default=".bench", help="folder for benchmarks and reports (%(default)s)")
    parser.add_argument("--queries", type=int, default=0, help="ask so many queries; fewer take less time (all)")
    parser.add_argument("--references", type=int, default=0, help="hold them against so many references (all)")
    parser.add_argument("--seed", type=int, default=SEED, help="draws the benchmark (%(default)s)")
    parser.add_argument("--jobs", type=int, default=available_cores(), help="measurements at a time (%(default)s)")
    return parser.parse_args(words)


def _run(options: argparse.Namespace) -> str:
    stage = _stage(options.stage)
    names = _names(stage, options.parameter)
    plan = Plan("tune", options.seed, PER_ATTACK, COMBOS, NEGATIVES, RECUT, options.jobs)
    options.out.mkdir(parents=True, exist_ok=True)
    bench = options.bench or build(plan, find_shared(options.shared), options.out)
    sample = Sample(options.queries, options.references)
    if not stage.stores:
        keep_prints(bench, files_of(sampled(read_truth(bench), sample)), options.jobs)
    report = _measured(stage, names, bench, sample, options.jobs)
    text = as_markdown(report)
    name = f"tune-{stage.name}" + (f"-{options.parameter}" if options.parameter else "")
    (options.out / f"{name}.md").write_text(text, encoding="utf-8")
    (options.out / f"{name}.json").write_bytes(msgspec.json.format(msgspec.json.encode(report)))
    return text


def _stage(name: str) -> Stage:
    """Return the stage of a name, or of the end of one.

    Raises:
        BenchmarkError: There is none, or several.
    """
    known = stages()
    if name in known:
        return known[name]
    found = [stage for stage in known.values() if stage.name.endswith(f".{name}")]
    if len(found) == 1:
        return found[0]
    listed = ", ".join(stage.name for stage in found) if found else ", ".join(known)
    raise BenchmarkError(f"{'several stages end in' if found else 'there is no stage'} {name!r}: name one of {listed}")


def _names(stage: Stage, parameter: str | None) -> list[str]:
    """Return the parameters that are moved.

    Raises:
        BenchmarkError: The stage has none of that name.
    """
    known = list(describe(stage.parameters))
    if parameter is None:
        return known
    if parameter not in known:
        raise BenchmarkError(f"{stage.name} has no parameter {parameter!r}: name one of {', '.join(known)}")
    return [parameter]


def _measured(stage: Stage, names: Sequence[str], bench: Path, sample: Sample, jobs: int) -> Report:
    planned = [move for name in names for move in moves(stage.parameters, name)]
    tasks = [Task(bench, sample, stage.name)]
    tasks += [Task(bench, sample, stage.name, one.parameter, one.moved) for one in planned if one.moved is not None]
    with ProcessPoolExecutor(min(jobs, len(tasks)), _context(), max_tasks_per_child=1) as pool:
        unmoved, *measured = pool.map(measure, tasks)
    left = iter(measured)
    outcomes = [
        Outcome(
            one.parameter,
            one.value,
            one.moved,
            _note(stage, one),
            None if one.moved is None else next(left),
        )
        for one in planned
    ]
    truth = sampled(read_truth(bench), sample)
    facts = (
        f"Engine `{ALGORITHM}`, benchmark `{bench.name}`",
        f"{len(truth.refs)} references, {len(truth.queries)} queries",
        "Files were fingerprinted anew each time, which CPU counts" if stage.stores else "CPU counts matching alone",
    )
    return Report(stage.name, facts, unmoved, tuple(outcomes))


def _context() -> ForkServerContext:
    """Return what starts a process for each measurement: from one that has loaded the engine, and measured nothing."""
    context = get_context("forkserver")
    context.set_forkserver_preload([measure.__module__])
    return context


def _note(stage: Stage, move: Move) -> str:
    """Say what kind of number it is, or why it was not moved."""
    if move.moved is None:
        return move.refusal
    source = describe(stage.parameters)[move.parameter].source
    kinds = {"a bound on cost": "bounds cost", "by the stored form": "changes what is stored"}
    return ", ".join(said for beginning, said in kinds.items() if source.startswith(beginning))


if __name__ == "__main__":
    sys.exit(main())
