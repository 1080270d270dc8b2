"""Measures processor time and memory of one step, in a fresh process that may use one core."""

from __future__ import annotations

import os
import re
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, Self, TypeVar

from streams.child_processes import LIBRARY_ENVIRONMENT, die_with_parent

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Meter", "alone"]

P = ParamSpec("P")
R = TypeVar("R")

#: Writing this here makes the kernel forget how much memory a process has had at most (proc(5)).
FORGET_PEAK = (Path("/proc/self/clear_refs"), "5")


@dataclass
class Meter:
    """Measures what happens inside a `with` block, in this process and in those that it starts.

    Attributes:
        cpu_s: Processor time, seconds.
        peak_mb: Most memory that this process held, MiB.
    """

    cpu_s: float = 0.0
    peak_mb: float = 0.0

    def __enter__(self) -> Self:
        """Start measuring."""
        FORGET_PEAK[0].write_text(FORGET_PEAK[1])
        self.cpu_s = -_cpu()
        return self

    def __exit__(self, *_: object) -> None:
        """End measuring."""
        self.cpu_s += _cpu()
        peak = re.search(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text())
        self.peak_mb = int(peak[1]) / 1024 if peak else 0.0


def alone(step: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Return what a step returns that runs on one core in a fresh process like those of a worker."""
    for name, value in LIBRARY_ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    with ProcessPoolExecutor(1, get_context("spawn"), initializer=_settle, initargs=(os.getpid(),)) as pool:
        return pool.submit(step, *args, **kwargs).result()


def _settle(parent: int) -> None:
    die_with_parent(parent)
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def _cpu() -> float:
    import psutil  # noqa: PLC0415 (optional)

    own = psutil.Process()
    ended = own.cpu_times()
    total = ended.children_user + ended.children_system
    for process in (own, *own.children(recursive=True)):
        times = process.cpu_times()
        total += times.user + times.system
    return float(total)
