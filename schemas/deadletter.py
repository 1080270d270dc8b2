"""The headers of a dead letter: where it came from, and why it could not be used."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["dead_letter_headers"]


def dead_letter_headers(
    original: Iterable[tuple[str, bytes]],
    *,
    topic: str,
    partition: int,
    offset: int,
    code: str,
    reason: str,
    time: str,
) -> list[tuple[str, bytes]]:
    """Return the input's own headers and ours. `x-original-topic` is the name that tools for replaying look for."""
    ours = {
        "x-original-topic": topic,
        "x-original-partition": str(partition),
        "x-original-offset": str(offset),
        "x-error-code": code,
        "x-error-reason": reason,
        "x-error-time": time,
    }
    kept = [(name, value) for name, value in original if name not in ours]
    return kept + [(name, value.encode()) for name, value in ours.items()]
