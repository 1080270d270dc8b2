"""Puts what is in a container into an MP4 file, as it is, from the key frame before a span on."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any, cast

from av.error import FFmpegError

from fingerprint.media.container import open_container
from fingerprint.media.errors import MediaError
from fingerprint.media.packets import read_packets, seek
from fingerprint.media.stream_selection import choose_tracks, start_time
from streams.adapters.decoder.previews.mp4 import LargerThanMayBeError, Mp4
from streams.ports.previews import LARGEST_PREVIEW

if TYPE_CHECKING:
    from typing import BinaryIO, NoReturn

    from av.container import InputContainer
    from av.packet import Packet
    from av.stream import Stream

    from fingerprint.media.limits import MediaLimits

__all__ = ["CannotCopyError", "copied"]

#: How much earlier than needed each try seeks to; the last one reads from the start. See `DecodeParameters.leads_s`.
LEADS_S = (0.0, 6.0, 30.0, math.inf)
#: Time stamps are rounded to the container's clock, of which Matroska's ticks each millisecond.
ROUNDING_S = 0.0015
#: The picture may begin so late without a player showing something else than the pipeline sees there.
LATE_S = 0.1
#: A copy begins at most this far before what was asked for: what lies between has to be loaded as well.
LONGEST_LEAD_S = 30.0
#: Packets of sound lie at most this far apart where none is missing: AAC has 1,024 samples in each, of 8,000 a second
#: and more.
SOUND_STEP_S = 0.2
#: A picture is decoded at most so long before it is shown.
REORDER_S = 1.0
#: Picture and sound of one time lie at most this far apart in a file that can be played.
INTERLEAVE_S = 10.0


class CannotCopyError(Exception):
    """It cannot be done so that times are right for certain; encoding anew can."""


class _OvershotError(Exception):
    """Reading began behind the key frame that is needed."""


def copied(source: BinaryIO, start: float, end: float, limits: MediaLimits) -> tuple[float, memoryview]:
    """Return the second that the copy begins at, `start` or earlier, and an MP4 file of the span `[start, end)`.

    Args:
        source: The media, of which `fitness` says that it holds what plays.
        start: Seconds on the media's own clock.
        end: Seconds.
        limits: What the media may cost.

    Raises:
        CannotCopyError: Times are missing or go back, packets are damaged, or it would be too large.
    """
    try:
        for lead in LEADS_S:
            try:
                with open_container(source, limits) as container:
                    return _Copy(container, start, end, limits).make(max(0.0, start - lead))
            except _OvershotError:
                continue
    except (MediaError, FFmpegError, ValueError, LargerThanMayBeError) as error:
        raise CannotCopyError from error
    raise CannotCopyError


class _Copy:
    """One pass over the packets of a span."""

    def __init__(self, container: InputContainer, start: float, end: float, limits: MediaLimits) -> None:
        self._container = container
        self._start, self._end = start, end
        self._origin = start_time(container)
        tracks = choose_tracks(container, limits.max_pixels)
        self._streams = cast("list[Stream]", [stream for stream in tracks if stream is not None])
        self._ticks = {stream.index: stream.time_base for stream in self._streams}
        self._main = self._streams[0]
        self._held: list[Packet[Stream]] = []
        self._held_bytes = 0
        self._zero: float | None = None
        self._ended: set[int] = set()

    def make(self, position: float) -> tuple[float, memoryview]:
        """Copy, reading from a second on.

        Raises:
            CannotCopyError: It cannot be done.
            _OvershotError: It has to be read from earlier on.
        """
        if position > 0 and not seek(self._container, self._main, position, self._origin):
            raise _OvershotError
        for packet in read_packets(self._container, self._streams, _damaged):
            if packet.size and self._is_new(packet):
                self._take(packet, sought=position > 0)
            if len(self._ended) == len(self._streams):
                break
        if self._zero is None or self._start - self._zero > LONGEST_LEAD_S:
            raise CannotCopyError
        return self._zero, self._written(self._zero)

    def _is_new(self, packet: Packet[Stream]) -> bool:
        """Tell whether a packet belongs to the span, as far as its end goes.

        Raises:
            CannotCopyError: It is damaged, or does not say when it is shown.
        """
        if packet.pts is None or packet.is_corrupt:
            raise CannotCopyError
        # Matroska does not say when the first ones are decoded, which is before they are shown.
        decoded = self._seconds(packet, packet.pts) - REORDER_S if packet.dts is None else None
        late = (self._seconds(packet, cast("int", packet.dts)) if decoded is None else decoded) - self._end
        if late >= 0:
            self._ended.add(packet.stream.index)
        if late > INTERLEAVE_S:  # the other track ended early, or pauses
            self._ended.update(self._ticks)
        return late < 0

    def _take(self, packet: Packet[Stream], *, sought: bool) -> None:
        time = self._shown(packet)
        if packet.stream is self._main and self._begins(packet, time):
            if time > self._start + ROUNDING_S and self._zero is None:
                if sought:
                    raise _OvershotError
                if time > self._start + LATE_S:
                    raise CannotCopyError
                self._begin(self._start)
            elif time <= self._start + ROUNDING_S:
                # Players differ in what they do about a file that begins with time to be left out: at the media's own
                # start the sound's run-in stays, and the clock is the media's.
                self._begin(max(0.0, min(time, self._start)))
        self._held.append(packet)
        self._held_bytes += packet.size
        if self._held_bytes > LARGEST_PREVIEW:
            raise CannotCopyError

    def _begin(self, zero: float) -> None:
        """Begin the copy at a second: of what was read before, the other track's part from then on stays."""
        self._zero = zero
        self._held = [one for one in self._held if self._is_from(one, zero)]
        self._held_bytes = sum(one.size for one in self._held)

    def _begins(self, packet: Packet[Stream], time: float) -> bool:
        """Whether a copy can begin with a packet: a picture that needs no other, or the sound that is on then."""
        if self._main.type == "video":
            return packet.is_keyframe
        return self._zero is None or 0 < time <= self._start

    def _is_from(self, packet: Packet[Stream], zero: float) -> bool:
        return packet.stream is not self._main and (zero <= 0 or self._shown(packet) >= zero - ROUNDING_S)

    def _written(self, zero: float) -> memoryview:
        # What leads to pictures before the first one, and sound of before it, would be shown too early.
        kept = [one for one in self._held if zero <= 0 or self._shown(one) >= zero - ROUNDING_S]
        for stream in self._streams:
            longest = INTERLEAVE_S if stream.type == "video" else SOUND_STEP_S
            packets = [one for one in kept if one.stream is stream]
            _set_times(packets, zero + self._origin, float(stream.time_base or 1), longest)
        file = Mp4()
        with file.writing() as output:
            copies = {stream.index: output.add_stream_from_template(cast("Any", stream)) for stream in self._streams}
            for packet in kept:
                packet.stream = copies[packet.stream.index]
                output.mux(packet)
        return file.data

    def _shown(self, packet: Packet[Stream]) -> float:
        return self._seconds(packet, cast("int", packet.pts))

    def _seconds(self, packet: Packet[Stream], stamp: int) -> float:
        return float(stamp * (self._ticks[packet.stream.index] or 0)) - self._origin


def _set_times(packets: list[Packet[Stream]], zero: float, tick: float, longest: float) -> None:
    """Count the times of one track's packets from a second on, and say of each when it is decoded.

    Containers do not always say that, and not always rightly. It follows from the order that packets lie in: each is
    decoded as early as it takes for all to be decoded in order, and none after it is shown.

    Args:
        packets: In the order in which they lie.
        zero: The second, on the container's clock.
        tick: Of the track's clock, seconds.
        longest: Seconds from one to the next at the most.

    Raises:
        CannotCopyError: Two are shown at one time, or times leave a gap or jump: the pipeline fills the one and sees
            through the other.
    """
    shown = [cast("int", packet.pts) - round(zero / tick) for packet in packets]
    order = sorted(shown)
    if any(not 0 < other - one <= longest / tick for one, other in itertools.pairwise(order)):
        raise CannotCopyError
    delay = max((due - own for due, own in zip(order, shown, strict=True)), default=0)
    if delay * tick > REORDER_S:
        raise CannotCopyError
    for packet, own, due in zip(packets, shown, order, strict=True):
        packet.pts, packet.dts = own, due - delay


def _damaged() -> NoReturn:
    raise CannotCopyError
