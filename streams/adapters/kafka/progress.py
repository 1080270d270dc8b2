"""How far the work on a partition is: which events are done, beyond the first that is not.

Kafka remembers one offset of a partition: everything before it is done. Work that is done beyond the oldest unfinished
event would be done again after a crash, so none of it could be let run far ahead, and one slow event would hold up all
that comes after it. What is done beyond the offset is therefore written into the metadata that Kafka keeps beside it
(as Confluent's parallel consumer does), and an event that comes again is known by it.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["LARGEST_METADATA", "PartitionProgress", "decode_offsets", "encode_offsets"]

E = TypeVar("E")

#: Characters of metadata that a broker keeps beside an offset by default (`offset.metadata.max.bytes`).
LARGEST_METADATA = 4096
#: Offsets that a bitmap spans at the most: far more than a lane holds, and no burden on memory.
WIDEST_BITMAP = 1 << 20
#: Begins what we write, so that it is never mistaken for another program's.
_MARK = "done"


@dataclass
class _Entry(Generic[E]):
    """An event that is not acknowledged yet."""

    event: E | None
    started: bool = False
    done: bool = False


@dataclass
class PartitionProgress(Generic[E]):
    """The events of one partition between their delivery and their acknowledgement. Knows no Kafka.

    An event is known by its offset: after a rebalance it may be delivered again while the work on it still runs.
    """

    _entries: dict[int, _Entry[E]] = field(default_factory=dict)
    #: Offsets that were delivered since the last rebalance and are not acknowledged, oldest first.
    _delivered: deque[int] = field(default_factory=deque)
    #: Offsets of events that are done and were not delivered again yet.
    _done: set[int] = field(default_factory=set)

    def admit(self, offset: int, event: E) -> bool:
        """Take an event in; return whether it is still to be done.

        It is not when it is done already, or when the work on it goes on since before a rebalance.
        """
        entry = self._entries.get(offset)
        if entry is None or entry.event is None:  # else the reader only went back to it, without a rebalance
            self._delivered.append(offset)
        if entry is not None:  # it runs on: it is acknowledged by way of the newest delivery
            entry.event = event
            return False
        done = offset in self._done
        self._done.discard(offset)
        self._entries[offset] = _Entry(event, started=done, done=done)
        return not done

    def start(self, offset: int) -> E | None:
        """Note that the work on an event begins; return the event, or None when it was taken back meanwhile."""
        entry = self._entries.get(offset)
        if entry is None or entry.started:
            return None
        entry.started = True
        return entry.event

    def finish(self, offset: int) -> None:
        """Note that an event is done."""
        entry = self._entries[offset]
        entry.done = True
        if entry.event is None:  # its partition went away while it ran; it may come back
            del self._entries[offset]
            self._done.add(offset)

    def hand_back(self, offset: int) -> E | None:
        """Note that the work on an event was given up; return the event when it has been delivered anew since."""
        entry = self._entries.pop(offset)
        if entry.event is None:
            return None
        entry.started = False
        self._entries[offset] = entry
        return entry.event

    def acknowledgeable(self) -> list[E]:
        """Return the events that can be acknowledged now, in order, and forget them."""
        ready = []
        while self._delivered and self._entries[self._delivered[0]].done:
            entry = self._entries.pop(self._delivered.popleft())
            if entry.event is not None:
                ready.append(entry.event)
        return ready

    def release(self) -> None:
        """Take back what has not begun: the partition is about to change hands. What runs runs on."""
        self._delivered.clear()
        for offset, entry in list(self._entries.items()):
            if entry.done:
                self._done.add(offset)
            if entry.done or not entry.started:
                del self._entries[offset]
            else:
                entry.event = None

    def restore(self, committed: int, metadata: str) -> None:
        """Take over what is known as done from the metadata beside the committed offset."""
        self._done = {offset for offset in {*self._done, *decode_offsets(metadata)} if offset >= committed}

    def metadata(self, committed: int) -> str:
        """Return what is to be kept beside a committed offset: what is done from there on."""
        ahead = {offset for offset, entry in self._entries.items() if entry.done}
        return encode_offsets(offset for offset in ahead | self._done if offset >= committed)

    @property
    def first_open(self) -> int | None:
        """The offset of the first event that is delivered and not acknowledged; None when there is none."""
        return self._delivered[0] if self._delivered else None

    @property
    def unfinished(self) -> int:
        """How many events are held: what one bounds to bound memory."""
        return len(self._entries)


def encode_offsets(offsets: Iterable[int]) -> str:
    """Write a set of offsets as a short text: the first one, and a compressed bitmap of those from there on.

    Where the text would be longer than a broker keeps, the later offsets are left out: their events are done again.
    """
    known = sorted(offsets)
    known = [offset for offset in known if offset - known[0] < WIDEST_BITMAP]
    while known:
        first = known[0]
        bitmap = bytearray((known[-1] - first) // 8 + 1)
        for offset in known:
            bitmap[(offset - first) // 8] |= 1 << (offset - first) % 8
        text = f"{_MARK}:{first}:{base64.b85encode(zlib.compress(bytes(bitmap), 9)).decode('ascii')}"
        if len(text) <= LARGEST_METADATA:
            return text
        known = known[: len(known) // 2]
    return ""


def decode_offsets(text: str) -> set[int]:
    """Read what `encode_offsets` wrote; anything else is no offsets at all, and costs no more than repeated work."""
    mark, _, rest = text.partition(":")
    first, _, encoded = rest.partition(":")
    if mark != _MARK or not first.isdecimal():
        return set()
    try:
        bitmap = zlib.decompressobj().decompress(base64.b85decode(encoded), WIDEST_BITMAP // 8)
    except (ValueError, zlib.error, binascii.Error):
        return set()
    return {
        int(first) + 8 * place + bit for place, byte in enumerate(bitmap) if byte for bit in range(8) if byte >> bit & 1
    }
