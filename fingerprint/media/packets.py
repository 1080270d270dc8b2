"""Reading and decoding packets, whatever state they are in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import av.error

from fingerprint.media.faults import MEDIA_FAULTS, is_media_fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from av.audio.frame import AudioFrame
    from av.container import InputContainer
    from av.packet import Packet
    from av.stream import Stream
    from av.video.frame import VideoFrame

__all__ = ["READ_THROUGH", "Tally", "decode_packet", "packet_time", "read_packets", "seek"]

#: Reading goes on after damage this often; then what follows is taken for the end.
MAX_READ_ERRORS = 64

#: Containers without an index, whose times after a seek are guesses from a bit rate: they are read from the start.
#: Reading without decoding is a hundredth of the cost of decoding.
READ_THROUGH = frozenset(
    {"mp3", "aac", "ac3", "eac3", "dts", "amr", "h264", "hevc", "m4v", "mpegvideo", "mjpeg", "obu"}
)


def read_packets(container: InputContainer, streams: list[Stream]) -> Iterator[Packet[Stream]]:
    """Yield the streams' packets to the real end of the file, then one empty packet a stream that flushes its decoder.

    Damage in mid-file, or a stream that appears there, ends the generator of PyAV; reading then starts again behind it.
    """
    for _ in range(MAX_READ_ERRORS):
        try:
            yield from container.demux(*streams)
        except MEDIA_FAULTS as error:
            if not is_media_fault(error):
                raise
            continue
        return


@dataclass(slots=True)
class Tally:
    """How decoding goes.

    Attributes:
        decoded: Frames that came out.
        refused: Packets that a decoder refused.
    """

    decoded: int = 0
    refused: int = 0


def decode_packet(packet: Packet[Stream], tally: Tally) -> list[VideoFrame | AudioFrame]:
    """Return the frames that a packet completes.

    A packet that the decoder refuses costs that packet: ordinary encoders write some (Theora's empty ones), and
    damaged streams hold some.
    """
    frames: list[VideoFrame | AudioFrame] = []
    try:
        frames += packet.decode()  # type: ignore[arg-type]  # only picture and sound streams are read
    except av.error.EOFError:
        pass  # flushed already, as after reading was taken up again
    except MEDIA_FAULTS as error:
        if not is_media_fault(error):
            raise
        tally.refused += 1
    tally.decoded += len(frames)
    return frames


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
