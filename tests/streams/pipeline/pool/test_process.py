"""What one worker process does from its start to its end, in a process that ends in good order."""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import msgspec
import pytest
from support.examples import request
from support.examples import task as task_of

from schemas.errors import ErrorCode
from schemas.tasks import Probe, Task, TaskOutcome
from streams.child_processes import mapped_memory
from streams.domain.search_scope import Assignment
from streams.pipeline.pool import process
from streams.pipeline.pool.process import ProcessSetup, call, initialise
from streams.ports.task_report import TaskReport
from streams.settings import Settings

#: Seconds of processor time: more than these tasks take.
PLENTY_S = 600.0
MEMORY_MB = 1024
NICENESS = 3


def done_by(setup: ProcessSetup, *tasks: Task) -> tuple[list[TaskReport], dict[str, object]]:
    """Do tasks one after the other in one process; return their reports, and how the process is set up by then.

    The executor ends its process in good order, where the service's pool ends it by a signal.
    """
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), initialise, (setup,)) as executor:
        assignments = [msgspec.json.encode(Assignment(task=task)) for task in tasks]
        reports = [executor.submit(call, one, PLENTY_S).result() for one in assignments]
        state = executor.submit(look).result()
    return [msgspec.json.decode(one, type=TaskReport) for one in reports], state


def look() -> dict[str, object]:
    """Return what a worker process has made of itself."""
    room, _ = resource.getrlimit(resource.RLIMIT_AS)
    seconds, _ = resource.getrlimit(resource.RLIMIT_CPU)
    return {
        "interrupts": signal.getsignal(signal.SIGINT) is signal.SIG_IGN,
        "termination": signal.getsignal(signal.SIGTERM) is signal.SIG_DFL,
        "niceness": os.nice(0),
        "room": room - mapped_memory(),
        "seconds": seconds,
    }


@pytest.mark.integration
def test_tasks_are_done_with_one_context_within_the_limits_of_the_settings(tmp_path: Path, clip: Path) -> None:
    settings = Settings(state=tmp_path, media=str(clip.parent), task_memory_mb=MEMORY_MB)
    setup = ProcessSetup(settings=settings, parent=os.getpid(), niceness=NICENESS)
    gone = request("j2", file_url=(clip.parent / "gone.mp4").as_uri())
    (planned, refused), state = done_by(
        setup, task_of(Probe, request("j1", file_url=clip.as_uri())), task_of(Probe, gone)
    )
    assert (planned.result.outcome, len(planned.result.spans)) == (TaskOutcome.DONE, 1)
    assert planned.result.metrics.cpu_seconds > 0
    assert (refused.result.outcome, refused.result.code) == (TaskOutcome.FAILED, ErrorCode.RESOURCE_NOT_FOUND)
    assert state["interrupts"], "Ctrl-C reaches the whole group: the parent decides when to stop"
    assert state["termination"], "what ends it from outside has to show in its status"
    assert state["niceness"] == min(19, os.nice(0) + NICENESS)
    assert 0 < int(str(state["room"])) <= MEMORY_MB * 2**20
    assert state["seconds"] == resource.RLIM_INFINITY, "the limit of a task is lifted at its end"


@pytest.mark.parametrize("step", [process._decoder, process._context])
def test_a_process_that_was_not_set_up_says_so(step: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "_state", process._State())
    with pytest.raises(RuntimeError, match="call initialise"):
        step()  # type: ignore[operator] # either of two functions
