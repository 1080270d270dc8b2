"""`make odd-media`: every odd file there is a recipe for; status 1 when one is neither fingerprinted nor refused."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from odd_media.everything import KINDS, read_all
from odd_media.ffmpeg import Writer
from odd_media.reading import READ, ReadInline


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="make odd-media", description=__doc__)
    parser.add_argument("--kind", choices=KINDS, action="append", help="only files of this kind; may be repeated")
    parser.add_argument("--name", default="", help="only recipes whose name has this in it")
    parser.add_argument("--verbose", action="store_true", help="say what became of each file")
    arguments = parser.parse_args()
    wrong = sum(_run(kind, arguments.name, verbose=arguments.verbose) for kind in arguments.kind or KINDS)
    sys.exit(f"FAILED: {wrong} files" if wrong else 0)


def _run(kind: str, name: str, *, verbose: bool) -> int:
    """Read all files of a kind, tell how many became what, and return how many went wrong."""
    counted: Counter[str] = Counter()
    begun, wrong, unknown = time.process_time(), 0, 0
    with tempfile.TemporaryDirectory() as folder:
        recipes = [recipe for recipe in KINDS[kind]() if name in recipe.name]
        for one in read_all(recipes, Writer(Path(folder)), ReadInline()):
            counted[one.outcome.what] += 1
            wrong += not one.outcome.is_right
            unknown += one.outcome.what == READ and not one.outcome.sniffed
            if verbose or not one.outcome.is_right:
                print(one, flush=True)
    outcomes = ", ".join(f"{count} {what.rpartition('.')[2]}" for what, count in counted.most_common())
    seconds = time.process_time() - begun
    print(
        f"{kind:10} {sum(counted.values()):4} files: {outcomes}; {unknown} known by their bytes only when read; "
        f"{seconds:.0f} s",
        flush=True,
    )
    return wrong


if __name__ == "__main__":
    main()
