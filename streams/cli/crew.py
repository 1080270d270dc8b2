"""Processes that a command spreads its work over: none outlives it, and one that dies costs the piece it was at."""

from __future__ import annotations

import os
import signal
import traceback
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from schemas.errors import ErrorCode
from streams.child_processes import LIBRARY_ENVIRONMENT, die_with_parent

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from multiprocessing.connection import Connection
    from multiprocessing.context import SpawnProcess
    from types import TracebackType

__all__ = ["Crew", "WorkError"]

T = TypeVar("T")

#: Seconds that a process without work gets to end by itself, and what it has started with it.
ENDING_S = 5.0


class WorkError(RuntimeError):
    """A piece of work failed in a way that its code does not foresee; a note has the trace."""


@dataclass(frozen=True)
class _Failed:
    """What a process answers with when a piece of work raises."""

    message: str
    trace: str


class Crew:
    """Processes that do pieces of work, one each at a time; they are started as they are needed.

    Each has a connection of its own, so one that is killed takes nothing along that another one waits for. They end
    with the `with` block: at once where an error or an interrupt ends it.

    Args:
        size: Processes at the most.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._workers: list[_Worker] = []

    def __enter__(self) -> Self:
        """Return the crew, which has no process yet."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End all processes."""
        for worker in self._workers:
            if kind is None:
                worker.dismiss()
            else:
                worker.process.kill()
        for worker in self._workers:
            worker.end()
        self._workers.clear()

    def in_order(self, step: Callable[..., T | str], tasks: Sequence[tuple[Any, ...]]) -> Generator[T | str]:
        """Do a step for each task; yield what it gives, in the order of the tasks, as soon as it is its turn.

        Args:
            step: A function of a module; what it takes and gives is pickled. It says what is wrong as text.
            tasks: Its arguments, task by task.

        Raises:
            WorkError: The step raised something: that is a fault of the program.
        """
        waiting = deque(enumerate(tasks))
        at_work: dict[Connection, tuple[int, _Worker]] = {}
        outcomes: dict[int, T | str] = {}
        following = 0
        while waiting or at_work:
            while waiting and len(at_work) < self._size:
                number, arguments = waiting.popleft()
                worker = self._begin((step, arguments), {one for _, one in at_work.values()})
                at_work[worker.connection] = (number, worker)
            for connection in wait(list(at_work)):
                number, worker = at_work.pop(cast("Connection", connection))
                outcomes[number] = self._outcome(worker)
            while following in outcomes:
                yield outcomes.pop(following)
                following += 1

    def _begin(self, order: tuple[Callable[..., Any], tuple[Any, ...]], busy: set[_Worker]) -> _Worker:
        """Give an order to a process that has none, or to a new one."""
        for worker in [one for one in self._workers if one not in busy]:
            if worker.take(order):
                return worker
            self._lose(worker)  # it was ended as it stood idle: nobody's work is to blame
        worker = _Worker()
        self._workers.append(worker)
        worker.take(order)  # what a process cannot take, because it ended at its start, is seen where it answers
        return worker

    def _outcome(self, worker: _Worker) -> Any:
        try:
            answer = worker.connection.recv()
        except (EOFError, OSError):
            self._lose(worker)
            return _said_of(worker.process.exitcode)
        if isinstance(answer, _Failed):
            error = WorkError(answer.message)
            error.add_note(answer.trace)
            raise error
        return answer

    def _lose(self, worker: _Worker) -> None:
        self._workers.remove(worker)
        worker.end()


class _Worker:
    """One process and the connection to it."""

    def __init__(self) -> None:
        for name, value in LIBRARY_ENVIRONMENT.items():  # the parallelism is in the processes
            os.environ.setdefault(name, value)
        context = get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.process: SpawnProcess = context.Process(target=_work, args=(theirs, os.getpid()))
        with theirs:  # the process has its own of it: when it ends, this end is told
            self.process.start()

    def take(self, order: tuple[Callable[..., Any], tuple[Any, ...]]) -> bool:
        """Give it something to do; tell whether there is still somebody to take it."""
        try:
            self.connection.send(order)
        except OSError:
            return False
        return True

    def dismiss(self) -> None:
        """Tell it that there is no more to do."""
        self.connection.close()

    def end(self) -> None:
        """Wait until it has ended, and end it where it does not by itself."""
        self.connection.close()
        self.process.join(ENDING_S)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()


def _work(connection: Connection, parent: int) -> None:
    """Do what comes over a connection, until that is closed."""
    die_with_parent(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal interrupts all: the command ends its processes itself
    answer: Any
    while True:
        try:
            step, arguments = connection.recv()
        except (EOFError, OSError):
            return
        try:
            answer = step(*arguments)
        except Exception as error:  # noqa: BLE001 (raised again where somebody waits for it)
            answer = _Failed(f"{type(error).__name__}: {error}", traceback.format_exc())
        with suppress(BrokenPipeError):
            connection.send(answer)


def _said_of(status: int | None) -> str:
    """Return what is said of work whose process has ended with a status; a negative one is a signal's number."""
    if status == -signal.SIGKILL:
        why = "it was killed, most likely for want of memory: ask for fewer --jobs"
    elif status is not None and status < 0:
        why = f"signal {-status}: try it again with this file alone, and report it if it stays so"
    else:
        why = f"status {status}: its reason stands in the lines before"
    return f"{ErrorCode.INTERNAL_ERROR}: the process that worked on it has ended ({why})"
