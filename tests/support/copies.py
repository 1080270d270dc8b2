"""Edited copies of real videos, each made once by the processes that share a folder."""

from __future__ import annotations

import fcntl
import hashlib
import json
from pathlib import Path

from streams.demo.edit import Edit, Piece, Truth, make_copy

__all__ = ["Copies"]


class Copies:
    """Makes copies in a folder, or finds those that are there.

    Args:
        folder: Where they are kept. The sources must not change as long as it is used.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._folder.mkdir(exist_ok=True)

    def make(self, *pieces: Piece, edit: Edit | None = None, suffix: str = ".mp4") -> tuple[Path, tuple[Truth, ...]]:
        """Return the copy of these pieces, and the truth of it; another process that makes it is waited for."""
        key = hashlib.sha256(repr((pieces, edit, suffix)).encode()).hexdigest()
        home = self._folder / key  # a folder for each: a service may read the one that it is given
        home.mkdir(exist_ok=True)
        path, told = home / f"copy-{key[:8]}{suffix}", home / "truths.json"
        with (home / "lock").open("wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not told.exists():
                _tell(told, make_copy(pieces, path, edit))
        return path, _told(told)


def _tell(path: Path, truths: tuple[Truth, ...]) -> None:
    part = path.with_suffix(".part")  # whoever is ended in the middle leaves no truths
    part.write_text(json.dumps([(str(truth.source), truth.copy, truth.original) for truth in truths]), encoding="utf-8")
    part.rename(path)


def _told(path: Path) -> tuple[Truth, ...]:
    told = json.loads(path.read_text(encoding="utf-8"))
    return tuple(Truth(Path(source), tuple(copy), tuple(original)) for source, copy, original in told)
