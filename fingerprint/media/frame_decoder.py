"""Decodes picture packets, and leaves out what nobody will miss."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from av.video.frame import VideoFrame

from fingerprint.media.packets import decode_packet
from fingerprint.parameters import parameter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from av.packet import Packet
    from av.stream import Stream
    from av.video.stream import VideoStream

    from fingerprint.media.account import TrackAccount
    from fingerprint.media.timestamps import PictureClock

__all__ = ["PARAMETERS", "FrameDecoderParameters", "LeadIn", "PictureFrames"]


@dataclass(frozen=True, slots=True)
class FrameDecoderParameters:
    """When pictures that were skipped are decoded after all."""

    #: Longest time without a picture that skipping may leave.
    max_gap_s: float = parameter(
        0.4, unit="s", low=0.1, high=0.5, source="less than the half second that bounds are good for"
    )

    #: Two groups of pictures are kept as packets so that they can be decoded again. Where a group is larger (a key
    #: frame in minutes, or none that is marked), what was skipped stays skipped.
    max_kept_bytes: int = parameter(
        32 * 2**20, unit="bytes", low=2**20, high=2**30, source="a bound on cost: two groups have some megabytes"
    )

    #: How far off a time may be that is rounded to the container's clock.
    rounding_s: float = parameter(
        0.001, unit="s", low=0.0005, high=0.01, source="the clock of Matroska ticks each millisecond"
    )


PARAMETERS = FrameDecoderParameters()


class LeadIn:
    """Holds packets back that come before a time, and lets go of those that nothing from then on needs.

    Reading starts some seconds early for the sound's sake. Pictures of these seconds need not be decoded where another
    key frame lies between.
    """

    def __init__(self, clock: PictureClock, start: float) -> None:
        self._clock = clock
        self._start = start
        self._held: list[Packet[Stream]] = []
        self._held_bytes = 0
        self._over = start <= 0

    def restart(self) -> None:
        """Begin anew: reading goes on elsewhere."""
        self._held.clear()
        self._held_bytes = 0
        self._over = self._start <= 0

    def take(self, packet: Packet[Stream]) -> list[Packet[Stream]]:
        """Take the next packet; return what is to be decoded now."""
        if self._over:
            return [packet]
        stamp = packet.dts if packet.pts is None else packet.pts
        time = None if stamp is None else self._clock.seconds(stamp)
        if packet.is_keyframe and time is not None and time <= self._start + PARAMETERS.rounding_s:
            self._held.clear()
            self._held_bytes = 0
        self._held.append(packet)
        self._held_bytes += packet.size
        # Pictures are shown after they are decoded: from the start on, any packet may matter.
        self._over = time is None or time >= self._start or self._held_bytes > PARAMETERS.max_kept_bytes
        if not self._over:
            return []
        held, self._held = self._held, []
        return held


class PictureFrames:
    """Gives the frames of a picture track with their times, in order.

    With `skipping`, the decoder leaves out pictures that no other needs: a third of the cost. That leaves 15 pictures a
    second of ordinary video, but of video with few pictures a second it may leave next to none. Where it opens a
    gap, the packets since the key frame are decoded again in full, and so is what follows up to the next key frame.
    """

    def __init__(self, video: VideoStream, clock: PictureClock, account: TrackAccount, *, skipping: bool) -> None:
        self._context = video.codec_context
        self._clock = clock
        self._account = account
        self._groups: deque[list[Packet[Stream]]] = deque(maxlen=2)
        self._kept_bytes = 0
        self._allowed = skipping
        self._skipping = skipping
        self.restart()

    def restart(self) -> None:
        """Begin anew: reading goes on elsewhere."""
        self._clock.last = None
        self._forget()
        self._skip(self._allowed)

    def decode(self, packet: Packet[Stream]) -> Iterator[tuple[VideoFrame, float]]:
        """Yield the frames that the packet completes, each with its time in seconds."""
        if self._allowed:
            self._keep(packet)
        shown = self._shown(packet)
        if packet.size and not packet.is_discard:
            shown = self._account.watch.ask(shown, self._clock.length(packet.duration))
        for frame in self._decoded(packet, shown):
            before = self._clock.last
            time = self._clock.time(frame)
            if self._skipping and before is not None and self._left_out(before, time):
                yield from self._again(before, [] if packet.size else [packet])
                return
            yield frame, time

    def _shown(self, packet: Packet[Stream]) -> float | None:
        stamp = packet.dts if packet.pts is None else packet.pts
        return None if stamp is None else self._clock.seconds(stamp)

    def _decoded(self, packet: Packet[Stream], shown: float | None) -> list[VideoFrame]:
        frames, cause = decode_packet(packet, self._account.tally)
        if cause is not None and shown is not None:
            self._account.watch.refuse(shown, cause)
        return [frame for frame in frames if isinstance(frame, VideoFrame)]

    def _skip(self, skipping: bool) -> None:  # noqa: FBT001 (a switch)
        self._skipping = skipping
        self._context.skip_frame = "NONREF" if skipping else "DEFAULT"

    def _forget(self) -> None:
        self._groups.clear()
        self._groups.append([])
        self._kept_bytes = 0

    def _keep(self, packet: Packet[Stream]) -> None:
        if packet.is_keyframe:
            self._groups.append([])
            self._kept_bytes = sum(kept.size for group in self._groups for kept in group)
            self._skip(skipping=True)
        self._kept_bytes += packet.size
        if self._kept_bytes > PARAMETERS.max_kept_bytes:
            self._forget()
        elif packet.size:
            self._groups[-1].append(packet)

    def _left_out(self, before: float, time: float) -> bool:
        """Tell whether pictures were skipped in a gap that is too long; a still has none to skip."""
        if time - before <= PARAMETERS.max_gap_s:
            return False
        return any(
            packet.pts is not None and before < self._clock.seconds(packet.pts) < time
            for group in self._groups
            for packet in group
        )

    def _again(self, before: float, end: list[Packet[Stream]]) -> Iterator[tuple[VideoFrame, float]]:
        """Decode the kept packets in full, and yield what comes after `before`.

        Args:
            before: Time of the last picture that was given, seconds.
            end: The empty packet that flushes the decoder, where it was that one which showed the gap: what the decoder
                holds back would not come otherwise.
        """
        self._skip(skipping=False)
        self._context.flush_buffers()
        self._clock.last = before
        for packet in [*(packet for group in self._groups for packet in group), *end]:
            for frame in self._decoded(packet, self._shown(packet)):
                if self._clock.is_after(frame, before):
                    yield frame, self._clock.time(frame)
