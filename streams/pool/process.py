"""What runs in a worker process: its set-up, and the one function that it is called with."""

from __future__ import annotations

import math
import os
import resource
import signal
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from streams.logs import configure_logging
from streams.processes import die_with_parent
from streams.tasks.scope import Assignment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streams.settings import Settings
    from streams.tasks.workbench import Workbench

__all__ = ["ProcessSetup", "call", "initialise"]


@dataclass(frozen=True)
class ProcessSetup:
    """What a worker process needs to know at its start; picklable.

    Attributes:
        settings: The service's settings.
        parent: Process id of the service, to notice that it died before this process was set up.
        niceness: How far this process gives way to others; 0 is as the service itself, 19 the most.
    """

    settings: Settings
    parent: int
    niceness: int = 0


@dataclass
class _State:
    bench: Workbench | None = None
    setup: ProcessSetup | None = None


_state = _State()


def initialise(setup: ProcessSetup) -> None:
    """Set the process up: it ends with its parent, ignores Ctrl-C (the parent decides), and logs as its parent does."""
    die_with_parent(setup.parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.nice(setup.niceness)
    # Standard output is the service's, whose reader waits for one line only: a log there would fill the pipe and hang.
    configure_logging(setup.settings)
    _state.setup = setup


def call(assignment: bytes, cpu_s: float) -> bytes:
    """Do one task, or die of SIGXCPU in the middle of it when it uses more processor time than it may.

    Processor time, and not the clock, says whether a task is too much: on a busy machine every task takes long. The
    kernel keeps count also inside a decoder that does not come back.

    Args:
        assignment: An `Assignment` as JSON.
        cpu_s: Seconds of processor time that the task may use; loading the engine is not counted.

    Returns:
        A `TaskReport` as JSON.
    """
    from streams.tasks.run import run_task  # noqa: PLC0415 (the engine loads in seconds: not before it is needed)

    bench = _bench()
    with _limited_processor_time(cpu_s):
        return msgspec.json.encode(run_task(msgspec.json.decode(assignment, type=Assignment), bench))


def _bench() -> Workbench:
    if _state.bench is None:
        from streams.pool.bench import make_workbench  # noqa: PLC0415 (as above)

        if _state.setup is None:
            raise RuntimeError("the process was not initialised: call initialise() first")
        _state.bench = make_workbench(_state.setup.settings)
        _limit_memory(_state.setup.settings.task_memory_mb * 2**20)
    return _state.bench


@contextmanager
def _limited_processor_time(seconds: float) -> Iterator[None]:
    """Have the kernel end this process once it has used so many seconds more; its count goes by whole seconds."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    limit = math.ceil(used.ru_utime + used.ru_stime + seconds)
    resource.setrlimit(resource.RLIMIT_CPU, (limit, most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_CPU, (most, most))


def _limit_memory(extra: int) -> None:
    """Limit the address space to what is mapped now and `extra` bytes: decoders of hostile files cannot take more."""
    with Path("/proc/self/statm").open(encoding="ascii") as statm:
        mapped = int(statm.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (mapped + extra, mapped + extra))
