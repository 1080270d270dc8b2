"""Where benchmarks come from: a folder of videos and a builder beside it, or else the demo's footage."""

from __future__ import annotations

import csv
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from benchmarks.builder import build_small
from benchmarks.tools import BenchmarkError, require, run
from streams.demo.footage import fetch

if TYPE_CHECKING:
    import argparse

__all__ = ["SHARED_VARIABLE", "Plan", "Shared", "Split", "add_options", "build", "find_shared", "split_media"]

#: Names the folder with `media/` and `copybench/`.
SHARED_VARIABLE = "MEDIADNA_BENCH_SHARED"

Split = Literal["tune", "report", "all"]


@dataclass(frozen=True)
class Shared:
    """A folder of videos with a builder and a judge of benchmarks.

    Attributes:
        media: Videos, and `INDEX.tsv` with a line for each: columns `file` and `split`.
        copybench: `make.py` and `score.py`.
    """

    media: Path
    copybench: Path

    @property
    def judge(self) -> Path:
        """The program that scores answers."""
        return self.copybench / "score.py"


@dataclass(frozen=True)
class Plan:
    """Which benchmark to build.

    Attributes:
        split: Which videos of the index.
        seed: Draws spans and edits.
        per_attack: Queries for each attack.
        combos: Queries with several attacks.
        negatives: Queries that copy nothing, at most.
        recut: Queries that are re-cuts.
        jobs: How many files are made at a time.
    """

    split: Split
    seed: int
    per_attack: int
    combos: int
    negatives: int
    recut: int
    jobs: int

    @property
    def name(self) -> str:
        """A folder's name for it."""
        return f"{self.split}-{self.seed}-{self.per_attack}-{self.combos}-{self.negatives}-{self.recut}"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Let a command take which videos it works with: `--shared`, `--split` and `--seed`."""
    parser.add_argument("--shared", type=Path, default=Path("../shared"), help=f"folder of videos ({SHARED_VARIABLE})")
    parser.add_argument("--split", choices=("tune", "report"), default="report", help="which of its videos")
    parser.add_argument("--seed", type=int, default=1, help="what is drawn by")


def find_shared(folder: Path) -> Shared | None:
    """Return what lies in a folder; None when it is not all there."""
    shared = Shared(folder / "media", folder / "copybench")
    needed = (shared.media / "INDEX.tsv", shared.copybench / "make.py", shared.judge)
    return shared if all(path.is_file() for path in needed) else None


def split_media(shared: Shared, split: Split) -> list[Path]:
    """Return the videos of a split, as the index has them."""
    with (shared.media / "INDEX.tsv").open(newline="", encoding="utf-8") as index:
        rows = list(csv.DictReader(index, delimiter="\t"))
    return [shared.media / row["file"] for row in rows if split in ("all", row["split"])]


def build(plan: Plan, shared: Shared | None, folder: Path) -> Path:
    """Return the folder of a benchmark below `folder`, building it when it is not there yet.

    Raises:
        BenchmarkError: It cannot be built.
        FootageError: There is no footage to be had.
    """
    bench = folder / (plan.name if shared else f"demo-{plan.seed}-{plan.per_attack}")
    if (bench / "truth.json").is_file():
        return bench
    bench.mkdir(parents=True, exist_ok=True)
    if shared is None:
        build_small(fetch(), bench, seed=plan.seed, per_attack=plan.per_attack)
    else:
        _make(plan, shared, bench)
    return bench


def _make(plan: Plan, shared: Shared, bench: Path) -> None:
    require("ffmpeg", "ffprobe")
    sources = bench / "sources"
    sources.mkdir(exist_ok=True)
    for media in split_media(shared, plan.split):
        link = sources / media.name
        if not link.is_symlink():
            link.symlink_to(media.absolute())
    numbers = {
        "seed": plan.seed, "per-attack": plan.per_attack, "combos": plan.combos, "negatives": plan.negatives,
        "recut": plan.recut, "jobs": plan.jobs,
    }  # fmt: skip
    options = [text for name, value in numbers.items() for text in (f"--{name}", str(value))]
    run([sys.executable, str(shared.copybench / "make.py"), str(sources), str(bench), *options])
    if not (bench / "truth.json").is_file():
        raise BenchmarkError(f"{shared.copybench / 'make.py'} left no truth.json in {bench}")
