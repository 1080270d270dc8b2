"""Dead letters: an input that could not be used, as it came or by reference, with headers that say why.

The headers tell where it came from, why it could not be used, and how often it was sent again. An input that is larger
than an input may be is held *by reference*: what can be read can not always be written, and a letter that the topic
does not take would stop the stream for good.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from schemas.limits import EXCERPT, LARGEST_INPUT, LONGEST_MESSAGE, event_size

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "HEADERS",
    "REFERENCE_HEADERS",
    "DeadLetter",
    "DeadLetterReplay",
    "dead_letter_headers",
    "is_reference",
    "letter_of",
    "replay_headers",
    "was_sent_again",
]

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
#: Beside those, on a letter that holds a large input by reference: the whole is where the headers above say.
REFERENCE_HEADERS: dict[str, str] = {
    "x-original-size": "Bytes of the input: value, key and headers. Only where the letter does not hold all of them.",
    "x-truncated": "`true` where the letter holds the first bytes of value and key alone, and none of the headers.",
}
#: Digits of a count of replays; a longer one was not written here.
LONGEST_COUNT = 9

_OURS = HEADERS.keys() | REFERENCE_HEADERS.keys()

Header = tuple[str, bytes]


class DeadLetter(NamedTuple):
    """What goes to the topic of dead letters for one input."""

    key: bytes | None
    value: bytes | None
    headers: list[Header]


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
        "x-error-reason": reason[:LONGEST_MESSAGE],
        "x-error-time": time,
        "x-replay-count": _replays(original),
    }
    kept = [(name, value) for name, value in original if name not in _OURS]
    return kept + [(name, value.encode(errors="replace")) for name, value in ours.items()]


def letter_of(key: bytes | None, value: bytes | None, headers: Iterable[Header]) -> DeadLetter:
    """Return the letter that holds an input: as it came, or, where it is larger than an input may be, by reference.

    Args:
        key: The input's.
        value: The input's.
        headers: As `dead_letter_headers` makes them: the input's own, and ours.
    """
    headers = list(headers)
    ours = [(name, content) for name, content in headers if name in _OURS]
    size = event_size(key, value, [(name, content) for name, content in headers if name not in _OURS])
    if size <= LARGEST_INPUT:
        return DeadLetter(key, value, headers)
    reference = [("x-original-size", str(size).encode()), ("x-truncated", b"true")]
    return DeadLetter(_excerpt(key), _excerpt(value), ours + reference)


def is_reference(headers: Iterable[Header]) -> bool:
    """Whether the letter with these headers holds the first bytes of its input alone."""
    return ("x-truncated", b"true") in headers


def replay_headers(letter: Iterable[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    """Return the headers to send a dead letter again with: the input's own, and how often it was sent again."""
    letter = list(letter)
    kept = [(name, value) for name, value in letter if name not in _OURS]
    return [*kept, ("x-replay-count", str(int(_replays(letter)) + 1).encode())]


def was_sent_again(headers: Iterable[Header]) -> bool:
    """Whether an input with these headers is a dead letter that has been sent again."""
    return int(_replays(headers)) > 0


def _replays(headers: Iterable[tuple[str, bytes]]) -> str:
    counts = [value for name, value in headers if name == "x-replay-count"]
    usable = counts and counts[-1].isdigit() and len(counts[-1]) <= LONGEST_COUNT
    return counts[-1].decode() if usable else "0"


def _excerpt(content: bytes | None) -> bytes | None:
    return None if content is None else content[:EXCERPT]
