"""One running time out of clocks that start anew or jump.

A recording that was joined of several, or whose sender was started again, goes on with another clock in mid-file. A
player shows the parts one after the other. Here packets get the times at which it would show them, before anything else
sees them. ISO 13818-1 calls such a place a discontinuity of the system time clock.
"""

from __future__ import annotations

import statistics
from itertools import islice, pairwise
from typing import TYPE_CHECKING, NamedTuple

from fingerprint.media.faults import MEDIA_FAULTS, is_media_fault
from fingerprint.media.packets import LONGEST_STAY_S, READ_THROUGH, packet_length, read_packets, seek
from fingerprint.media.stream_selection import start_time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from av.container import InputContainer
    from av.packet import Packet
    from av.stream import Stream

__all__ = [
    "OF_SENDERS",
    "OF_WRITERS",
    "RunningTime",
    "Tolerance",
    "may_jump",
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


#: Of senders: no picture stays for a minute in a transport stream, which repeats it for those who tune in.
OF_SENDERS = Tolerance(together=True, back_s=1.0, ahead_s=60.0, reordered_s=10.0)
#: Of one writer: slides stay, and wait for others that need them.
OF_WRITERS = Tolerance(together=False, back_s=60.0, ahead_s=LONGEST_STAY_S, reordered_s=LONGEST_STAY_S)
#: A clock that was left is gone by again when a packet comes so near to where its stream has got, seconds: a single
#: wild time is no new part.
NEAR_S = 1.0
#: Places of a file at which its clock is looked at, to find out whether all packets have to be; and packets that are
#: read at each of them to see one of each stream.
PLACES, PACKETS_A_PLACE = 64, 32
#: Between two places the clock goes forward about equally far; one that goes so many times as far has perhaps jumped.
UNEVEN = 3.0


class RunningTime:
    """Tells how far the times of packets are to be moved.

    Streams go over to a new clock one after the other: the last sound of the one part may come after the first picture
    of the next. So each stream has a clock of its own among those that were seen.
    """

    def __init__(self, tolerance: Tolerance = OF_SENDERS, start: float | None = None) -> None:
        """Begin with no packet.

        Args:
            tolerance: How far times of one clock may be from those before.
            start: When the file begins, seconds on its first clock; None where reading begins somewhere in it.
        """
        self._tolerance = tolerance
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
            if abs(time + shift - own) <= NEAR_S:
                return clock
        end = furthest if self._tolerance.together else self._ends.get(stream, furthest)
        self._shifts.append(end - time)
        return newest + 1

    def _fits(self, stream: int, running: float) -> bool:
        if self._end is None:
            return True
        earliest = self._last.get(stream, running) - self._tolerance.back_s
        return earliest <= running <= self._end + self._tolerance.ahead_s


def tolerance_of(container: InputContainer) -> Tolerance:
    """Return how far times of one clock may be from those before in such a container."""
    return OF_SENDERS if container.format.name in JOINED else OF_WRITERS


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
    if tolerance_of(container) is OF_SENDERS:
        times = _times_at_places(container, streams)
        return times is None or any(map(_are_uneven, times))
    # Where no time is read but packets are counted, nothing jumps; a jump is longer than what may stay.
    if container.format.name in READ_THROUGH or duration <= OF_WRITERS.ahead_s:
        return False
    return _has_void(container, streams[0], duration)


def to_start(container: InputContainer, streams: list[Stream]) -> bool:
    """Go back to the start of a file; return whether its container can."""
    if tolerance_of(container) is OF_SENDERS:
        return rewind(container)
    origin = start_time(container)
    return any(seek(container, stream, 0.0, origin) for stream in streams) or rewind(container)


def rewind(container: InputContainer) -> bool:
    """Go back to the first byte of a file, whatever its clock says; return whether its container can."""
    return to_byte(container, 0)


def _times_at_places(container: InputContainer, streams: list[Stream]) -> list[list[float]] | None:
    """Return each stream's times at places along the file, seconds; None where the container cannot go to them."""
    times: dict[int, list[float]] = {stream.index: [] for stream in streams}
    for place in range(PLACES):
        if not to_byte(container, container.size * place // PLACES):
            return None
        here: dict[int, float] = {}
        for packet in islice(read_packets(container, streams), PACKETS_A_PLACE):
            if packet.dts is not None:
                here.setdefault(packet.stream.index, float(packet.dts * packet.time_base))
            if len(here) == len(streams):
                break
        for index, time in here.items():
            times[index].append(time)
    return list(times.values()) if max(map(len, times.values())) > PLACES // 2 else None


def _has_void(container: InputContainer, stream: Stream, duration: float) -> bool:
    """Tell whether there is nothing near some times of the file that it can be told to go to."""
    origin = start_time(container)
    for place in range(1, PLACES):
        time = duration * place / PLACES
        if not seek(container, stream, time, origin):
            return True
        stamped = (packet for packet in read_packets(container, [stream]) if packet.dts is not None)
        first = next(stamped, None)
        if first is None or first.dts is None:
            return True
        if abs(float(first.dts * first.time_base) - origin - time) > OF_WRITERS.ahead_s / 2:
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
    longest = max(OF_SENDERS.ahead_s, UNEVEN * statistics.median(steps)) if steps else 0.0
    return any(step < -OF_SENDERS.back_s or step > longest for step in steps)
