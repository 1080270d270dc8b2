"""Keeps account of one pass over a span: what of picture and sound was looked at, and why the rest was not."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fingerprint.media.coverage import MediaCoverage, TrackCoverage, nothing_decodes
from fingerprint.media.faults import is_memory_free
from fingerprint.media.packets import Tally, packet_length
from fingerprint.media.stream_selection import KINDS, Kind, absent_kinds, appears, start_time, undecodable_streams
from fingerprint.media.watch import TrackWatch
from fingerprint.parameters import parameter
from schemas.coverage import Cause

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.stream import Stream
    from av.video.stream import VideoStream

    from fingerprint.media.stream_selection import Tracks

__all__ = ["PARAMETERS", "Account", "AccountParameters", "TrackAccount", "is_short_of_memory"]

#: Containers whose index names each sample, so that it is known where a file should have ended.
INDEXED = "mov,mp4,m4a,3gp,3g2,mj2"


@dataclass(frozen=True, slots=True)
class AccountParameters:
    """When a file is cut short, and when memory is."""

    #: Time that may be missing behind the last packet without anything being missed.
    cut_short_s: float = parameter(
        1.0, unit="s", low=0.1, high=10.0, source="rounding, and how the ends of streams are cut; not measured"
    )

    #: Bytes that have to be free at the least, whatever the picture.
    min_free_bytes: int = parameter(32 * 2**20, unit="bytes", low=2**20, high=2**30, source="no packet is larger")

    #: Bytes of two pixels at the most that decoders hold in eight bits, in whole planes of each colour, of two
    #: pictures.
    two_pixels_bytes: int = parameter(
        6, unit="bytes", low=3, high=48, source="three planes of eight bits, of two pictures; not measured"
    )


PARAMETERS = AccountParameters()


@dataclass(slots=True)
class TrackAccount:
    """The account of one track.

    Attributes:
        watch: When there was something in it, and when it was looked at.
        tally: How its packets decoded.
    """

    watch: TrackWatch
    tally: Tally = field(default_factory=Tally)


class Account:
    """The account of a pass.

    Args:
        container: The media.
        tracks: The streams that are looked at.
        start: Where the span starts, seconds.
        end: Where it ends, seconds; the media goes on until then, as far as its plan knows.

    Attributes:
        picture: The picture's.
        sound: The sound's.
        read_all: Whether the file was read to its end.
    """

    def __init__(self, container: InputContainer, tracks: Tracks, start: float, end: float) -> None:
        self.picture = TrackAccount(TrackWatch.of_picture(start, end))
        self.sound = TrackAccount(TrackWatch.of_sound(start, end))
        self.read_all = False
        self._container = container
        self._tracks = tracks
        self._origin = start_time(container)
        self._start, self._end = start, end
        self._read_until: dict[int, float] = {}
        self._claimed_until: dict[int, float] = {}
        self._undecodable = undecodable_streams(container)
        self._kinds = {stream.index: stream.type for stream in tracks if stream is not None}
        self._absent = absent_kinds(container)
        self._appeared: dict[Kind, float] = {}  # what was absent -> when it was first noticed
        self._timeless = False

    @property
    def unknown(self) -> list[Stream]:
        """Streams of a kind that is absent, which FFmpeg knows by name only: their packets are of nothing else's."""
        return [stream for stream in self._container.streams if stream.type in self._absent]

    def is_stray(self, packet: Packet[Stream], time: float | None, tick: float) -> bool:
        """Tell whether a packet is not of the track that its stream began as, and note what it holds as missed.

        In transport streams the list of what is in them may change: a stream that was sound is a picture then. And
        notice what appears that was absent: then, and only then, does it cost to look.

        Args:
            packet: The packet.
            time: When it is decoded, seconds.
            tick: Its stream's time base.
        """
        for kind in self._absent:
            if time is not None and kind not in self._appeared and appears(self._container, kind):
                self._appeared[kind] = time
        found = packet.stream.type
        if found == self._kinds.get(packet.stream.index):
            return False
        if packet.size and found in KINDS:
            watch = (self.picture if found == "video" else self.sound).watch
            watch.refuse(watch.ask(time, packet_length(packet, tick)), Cause.APPEARS_LATE)
        return True

    def read(self, packet: Packet[Stream], tick: float) -> None:
        """Note a packet that was read, whether or not it is decoded. What an edit list cuts off is not there."""
        if packet.is_discard:
            return
        stamp = packet.dts if packet.pts is None else packet.pts
        if stamp is not None:
            index, time = packet.stream.index, stamp * tick - self._origin
            end = time + packet_length(packet, tick)
            self._read_until[index] = max(end, self._read_until.get(index, 0.0))
            claimed = time + (packet.duration or 0) * tick
            self._claimed_until[index] = max(claimed, self._claimed_until.get(index, 0.0))
        elif packet.size:
            self._timeless = True

    @property
    def reached(self) -> float:
        """Where the packets that were read end, of either track, seconds."""
        return max(self._read_until.values(), default=0.0)

    def lose(self) -> None:
        """Note that packets may be lost here, of either track."""
        self.picture.watch.lose()
        self.sound.watch.lose()

    def restart(self) -> None:
        """Begin anew: reading goes on elsewhere."""
        self.picture.watch.restart()
        self.sound.watch.restart()

    def check(self) -> None:
        """Check that something of the media decodes.

        Raises:
            MediaError: Nothing does.
            MemoryError: Nothing does, for want of memory.
        """
        causes = [one.tally.cause for one in (self.picture, self.sound) if one.tally.cause is not None]
        if causes and not self.picture.tally.decoded and not self.sound.tally.decoded:
            raise nothing_decodes(min(causes, key=list(Cause).index))

    def coverage(self) -> MediaCoverage:
        """Return how much of the span was looked at.

        Raises:
            MemoryError: Some of it was not for want of memory.
        """
        picture, sound = self.picture.watch.coverage(), self.sound.watch.coverage()
        found = MediaCoverage(
            picture=TrackCoverage.joined([picture, self._unread(self._tracks.video)]),
            sound=TrackCoverage.joined([sound, self._unread(self._tracks.audio)]),
        )
        missed = {*found.picture.missed, *found.sound.missed}
        # Decoders and containers do not always say that there was no memory: they take it for damage, or for the end.
        if Cause.OUT_OF_MEMORY in missed or (missed & MISTAKEN and is_short_of_memory(self._tracks.video)):
            raise nothing_decodes(Cause.OUT_OF_MEMORY)
        unseen = [_of_kind(stream.type, self._length_of(stream), Cause.UNSUPPORTED) for stream in self._undecodable]
        late = [
            _of_kind(kind, min(self._end, self.reached) - max(self._start, time), Cause.APPEARS_LATE)
            for kind, time in self._appeared.items()
        ]
        return MediaCoverage.joined([found, *unseen, *late])

    def _unread(self, stream: Stream | None) -> TrackCoverage:
        """Return what there should be of a stream behind the end of the file."""
        if stream is None or not self.read_all or self._timeless:
            return TrackCoverage()
        reached, own = self.reached, self._read_until.get(stream.index, 0.0)
        most = PARAMETERS.cut_short_s
        if not math.isinf(self._end) and reached < self._end - most:  # the plan has seen packets until then
            missing = self._end - max(self._start, own)
        elif self._container.format.name == INDEXED and reached <= self._end + most:  # this is the last span
            # A header that counts in what a packet cannot last does not name anything that is not there.
            known = max(own, self._claimed_until.get(stream.index, 0.0))
            missing = _end_of(self._container, stream) - self._origin - known
        else:
            missing = 0.0
        return TrackCoverage(missing, {Cause.CUT_SHORT: missing}) if missing > most else TrackCoverage()

    def _length_of(self, stream: Stream) -> float:
        """Return how much a stream without a decoder has in the span, as far as headers tell, seconds."""
        return min(self._end, _end_of(self._container, stream) - self._origin) - self._start


def _of_kind(kind: str, seconds: float, cause: Cause) -> MediaCoverage:
    """Return the coverage of a picture, or of a sound, of which nothing was looked at."""
    part = TrackCoverage(seconds, {cause: seconds}) if seconds > 0 else TrackCoverage()
    return MediaCoverage(picture=part) if kind == "video" else MediaCoverage(sound=part)


#: Causes that a want of memory is taken for.
MISTAKEN = frozenset({Cause.DAMAGED, Cause.CUT_SHORT})


def is_short_of_memory(video: VideoStream | None) -> bool:
    """Tell whether there is not the memory for another two pictures of the stream, or for a large packet."""
    pixels = 0 if video is None else video.codec_context.width * video.codec_context.height
    return not is_memory_free(max(PARAMETERS.min_free_bytes, PARAMETERS.two_pixels_bytes * pixels))


def _end_of(container: InputContainer, stream: Stream) -> float:
    """Return where a stream ends as far as headers tell, seconds on the container's clock."""
    if stream.duration is None or stream.time_base is None:
        return ((container.start_time or 0) + (container.duration or 0)) / 1e6
    return float(((stream.start_time or 0) + stream.duration) * stream.time_base)
