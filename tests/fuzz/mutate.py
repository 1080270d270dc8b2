"""Changes inputs: bytes as they lie, JSON by its values, headers by their lines. The same seed makes the same changes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

__all__ = ["LARGEST", "mutated"]

#: Bytes that an input grows to: beyond that, every parser is in what it does with length alone.
LARGEST = 1 << 17

#: Changes of one input are this many at the most; most inputs are changed once or twice.
MOST_CHANGES = 6

#: Pieces that parsers care about.
TOKENS = (
    b"\x00", b"\xff", b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\r\n", b"\n\n", b"%00", b"%ff", b"%2F", b"../", b"//",
    b"://", b"@", b"?", b"#", b"&", b"=", b";", b",", b'"', b"\\", b"\\u0000", b"\\ud800", b"{", b"}", b"[", b"]", b"null",
    b"true", b"NaN", b"Infinity", b"-1", b"0", b"1e999", b"-0.0", b"9223372036854775808", b"1" * 5000, b"[" * 2000,
    b'{"a":' * 1500, b"%" * 40, b"'", b"<", b"*", b"W/", b"bytes=", b"chunked", b"multipart/form-data; boundary=x",
    b"--x\r\n", b"application/cloudevents+json", b"specversion", b"data_base64", b"EventType", b"a" * 5000,
)  # fmt: skip

#: Values that a field of JSON is set to.
VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**31, 2**53 + 1, 2**63, 2**64, -(2**63), 10**40, 0.5, -0.0, 1e308, -1e308, 5e-324, "", " ",
    "\x00", "\ud800", "a" * 3000, "é" * 300, "0", "-1", "1e400", "NaN", "true", "http://[", "https://u:p@h:99999/a?b=c#d",
    "file:///etc/passwd", "s3://", "../..", "2026-02-30T25:61:61Z", "9999-12-31T23:59:59.999999+14:00", [], {}, [[]], [None],
    {"": None}, {"a": {"a": {"a": {}}}}, ["a"] * 200, list(range(300)),
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
    what = random.randrange(9)
    if what == 0 and data:  # one bit
        at = random.randrange(len(data))
        return data[:at] + bytes([data[at] ^ 1 << random.randrange(8)]) + data[at + 1 :]
    if what == 1:  # other bytes
        return data[:first] + random.randbytes(last - first) + data[last:]
    if what == 2:  # a part less
        return data[:first] + data[last:]
    if what == 3:  # a part again, and again
        return data[:last] + data[first:last] * random.randrange(1, 30) + data[last:]
    if what == 4:  # cut off
        return data[:first]
    if what == 5:  # another one's end
        other = random.choice(others)
        return data[:first] + other[random.randrange(len(other) + 1) :]
    if what == 6:  # a number of some width
        width = random.choice((1, 2, 4, 8))
        number = random.choice((0, 1, -1, 127, 128, 255, 256, 2**15, 2**16 - 1, 2**31 - 1, 2**31, 2**32 - 1, 2**63))
        packed = (number % 2 ** (8 * width)).to_bytes(width, random.choice(("big", "little")))
        return data[:first] + packed + data[first + width :]
    if what == 7:  # lines in another order
        lines = data.split(b"\n")
        random.shuffle(lines)
        return b"\n".join(lines)
    return data[:first] + random.choice(TOKENS) + data[last:]
