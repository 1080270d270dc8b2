"""`python -m benchmarks.backward`: what a backward search costs for each stored item, against fingerprinting that item.

Both are taken in one run, in processor time of one process, by turns; the least of each counts, as noise only adds. The
items copy nothing of the reference: that is what nearly all stored items are.
"""

from __future__ import annotations

import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from fingerprint.engine import Query, fingerprint_media, match
from fingerprint.index.memory import MemoryIndex
from fingerprint.media.limits import DEFAULT_LIMITS
from fingerprint.model import Fingerprint
from schemas.libraries import COPY_LINE
from streams.demo.footage import fetch

__all__ = ["main"]

#: Each step runs so often.
ROUNDS = 3
#: The reference; all other footage is held against it.
REFERENCE = "trailer"
#: For how many stored items the cost is told as well.
MANY_ITEMS = 100_000


@dataclass
class Cost:
    """What one item costs, seconds of processor time.

    Attributes:
        seconds: Of the media.
        fingerprinting: Its fingerprint, from the media.
        searching: Holding that against the reference, from its bytes in the store on.
        copies: Whether it was found to copy the reference.
    """

    seconds: float = 0.0
    fingerprinting: float = float("inf")
    searching: float = float("inf")
    copies: bool = False

    def measure(self, path: Path, index: MemoryIndex, folder: Path) -> None:
        """Take both times once more."""
        started = time.process_time()
        fingerprint = _fingerprinted(path, folder)
        self.fingerprinting = min(self.fingerprinting, time.process_time() - started)
        data = fingerprint.to_bytes()
        started = time.process_time()
        found = match(Query.of_fingerprint(Fingerprint.from_bytes(data)), index, index, exclude_media=path.stem)
        self.searching = min(self.searching, time.process_time() - started)
        self.seconds, self.copies = fingerprint.duration, any(one.similarity >= COPY_LINE for one in found)


def main() -> int:
    """Measure, and print a table; return 0."""
    footage = fetch()
    costs = {name: Cost() for name in footage if name != REFERENCE}
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        index = MemoryIndex()
        index.add(REFERENCE, _fingerprinted(footage[REFERENCE], place / REFERENCE))
        for number in range(ROUNDS):
            for name, cost in costs.items():
                cost.measure(footage[name], index, place / f"{name}-{number}")
    sys.stdout.write(_table(costs))
    return 0


def _fingerprinted(path: Path, folder: Path) -> Fingerprint:
    folder.mkdir()
    return fingerprint_media(path, DEFAULT_LIMITS, folder).fingerprint


def _table(costs: dict[str, Cost]) -> str:
    lines = ["| item | media s | fingerprinting, CPU s | held against the reference, CPU s | ratio | copies it |"]
    lines.append("| --- | --- | --- | --- | --- | --- |")
    for name, one in costs.items():
        ratio = one.searching / one.fingerprinting
        lines.append(
            f"| {name} | {one.seconds:.1f} | {one.fingerprinting:.2f} | {one.searching:.4f} | {ratio:.4f} | "
            f"{'yes' if one.copies else 'no'} |"
        )
    others = [one for one in costs.values() if not one.copies]
    searching, making = (sum(times) / len(others) for times in zip(*_times(others), strict=True))
    lines.append(
        f"\nAn item that copies nothing costs {searching / making:.3f} of its fingerprint. {MANY_ITEMS} such items: "
        f"{searching * MANY_ITEMS / 60:.0f} minutes of one processor, against {making * MANY_ITEMS / 60:.0f} for "
        "fingerprinting them."
    )
    return "\n".join(lines) + "\n"


def _times(costs: list[Cost]) -> list[tuple[float, float]]:
    return [(one.searching, one.fingerprinting) for one in costs]


if __name__ == "__main__":
    sys.exit(main())
