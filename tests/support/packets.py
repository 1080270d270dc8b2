"""Requests of Kafka's protocol, byte by byte: what no client would send."""

from __future__ import annotations

import struct

__all__ = ["FEWER_THAN_NO_PROTOCOLS", "HALF", "HEARTBEAT_OF_NO_GROUP", "HUGE", "NO_REQUEST", "request"]


def request(call: int, version: int, body: bytes) -> bytes:
    """Return a request with its head."""
    packet = struct.pack(">hhi", call, version, 1) + struct.pack(">h", 6) + b"nobody" + body
    return struct.pack(">i", len(packet)) + packet


def _text(value: str) -> bytes:
    return struct.pack(">h", len(value)) + value.encode()


#: Joins a group with fewer than no protocols; the cluster asks for memory for all of them, and aborts.
FEWER_THAN_NO_PROTOCOLS = request(
    11,
    4,
    _text("a-group-of-nobody-s")
    + struct.pack(">ii", 1000, 1000)
    + _text("")
    + struct.pack(">h", -1)
    + struct.pack(">i", -(2**24)),
)
#: A heartbeat of the newer kind of group, without a group: the cluster asserts that there is one.
HEARTBEAT_OF_NO_GROUP = request(68, 1, bytes(2))
#: Says that two thousand million bytes follow.
HUGE = struct.pack(">i", 0x7FFFFFFF) + bytes(64)
#: Is none: the beginning of a request over HTTP.
NO_REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
#: Ends in the middle.
HALF = request(3, 1, bytes(4))[:-2]
