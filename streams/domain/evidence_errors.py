"""Why it cannot be told why two items match. Every message says what to do next."""

from __future__ import annotations

__all__ = ["BusyError", "EvidenceError", "NothingToExplainError"]


class EvidenceError(LookupError):
    """Nothing can be said of a match."""


class NothingToExplainError(EvidenceError):
    """There is no such match."""


class BusyError(EvidenceError):
    """So much is being worked out already that this would wait for too long."""

    def __init__(self) -> None:
        super().__init__("too many matches are being worked out just now: ask again in a moment")
