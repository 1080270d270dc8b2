"""Changes inputs: bytes as they lie, JSON by its values. The same seed makes the same changes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from random import Random

__all__ = ["LARGEST", "mutated"]

#: Bytes that an input grows to: beyond that, every parser is in what it does with length alone.
LARGEST = 1 << 17

#: Changes of one input are this many at the most; most inputs are changed once or twice.
MOST_CHANGES = 6

#: Pieces that parsers care about.
TOKENS = (
    b"\x00", b"\xff", b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\r\n", b"\n\n", b"%00", b"%ff", b"%2F", b"../",
    b"//", b"://", b"@", b"?", b"#", b"&", b"=", b";", b",", b'"', b"\\", b"\\u0000", b"\\ud800", b"{", b"}", b"[",
    b"]", b"null", b"true", b"NaN", b"Infinity", b"-1", b"0", b"1e999", b"-0.0", b"9223372036854775808", b"1" * 5000,
    b"[" * 2000, b'{"a":' * 1500, b"%" * 40, b"'", b"<", b"*", b"W/", b"bytes=", b"chunked",
    b"multipart/form-data; boundary=x", b"--x\r\n", b"application/cloudevents+json", b"specversion", b"data_base64",
    b"EventType", b"a" * 5000,
)  # fmt: skip

#: Numbers at the ends of what some width holds.
NUMBERS = (0, 1, -1, 127, 128, 255, 256, 2**15, 2**16 - 1, 2**31 - 1, 2**31, 2**32 - 1, 2**63)

#: Values that a field of JSON is set to.
VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**31, 2**53 + 1, 2**63, 2**64, -(2**63), 10**40, 0.5, -0.0, 1e308, -1e308, 5e-324,
    "", " ", "\x00", "\ud800", "a" * 3000, "é" * 300, "0", "-1", "1e400", "NaN", "true", "http://[",
    "https://u:p@h:99999/a?b=c#d", "file:///etc/passwd", "s3://", "../..", "2026-02-30T25:61:61Z",
    "9999-12-31T23:59:59.999999+14:00", [], {}, [[]], [None], {"": None}, {"a": {"a": {"a": {}}}}, ["a"] * 200,
    list(range(300)),
)  # fmt: skip


def mutated(data: bytes, others: Sequence[bytes], random: Random) -> bytes:
    """Return an input that is another one, changed.

    Args:
        data: The input.
        others: More inputs of the same kind, which parts are taken from.
        random: Decides everything.
    """
    for _ in range(1 + int(random.expovariate(1.0)) % MOST_CHANGES):
        changed = _json_changed(data, random) if random.random() < 0.4 else None
        data = _bytes_changed(data, others, random) if changed is None else changed
    return data[:LARGEST]


def _json_changed(data: bytes, random: Random) -> bytes | None:
    """Change one value of the JSON object that the input is, or ends with; None where there is none."""
    at = data.find(b"{")
    if at < 0:
        return None
    try:
        tree = json.loads(data[at:])
    except (ValueError, RecursionError):
        return None
    places = list(_places(tree))
    if not places:
        return None
    holder, key = random.choice(places)
    what = random.random()
    if what < 0.55:
        holder[key] = random.choice(VALUES)
    elif what < 0.7:
        del holder[key]
    elif what < 0.85:
        other, from_key = random.choice(places)
        holder[key] = other.get(from_key) if isinstance(other, dict) else other[min(from_key, len(other) - 1)]
        if _is_within(holder, holder[key]):
            return None
    elif isinstance(holder, dict):
        holder[random.choice(("EventType", "Metrics", "a", "", key.upper()))] = holder[key]
    else:
        holder += holder[: 2 + random.randrange(200)]
    return data[:at] + json.dumps(tree, ensure_ascii=bool(random.getrandbits(1))).encode(errors="surrogatepass")


def _places(tree: Any, depth: int = 0) -> Any:
    """Yield each place that holds a value: its holder, and its key or index there."""
    if depth > 40 or not isinstance(tree, dict | list):
        return
    for key in list(tree) if isinstance(tree, dict) else range(len(tree)):
        yield tree, key
        yield from _places(tree[key], depth + 1)


def _is_within(holder: Any, value: Any) -> bool:
    return value is holder or any(_is_within(holder, one[key]) for one, key in _places(value))


def _bytes_changed(data: bytes, others: Sequence[bytes], random: Random) -> bytes:
    first = random.randrange(len(data) + 1)
    last = min(len(data), first + int(random.expovariate(1 / 8)))
    change = random.choice(_CHANGES)
    return change(data[:first], data[first:last], data[last:], others, random)


def _bit(before: bytes, part: bytes, after: bytes, _: Sequence[bytes], random: Random) -> bytes:
    if not part:
        return before + after
    return before + bytes([part[0] ^ 1 << random.randrange(8)]) + part[1:] + after


def _other_bytes(before: bytes, part: bytes, after: bytes, _: Sequence[bytes], random: Random) -> bytes:
    return before + random.randbytes(len(part)) + after


def _less(before: bytes, _part: bytes, after: bytes, _: Sequence[bytes], random: Random) -> bytes:
    return before + after if random.random() < 0.6 else before


def _again(before: bytes, part: bytes, after: bytes, _: Sequence[bytes], random: Random) -> bytes:
    return before + part * random.randrange(2, 30) + after


def _end_of_another(before: bytes, _part: bytes, _after: bytes, others: Sequence[bytes], random: Random) -> bytes:
    other = random.choice(others)
    return before + other[random.randrange(len(other) + 1) :]


def _number(before: bytes, _part: bytes, after: bytes, _: Sequence[bytes], random: Random) -> bytes:
    width = random.choice((1, 2, 4, 8))
    number = random.choice(NUMBERS) % (1 << 8 * width)
    packed = number.to_bytes(width, random.choice(("big", "little")))
    return before + packed + after[width:]


def _lines(before: bytes, part: bytes, after: bytes, _: Sequence[bytes], random: Random) -> bytes:
    lines = (before + part + after).split(b"\n")
    random.shuffle(lines)
    return b"\n".join(lines)


def _token(before: bytes, _part: bytes, after: bytes, _: Sequence[bytes], random: Random) -> bytes:
    return before + random.choice(TOKENS) + after


_CHANGES: tuple[Callable[[bytes, bytes, bytes, Sequence[bytes], Random], bytes], ...] = (
    _bit,
    _other_bytes,
    _less,
    _again,
    _end_of_another,
    _number,
    _lines,
    _token,
)
