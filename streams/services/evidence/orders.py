"""What the process that works out evidence is given. Nothing of the engine is loaded for it."""

from __future__ import annotations

import msgspec

from schemas.matches import Match

__all__ = ["Order"]


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """A match, and the stored fingerprints of its two sides, as far as they are at hand."""

    match: Match
    query: bytes | None
    reference: bytes | None
    #: As far as the read model knows it, seconds.
    input_duration: float = 0.0
    reference_duration: float = 0.0

    @property
    def size(self) -> int:
        """Bytes of both fingerprints: what it costs goes by that."""
        return len(self.query or b"") + len(self.reference or b"")
