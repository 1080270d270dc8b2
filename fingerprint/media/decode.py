"""Pictures and sound of a span of a media item, in one pass and in constant memory."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from av.audio.frame import AudioFrame
from av.packet import Packet

from fingerprint.media.account import Account
from fingerprint.media.audio_resampler import SoundLine
from fingerprint.media.container import Source, open_container
from fingerprint.media.continuity import RunningTime, of_writers, running_packets, tolerance_of
from fingerprint.media.frame_decoder import LeadIn, PictureFrames
from fingerprint.media.frame_sampler import PicturePicker
from fingerprint.media.limits import DEFAULT_LIMITS, MediaLimits
from fingerprint.media.packets import READ_THROUGH, decode_packet, packet_length, packet_time, seek
from fingerprint.media.request import Picture, PictureWish, SoundBlock, SoundWish
from fingerprint.media.stream_selection import Tracks, choose_tracks, pixel_aspect, start_time
from fingerprint.media.timestamps import PictureClock
from fingerprint.parameters import parameter
from schemas.coverage import Cause

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from av.container import InputContainer
    from av.stream import Stream

    from fingerprint.media.coverage import MediaCoverage

__all__ = [
    "PARAMETERS",
    "DecodeParameters",
    "Picture",
    "PictureWish",
    "SoundBlock",
    "SoundWish",
    "Source",
    "decode",
]


@dataclass(frozen=True, slots=True)
class DecodeParameters:
    """How much before and behind a span is read."""

    #: Sound decoders need some packets before what they give is right, and sound may lie in the file a little before
    #: the picture of its time.
    sound_lead_s: float = parameter(0.5, unit="s", low=0.08, high=10.0, source="AAC needs 1 packet, MP3 2, Opus 80 ms")

    #: Pictures that no other needs are left out where no more points of the grid a second than these are wanted: they
    #: are a third of the cost of decoding.
    max_skipping_rate_hz: float = parameter(
        4.0, unit="1/s", low=1.0, high=8.0, source="a bound on cost: 8 and more pictures a second are left"
    )

    #: How much earlier than needed each try seeks to; a last one reads from the start. MPEG-TS does not know its key
    #: frames: it goes to the very time, and pictures come from the next key frame on.
    leads_s: tuple[float, ...] = parameter(
        (0.0, 6.0, 30.0), unit="s", low=0.0, high=600.0, source="a bound on cost; chosen, not measured"
    )

    #: A picture that is on show for longer than this without another one coming counts for all that time: slides,
    #: screen recordings, a still beside sound.
    stay_s: float = parameter(
        1.0, unit="s", low=0.5, high=10.0, source="ordinary video has more than one picture a second"
    )

    #: Picture and sound of one time lie at most this far apart in a file that can be played.
    max_interleave_s: float = parameter(10.0, unit="s", low=1.0, high=120.0, source="chosen, not measured")


PARAMETERS = DecodeParameters()


def decode(
    source: Source,
    start: float = 0.0,
    end: float = math.inf,
    *,
    limits: MediaLimits = DEFAULT_LIMITS,
    several_clocks: bool = False,
    picture: PictureWish | None = PictureWish(),  # noqa: B008 (frozen)
    sound: SoundWish | None = SoundWish(),  # noqa: B008 (frozen)
    covered: Callable[[MediaCoverage], None] | None = None,
) -> Iterator[Picture | SoundBlock]:
    """Yield the pictures and the sound of `[start, end)`, each in order of time, mixed as they lie in the file.

    Pictures and samples are counted from the start of the media item, so the chunks `[a, b)` and `[b, c)` give
    together what `[a, c)` gives. What does not decode is left out, and told at the end; sound keeps its time by zeros.

    Args:
        source: Path, or seekable binary file object, which stays open.
        start: First second of the span, on the media's own clock.
        end: Where the span ends, seconds; it never goes past the limit on duration.
        limits: What the media may cost.
        several_clocks: Whether the file's clock starts anew or jumps, as `probe` tells. Where it does, the span is one
            of the time that a player shows, and reading begins at the start of the file.
        picture: How pictures are wanted; None for none.
        sound: How sound is wanted; None for none.
        covered: Called at the end, with how much of the span was looked at.

    Raises:
        MediaError: The media cannot be opened, its pictures are too large, or nothing of it decodes.
        MemoryError: Some of the span was not looked at for want of memory, if `covered` is asked for.
    """
    end = min(end, limits.max_duration_s)
    with open_container(source, limits) as container:
        walk = _Pass(container, start, end, limits, (picture, sound), several_clocks=several_clocks)
        yield from walk.run()
        if covered is not None:
            covered(walk.account.coverage())


class _Pass:
    """One walk over the packets of a container."""

    def __init__(
        self,
        container: InputContainer,
        start: float,
        end: float,
        limits: MediaLimits,
        wishes: tuple[PictureWish | None, SoundWish | None],
        *,
        several_clocks: bool,
    ) -> None:
        picture, sound = wishes
        self._several_clocks = several_clocks
        video, audio = choose_tracks(container, limits.max_pixels)
        self._container = container
        self._max_pixels = limits.max_pixels
        self._origin = start_time(container)
        self._start, self._end = start, end
        self._video = video if picture else None
        self._audio = audio if sound else None
        self.account = Account(container, Tracks(self._video, self._audio), start, end)
        self._picture_start, self._picture_end = start, end
        self._wary = False  # sought, and no picture decoded since
        self._overshot = False  # the first picture after seeking is too late
        if video is not None and picture is not None:
            skipping = picture.rate <= PARAMETERS.max_skipping_rate_hz and container.format.name not in READ_THROUGH
            clock = PictureClock(self._origin, video.average_rate, float(video.time_base or 0))
            self._lead_in = LeadIn(clock, start)
            self._frames = PictureFrames(video, clock, self.account.picture, skipping=skipping)
            self._picker = PicturePicker(picture, start, end, pixel_aspect(video))
        if audio is not None and sound is not None:
            self._start = min(self._start, start - sound.margin_s - PARAMETERS.sound_lead_s)
            self._end = end + sound.margin_s
            first = max(0, round((start - sound.margin_s) * sound.rate))
            self._line = SoundLine(sound.rate, first, round(self._end * sound.rate))
            self._tick = float(audio.time_base or 0)

    def run(self) -> Iterator[Picture | SoundBlock]:
        """Yield the span's pictures and sound."""
        streams: list[Stream] = [stream for stream in (self._video, self._audio) if stream is not None]
        if not streams:
            return
        for lead in (*(() if self._several_clocks else PARAMETERS.leads_s), math.inf):
            position = max(0.0, self._start - lead)
            self._wary = position > 0 and seek(self._container, streams[0], position, self._origin)
            yield from self._walk(streams)
            if not self._overshot:
                break
            self._restart(streams[0])
        if self._video is not None and not self._picker.done:
            yield from self._staying(min(self._picture_end, self.account.reached))
        if self._audio is not None:
            yield from self._line.finish()
        if self._start <= 0:
            self.account.check()

    def _walk(self, streams: list[Stream]) -> Iterator[Picture | SoundBlock]:
        streams = [*streams, *self.account.unknown]
        ticks = {stream.index: float(stream.time_base or 0) for stream in streams}
        for packet in running_packets(self._container, streams, self.account.lose, self._running()):
            tick = ticks[packet.stream.index]
            time = packet_time(packet, tick, self._origin)
            self.account.read(packet, tick)
            if self.account.is_stray(packet, time, tick):
                pass
            elif packet.stream is self._video:
                yield from self._pictures(packet)
            elif time is None or time >= self._start:
                yield from self._sound(packet)
            if self._overshot:
                return
            if self._finished(time):
                yield from self._held_back()
                return
        self.account.read_all = True

    def _running(self) -> RunningTime:
        """Return what tells times that run on: over all clocks, or over single wild times on the way."""
        if self._several_clocks:
            return RunningTime(tolerance_of(self._container), self._origin)
        return RunningTime(of_writers())

    def _held_back(self) -> Iterator[Picture]:
        """Yield what the decoder holds back of the span: it puts pictures in order, and slides come minutes apart."""
        if self._video is not None and not self._picker.done:
            end = Packet(0)
            end.stream = self._video
            yield from self._pictures(end)

    def _restart(self, stream: Stream) -> None:
        """Go back to the start of the file, from where the next try seeks less far."""
        self._overshot = False
        self._frames.restart()
        self._lead_in.restart()
        self._picker.restart()
        self.account.restart()
        if self._audio is not None:
            self._line.restart()
        seek(self._container, stream, 0.0, self._origin)

    def _finished(self, time: float | None) -> bool:
        """Tell whether nothing more of the span is to come once a packet of that time was decoded."""
        if (self._video is None or self._picker.done) and (self._audio is None or self._line.done):
            return True
        # One track ended early, or pauses; but a track that has jumped in a file with an index is read last.
        jumped = self._several_clocks and not tolerance_of(self._container).together
        return time is not None and time > self._end + PARAMETERS.max_interleave_s and not jumped

    def _pictures(self, packet: Packet[Stream]) -> Iterator[Picture]:
        if self._picker.done:
            return
        frames = (pair for one in self._lead_in.take(packet) for pair in self._frames.decode(one))
        for frame, time in frames:
            if self._wary:
                self._wary = False
                self._overshot = time > self._picture_start
                if self._overshot:
                    return
            if frame.width * frame.height > self._max_pixels:  # it was not so large at the start of the file
                self.account.picture.watch.refuse(time, Cause.TOO_LARGE)
                continue
            self.account.picture.watch.see(time)
            yield from self._staying(time)
            picture = self._picker.offer(frame, time)
            if picture is not None:
                yield picture
        if self._picker.done:
            self.account.picture.watch.finish()

    def _staying(self, until: float) -> Iterator[Picture]:
        """Yield what stays on show until a time, unless something else should have been shown that was lost."""
        since = self._picker.shown_since
        least = PARAMETERS.stay_s
        if since is not None and until - since > least and not self.account.picture.watch.asks_between(since, until):
            yield from self._picker.stay(until)

    def _sound(self, packet: Packet[Stream]) -> Iterator[SoundBlock]:
        if self._line.done:
            return
        watch = self.account.sound.watch
        frames, cause = decode_packet(packet, self.account.sound.tally)
        asked = self._asked_sound(packet)
        if cause is not None and asked is not None:
            watch.refuse(asked, cause)
        for frame in frames:
            if isinstance(frame, AudioFrame):
                time = None if frame.pts is None else frame.pts * self._tick - self._origin
                shown = asked if time is None else time
                if shown is not None:
                    watch.see(shown)
                yield from self._line.feed(frame, time)
        if self._line.done:
            watch.finish()

    def _asked_sound(self, packet: Packet[Stream]) -> float | None:
        """Note that there is sound in a packet, and return when that is; None where there is none."""
        if not packet.size or packet.is_discard:
            return None
        stamp = packet.dts if packet.pts is None else packet.pts
        time = None if stamp is None else stamp * self._tick - self._origin
        return self.account.sound.watch.ask(time, packet_length(packet, self._tick))
