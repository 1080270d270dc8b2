"""What is to be matched: a fingerprint, piece by piece, and what a query carries besides."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fingerprint.media.coverage import MediaCoverage
from fingerprint.picture.keyframes import Keyframes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fingerprint.model import Fingerprint

__all__ = ["Piece", "Query"]


@dataclass(frozen=True)
class Piece:
    """Some minutes of a media item that is to be matched, and pictures for a second look where there are any.

    Attributes:
        fingerprint: Of the piece; times are the whole item's, and its duration is where the piece ends.
        keyframes: Its pictures.
    """

    fingerprint: Fingerprint
    keyframes: Keyframes


@dataclass(frozen=True)
class Query:
    """A media item that is to be matched.

    Attributes:
        fingerprint: Of the whole item.
        pieces: What it is matched by, one after the other, so that memory does not grow with its length. Pieces may be
            loaded anew each time that they are walked through.
        coverage: How much of the item was looked at; of a stored fingerprint that is not known.
    """

    fingerprint: Fingerprint
    pieces: Iterable[Piece]
    coverage: MediaCoverage = field(default_factory=MediaCoverage)

    @classmethod
    def of_fingerprint(cls, fingerprint: Fingerprint) -> Query:
        """Return the query of a stored fingerprint, which is all there is of the media."""
        return cls(fingerprint, (Piece(fingerprint, Keyframes.of([])),))
