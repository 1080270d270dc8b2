"""An index in memory that several processes look things up in, and that is there once."""

from __future__ import annotations

import mmap
import pickle
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from fingerprint.index.memory import MemoryIndex

__all__ = ["read_index", "write_index"]

#: Arrays begin at multiples of so many bytes: what works on whole vectors of numbers at a time wants them so.
ALIGNMENT = 64
#: Files of a folder: the numbers of all arrays, and everything else with where they lie.
ARRAYS, FORM = "arrays", "form"


def write_index(index: MemoryIndex, folder: Path) -> None:
    """Write an index into an empty folder, for `read_index` of this version in processes of the same command.

    Raises:
        OSError: The folder cannot be written to, or its disk is full.
    """
    index.join()
    buffers: list[pickle.PickleBuffer] = []
    form = pickle.dumps(index, protocol=5, buffer_callback=buffers.append)
    spans = []
    with (folder / ARRAYS).open("wb") as file:
        file.write(bytes(ALIGNMENT))  # also an index of nothing has something to map
        for buffer in buffers:
            data = buffer.raw()
            spans.append((file.tell(), data.nbytes))
            file.write(data)
            file.write(bytes(-data.nbytes % ALIGNMENT))
    (folder / FORM).write_bytes(pickle.dumps((spans, form)))


def read_index(folder: Path) -> MemoryIndex:
    """Return the index that was written into a folder: its arrays are the file's pages, which all its readers share."""
    spans, form = pickle.loads((folder / FORM).read_bytes())  # noqa: S301 (the command itself has written it)
    with (folder / ARRAYS).open("rb") as file:
        pages = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY))
    index: MemoryIndex = pickle.loads(form, buffers=[pages[at : at + size] for at, size in spans])  # noqa: S301 (as above)
    return index
