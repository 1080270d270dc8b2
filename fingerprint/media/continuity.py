"""One running time out of clocks that start anew or jump.

A recording that was joined of several, or whose sender was started again, goes on with another clock in mid-file. A
player shows the parts one after the other. Here packets get the times at which it would show them, before anything else
sees them. ISO 13818-1 calls such a place a discontinuity of the system time clock.
"""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import TYPE_CHECKING, NamedTuple

from fingerprint.media import packets
from fingerprint.media.faults import MEDIA_FAULTS, is_media_fault
from fingerprint.media.packets import READ_THROUGH, packet_length, read_packets, seek
from fingerprint.media.stream_selection import start_time
from fingerprint.parameters import parameter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from av.container import InputContainer
    from av.packet import Packet
    from av.stream import Stream

__all__ = [
    "PARAMETERS",
    "ContinuityParameters",
    "RunningTime",
    "Tolerance",
    "may_jump",
    "of_senders",
    "of_writers",
    "rewind",
    "running_packets",
    "to_byte",
    "to_start",
    "tolerance_of",
]

#: Containers whose clock is a sender's, and may be another one in mid-file; and those of which further ones may follow
#: in the same file (chains of Ogg, such as recordings of radio; FLAC that was joined byte by byte). Others are written
#: with an index over all of it, by one writer: a gap in them is a picture that stays.
JOINED = frozenset({"mpegts", "mpeg", "flv", "ogg", "flac"})


class Tolerance(NamedTuple):
    """How far times of one clock may be from those before, seconds.

    Attributes:
        together: Parts follow one another: streams that go over to another clock do so where the furthest of them is.
            Otherwise each goes on where it was itself: containers with an index give what has jumped at the end.
        back_s: Decoding times of a stream only go forward; what goes back further than a muxer's carelessness is
            another clock.
        ahead_s: When nothing of the whole file is shown for longer than this, the clock has jumped.
        reordered_s: A picture is shown at most so long after it is decoded. FFmpeg gives the last one before another
            clock that clock's time of showing.
    """

    together: bool
    back_s: float
    ahead_s: float
    reordered_s: float


@dataclass(frozen=True, slots=True)
class ContinuityParameters:
    """What of times is another clock."""

    #: Of senders: what goes back further than this is another clock.
    senders_back_s: float = parameter(
        1.0, unit="s", low=0.1, high=10.0, source="decoding times only go forward; chosen, not measured"
    )

    #: Of senders: what goes ahead further.
    senders_ahead_s: float = parameter(
        60.0,
        unit="s",
        low=10.0,
        high=3600.0,
        source="no picture stays for a minute in a transport stream, which repeats it for those who tune in",
    )

    #: Of senders: a picture is shown at most so long after it is decoded.
    senders_reordered_s: float = parameter(10.0, unit="s", low=1.0, high=60.0, source="chosen, not measured")

    #: Of one writer: what goes back further than this is another clock. What goes ahead further is told by how long a
    #: picture may stay: slides stay, and wait for others that need them.
    writers_back_s: float = parameter(60.0, unit="s", low=1.0, high=3600.0, source="chosen, not measured")

    #: A clock that was left is gone by again when a packet comes so near to where its stream has got: a single wild
    #: time is no new part.
    near_s: float = parameter(1.0, unit="s", low=0.1, high=10.0, source="chosen, not measured")

    #: Places of a file at which its clock is looked at, to find out whether all packets have to be.
    places: int = parameter(64, unit="count", low=8, high=1024, source="a bound on cost; chosen, not measured")

    #: Packets that are read at each of them, to see one of each stream.
    packets_per_place: int = parameter(
        32, unit="count", low=4, high=1024, source="a bound on cost; chosen, not measured"
    )

    #: Between two places the clock goes forward about equally far; one that goes so many times as far has perhaps
    #: jumped.
    uneven_ratio: float = parameter(3.0, unit="ratio", low=1.5, high=20.0, source="chosen, not measured")


PARAMETERS = ContinuityParameters()


def of_senders() -> Tolerance:
    """Return how far times of one clock may be from those before, where the clock is a sender's."""
    chosen = PARAMETERS
    return Tolerance(
        together=True,
        back_s=chosen.senders_back_s,
        ahead_s=chosen.senders_ahead_s,
        reordered_s=chosen.senders_reordered_s,
    )


def of_writers() -> Tolerance:
    """Return the same where the file has one writer."""
    stay_s = packets.PARAMETERS.longest_stay_s
    return Tolerance(together=False, back_s=PARAMETERS.writers_back_s, ahead_s=stay_s, reordered_s=stay_s)


class RunningTime:
    """Tells how far the times of packets are to be moved.

    Streams go over to a new clock one after the other: the last sound of the one part may come after the first picture
    of the next. So each stream has a clock of its own among those that were seen.
    """

    def __init__(self, tolerance: Tolerance | None = None, start: float | None = None) -> None:
        """Begin with no packet.

        Args:
            tolerance: How far times of one clock may be from those before; as in files of senders if None.
            start: When the file begins, seconds on its first clock; None where reading begins somewhere in it.
        """
        self._tolerance = of_senders() if tolerance is None else tolerance
        self._shifts = [0.0]  # seconds from each clock to the running time
        self._clock: dict[int, int] = {}  # stream -> which of them it goes by
        self._last: dict[int, float] = {}  # stream -> running time of its last packet
        self._ends: dict[int, float] = {}  # stream -> running time at which its last packet ends
        self._end = start  # the furthest end of a packet, in running time

    @property
    def clocks(self) -> int:
        """How many clocks were seen."""
        return len(self._shifts)

    def shift(self, stream: int, time: float, duration: float) -> float:
        """Return the seconds that a packet is to be moved by.

        Args:
            stream: Index of its stream.
            time: When it is decoded, seconds on the file's clock.
            duration: How long what it holds is shown, seconds.
        """
        clock = self._clock[stream] = self._clock_of(stream, time)
        running = self._last[stream] = time + self._shifts[clock]
        self._ends[stream] = running + duration
        self._end = running + duration if self._end is None else max(self._end, running + duration)
        return self._shifts[clock]

    def _clock_of(self, stream: int, time: float) -> int:
        """Return the number of the clock that a time is of; a new one where it is of none that was seen."""
        newest = len(self._shifts) - 1
        for clock in (self._clock.get(stream, newest), newest):
            if self._fits(stream, time + self._shifts[clock]):
                return clock
        own, furthest = self._last.get(stream, self._end or 0.0), self._end or 0.0
        for clock, shift in enumerate(self._shifts):
            if abs(time + shift - own) <= PARAMETERS.near_s:
                return clock
        end = furthest if self._tolerance.together else self._ends.get(stream, furthest)
        self._shifts.append(end - time)
        return newest + 1

    def _fits(self, stream: int, running: float) -> bool:
        if self._end is None:
            return True
        earliest = self._last.get(stream, running) - self._tolerance.back_s
        return earliest <= running <= self._end + self._tolerance.ahead_s


def _is_joined(container: InputContainer) -> bool:
    return container.format.name in JOINED


def tolerance_of(container: InputContainer) -> Tolerance:
    """Return how far times of one clock may be from those before in such a container."""
    return of_senders() if _is_joined(container) else of_writers()


def running_packets(
    container: InputContainer,
    streams: list[Stream],
    damaged: Callable[[], None] = lambda: None,
    running: RunningTime | None = None,
) -> Iterator[Packet[Stream]]:
    """Yield packets as `read_packets` does, with times that run on over all clocks of a file.

    Args:
        container: The media.
        streams: Whose packets.
        damaged: Called where reading starts again: packets may be lost there.
        running: Counts the clocks; by itself those of the whole file, which is read from its start.
    """
    tolerance = tolerance_of(container)
    running = running or RunningTime(tolerance, start_time(container))
    ticks = {stream.index: float(stream.time_base or 0) for stream in streams}
    for packet in read_packets(container, streams, damaged):
        stamp = packet.dts if packet.dts is not None else packet.pts
        tick = ticks[packet.stream.index]
        if stamp is not None and tick:
            shift = running.shift(packet.stream.index, stamp * tick, packet_length(packet, tick))
            moved = round(shift / tick)
            if packet.dts is not None:
                packet.dts += moved
            if packet.pts is not None:
                of_another_clock = abs(packet.pts - stamp) * tick > tolerance.reordered_s
                packet.pts = stamp + moved if of_another_clock else packet.pts + moved
        yield packet


def may_jump(container: InputContainer, streams: list[Stream], duration: float) -> bool:
    """Tell whether the clock of a file perhaps starts anew or jumps. Leaves the container of no further use.

    Reading through all of a long recording takes long: that is to be done only where its clock at some places, which
    are cheap to look at, says that something is amiss. A part shorter than the distance of these places that has a
    clock of its own between two of one clock is not noticed.

    Args:
        container: The file.
        streams: What is read of it.
        duration: Where its last packet seems to end, seconds.
    """
    if _is_joined(container):
        times = _times_at_places(container, streams)
        return times is None or any(map(_are_uneven, times))
    # Where no time is read but packets are counted, nothing jumps; a jump is longer than what may stay.
    if container.format.name in READ_THROUGH or duration <= of_writers().ahead_s:
        return False
    return _has_void(container, streams[0], duration)


def to_start(container: InputContainer, streams: list[Stream]) -> bool:
    """Go back to the start of a file; return whether its container can."""
    if _is_joined(container):
        return rewind(container)
    origin = start_time(container)
    return any(seek(container, stream, 0.0, origin) for stream in streams) or rewind(container)


def rewind(container: InputContainer) -> bool:
    """Go back to the first byte of a file, whatever its clock says; return whether its container can."""
    return to_byte(container, 0)


def _times_at_places(container: InputContainer, streams: list[Stream]) -> list[list[float]] | None:
    """Return each stream's times at places along the file, seconds; None where the container cannot go to them."""
    times: dict[int, list[float]] = {stream.index: [] for stream in streams}
    places = PARAMETERS.places
    for place in range(places):
        if not to_byte(container, container.size * place // places):
            return None
        here: dict[int, float] = {}
        for packet in islice(read_packets(container, streams), PARAMETERS.packets_per_place):
            if packet.dts is not None:
                here.setdefault(packet.stream.index, float(packet.dts * packet.time_base))
            if len(here) == len(streams):
                break
        for index, time in here.items():
            times[index].append(time)
    return list(times.values()) if max(map(len, times.values())) > places // 2 else None


def _has_void(container: InputContainer, stream: Stream, duration: float) -> bool:
    """Tell whether there is nothing near some times of the file that it can be told to go to."""
    origin = start_time(container)
    places = PARAMETERS.places
    for place in range(1, places):
        time = duration * place / places
        if not seek(container, stream, time, origin):
            return True
        stamped = (packet for packet in read_packets(container, [stream]) if packet.dts is not None)
        first = next(stamped, None)
        if first is None or first.dts is None:
            return True
        if abs(float(first.dts * first.time_base) - origin - time) > of_writers().ahead_s / 2:
            return True
    return False


def to_byte(container: InputContainer, position: int) -> bool:
    """Go to a byte of a file, whatever its clock says there; return whether its container can."""
    try:
        container.seek(position, unsupported_byte_offset=True)
    except MEDIA_FAULTS as error:
        if not is_media_fault(error):
            raise
        return False
    return True


def _are_uneven(times: list[float]) -> bool:
    steps = [after - before for before, after in pairwise(times)]
    known = of_senders()
    longest = max(known.ahead_s, PARAMETERS.uneven_ratio * statistics.median(steps)) if steps else 0.0
    return any(step < -known.back_s or step > longest for step in steps)
