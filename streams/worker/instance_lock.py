"""A place in the state folder for one worker: several workers on one machine may share the folder."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

from streams.file_lock import try_lock

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["InstanceLock"]

#: Workers that may share one state folder.
MOST_WORKERS = 64


class InstanceLock:
    """The first free one of the numbered folders below the state folder, held until the process ends."""

    def __init__(self, state: Path) -> None:
        self._lock: IO[bytes] | None = None
        for number in range(MOST_WORKERS):
            folder = state / f"worker-{number}"
            folder.mkdir(parents=True, exist_ok=True)
            if self._take(folder):
                self.number = number
                self.folder = folder
                return
        raise RuntimeError(f"{MOST_WORKERS} workers use {state} already: give this one a state folder of its own")

    def release(self) -> None:
        """Give the place back."""
        if self._lock is not None:
            self._lock.close()

    def _take(self, folder: Path) -> bool:
        lock = (folder / "lock").open("ab")
        if not try_lock(lock):
            lock.close()
            return False
        self._lock = lock
        return True
