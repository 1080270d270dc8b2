"""Lets atheris find the way through a target: an input that reaches new lines of code is worth more than others.

`python -m fuzz.guided TARGET FOLDER SECONDS SEED` runs one target in this process, as libFuzzer wants it.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections import Counter
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import atheris

with atheris.instrument_imports(include=["schemas", "fingerprint", "streams"]):
    from fuzz.mutate import LARGEST, mutated
    from fuzz.runner import Find, Outcome, Watched
    from fuzz.targets import TARGETS

if TYPE_CHECKING:
    from fuzz.targets import Target

__all__: list[str] = []


def main() -> None:
    """Run from the command line."""
    name, folder, seconds, seed = sys.argv[1:]
    target = next(one for one in TARGETS if one.name == name)
    _Guided(target, Path(folder), float(seconds), int(seed)).run()


class _Guided:
    def __init__(self, target: Target, folder: Path, seconds: float, seed: int) -> None:
        self._folder = folder
        self._seconds = seconds
        self._seed = seed
        self._seeds = target.seeds()
        self._outcome = Outcome(target.name, outcomes=Counter())
        self._watched = Watched(target)
        self._begun = time.monotonic()

    def run(self) -> None:
        corpus = self._folder / "corpus"
        corpus.mkdir(parents=True, exist_ok=True)
        for number, data in enumerate(self._seeds):
            (corpus / f"seed-{number}").write_bytes(data)
        options = [
            f"-seed={self._seed}",
            f"-max_len={LARGEST}",
            "-timeout=60",
            "-rss_limit_mb=4096",
            "-print_final_stats=0",
        ]
        options += [f"-artifact_prefix={self._folder}/", "-verbosity=0", "-detect_leaks=0", "-handle_segv=1"]
        atheris.Setup([sys.argv[0], *options, str(corpus)], self._one, custom_mutator=self._mutated)
        atheris.Fuzz()

    def _one(self, data: bytes) -> None:
        self._outcome.inputs += 1
        became = self._watched(data)
        found = len(self._outcome.finds)
        self._outcome.note(became)
        if len(self._outcome.finds) > found and isinstance(became, Find):
            became.save(self._folder)
        self._outcome.seconds = time.monotonic() - self._begun
        if self._outcome.seconds > self._seconds:
            self._tell()

    def _mutated(self, data: bytes, most: int, seed: int) -> bytes:
        """Change an input by its structure, or leave it to libFuzzer, which knows what code compares it with."""
        random = Random(seed)
        if random.random() < 0.5:
            return bytes(atheris.Mutate(data, most))[:most]
        return mutated(bytes(data), self._seeds, random)[:most]

    def _tell(self) -> None:
        """Say what came of it, and end: libFuzzer itself knows no end but its own."""
        summary = {
            "inputs": self._outcome.inputs,
            "seconds": self._outcome.seconds,
            "outcomes": len(self._outcome.outcomes),
            "finds": [find.what for find in self._outcome.finds],
        }
        (self._folder / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
        sys.stdout.flush()
        os._exit(0)


if __name__ == "__main__":
    main()
