"""The files by which the workers of one state folder share one Milvus Lite server."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["LOCALHOST", "LiteFiles"]

#: Milvus Lite knows no users: it listens where only this machine reaches it.
LOCALHOST = "127.0.0.1"


class LiteFiles:
    """Names what lies in the folder."""

    def __init__(self, folder: Path) -> None:
        #: Milvus Lite's own folder.
        self.data = folder / "data"
        #: Locked by the worker that runs the server.
        self.owner_lock = folder / "owner.lock"
        #: What the server prints.
        self.log = folder / "server.log"
        self._port = folder / "port"

    def port(self) -> int:
        """Return the port that the newest server listened on; 0 when there was none."""
        with contextlib.suppress(OSError, ValueError):
            return int(self._port.read_text(encoding="ascii"))
        return 0

    def write_port(self, port: int) -> None:
        """Write the port, in one step, so that nobody reads half of it."""
        part = self._port.with_suffix(".part")
        part.write_text(str(port), encoding="ascii")
        part.replace(self._port)
