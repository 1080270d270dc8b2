"""One running time out of clocks that start anew or jump.

A recording that was joined of several, or whose sender was started again, goes on with another clock in mid-file. A
player shows the parts one after the other. Here packets get the times at which it would show them, before anything else
sees them. ISO 13818-1 calls such a place a discontinuity of the system time clock.
"""

from __future__ import annotations

import statistics
from itertools import pairwise
from typing import TYPE_CHECKING

from fingerprint.media.faults import MEDIA_FAULTS, is_media_fault
from fingerprint.media.packets import read_packets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from av.container import InputContainer
    from av.packet import Packet
    from av.stream import Stream

__all__ = ["JOINED", "RunningTime", "has_several_clocks", "rewind", "running_packets"]

#: Containers whose clock is a sender's, and may be another one in mid-file. Others are written with an index over all
#: of it, by one writer: a gap in them is a picture that stays.
JOINED = frozenset({"mpegts", "mpeg", "flv"})
#: Decoding times of a stream only go forward; one that goes back further than a muxer's carelessness is another clock,
#: seconds.
BACK_S = 1.0
#: When nothing of the whole file is shown for longer than this, seconds, the clock has jumped: no picture stays so long
#: in a transport stream, which repeats it for those who tune in.
AHEAD_S = 60.0
#: A picture is shown at most so long after it is decoded, seconds. FFmpeg gives the last one before another clock that
#: clock's time of showing.
REORDERED_S = 10.0
#: Places of a file at which its clock is looked at, to find out whether all packets have to be.
PLACES = 64
#: Between two places the clock goes forward about equally far; one that goes so many times as far has perhaps jumped.
UNEVEN = 3.0


class RunningTime:
    """Tells how far the times of packets are to be moved.

    Streams go over to a new clock one after the other: the last sound of the one part may come after the first picture
    of the next. So each stream has a clock of its own among those that were seen.
    """

    def __init__(self) -> None:
        self._shifts = [0.0]  # seconds from each clock to the running time
        self._clock: dict[int, int] = {}  # stream -> which of them it goes by
        self._last: dict[int, float] = {}  # stream -> running time of its last packet
        self._end = 0.0  # the furthest end of a packet, in running time
        self._begun = False

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
        clock = self._clock.get(stream, len(self._shifts) - 1)
        if not self._fits(stream, time + self._shifts[clock]):
            clock = len(self._shifts) - 1
            if not self._fits(stream, time + self._shifts[clock]):
                self._shifts.append(self._end - time)
                clock += 1
        self._clock[stream] = clock
        running = time + self._shifts[clock]
        self._last[stream] = running
        self._end = max(self._end, running + duration) if self._begun else running + duration
        self._begun = True
        return self._shifts[clock]

    def _fits(self, stream: int, running: float) -> bool:
        if not self._begun:
            return True
        return self._last.get(stream, running) - BACK_S <= running <= self._end + AHEAD_S


def running_packets(
    container: InputContainer,
    streams: list[Stream],
    damaged: Callable[[], None] = lambda: None,
    running: RunningTime | None = None,
) -> Iterator[Packet[Stream]]:
    """Yield the packets of a whole file, as `read_packets` does, with times that run on over all its clocks.

    Args:
        container: The media.
        streams: Whose packets.
        damaged: Called where reading starts again: packets may be lost there.
        running: Counts the clocks.
    """
    running = running or RunningTime()
    ticks = {stream.index: float(stream.time_base or 0) for stream in streams}
    for packet in read_packets(container, streams, damaged):
        stamp = packet.dts if packet.dts is not None else packet.pts
        tick = ticks[packet.stream.index]
        if stamp is not None and tick:
            moved = round(running.shift(packet.stream.index, stamp * tick, (packet.duration or 0) * tick) / tick)
            if packet.dts is not None:
                packet.dts += moved
            if packet.pts is not None:
                of_another_clock = abs(packet.pts - stamp) * tick > REORDERED_S
                packet.pts = stamp + moved if of_another_clock else packet.pts + moved
        yield packet


def has_several_clocks(container: InputContainer, streams: list[Stream]) -> bool:
    """Tell whether the clock of a file starts anew or jumps. Leaves the container where it happens to be.

    Reading through all of a long recording takes long: that is done only where its clock at some places, which are
    cheap to look at, says that something is amiss. A part shorter than the distance of these places that has a clock of
    its own between two of one clock is not noticed.

    Args:
        container: The file.
        streams: What is read of it.
    """
    if container.format.name not in JOINED:
        return False
    times = _times_at_places(container, streams)
    if times is not None and not _are_uneven(times):
        return False
    if not rewind(container):
        return False
    running = RunningTime()
    for _ in running_packets(container, streams, running=running):
        pass
    return running.clocks > 1


def rewind(container: InputContainer) -> bool:
    """Go back to the first byte of a file, whatever its clock says; return whether its container can."""
    return _to_byte(container, 0)


def _times_at_places(container: InputContainer, streams: list[Stream]) -> list[float] | None:
    """Return the clock's times at places along the file, seconds; None where the container cannot go to them."""
    times = []
    for place in range(PLACES):
        if not _to_byte(container, container.size * place // PLACES):
            return None
        stamped = (packet for packet in read_packets(container, streams) if packet.dts is not None)
        first = next(stamped, None)
        if first is not None and first.dts is not None:
            times.append(float(first.dts * first.time_base))
    return times if len(times) > PLACES // 2 else None


def _to_byte(container: InputContainer, position: int) -> bool:
    try:
        container.seek(position, unsupported_byte_offset=True)
    except MEDIA_FAULTS as error:
        if not is_media_fault(error):
            raise
        return False
    return True


def _are_uneven(times: list[float]) -> bool:
    steps = [after - before for before, after in pairwise(times)]
    usual = statistics.median(steps)
    return any(step < -BACK_S or step > max(AHEAD_S, UNEVEN * usual) for step in steps)
