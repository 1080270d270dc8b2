"""The fingerprint store on files: a folder, or any place that fsspec can write to.

Layout: `libraries/<library>/<media id>/<version>.mdna` and `parts/<job id>/<chunk>`. Names are percent-encoded, and
names that are too long for a file system end in a hash of the whole.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import quote, unquote

import fsspec
from fsspec.implementations.local import LocalFileSystem

from fingerprint.types import ReferenceKey
from streams.ports.errors import store_errors

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["FileStore", "open_store"]

#: Bytes of a file name that every common file system takes, less some for the suffix of a file being written.
NAME_BYTES = 200
SUFFIX = ".mdna"
#: Among the parts of a job: the media that was sent along with it.
UPLOAD_FILE = "upload"
#: What `_file_name` makes of texts that are too long.
SHORTENED = re.compile(rf"^.{{{NAME_BYTES - 70}}}~[0-9a-f]{{64}}$")
#: Ends the name of a file that is being written; no other name has a full stop before so many hex digits.
WRITING = re.compile(r"\.[0-9a-f]{32}$")
#: Bytes that are copied at a time.
COPY_BLOCK_BYTES = 1 << 20
#: Holds the media id of a folder whose name had to be shortened.
ID_FILE = "media-id"
#: Holds the name of a library whose folder's name had to be shortened. No media item's folder can be called this.
LIBRARY_FILE = "+library"


def open_store(url: str) -> FileStore:
    """Return the store at a folder or an fsspec URL.

    Raises:
        ImportError: The URL's protocol needs a package that is not installed; fsspec's message names it.
    """
    filesystem, root = fsspec.core.url_to_fs(url)
    return FileStore(filesystem, root)


class FileStore:
    """A `FingerprintStore` on an fsspec file system."""

    def __init__(self, filesystem: Any, root: str) -> None:
        self._fs = filesystem
        self._root = root.rstrip("/")

    def put(self, key: ReferenceKey, data: bytes) -> None:
        """See `FingerprintStore`."""
        folder = self._media_folder(key.library, key.media_id)
        if _is_shortened(key.library):
            self._write(f"{self._library_folder(key.library)}/{LIBRARY_FILE}", key.library.encode())
        if _is_shortened(key.media_id):
            self._write(f"{folder}/{ID_FILE}", key.media_id.encode())
        self._write(f"{folder}/{key.version:010d}{SUFFIX}", data)

    def get(self, key: ReferenceKey) -> bytes | None:
        """See `FingerprintStore`."""
        return self._read(self._file(key))

    def delete(self, key: ReferenceKey) -> None:
        """See `FingerprintStore`."""
        self._remove(self._file(key))
        if not self.versions(key.library, key.media_id):
            self._remove_empty(self._media_folder(key.library, key.media_id))

    def versions(self, library: str, media_id: str) -> list[ReferenceKey]:
        """See `FingerprintStore`."""
        names = self._names(self._media_folder(library, media_id))
        numbers = sorted(int(name.removesuffix(SUFFIX)) for name in names if name.endswith(SUFFIX))
        return [ReferenceKey(library, media_id, number) for number in numbers]

    def libraries(self) -> list[str]:
        """See `FingerprintStore`."""
        found = []
        for name in self._names(f"{self._root}/libraries"):
            long_name = self._read(f"{self._root}/libraries/{name}/{LIBRARY_FILE}")
            found.append(unquote(name) if long_name is None else long_name.decode())
        return sorted(found)

    def keys(self, library: str, *, after: str = "") -> Iterator[ReferenceKey]:
        """See `FingerprintStore`."""
        passed = _file_name(after) if after else ""
        for name in sorted(self._names(self._library_folder(library))):
            if name <= passed:
                continue
            long_id = self._read(f"{self._library_folder(library)}/{name}/{ID_FILE}")
            if long_id is not None:
                yield from self.versions(library, long_id.decode())
            elif not SHORTENED.match(name):  # else it is just being made or removed, and nobody can tell whose it is
                yield from self.versions(library, unquote(name))

    def delete_library(self, library: str) -> None:
        """See `FingerprintStore`."""
        self._remove(self._library_folder(library))

    def put_part(self, job_id: str, chunk: int, data: bytes) -> None:
        """See `FingerprintStore`."""
        self._write(f"{self._parts_folder(job_id)}/{chunk:06d}", data)

    def get_part(self, job_id: str, chunk: int) -> bytes | None:
        """See `FingerprintStore`."""
        return self._read(f"{self._parts_folder(job_id)}/{chunk:06d}")

    def put_upload(self, job_id: str, file: BinaryIO) -> None:
        """See `FingerprintStore`."""
        path = f"{self._parts_folder(job_id)}/{UPLOAD_FILE}"
        with store_errors(self._root):
            self._fs.makedirs(self._parts_folder(job_id), exist_ok=True)
            if isinstance(self._fs, LocalFileSystem):
                _copy_whole(file, Path(path))
                return
            with self._fs.open(path, "wb") as target:  # an object store makes an object visible when it is complete
                shutil.copyfileobj(file, target, COPY_BLOCK_BYTES)

    def open_upload(self, job_id: str) -> BinaryIO | None:
        """See `FingerprintStore`."""
        try:
            with store_errors(self._root, reading=True):
                opened: BinaryIO = self._fs.open(f"{self._parts_folder(job_id)}/{UPLOAD_FILE}", "rb")
        except (FileNotFoundError, NotADirectoryError):
            return None
        return opened

    def delete_parts(self, job_id: str) -> None:
        """See `FingerprintStore`."""
        self._remove(self._parts_folder(job_id))

    def jobs_with_parts(self) -> Iterator[str]:
        """See `FingerprintStore`. A folder that cannot be a job's is passed over."""
        for name in sorted(self._names(f"{self._root}/parts")):
            job_id = unquote(name)
            if _file_name(job_id) == name:
                yield job_id

    def parts_written(self, job_id: str) -> float | None:
        """See `FingerprintStore`."""
        folder = self._parts_folder(job_id)
        times = [self._written(f"{folder}/{name}") for name in self._names(folder)]
        return max((time for time in times if time is not None), default=None)

    def abandoned_writes(self, before: float) -> list[str]:
        """See `FingerprintStore`. An object store shows no object that is not complete."""
        if not isinstance(self._fs, LocalFileSystem):
            return []
        files = (Path(folder) / name for folder, _, names in os.walk(self._root) for name in names)
        found = (str(path) for path in files if WRITING.search(path.name))
        return sorted(path for path in found if (self._written(path) or before) < before)

    def delete_abandoned_writes(self, before: float) -> None:
        """See `FingerprintStore`."""
        for path in self.abandoned_writes(before):
            self._remove(path)

    def _library_folder(self, library: str) -> str:
        return f"{self._root}/libraries/{_file_name(library)}"

    def _media_folder(self, library: str, media_id: str) -> str:
        return f"{self._library_folder(library)}/{_file_name(media_id)}"

    def _file(self, key: ReferenceKey) -> str:
        return f"{self._media_folder(key.library, key.media_id)}/{key.version:010d}{SUFFIX}"

    def _parts_folder(self, job_id: str) -> str:
        return f"{self._root}/parts/{_file_name(job_id)}"

    def _write(self, path: str, data: bytes) -> None:
        """Write a file so that it is there whole or not at all, also after a power cut or on a full disk."""
        with store_errors(self._root):
            if isinstance(self._fs, LocalFileSystem):
                _write_whole(Path(path), data)
            else:
                self._fs.makedirs(path.rpartition("/")[0], exist_ok=True)
                self._fs.pipe_file(path, data)  # an object store makes an object visible when it is complete

    def _read(self, path: str) -> bytes | None:
        try:
            with store_errors(self._root, reading=True):
                data: bytes = self._fs.cat_file(path)
        except (FileNotFoundError, NotADirectoryError):
            return None
        return data

    def _names(self, folder: str) -> list[str]:
        try:
            with store_errors(self._root, reading=True):
                entries = self._fs.ls(folder, detail=False, refresh=True)
        except (FileNotFoundError, NotADirectoryError):
            return []
        return [entry.rstrip("/").rpartition("/")[2] for entry in entries]

    def _written(self, path: str) -> float | None:
        """Return when a file was written last, seconds since the epoch; None when it is gone."""
        try:
            with store_errors(self._root, reading=True):
                written: datetime = self._fs.modified(path)
        except FileNotFoundError:
            return None
        return (written if written.tzinfo else written.replace(tzinfo=UTC)).timestamp()

    def _remove(self, path: str) -> None:
        try:
            with store_errors(self._root, reading=True):
                self._fs.rm(path, recursive=True)
        except FileNotFoundError:
            return

    def _remove_empty(self, folder: str) -> None:
        """Remove the folder of a media item of which no version is left, but no version that is just being stored."""
        if self._names(folder) == [ID_FILE]:
            self._remove(f"{folder}/{ID_FILE}")
        if isinstance(self._fs, LocalFileSystem):  # elsewhere a folder is gone with its last object
            with contextlib.suppress(OSError):  # another job has just stored a version
                Path(folder).rmdir()


def _write_whole(target: Path, data: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.{uuid.uuid4().hex}")
    try:
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)  # on a full disk, what was written of it is space that others need
        raise


def _file_name(text: str) -> str:
    """Return a file name for any text: no two texts share one, and none leads out of its folder."""
    name = quote(text, safe="").replace(".", "%2E")
    if _is_shortened(text):
        return f"{name[: NAME_BYTES - 70]}~{hashlib.sha256(text.encode()).hexdigest()}"
    return name


def _is_shortened(text: str) -> bool:
    return len(quote(text, safe="").replace(".", "%2E")) > NAME_BYTES


def _copy_whole(file: BinaryIO, path: Path) -> None:
    """Put a copy in a place at once: what was there before may be in the hands of a task, which then reads on in it."""
    part = path.with_name(f"{path.name}.{uuid.uuid4().hex}")
    try:
        with part.open("wb") as target:
            shutil.copyfileobj(file, target, COPY_BLOCK_BYTES)
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise
