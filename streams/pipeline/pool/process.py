"""What runs in a worker process: its set-up, and the one function that it is called with."""

from __future__ import annotations

import os
import resource
import signal
from dataclasses import dataclass
from multiprocessing.util import Finalize
from typing import TYPE_CHECKING

import msgspec

from schemas.tasks import TaskKind
from streams.adapters.decoder.client import CagedDecoder
from streams.cage.privileges import hide_memory
from streams.child_processes import die_with_parent, mapped_memory
from streams.domain.search_scope import Assignment
from streams.pipeline.pool.budget import ProcessorTime
from streams.telemetry.logs import configure_logging

if TYPE_CHECKING:
    from streams.pipeline.tasks.context import TaskContext
    from streams.settings import Settings

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
    setup: ProcessSetup | None = None
    decoder: CagedDecoder | None = None
    context: TaskContext | None = None


_state = _State()

#: Tasks that begin with decoding.
_DECODING = frozenset({TaskKind.PLAN, TaskKind.FINGERPRINT})


def initialise(setup: ProcessSetup) -> None:
    """Set the process up: it ends with its parent, ignores Ctrl-C (the parent decides), and logs as its parent does."""
    die_with_parent(setup.parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.nice(setup.niceness)
    # Standard output is the service's, whose reader waits for one line only: a log there would fill the pipe and hang.
    configure_logging(setup.settings)
    if not setup.settings.debuggable:
        hide_memory()
    _state.setup = setup
    _state.decoder = CagedDecoder(
        memory=setup.settings.task_memory_mb * 2**20, required=setup.settings.cage == "required"
    )
    # When this process ends in good order it sees its decoder end; otherwise the kernel ends that.
    Finalize(None, _state.decoder.close, exitpriority=0)


def call(assignment: bytes, cpu_s: float) -> bytes:
    """Do one task, or die of SIGXCPU in the middle of it when it uses more processor time than it may.

    Processor time, and not the clock, says whether a task is too much: on a busy machine every task takes long. The
    kernel keeps count also inside a decoder that does not come back, which is a process of its own.

    Args:
        assignment: An `Assignment` as JSON.
        cpu_s: Seconds of processor time that the task may use; loading the engine is not counted.

    Returns:
        A `TaskReport` as JSON.

    Raises:
        DecoderEndedError: The decoder died of the task, or was ended from outside.
        DecoderGarbledError: The decoder is not to be trusted any more, and was ended.
        DecoderNotStartedError: There is no decoder to be had.
    """
    task = msgspec.json.decode(assignment, type=Assignment)
    decoder = _decoder()
    if task.task.kind in _DECODING:
        decoder.prepare()  # both processes load what they need at the same time

    from streams.pipeline.tasks.run import run_task  # noqa: PLC0415 (the engine loads in seconds: not before it is needed)

    context = _context()
    with ProcessorTime(cpu_s) as budget:
        decoder.budget = budget
        return msgspec.json.encode(run_task(task, context))


def _decoder() -> CagedDecoder:
    if _state.decoder is None:
        raise RuntimeError("the process was not initialised: call initialise() first")
    return _state.decoder


def _context() -> TaskContext:
    if _state.context is None:
        from streams.pipeline.pool.context_factory import make_context  # noqa: PLC0415 (as above)

        if _state.setup is None:
            raise RuntimeError("the process was not initialised: call initialise() first")
        _state.context = make_context(_state.setup.settings, _decoder())
        _limit_memory(_state.setup.settings.task_memory_mb * 2**20)
    return _state.context


def _limit_memory(extra: int) -> None:
    """Limit the address space to what is mapped now and `extra` bytes: decoders of hostile files cannot take more."""
    limit = mapped_memory() + extra
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    # The decoder is started from here, with a limit of its own that need not be below this one.
    resource.setrlimit(resource.RLIMIT_AS, (limit, most))
