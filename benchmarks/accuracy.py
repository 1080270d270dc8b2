"""`python -m benchmarks.accuracy`: how many copies are found and how well they are placed, beside peers."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.corpus import SHARED_VARIABLE, Plan, build, find_shared
from benchmarks.detect import PEERS, answer_mediadna, answer_peer
from benchmarks.report import accuracy_report
from benchmarks.score import score
from benchmarks.tools import BenchmarkError
from benchmarks.truth import read_truth
from fingerprint.engine import ALGORITHM
from streams.demo.footage import FootageError
from streams.settings import available_cores

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.score import Score

__all__ = ["main"]


def main(words: Sequence[str] | None = None) -> int:
    """Run the benchmark; return the exit status."""
    options = _options(words)
    try:
        report = _run(options)
    except (BenchmarkError, FootageError) as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    print(report)
    return 0


def _options(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench-accuracy", description=__doc__)
    shared = os.environ.get(SHARED_VARIABLE) or "../shared"
    parser.add_argument("--shared", type=Path, default=shared, help="folder with media/ and copybench/ (%(default)s)")
    parser.add_argument("--split", choices=["tune", "report", "all"], default="report", help="videos of the index")
    parser.add_argument("--bench", type=Path, help="a benchmark that is already built")
    parser.add_argument("--out", type=Path, default=".bench", help="folder for benchmarks and reports (%(default)s)")
    parser.add_argument("--peers", nargs="*", choices=list(PEERS), default=list(PEERS), help="who else is measured")
    counts = {"seed": 1, "per-attack": 3, "combos": 20, "negatives": 20, "recut": 10, "jobs": available_cores()}
    for name, value in counts.items():
        parser.add_argument(f"--{name}", type=int, default=value, help="(%(default)s)")
    return parser.parse_args(words)


def _run(options: argparse.Namespace) -> str:
    shared = find_shared(options.shared)
    plan = Plan(
        split=options.split,
        seed=options.seed,
        per_attack=options.per_attack,
        combos=options.combos,
        negatives=options.negatives,
        recut=options.recut,
        jobs=options.jobs,
    )
    bench = options.bench or build(plan, shared, options.out)
    folder = options.out / "answers" / bench.name
    folder.mkdir(parents=True, exist_ok=True)
    scores: dict[str, Score] = {}
    for name in ("MediaDNA", *options.peers):
        answers = folder / f"{name}.jsonl"
        if name == "MediaDNA":
            answer_mediadna(bench, answers, options.jobs)
        elif not _is_newer(answers, bench / "truth.json"):
            answer_peer(PEERS[name](), bench, answers, options.jobs)
        scores[name] = score(bench, answers, shared.judge if shared else None)
    report = accuracy_report(_facts(bench, scores), scores)
    (options.out / f"accuracy-{bench.name}.md").write_text(report, encoding="utf-8")
    return report


def _is_newer(answers: Path, truth: Path) -> bool:
    """Whether a peer has answered this benchmark before: peers do not change."""
    return answers.is_file() and answers.stat().st_mtime > truth.stat().st_mtime


def _facts(bench: Path, scores: Mapping[str, Score]) -> list[str]:
    truth = read_truth(bench)
    negatives = sum(query.family == "negative" for query in truth.queries)
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"],  # noqa: S607 (whatever git the developer has)
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()
    seconds = sum(reference.duration for reference in truth.refs.values())
    return [
        f"Engine `{ALGORITHM}`, commit {commit or 'unknown'}",
        f"Benchmark `{bench.name}`, seed {truth.seed}",
        f"{len(truth.refs)} references of {seconds:.0f} s, {len(truth.queries)} queries, {negatives} of them negative",
        f"{next(iter(scores.values())).figures['true_pairs']:.0f} true pairs",
        "Peers: `pdqhash` at 1 picture a second as vPDQ uses it, ffmpeg's `signature` filter, `fpcalc` for sound",
    ]


if __name__ == "__main__":
    sys.exit(main())
