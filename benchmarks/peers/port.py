"""What a peer does: fingerprint one file, match two fingerprints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.truth import Segment

__all__ = ["Peer"]

F = TypeVar("F")


class Peer(Protocol[F]):
    """A detector that compares files pair by pair.

    Attributes:
        programs: Programs of the machine that it needs.
    """

    programs: tuple[str, ...]

    def fingerprint(self, media: Path, scratch: Path) -> F | None:
        """Return a file's fingerprint, which must pickle; None when it has none.

        Args:
            media: The file.
            scratch: Folder for what the fingerprint keeps in files.
        """
        ...

    def match(self, query: F, reference: F) -> list[Segment]:
        """Return the spans that two files share; a similarity of 0.5 is the line to chance."""
        ...
