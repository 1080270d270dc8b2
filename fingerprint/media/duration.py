"""Where a media item really ends, whatever its header says."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from av.audio.frame import AudioFrame

from fingerprint.media.continuity import RunningTime, running_packets, to_start, tolerance_of
from fingerprint.media.packets import Tally, decode_packet, packet_length, read_packets, seek
from fingerprint.media.stream_selection import start_time
from fingerprint.parameters import parameter

if TYPE_CHECKING:
    from collections.abc import Iterable

    from av.container import InputContainer
    from av.packet import Packet
    from av.stream import Stream

__all__ = ["PARAMETERS", "DurationParameters", "Extent", "real_duration", "running_duration"]


@dataclass(frozen=True, slots=True)
class DurationParameters:
    """How the real end of a file is looked for."""

    #: The last packets are looked for from this long before the end that the header names.
    tail_s: float = parameter(5.0, unit="s", low=1.0, high=60.0, source="a bound on cost; chosen, not measured")

    #: Where packets end so much before the end that the header names, all of them are looked at: either the header is
    #: wrong, or the times are that the container makes up after a seek.
    short_s: float = parameter(1.0, unit="s", low=0.1, high=10.0, source="chosen, not measured")

    #: Packets of sound that are decoded to know how long the last one lasts.
    decoded_packets: int = parameter(2, unit="count", low=2, high=16, source="decoders begin with the one before")


PARAMETERS = DurationParameters()


class Extent:
    """Where the packets end that were seen of a file.

    Args:
        container: The media.
        streams: Those whose packets are looked at.
    """

    def __init__(self, container: InputContainer, streams: list[Stream]) -> None:
        self._origin = start_time(container)
        self._ticks = {stream.index: float(stream.time_base or 0) for stream in streams}
        self._counted = dict.fromkeys(self._ticks, 0.0)
        self._last: dict[int, deque[Packet[Stream]]] = {
            stream.index: deque(maxlen=PARAMETERS.decoded_packets) for stream in streams if stream.type == "audio"
        }
        self._end: float | None = None
        self._begin: dict[int, float] = {}  # stream of sound -> where its last packet begins

    def add(self, packets: Iterable[Packet[Stream]]) -> None:
        """See packets, in the order of the file."""
        for packet in packets:
            self.see(packet)

    def see(self, packet: Packet[Stream]) -> None:
        """See a packet."""
        if not packet.size:
            return
        index = packet.stream.index
        length = packet_length(packet, self._ticks[index])
        stamp = packet.pts if packet.pts is not None else packet.dts
        if stamp is None:  # an elementary stream: its packets are counted
            self._counted[index] += length
            here = self._counted[index]
        else:
            here = stamp * self._ticks[index] - self._origin + length
        if index in self._last:
            self._last[index].append(packet)
            self._begin[index] = here - length
        self._end = here if self._end is None else max(self._end, here)

    def end(self) -> float | None:
        """Return where the last packet ends, seconds on the media's own clock; None without a packet.

        Call it once, at the end: the decoders of sound forget what they have seen.
        """
        if self._end is None:
            return None
        silent = [
            index for index, last in self._last.items() if last and not packet_length(last[-1], self._ticks[index])
        ]
        return max([self._end, *(self._begin[index] + _decoded_length(self._last[index]) for index in silent)])


def real_duration(container: InputContainer, streams: list[Stream], seen: Extent) -> float:
    """Return where the last packet of the streams ends, seconds on the media's own clock.

    Reads the packets, without decoding, from shortly before the end that the header names: a header that names too
    little is followed by more packets, one that names too much by none or fewer, and then all packets are read.

    Args:
        container: The media.
        streams: What is read of it.
        seen: What was seen of its packets so far, from its start.
    """
    claimed = (container.duration or 0) / 1e6
    if claimed > PARAMETERS.tail_s and seek(container, streams[0], claimed - PARAMETERS.tail_s, start_time(container)):
        tail = Extent(container, streams)
        tail.add(read_packets(container, streams))
        end = tail.end()
        if (end is not None and end >= claimed - PARAMETERS.short_s) or not to_start(container, streams):
            return end or 0.0
        seen = Extent(container, streams)
    seen.add(read_packets(container, streams))
    return seen.end() or 0.0


def running_duration(container: InputContainer, streams: list[Stream]) -> float | None:
    """Return how long a file of several clocks takes to show, seconds; None where it turns out to have a single one.

    Reads all of its packets, without decoding.

    Args:
        container: The media, of which nothing was read yet: some containers (chains of Ogg) cannot go back.
        streams: What is read of it.
    """
    seen, running = Extent(container, streams), RunningTime(tolerance_of(container), start_time(container))
    seen.add(running_packets(container, streams, running=running))
    return seen.end() if running.clocks > 1 else None


def _decoded_length(packets: deque[Packet[Stream]]) -> float:
    """Return how long the last one of a stream's packets of sound is, seconds, by what it decodes to."""
    packets[-1].stream.codec_context.flush_buffers()
    length = 0.0
    for packet in packets:
        frames, _ = decode_packet(packet, Tally())
        length = sum(frame.samples / frame.sample_rate for frame in frames if isinstance(frame, AudioFrame))
    return length
