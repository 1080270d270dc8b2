"""Previews and pictures that were made, kept in a folder within bounds: what was used longest ago goes first.

Layout: `<job>/<what>`, where `<job>` is the job's id, percent-encoded. What is kept serves one worker alone, and may be
deleted at any time.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import threading
import time
from collections import OrderedDict
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import quote, unquote

from streams.ports.errors import Neighbour, away_from

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Draft", "PreviewCache"]

#: What names begin with that are being written.
WRITING = "."
#: Characters of a job's id in a file name. Ids have 32; longer ones are not kept.
LONGEST_NAME = 200
#: Bytes of a block of usual file systems.
BLOCK_BYTES = 4096


@dataclass(frozen=True, slots=True)
class _Kept:
    job_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A file that is being written.

    Attributes:
        file: The file, for writing and reading.
        path: Where it lies until it is kept.
    """

    file: BinaryIO
    path: Path

    def write(self, data: bytes) -> None:
        """Write bytes.

        Raises:
            NeighbourAwayError: The disk does not take them.
        """
        with _disk_errors():
            self.file.write(data)


class PreviewCache:
    """Keeps files by job and name. Every method may be called from any thread.

    Args:
        folder: Where they lie; what an earlier process has left of them is taken over.
        most_bytes: Bytes of all files together.
    """

    def __init__(self, folder: Path, most_bytes: int) -> None:
        self._folder = folder
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self._sizes: OrderedDict[_Kept, int] = OrderedDict()
        self._names: dict[str, set[str]] = {}
        self._total = 0
        self._take_over()

    @property
    def size(self) -> int:
        """Bytes of all files together."""
        with self._lock:
            return self._total

    def jobs(self) -> set[str]:
        """Return the ids of the jobs that something is kept of."""
        with self._lock:
            return set(self._names)

    def has(self, job_id: str) -> bool:
        """Whether anything is kept of a job."""
        with self._lock:
            return job_id in self._names

    def find(self, job_id: str, prefix: str) -> tuple[str, BinaryIO] | None:
        """Return the name and the open file of what is kept under a name with this prefix; None when nothing is."""
        with self._lock:
            name = next((name for name in self._names.get(job_id, ()) if name.startswith(prefix)), None)
            if name is None:
                return None
            kept = _Kept(job_id, name)
            path = self._path(kept)
            try:
                file = path.open("rb")
            except OSError:  # somebody has deleted it
                self._drop(kept)
                return None
            self._sizes.move_to_end(kept)
        with contextlib.suppress(OSError):  # the order is kept over a restart as well as it can be
            os.utime(path, ns=(time.time_ns(), path.stat().st_mtime_ns))
        return kept.name, file

    @contextmanager
    def draft(self) -> Iterator[Draft]:
        """Yield a file for what is to be kept; it has no name any more at the end unless it was handed to `keep`.

        Raises:
            NeighbourAwayError: The disk does not take it.
        """
        with _disk_errors():
            self._folder.mkdir(parents=True, exist_ok=True)
            number, name = tempfile.mkstemp(dir=self._folder, prefix=WRITING)
        draft = Draft(os.fdopen(number, "w+b"), Path(name))
        try:
            yield draft
        except BaseException:
            draft.file.close()
            raise
        finally:
            with contextlib.suppress(OSError):
                draft.path.unlink()

    def keep(self, job_id: str, name: str, draft: Draft) -> None:
        """Keep what was drafted under a name, as far as there is room for it; what it takes the place of goes.

        Raises:
            NeighbourAwayError: The disk does not take it.
        """
        with _disk_errors():
            draft.file.flush()
            size = _counted(os.fstat(draft.file.fileno()).st_size)
        if size > self._most_bytes or len(_folder_name(job_id)) > LONGEST_NAME:
            return
        kept = _Kept(job_id, name)
        with self._lock, contextlib.suppress(OSError):  # the answer goes out all the same
            self._make_room(size)
            path = self._path(kept)
            path.parent.mkdir(parents=True, exist_ok=True)
            draft.path.rename(path)
            self._add(kept, size)

    def forget(self, job_id: str) -> None:
        """Remove what is kept of a job."""
        with self._lock:
            for name in list(self._names.get(job_id, ())):
                self._drop(_Kept(job_id, name))

    def _take_over(self) -> None:
        found = []
        for path in self._folder.glob("*"):
            if path.is_dir():
                found += [(one.stat(), _Kept(unquote(path.name), one.name)) for one in path.iterdir() if one.is_file()]
            else:
                path.unlink(missing_ok=True)  # it was being written
        for stat, kept in sorted(found, key=lambda pair: pair[0].st_atime_ns):
            self._add(kept, _counted(stat.st_size))
        self._make_room(0)

    def _add(self, kept: _Kept, size: int) -> None:
        self._total += size - self._sizes.pop(kept, 0)
        self._sizes[kept] = size
        self._names.setdefault(kept.job_id, set()).add(kept.name)

    def _make_room(self, size: int) -> None:
        while self._sizes and self._total + size > self._most_bytes:
            self._drop(next(iter(self._sizes)))

    def _drop(self, kept: _Kept) -> None:
        self._total -= self._sizes.pop(kept, 0)
        names = self._names.get(kept.job_id, set())
        names.discard(kept.name)
        if not names:
            self._names.pop(kept.job_id, None)
        path = self._path(kept)
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
            path.parent.rmdir()  # unless there is more in it

    def _path(self, kept: _Kept) -> Path:
        return self._folder / _folder_name(kept.job_id) / kept.name


def _folder_name(job_id: str) -> str:
    return quote(job_id, safe="").replace(".", "%2E")


def _counted(size: int) -> int:
    """Return what a file takes of the disk: whole blocks, and one for a file of nothing."""
    return max(1, -(-size // BLOCK_BYTES)) * BLOCK_BYTES


@contextmanager
def _disk_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise away_from(Neighbour.DISK, error) from error
