"""The processes that a command spreads its work over."""

from __future__ import annotations

import operator
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import pytest

from streams.cli.crew import Crew, WorkError

#: Seconds within which processes that are killed are gone.
GONE_S = 10.0


def is_there(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    try:
        return status.read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def gone(pids: Iterable[int]) -> bool:
    """Tell whether processes are gone within some time."""
    left = set(pids)
    end = time.monotonic() + GONE_S
    while left and time.monotonic() < end:
        left = {pid for pid in left if is_there(pid)}
        time.sleep(0.02)
    return not left


def command_of(script: str) -> subprocess.Popen[bytes]:
    """Start a script that prints process ids, in a group of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
    )


def read_pid(command: subprocess.Popen[bytes]) -> int:
    assert command.stdout is not None
    return int(command.stdout.readline())


@pytest.mark.parametrize("size", [1, 2])
def test_what_is_done_comes_in_the_order_of_the_tasks(size: int) -> None:
    with Crew(size) as crew:
        assert list(crew.in_order(operator.add, [(n, 1) for n in range(5)])) == [1, 2, 3, 4, 5]
        assert list(crew.in_order(operator.mul, [])) == []


def test_processes_are_started_as_they_are_needed_and_do_one_task_after_the_other() -> None:
    with Crew(2) as crew:
        (first,) = crew.in_order(os.getpid, [()])
        again = set(crew.in_order(os.getpid, [() for _ in range(6)]))
        assert first in again
        assert len(again) <= 2
    assert gone(map(int, again))


def test_a_process_that_dies_costs_the_task_that_it_was_at_and_no_other() -> None:
    with Crew(2) as crew:
        outcomes = list(crew.in_order(eval, [("7",), ("__import__('os')._exit(3)",), ("8",), ("9",)]))
    assert outcomes[:1] + outcomes[2:] == [7, 8, 9]
    assert outcomes[1] == (
        "InternalError: the process that worked on it has ended (status 3: its reason stands in the lines before)"
    )


@pytest.mark.parametrize(("number", "said"), [(signal.SIGKILL, "want of memory"), (signal.SIGSEGV, "signal 11")])
def test_a_process_that_is_killed_is_told_with_what_may_help(number: int, said: str) -> None:
    with Crew(1) as crew:
        killed, then = crew.in_order(eval, [(f"__import__('os').kill(__import__('os').getpid(), {number})",), ("5",)])
    assert said in str(killed)
    assert then == 5


def test_a_process_that_is_killed_as_it_stands_idle_costs_nothing() -> None:
    with Crew(1) as crew:
        (pid,) = crew.in_order(os.getpid, [()])
        os.kill(int(pid), signal.SIGKILL)
        assert gone([int(pid)])
        (other,) = crew.in_order(os.getpid, [()])
        assert other != pid


def test_what_a_step_raises_is_raised_with_its_trace_and_ends_all() -> None:
    pids: list[int] = []

    def run() -> None:
        with Crew(2) as crew:
            pids.extend(map(int, crew.in_order(os.getpid, [(), ()])))
            list(crew.in_order(operator.truediv, [(1, 0)]))

    with pytest.raises(WorkError, match="ZeroDivisionError: division by zero") as raised:
        run()
    assert "Traceback" in raised.value.__notes__[0]
    assert gone(pids)


def test_an_interrupt_leaves_no_process_behind_however_long_it_would_work() -> None:
    script = """
import time
from streams.cli.crew import Crew
from os import getpid
if __name__ == "__main__":
    with Crew(2) as crew:
        for pid in crew.in_order(getpid, [(), ()]):
            print(pid, flush=True)
        list(crew.in_order(time.sleep, [(600,), (600,)]))
"""
    with command_of(script) as command:
        pids = [read_pid(command) for _ in range(2)]
        os.killpg(command.pid, signal.SIGINT)  # as a terminal does: all of them get it
        began = time.monotonic()
        assert command.wait(GONE_S) != 0
        assert time.monotonic() - began < GONE_S / 2
    assert gone(pids)


def test_a_command_that_is_killed_takes_its_processes_along() -> None:
    script = """
import time
from streams.cli.crew import Crew
from os import getpid
if __name__ == "__main__":
    with Crew(1) as crew:
        print(*crew.in_order(getpid, [()]), flush=True)
        list(crew.in_order(time.sleep, [(600,)]))
"""
    with command_of(script) as command:
        pid = read_pid(command)
        command.kill()
    assert gone([pid])
