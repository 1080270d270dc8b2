"""Milvus Lite as a process of its own: one on a machine for one folder, shared by all workers that use the folder.

Inside the service its Python threads would stall the event loop for up to a second, and a folder can be open in one
process only. So whichever worker comes first runs the server, the others read its address from a file; when the first
one dies the server dies with it, and the next worker that notices takes over.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
import subprocess
import sys
import threading
import time
from typing import IO, TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["LiteKeeper", "lite_uri", "write_lock"]

log = structlog.get_logger(__name__)

#: Seconds between looks at whether the server is there. A worker whose server's owner was killed waits this long.
LOOK_S = 0.5
#: Seconds that the server may take to answer at its start; it reads all its rows into memory first.
START_S = 120.0
LOCALHOST = "127.0.0.1"


def lite_uri(folder: Path, timeout: float = START_S) -> str:
    """Return the address of the folder's server, as soon as it answers.

    Raises:
        TimeoutError: No worker runs the server.
    """
    deadline = time.monotonic() + timeout
    while True:
        port = _read_port(folder)
        if port and _answers(port):
            return f"http://{LOCALHOST}:{port}"
        if time.monotonic() > deadline:
            raise TimeoutError(
                f"no Milvus Lite server runs on {folder}: start 'mediadna up' or 'mediadna worker' with this state "
                "folder, or set MEDIADNA_MILVUS"
            )
        time.sleep(0.1)


@contextlib.contextmanager
def write_lock(folder: Path) -> Iterator[None]:
    """Hold the folder's lock while writing.

    Milvus Lite corrupts its log when two writers of one collection interleave; what was acknowledged is then lost at
    the next crash. The lock holds over threads and processes.
    """
    with (folder / "writes.lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


class LiteKeeper:
    """Keeps a server running on the folder as long as this process lives, unless another process does."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._stopping = threading.Event()
        self._server: subprocess.Popen[bytes] | None = None
        # A thread that lives as long as the process: the server's death signal follows the *thread* that started it.
        self._thread = threading.Thread(target=self._keep, name="milvus-lite-keeper", daemon=True)

    def start(self) -> str:
        """Start keeping; return the server's address as soon as it answers."""
        self._thread.start()
        return lite_uri(self._folder)

    def stop(self) -> None:
        """End the server if it is ours."""
        self._stopping.set()
        self._thread.join()

    def _keep(self) -> None:
        with (self._folder / "owner.lock").open("ab") as lock:
            while not self._stopping.is_set() and not _try_lock(lock):
                self._stopping.wait(LOOK_S)
            while not self._stopping.is_set():
                self._run()

    def _run(self) -> None:
        """Run the server until it ends or is to be stopped."""
        port = _free_port()
        command = [sys.executable, "-m", "streams.vectors.lite_process"]
        arguments = [str(os.getpid()), str(self._folder / "data"), str(port)]
        with (self._folder / "server.log").open("ab") as output:
            server = subprocess.Popen([*command, *arguments], stdin=subprocess.DEVNULL, stdout=output, stderr=output)  # noqa: S603 (our own module)
        _write_port(self._folder, port)
        while not self._stopping.wait(LOOK_S):
            if server.poll() is not None:
                log.warning("milvus_lite_ended", status=server.returncode, log=str(self._folder / "server.log"))
                return
        server.terminate()
        try:
            server.wait(5)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _try_lock(lock: IO[bytes]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read_port(folder: Path) -> int:
    with contextlib.suppress(OSError, ValueError):
        return int((folder / "port").read_text(encoding="ascii"))
    return 0


def _write_port(folder: Path, port: int) -> None:
    part = folder / "port.part"
    part.write_text(str(port), encoding="ascii")
    part.replace(folder / "port")


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection((LOCALHOST, port), timeout=1):
        return True
    return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOCALHOST, 0))
        port: int = probe.getsockname()[1]
        return port
