"""The headers of a dead letter: where it came from, why it could not be used, and how often it was sent again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["HEADERS", "DeadLetterReplay", "dead_letter_headers", "replay_headers"]

#: Our headers and what they say. `x-original-topic` is the name that tools for replaying look for.
HEADERS: dict[str, str] = {
    "x-original-topic": "The topic that the input came on.",
    "x-original-partition": "Its partition.",
    "x-original-offset": "Its offset.",
    "x-error-code": "`InvalidEvent` for an input that is wrong, `InternalError` for a fault of ours.",
    "x-error-reason": "A sentence that names the field that is wrong.",
    "x-error-time": "When the input was put aside, UTC.",
    "x-replay-count": "How often the input had been sent again before; whoever sends it again adds one.",
}
#: Characters of the reason: error messages may repeat the input, which can be as large as the broker takes.
REASON_LENGTH = 1000


class DeadLetterReplay(msgspec.Struct, rename="pascal", kw_only=True, frozen=True):
    """A dead letter that has been sent again."""

    #: Of the dead letter.
    letter_id: str
    #: When it was sent again, UTC.
    replay_time: str


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
    """Return the input's own headers and ours. Ours of an earlier time are replaced, but for the count of replays."""
    original = list(original)
    ours = {
        "x-original-topic": topic,
        "x-original-partition": str(partition),
        "x-original-offset": str(offset),
        "x-error-code": code,
        "x-error-reason": reason[:REASON_LENGTH],
        "x-error-time": time,
        "x-replay-count": _replays(original),
    }
    kept = [(name, value) for name, value in original if name not in ours]
    return kept + [(name, value.encode(errors="replace")) for name, value in ours.items()]


def replay_headers(letter: Iterable[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    """Return the headers to send a dead letter again with: the input's own, and how often it was sent again."""
    letter = list(letter)
    kept = [(name, value) for name, value in letter if name not in HEADERS]
    return [*kept, ("x-replay-count", str(int(_replays(letter)) + 1).encode())]


def _replays(headers: Iterable[tuple[str, bytes]]) -> str:
    counts = [value for name, value in headers if name == "x-replay-count"]
    return counts[-1].decode() if counts and counts[-1].isdigit() else "0"
