"""A worker under a supervisor: whenever it ends, it is started again, as every operator has it."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import psutil

from streams.child_processes import die_with_parent

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Ending", "Size", "Worker"]

#: Seconds before a worker that ended is started again.
RESTART_S = 1.0
#: Seconds that a worker gets to end in good order, as a container's runtime gives it.
STOP_S = 30.0
#: Seconds over which a process is watched to tell whether it works, and the share of them that it must be at work.
WATCH_S, BUSY_SHARE = 0.3, 0.5
#: What a worker says once it takes events.
READY = re.compile(r"ready web=(\S+) kafka=\S+ state=.*\n")
#: In the command lines of the processes that do tasks, and of those that decode for them.
TASK_PROCESSES = ("spawn_main", "streams.adapters.decoder")


@dataclass(frozen=True)
class Ending:
    """How a worker's process ended: with which status, and whether somebody had it end."""

    status: int
    wanted: bool


@dataclass(frozen=True)
class Size:
    """What a worker's own process takes: handles, and MiB of memory."""

    handles: int
    memory_mb: float


@dataclass
class Worker:
    """One `mediadna worker`.

    Attributes:
        name: For people.
        arguments: Of its command line.
        environment: All of its environment.
        log: Where it logs.
        web: Where its API is; empty while it is not ready.
        endings: How its processes ended.
    """

    name: str
    arguments: list[str]
    environment: dict[str, str]
    log: Path
    web: str = ""
    endings: list[Ending] = field(default_factory=list)
    _process: asyncio.subprocess.Process | None = None
    _supervisor: asyncio.Task[None] | None = None
    _wanted: bool = False

    def start(self) -> None:
        """Start the worker, and start it again whenever it ends."""
        self._supervisor = asyncio.create_task(self._supervise(), name=self.name)

    async def stop(self) -> int:
        """Have the worker end in good order, for good; return its status."""
        if self._supervisor is not None:
            self._supervisor.cancel()
            with suppress(asyncio.CancelledError):
                await self._supervisor
        process = self._process
        if process is None or process.returncode is not None:
            return 0
        process.terminate()
        self.signal_group(signal.SIGCONT)
        try:
            status = await asyncio.wait_for(process.wait(), STOP_S)
        except TimeoutError:
            self.signal_group(signal.SIGKILL)
            status = await process.wait()
        self.web = ""
        return status

    @property
    def pid(self) -> int | None:
        """The process id; None while it is not running."""
        process = self._process
        return None if process is None or process.returncode is not None else process.pid

    def signal_group(self, number: signal.Signals) -> None:
        """Send a signal to the worker and all processes that it has started."""
        if self.pid is not None:
            self._wanted = self._wanted or number is signal.SIGKILL
            with suppress(ProcessLookupError):
                os.killpg(self.pid, number)

    def signal_parent(self, number: signal.Signals) -> None:
        """Send a signal to the worker's own process alone."""
        if self.pid is not None:
            self._wanted = self._wanted or number is signal.SIGKILL
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def processes(self) -> set[int]:
        """Return the process ids of the worker and all that it has started."""
        if self.pid is None:
            return set()
        with suppress(psutil.NoSuchProcess):
            return {self.pid, *(child.pid for child in psutil.Process(self.pid).children(recursive=True))}
        return set()

    async def task_processes(self, *, busy: bool) -> list[int]:
        """Return the processes of its pools that are at work now, or those that are not."""
        before = self._processor_times()
        await asyncio.sleep(WATCH_S)
        after = self._processor_times()
        shares = {pid: (after[pid] - before[pid]) / WATCH_S for pid in after if pid in before}
        return sorted(pid for pid, share in shares.items() if (share >= BUSY_SHARE) is busy)

    def size(self) -> Size:
        """Return what the worker's own process takes."""
        process = psutil.Process(self.pid)
        return Size(process.num_fds(), process.memory_info().rss / 2**20)

    def _processor_times(self) -> dict[int, float]:
        times = {}
        for pid in self.processes():
            with suppress(psutil.Error):
                process = psutil.Process(pid)
                if any(name in part for name in TASK_PROCESSES for part in process.cmdline()):
                    spent = process.cpu_times()
                    times[pid] = spent.user + spent.system
        return times

    async def _supervise(self) -> None:
        while True:
            await self._run()
            await asyncio.sleep(RESTART_S)

    async def _run(self) -> None:
        """Run the worker until its process ends."""
        command = [sys.executable, "-m", "streams.cli.main", "worker", *self.arguments]
        self._wanted = False
        with self.log.open("ab") as log:
            log.write(f"--- {self.name} starts, {time.strftime('%H:%M:%S', time.gmtime())}\n".encode())
            self._process = process = await asyncio.create_subprocess_exec(
                *command,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                env=self.environment,
                start_new_session=True,
                preexec_fn=partial(die_with_parent, os.getpid()),
            )
        if process.stdout is not None:
            said = READY.fullmatch((await process.stdout.readline()).decode())
            self.web = said[1] if said else ""
        status = await process.wait()
        self.web = ""
        self.endings.append(Ending(status, self._wanted))
        with self.log.open("ab") as log:
            log.write(f"--- {self.name} ended with status {status}{', as wanted' if self._wanted else ''}\n".encode())
