"""A small disk of the run's own, that can be filled without harm to the machine."""

from __future__ import annotations

import os
import subprocess
from contextlib import suppress
from pathlib import Path

__all__ = ["Disk"]

#: Bytes of the disk: what the workers keep of a long run, several times over.
SIZE = 512 * 2**20
#: Bytes that are written at a time once the disk is nearly full.
CRUMB = 4096


class Disk:
    """A file system in memory; where this user may not mount one, a plain folder that is never full.

    Attributes:
        folder: Where it is mounted.
        can_be_filled: Whether it is a file system of its own.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.can_be_filled = os.geteuid() == 0
        self._ballast = folder / "ballast"

    def mount(self) -> None:
        """Make the disk."""
        if self.can_be_filled:
            subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "none", str(self.folder)], check=True)

    def clear(self) -> None:
        """Take the disk away, with everything on it; also one that a run which was killed has left."""
        while self.can_be_filled and self.folder.is_mount():
            subprocess.run(["umount", "--lazy", str(self.folder)], check=True)

    def fill(self) -> None:
        """Leave no byte free."""
        with self._ballast.open("wb", buffering=0) as ballast, suppress(OSError):
            state = os.statvfs(self.folder)
            os.posix_fallocate(ballast.fileno(), 0, state.f_bavail * state.f_frsize)
            ballast.seek(0, os.SEEK_END)
            while True:
                ballast.write(bytes(CRUMB))

    def free(self) -> None:
        """Give the space back."""
        self._ballast.unlink(missing_ok=True)
