"""Reading and decoding packets, whatever state they are in."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import av.error
import av.logging

from fingerprint.media.faults import MEDIA_FAULTS, claims_too_much, is_media_fault
from fingerprint.parameters import parameter
from schemas.coverage import Cause

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from av.audio.frame import AudioFrame
    from av.container import InputContainer
    from av.packet import Packet
    from av.stream import Stream
    from av.video.frame import VideoFrame

__all__ = [
    "PARAMETERS",
    "READ_THROUGH",
    "PacketsParameters",
    "Tally",
    "decode_packet",
    "packet_length",
    "packet_time",
    "read_packets",
    "seek",
]

#: What FFmpeg raises where a decoder does not know what a stream uses.
UNSUPPORTED = (av.error.PatchWelcomeError, av.error.NotImplementedError, av.error.DecoderNotFoundError)

#: What FFmpeg writes into its log when a picture gets no memory: since there is none, or since of its size, which is
#: over the limit, or of none. It raises nothing where the decoder goes on all the same.
NO_BUFFER, TOO_LARGE, BAD_SIZE = "get_buffer() failed", "exceeds specified max pixel count", "image parameters invalid"

#: Containers without an index, whose times after a seek are guesses from a bit rate: they are read from the start.
#: Reading without decoding is a hundredth of the cost of decoding.
READ_THROUGH = frozenset(
    {"mp3", "aac", "ac3", "eac3", "dts", "amr", "h264", "hevc", "m4v", "mpegvideo", "mjpeg", "obu"}
)


@dataclass(frozen=True, slots=True)
class PacketsParameters:
    """What packets cannot say, and how often damage is passed over."""

    #: Reading goes on after damage this often; then what follows is taken for the end.
    max_read_errors: int = parameter(
        64, unit="count", low=1, high=10_000, source="a bound on cost; chosen, not measured"
    )

    #: A picture is on the screen for at most so long: a last one that claims to stay for days has a broken duration.
    longest_stay_s: float = parameter(
        3600.0, unit="s", low=60.0, high=86_400.0, source="nobody shows a slide for more than an hour"
    )

    #: What one packet of sound holds at most. What claims more is a number that ran over (FFmpeg's of the last page of
    #: an Ogg file, in 32 bits).
    longest_sound_s: float = parameter(
        30.0, unit="s", low=27.0, high=300.0, source="the longest blocks are those of Monkey's Audio, of 27 s"
    )

    #: Times further from 0 than this are none: what bytes that are no header seem to say is more.
    furthest_s: float = parameter(1e10, unit="s", low=2e9, high=1e12, source="the clock of a year is a billion")


PARAMETERS = PacketsParameters()


def read_packets(
    container: InputContainer, streams: list[Stream], damaged: Callable[[], None] = lambda: None
) -> Iterator[Packet[Stream]]:
    """Yield the streams' packets to the real end of the file, then one empty packet a stream that flushes its decoder.

    Damage in mid-file, or a stream that appears there, ends the generator of PyAV; reading then starts again behind it.
    Times that can be none (`furthest_s`) are taken away: where bytes in mid-file are no header of a packet. So is a
    time of showing that is hours from the time of decoding: a decoder holds back no picture for longer than one stays.

    Args:
        container: The media.
        streams: Whose packets.
        damaged: Called where reading starts again: packets may be lost there.
    """
    furthest, longest = (
        {stream.index: int(seconds / (stream.time_base or 1)) for stream in streams}
        for seconds in (PARAMETERS.furthest_s, PARAMETERS.longest_stay_s)
    )
    for _ in range(PARAMETERS.max_read_errors):
        try:
            for packet in container.demux(*streams):
                index, shown, decoded = packet.stream.index, packet.pts, packet.dts
                if shown is not None and decoded is not None and abs(shown - decoded) > longest[index]:
                    packet.pts = shown = decoded
                stamp = decoded if shown is None else shown
                if stamp is not None and abs(stamp) > furthest[index]:
                    packet.pts = packet.dts = None
                yield packet
        except MEDIA_FAULTS as error:
            if not is_media_fault(error) and not claims_too_much(error):
                raise
            damaged()
            continue
        return


@dataclass(slots=True)
class Tally:
    """How decoding of a track goes.

    Attributes:
        decoded: Frames that came out.
        refused: Packets that the decoder refused, by the cause.
    """

    decoded: int = 0
    refused: Counter[Cause] = field(default_factory=Counter)

    @property
    def cause(self) -> Cause | None:
        """Why packets were refused: of several causes the first one of `Cause`."""
        return next((cause for cause in Cause if self.refused[cause]), None)


def decode_packet(packet: Packet[Stream], tally: Tally) -> tuple[list[VideoFrame | AudioFrame], Cause | None]:
    """Return the frames that a packet completes, and why it was refused; None where it was not.

    A packet that the decoder refuses costs that packet: ordinary encoders write some (Theora's empty ones), and
    damaged streams hold some. Decoders of H.264 keep to themselves that there was no memory for a picture, or that it
    is too large, and go on with the next one: only the log tells.
    """
    frames: list[VideoFrame | AudioFrame] = []
    cause: Cause | None = None
    with av.logging.Capture() as log:
        try:
            frames += packet.decode()  # type: ignore[arg-type]  # only picture and sound streams are read
        except av.error.EOFError:
            pass  # flushed already, as after reading was taken up again
        except MemoryError:
            cause = Cause.OUT_OF_MEMORY
        except MEDIA_FAULTS as error:
            if not is_media_fault(error):
                raise
            cause = Cause.UNSUPPORTED if isinstance(error, UNSUPPORTED) else Cause.DAMAGED
    if log:
        cause = _cause_told([message for _, _, message in log]) or cause
    if cause is not None:
        tally.refused[cause] += 1
    tally.decoded += len(frames)
    return frames, cause


def _cause_told(messages: Sequence[str]) -> Cause | None:
    """Return why no picture was decoded, where FFmpeg's log tells that it had no room for it."""
    if any(TOO_LARGE in message for message in messages):
        return Cause.TOO_LARGE
    refused = any(NO_BUFFER in message for message in messages)
    return Cause.OUT_OF_MEMORY if refused and not any(BAD_SIZE in message for message in messages) else None


def packet_time(packet: Packet[Stream], tick: float, origin: float) -> float | None:
    """Return when the packet is decoded (shown, where that is all that is known) on the media's own clock, seconds.

    Args:
        packet: The packet.
        tick: Its stream's time base as a float: arithmetic with fractions for each packet is a tenth of a pass.
        origin: The container's time that is 0 on the media's own clock.
    """
    stamp = packet.dts
    if stamp is None:
        stamp = packet.pts
    return None if stamp is None else stamp * tick - origin


def packet_length(packet: Packet[Stream], tick: float) -> float:
    """Return how long what a packet holds is shown, seconds; 0 where nobody can tell, or it claims what cannot be.

    Args:
        packet: The packet.
        tick: Its stream's time base.
    """
    length = (packet.duration or 0) * tick
    is_picture = packet.stream.type == "video"
    longest = PARAMETERS.longest_stay_s if is_picture else PARAMETERS.longest_sound_s
    return length if 0 <= length <= longest else 0.0


def seek(container: InputContainer, stream: Stream, time: float, origin: float) -> bool:
    """Go to the last key frame of the stream at or before `time`, as far as the container knows.

    Returns:
        Whether reading goes on from there; if not, it goes on from where it was.
    """
    if container.format.name in READ_THROUGH or stream.time_base is None:
        return False
    try:
        container.seek(round((time + origin) / stream.time_base), backward=True, stream=stream)
    except MEDIA_FAULTS as error:
        if not is_media_fault(error):
            raise
        return False
    return True
