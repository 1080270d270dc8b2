"""Threads that have previews made: few at a time, each with a decoder of its own that is there while it is needed."""

from __future__ import annotations

import queue
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, Protocol, TypeVar

from streams.ports.previews import Previewer

if TYPE_CHECKING:
    from collections.abc import Callable

    from streams.adapters.decoder.client import Budget

__all__ = ["Interruptible", "LaneFullError", "PreviewLane"]

#: Seconds without work after which a decoder is ended: it takes some 150 MB, and a second to start.
IDLE_S = 60.0
#: Pieces of work that one decoder does before a fresh one takes its place: leaks of FFmpeg's stay small, and what has
#: taken hold of it does not stay for good.
TASKS_PER_PROCESS = 100

T = TypeVar("T")


class Interruptible(Previewer, Protocol):
    """A `Previewer` with an end."""

    budget: Budget | None

    def interrupt(self) -> None:
        """End what is under way, from another thread."""
        ...

    def close(self) -> None:
        """End its process."""
        ...


class LaneFullError(Exception):
    """So much is waiting already that more would wait for too long."""


class Seconds:
    """Processor time that a piece of work may use."""

    def __init__(self, seconds: float) -> None:
        self._left = seconds

    def left(self) -> float:
        """Return the seconds that are left."""
        return self._left

    def charge(self, seconds: float) -> None:
        """Take off seconds that were used."""
        self._left -= seconds


class PreviewLane:
    """Does one piece of work after the other in each of its threads.

    Decoders end with the thread that has started them, so each thread keeps its own, and lasts.

    Args:
        make: Makes what does the work.
        slots: Threads, and so pieces of work at a time.
        most_waiting: Pieces of work that may wait.
        cpu_s: Seconds of processor time that one may use.
        wall_s: Seconds on the clock that one may take, also where it waits for its media.
    """

    def __init__(
        self, make: Callable[[], Interruptible], *, slots: int, most_waiting: int, cpu_s: float, wall_s: float
    ) -> None:
        self._make = make
        self._slots = slots
        self._cpu_s = cpu_s
        self._wall_s = wall_s
        self._waiting: queue.Queue[Callable[[Interruptible], None] | None] = queue.Queue(most_waiting)
        self._threads: list[threading.Thread] = []
        self._working: set[Interruptible] = set()
        self._lock = threading.Lock()
        self._stopped = False

    def submit(self, work: Callable[[Interruptible], T]) -> Future[T]:
        """Have work done; what it returns or raises is the future's. A future that has not begun can be cancelled.

        Raises:
            LaneFullError: Too much waits already, or the lane was stopped.
        """
        future: Future[T] = Future()

        def do(previewer: Interruptible) -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                future.set_result(self._limited(work, previewer))
            except BaseException as error:  # noqa: BLE001 (whoever waits is told)
                future.set_exception(error)

        with self._lock:
            if self._stopped:
                raise LaneFullError
            try:
                self._waiting.put_nowait(do)
            except queue.Full:
                raise LaneFullError from None
            if len(self._threads) < self._slots:
                thread = threading.Thread(target=self._run, name="preview", daemon=True)
                self._threads.append(thread)
                thread.start()
        return future

    def stop(self) -> None:
        """End what is under way and all decoders; what waits is not done."""
        with self._lock:
            self._stopped = True
            for previewer in self._working:
                previewer.interrupt()
        while True:
            try:
                self._waiting.get_nowait()
            except queue.Empty:
                break
        for _ in self._threads:
            self._waiting.put(None)
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        previewer, done = self._make(), 0
        while True:
            try:
                work = self._waiting.get(timeout=IDLE_S)
            except queue.Empty:
                previewer.close()
                continue
            if work is None:
                previewer.close()
                return
            work(previewer)
            done += 1
            if done % TASKS_PER_PROCESS == 0:
                previewer.close()

    def _limited(self, work: Callable[[Interruptible], T], previewer: Interruptible) -> T:
        """Do work within its time.

        Raises:
            TimeoutError: It took longer on the clock.
        """
        late = threading.Event()

        def end() -> None:
            late.set()
            previewer.interrupt()

        timer = threading.Timer(self._wall_s, end)
        timer.daemon = True
        previewer.budget = Seconds(self._cpu_s)
        with self._lock:
            if self._stopped:
                raise LaneFullError
            self._working.add(previewer)
        timer.start()
        try:
            return work(previewer)
        except Exception as error:
            if late.is_set():
                raise TimeoutError from error
            raise
        finally:
            timer.cancel()
            with self._lock:
                self._working.discard(previewer)
