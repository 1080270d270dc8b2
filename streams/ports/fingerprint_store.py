"""The port to the fingerprint store."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fingerprint.types import ReferenceKey

__all__ = ["FingerprintStore"]


class FingerprintStore(Protocol):
    """Keeps fingerprints for good, and the parts of a job until it ends. Writes are atomic, and last writes win."""

    def put(self, key: ReferenceKey, data: bytes) -> None:
        """Store one version's fingerprint."""
        ...

    def get(self, key: ReferenceKey) -> bytes | None:
        """Return a fingerprint; None when there is none."""
        ...

    def delete(self, key: ReferenceKey) -> None:
        """Remove a fingerprint, if there is one."""
        ...

    def versions(self, library: str, media_id: str) -> list[ReferenceKey]:
        """Return the stored versions of one media item, oldest first."""
        ...

    def libraries(self) -> list[str]:
        """Return the names of the libraries that hold anything."""
        ...

    def keys(self, library: str, *, after: str = "") -> Iterator[ReferenceKey]:
        """Return everything that a library holds, or what follows a media item in the store's own order.

        Args:
            library: Its name.
            after: MediaId of the last media item that was returned before; empty to start.
        """
        ...

    def delete_library(self, library: str) -> None:
        """Remove a library with everything in it."""
        ...

    def put_part(self, job_id: str, chunk: int, data: bytes) -> None:
        """Store what a job has made of one chunk."""
        ...

    def get_part(self, job_id: str, chunk: int) -> bytes | None:
        """Return what a job has made of one chunk; None when it has not yet."""
        ...

    def put_upload(self, job_id: str, file: BinaryIO) -> None:
        """Store the media that was sent along with a job; it goes with the job's parts."""
        ...

    def open_upload(self, job_id: str) -> BinaryIO | None:
        """Open the media that was sent along with a job; None when there is none."""
        ...

    def delete_parts(self, job_id: str) -> None:
        """Remove all that a job has stored of its chunks, and what was sent along with it."""
        ...

    def jobs_with_parts(self) -> Iterator[str]:
        """Return the ids of the jobs that have parts, or media that was sent along."""
        ...

    def parts_written(self, job_id: str) -> float | None:
        """Return when the newest of a job's parts was written, seconds since the epoch; None when it has none."""
        ...

    def abandoned_writes(self, before: float) -> list[str]:
        """Return what is left of writes that were cut off by the end of their process.

        Args:
            before: Nothing was added to them since then, seconds since the epoch.
        """
        ...

    def delete_abandoned_writes(self, before: float) -> None:
        """Remove what is left of writes that were cut off: see `abandoned_writes`."""
        ...
