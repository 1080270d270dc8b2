"""Where a media item really ends, whatever its header says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fingerprint.media.continuity import rewind, running_packets
from fingerprint.media.packets import read_packets, seek
from fingerprint.media.stream_selection import start_time

if TYPE_CHECKING:
    from collections.abc import Iterator

    from av.container import InputContainer
    from av.packet import Packet
    from av.stream import Stream

__all__ = ["real_duration", "running_duration"]

#: The last packets are looked for from this long before the end that the header names, seconds.
TAIL_S = 5.0


def real_duration(container: InputContainer, streams: list[Stream]) -> float:
    """Return where the last packet of the streams ends, seconds on the media's own clock.

    Reads the packets, without decoding, from shortly before the end that the header names: a header that names too
    little is followed by more packets, one that names too much by none, and then all packets are read.
    """
    origin = start_time(container)
    claimed = (container.duration or 0) / 1e6
    sought = claimed > TAIL_S and seek(container, streams[0], claimed - TAIL_S, origin)
    end = _last_end(read_packets(container, streams), streams, origin)
    if end is None and sought:
        seek(container, streams[0], 0.0, origin)
        end = _last_end(read_packets(container, streams), streams, origin)
    return end or 0.0


def running_duration(container: InputContainer, streams: list[Stream]) -> float:
    """Return how long a file of several clocks takes to show, seconds. Reads all of its packets, without decoding."""
    rewind(container)
    return _last_end(running_packets(container, streams), streams, start_time(container)) or 0.0


def _last_end(packets: Iterator[Packet[Stream]], streams: list[Stream], origin: float) -> float | None:
    end: float | None = None
    counted = dict.fromkeys((stream.index for stream in streams), 0.0)
    for packet in packets:
        if not packet.size:
            continue
        length = float((packet.duration or 0) * packet.time_base)
        stamp = packet.pts if packet.pts is not None else packet.dts
        if stamp is None:  # an elementary stream: its packets are counted
            counted[packet.stream.index] += length
            here = counted[packet.stream.index]
        else:
            here = float(stamp * packet.time_base) - origin + length
        end = here if end is None else max(end, here)
    return end
