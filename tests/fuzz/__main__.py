"""`make fuzz`: changed inputs for every parser; status 1 when something was found, with files to give to it again."""

from __future__ import annotations

import argparse
import importlib.util
import json
import logging
import os
import secrets
import shutil
import subprocess
import sys
import time
from pathlib import Path

import structlog
from support.nodes import REPOSITORY

from fuzz.runner import Find, Outcome, Watched, fuzz
from fuzz.targets import TARGETS, Target

#: Below the repository: what was found, a folder a target.
FOLDER = REPOSITORY / ".fuzz"

#: Seconds beyond its time that a guided target gets: the input that it is at when the time is up is waited for.
SPARE_S = 120


def main() -> None:
    """Run from the command line."""
    arguments = _arguments()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    chosen = [target for target in TARGETS if arguments.target in target.name]
    if not chosen:
        sys.exit(f"no target has {arguments.target!r} in its name; there are: {', '.join(one.name for one in TARGETS)}")
    if arguments.replay is not None:
        sys.exit(_replay(chosen, arguments.replay))
    sys.exit(_run(chosen, arguments))


def _run(chosen: list[Target], arguments: argparse.Namespace) -> int:
    guided = not arguments.plain and importlib.util.find_spec("atheris") is not None
    way = "led by coverage (atheris)" if guided else "led by outcomes"
    print(f"seed {arguments.seed}: {len(chosen)} targets, {arguments.seconds} s in all, {way}", flush=True)
    outcomes: list[Outcome] = []
    for target in chosen:
        folder = FOLDER / target.name
        shutil.rmtree(folder, ignore_errors=True)
        seconds = arguments.seconds / len(chosen)
        run = _guided if guided else _plain
        outcomes.append(run(target, folder, seconds, arguments.seed))
        _tell(outcomes[-1], folder)
    print(_table(outcomes, arguments.seed))
    found = sum(len(one.finds) for one in outcomes)
    if found:
        print(f"FAILED: {found} finds; make fuzz ARGS='--target NAME --replay FILE' gives one to its target again")
    return int(bool(found))


def _plain(target: Target, folder: Path, seconds: float, seed: int) -> Outcome:
    outcome = fuzz(target, seed=seed, seconds=seconds)
    for find in outcome.finds:
        find.save(folder)
    return outcome


def _guided(target: Target, folder: Path, seconds: float, seed: int) -> Outcome:
    """Run a target in a process of its own, as atheris wants it."""
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "log"
    call = [sys.executable, "-m", "fuzz.guided", target.name, str(folder), f"{seconds}", str(seed % 2**32)]
    begun = time.monotonic()
    with log.open("wb") as output:
        try:
            status = subprocess.run(
                call, stdout=output, stderr=output, timeout=seconds + SPARE_S, check=False, env=os.environ.copy()
            ).returncode
        except subprocess.TimeoutExpired:
            status = -1  # it stands still, or the machine is far too busy
    summary = folder / "summary.json"
    if not summary.exists():  # the process itself was ended: a crash in native code, or memory
        said = log.read_text(encoding="utf-8", errors="replace")[-2000:]
        crash = next(folder.glob("*-*"), None)
        data = crash.read_bytes() if crash is not None and crash.is_file() else b""
        find = Find(f"its process ended with status {status}", data, said)
        find.save(folder)
        return Outcome(target.name, seconds=time.monotonic() - begun, finds=[find])
    read = json.loads(summary.read_text(encoding="utf-8"))
    outcome = Outcome(target.name, inputs=read["inputs"], seconds=read["seconds"])
    outcome.outcomes.update(str(number) for number in range(read["outcomes"]))
    outcome.finds += [Find(what, b"") for what in read["finds"]]
    return outcome


def _replay(chosen: list[Target], file: Path) -> int:
    if len(chosen) != 1:
        sys.exit("name the one target that the file is for: --target NAME")
    with Watched(chosen[0]) as watched:
        became = watched(file.read_bytes())
    print(f"{became.what}\n\n{became.trace}" if isinstance(became, Find) else f"nothing: {became}")
    return int(isinstance(became, Find))


def _tell(outcome: Outcome, folder: Path) -> None:
    verdict = "ok" if not outcome.finds else f"{len(outcome.finds)} FINDS in {folder}"
    at = time.strftime("%H:%M:%S", time.gmtime())
    print(f"{at} {outcome.target:14} {outcome.inputs:9} inputs {outcome.seconds:5.0f} s: {verdict}", flush=True)
    for find in outcome.finds:
        print(f"          {find.what}", flush=True)


def _table(outcomes: list[Outcome], seed: int) -> str:
    seconds = sum(one.seconds for one in outcomes)
    lines = ["", f"seed {seed}, {seconds / 60:.0f} min, {sum(one.inputs for one in outcomes)} inputs", ""]
    lines += ["| parser | inputs | a second | kinds of outcome | finds |", "| --- | --: | --: | --: | --: |"]
    for one in outcomes:
        rate = one.inputs / max(one.seconds, 0.001)
        lines.append(f"| {one.target} | {one.inputs} | {rate:.0f} | {len(one.outcomes)} | {len(one.finds)} |")
    return "\n".join([*lines, ""])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=3600, help="how long all targets take together")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6), help="draws the same inputs again")
    parser.add_argument("--target", default="", help="only targets whose name has this in it")
    parser.add_argument("--plain", action="store_true", help="do without atheris")
    parser.add_argument("--replay", type=Path, help="give one file to the target, and show what becomes of it")
    return parser.parse_args()


if __name__ == "__main__":
    main()
