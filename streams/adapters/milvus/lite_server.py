"""Milvus Lite as a process of its own: one on a machine for one folder, shared by all workers that use the folder.

Inside the service its Python threads would stall the event loop for up to a second, and a folder can be open in one
process only. So whichever worker comes first runs the server, the others read its address from a file; when the first
one dies the server dies with it, and the next worker that notices takes over.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import structlog

from streams.adapters.milvus.lite_files import LOCALHOST, LiteFiles
from streams.file_lock import try_lock

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["LiteKeeper", "lite_uri"]

log = structlog.get_logger(__name__)

#: Seconds between looks at whether the server is there. A worker whose server's owner was killed waits this long.
POLL_INTERVAL_S = 0.5
#: Seconds that the server may take to answer at its start; it reads all its rows into memory first.
START_S = 120.0
#: Seconds that the server gets to end in good order; ended otherwise, it reads its log at the next start.
STOP_S = 5.0


def lite_uri(folder: Path, timeout: float = START_S) -> str:
    """Return the address of the folder's server, as soon as it answers.

    Raises:
        TimeoutError: No worker runs the server.
    """
    files = LiteFiles(folder)
    deadline = time.monotonic() + timeout
    while True:
        port = files.port()
        if port and _answers(port):
            return f"http://{LOCALHOST}:{port}"
        if time.monotonic() > deadline:
            raise TimeoutError(
                f"no Milvus Lite server answers for {folder}: start 'mediadna up' or 'mediadna worker' with this "
                f"state folder, or set MEDIADNA_MILVUS; if one runs, {files.log} says what is wrong with it"
            )
        time.sleep(0.1)


class LiteKeeper:
    """Keeps a server running on the folder as long as this process lives, unless another process does."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._files = LiteFiles(folder)
        self._stopping = threading.Event()
        # A thread that lives as long as the process: the server's death signal follows the *thread* that started it.
        self._thread = threading.Thread(target=self._keep, name="milvus-lite-keeper", daemon=True)

    def start(self) -> str:
        """Start keeping; return the server's address as soon as it answers.

        Raises:
            TimeoutError: The server does not answer.
        """
        self._thread.start()
        return lite_uri(self._folder)

    def stop(self) -> None:
        """End the server if it is ours."""
        self._stopping.set()
        self._thread.join()

    def _keep(self) -> None:
        with self._files.owner_lock.open("ab") as lock:
            while not try_lock(lock):
                if self._stopping.wait(POLL_INTERVAL_S):
                    return
            while not self._stopping.is_set():
                try:
                    self._run()
                except OSError as error:  # a full disk, or no process to be had: nobody else would start it
                    log.warning("milvus_lite_not_started", error=str(error))
                    self._stopping.wait(POLL_INTERVAL_S)

    def _run(self) -> None:
        """Run the server until it ends or is to be stopped."""
        command = [sys.executable, "-m", "streams.adapters.milvus.lite_process", str(os.getpid()), str(self._folder)]
        with self._files.log.open("ab") as output:
            server = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)  # noqa: S603 (our own module)
        while not self._stopping.wait(POLL_INTERVAL_S):
            if server.poll() is not None:
                log.warning("milvus_lite_ended", status=server.returncode, log=str(self._files.log))
                return
        server.terminate()
        try:
            server.wait(STOP_S)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection((LOCALHOST, port), timeout=1):
        return True
    return False
