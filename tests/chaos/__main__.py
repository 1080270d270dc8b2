"""`make chaos`: rounds of faults that strike a running service; status 1 when something was lost."""

from __future__ import annotations

import argparse
import asyncio
import secrets
import shutil
import signal
import sys
import time
from collections import Counter
from random import Random

from support.nodes import REPOSITORY

from chaos.checks import CHECKS, Violation
from chaos.cluster import Cluster
from chaos.faults import FAULTS, Deck
from chaos.rounds import Report, Rounds

#: Below the repository: one folder a run, which is taken away when nothing was wrong.
FOLDER = REPOSITORY / ".chaos"


async def run(arguments: argparse.Namespace) -> int:
    """Run all rounds; return the exit status. However it ends, everything that it started ends with it."""
    if (task := asyncio.current_task()) is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    folder = FOLDER / f"seed-{arguments.seed}"
    cluster = Cluster(folder, arguments.workers)
    cluster.clear()
    rounds = Rounds(cluster, arguments.seed)
    kinds = tuple(kind for kind in FAULTS if arguments.fault in kind.name)
    if not kinds:
        sys.exit(f"no fault has {arguments.fault!r} in its name; there are: {', '.join(kind.name for kind in FAULTS)}")
    if not cluster.disk.can_be_filled:
        print("not as root: no disk of its own, so none is filled")
        kinds = tuple(kind for kind in kinds if not kind.fills_disk)
    deck = Deck(kinds, Random(arguments.seed))
    reports: list[Report] = []
    last: list[Violation] = []
    print(f"seed {arguments.seed}: {arguments.rounds} rounds, {arguments.workers} workers, logs in {cluster.logs}")
    started = time.monotonic()
    try:
        await rounds.begin(REPOSITORY / ".footage")
        print(f"undisturbed jobs done, {time.monotonic() - started:.0f} s")
        for number in range(1, arguments.rounds + 1):
            fault = deck.deal()
            if number >= arguments.first:
                reports.append(await rounds.round(number, fault))
                _tell(reports[-1])
        last = await rounds.end()
        for violation in last:
            print(f"at the end: {violation}")
    except asyncio.CancelledError:
        print("told to end before the last round: what is said below holds for the rounds that were done")
    finally:
        await cluster.stop()
    all_done = len(reports) == arguments.rounds - arguments.first + 1
    failed = bool(last) or not all_done or any(report.violations for report in reports)
    print(_table(reports, last, cluster, arguments.seed, time.monotonic() - started))
    if failed:
        print(f"FAILED: seed {arguments.seed}; the workers' logs and what they left are in {folder}")
    elif not arguments.keep:
        shutil.rmtree(folder)
    return int(failed)


def _tell(report: Report) -> None:
    verdict = "ok" if not report.violations else f"{len(report.violations)} VIOLATIONS"
    at = time.strftime("%H:%M:%S", time.gmtime())
    fault = f"{report.fault} ({report.note.strip()})" if report.note else report.fault
    print(f"{at} round {report.number:3} {report.seconds:4.0f} s  {fault}: {verdict}", flush=True)
    for violation in report.violations:
        print(f"          {violation}", flush=True)


def _table(reports: list[Report], last: list[Violation], cluster: Cluster, seed: int, seconds: float) -> str:
    """Return the run as two Markdown tables: by fault, and by what was checked."""
    lines = ["", f"{len(reports)} rounds, seed {seed}, {seconds / 60:.0f} min", ""]
    lines += ["| fault | rounds | failed | seconds, at most |", "| --- | --: | --: | --: |"]
    for name in dict.fromkeys(kind.name for kind in FAULTS):
        own = [report for report in reports if report.fault == name]
        failed = sum(bool(report.violations) for report in own)
        lines.append(f"| {name} | {len(own)} | {failed} | {max((r.seconds for r in own), default=0):.0f} |")
    counts = Counter(violation.check for report in reports for violation in report.violations)
    counts.update(violation.check for violation in last)
    lines += ["", "| checked after each round, and at the end | violations |", "| --- | --: |"]
    lines += [f"| {check} | {counts[check]} |" for check in CHECKS]
    endings = [ending for worker in (*cluster.workers, *cluster.retired) for ending in worker.endings]
    unasked = Counter(ending.status for ending in endings if not ending.wanted)
    lines += ["", f"workers that ended by themselves and were started again, by status: {dict(unasked) or 'none'}", ""]
    return "\n".join(lines)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--rounds", type=int, default=100, help="how many rounds there are")
    parser.add_argument("--workers", type=int, default=2, help="how many workers run")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6), help="draws the same faults again")
    parser.add_argument("--first", type=int, default=1, help="leave out the rounds before this one")
    parser.add_argument("--fault", default="", help="only faults whose name has this in it")
    parser.add_argument("--keep", action="store_true", help="keep logs and state also when nothing was wrong")
    return parser.parse_args()


def main() -> None:
    """Run from the command line."""
    sys.exit(asyncio.run(run(_arguments())))


if __name__ == "__main__":
    main()
