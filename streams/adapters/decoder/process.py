"""The decoder's process as its parent sees it: started with a clean environment, limited, watched, ended."""

from __future__ import annotations

import ctypes
import math
import os
import resource
import signal
import socket
import subprocess
import time
from typing import Any

from streams.adapters.decoder.channel import Channel, GarbledError
from streams.adapters.decoder.messages import LARGEST_ANSWER, Answer, Ready
from streams.adapters.decoder.trade import Trade
from streams.cage.environment import clean_environment
from streams.cage.limits import limit_after_loading
from streams.cage.trial import python_command
from streams.ports.decoder_errors import DecoderNotStartedError

__all__ = ["DecoderProcess"]

#: Seconds that a process which has closed its connection gets to end by itself.
ENDING_S = 5.0

#: Niceness of what gives way to all others.
LEAST_URGENT = 19


class DecoderProcess:
    """One decoder. It is being started when this returns; `wait_until_ready` says when it can be worked with.

    Args:
        trade: What it is to be good for: each trade loads what it needs.
        niceness: How far it gives way to the service, however far that gives way itself.
    """

    def __init__(self, trade: Trade = Trade.FINGERPRINTS, *, niceness: int = 0) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 (our own module)
                python_command("streams.adapters.decoder", str(os.getpid()), trade),
                env=clean_environment(),
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                cwd="/",
            )
        self.channel = Channel(ours, expects=Answer, largest=LARGEST_ANSWER)
        # It inherits what limits its parent's task; loading the engine is no part of that.
        self.limit_cpu(math.inf)
        if niceness:
            os.setpriority(os.PRIO_PROCESS, self.pid, min(LEAST_URGENT, os.getpriority(os.PRIO_PROCESS, 0) + niceness))

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def wait_until_ready(self, *, memory: int, required: bool) -> None:
        """Return once it is locked in and has loaded its engine.

        Args:
            memory: Bytes that it may map beyond what it maps then.
            required: Whether it counts as not started when this machine cannot lock it in.

        Raises:
            DecoderNotStartedError: It ended before that, or is not locked in.
        """
        try:
            ready: Any = self.channel.receive()
        except (EOFError, GarbledError) as error:
            raise DecoderNotStartedError(
                f"the decoder ended as it was started (status {self.end()}): its reason stands in the lines before"
            ) from error
        if not isinstance(ready, Ready):
            self.end()
            raise DecoderNotStartedError(f"the decoder could not be started: {getattr(ready, 'message', ready)}")
        if required and not ready.report.is_closed:
            self.end()
            raise DecoderNotStartedError(
                "the decoder cannot be locked in here, and MEDIADNA_CAGE is 'required': it needs a kernel with Landlock"
            )
        limit_after_loading(self.pid, ready.mapped + memory)

    def cpu_s(self) -> float:
        """Return the seconds of processor time that it has used so far; 0 when it has ended."""
        clock = ctypes.c_int()
        if ctypes.CDLL(None).clock_getcpuclockid(self.pid, ctypes.byref(clock)):
            return 0.0
        try:
            return time.clock_gettime(clock.value)
        except OSError:
            return 0.0

    def limit_cpu(self, seconds: float) -> None:
        """Have the kernel end it once it has used so many seconds more; its count goes by whole seconds."""
        _, most = resource.prlimit(self.pid, resource.RLIMIT_CPU)
        limit = most if math.isinf(seconds) else math.ceil(self.cpu_s() + max(0.0, seconds))
        resource.prlimit(self.pid, resource.RLIMIT_CPU, (limit, most))

    def end(self) -> int:
        """Close the connection and return the exit status; kill it where it does not end by itself."""
        self.channel.close()
        try:
            return self._process.wait(ENDING_S)
        except subprocess.TimeoutExpired:
            return self.kill()

    def interrupt(self) -> None:
        """Have it end at once, whoever talks to it: for any thread."""
        self._process.send_signal(signal.SIGKILL)

    def kill(self) -> int:
        """End it at once, and return its exit status."""
        self.channel.close()
        self._process.send_signal(signal.SIGKILL)
        return self._process.wait()
