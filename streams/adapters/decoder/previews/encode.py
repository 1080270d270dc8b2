"""Encodes a span of media anew: small, in the one form that every browser plays, and on the pipeline's own clock.

The pictures and the sound are those that fingerprints are made of: what `fingerprint.media.decode` gives is upright,
placed by its true time, with silence where sound is missing. So a second here is a second there, whatever the
container's own clock does.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter

from fingerprint.media.decode import decode
from fingerprint.media.request import Picture, PictureWish, SoundBlock, SoundWish
from streams.adapters.decoder.previews.mp4 import Mp4
from streams.ports.previews import LONGEST_SIDE, NothingThereError

if TYPE_CHECKING:
    from typing import BinaryIO

    from av.container import OutputContainer

    from fingerprint.media.info import MediaInfo
    from fingerprint.media.limits import MediaLimits

__all__ = ["encoded"]

#: Pictures a second at the most; each keeps its own time. More cost more, and show a person little more.
RATE_HZ = 30
#: Samples a second, in one channel, which is what fingerprints hear.
SOUND_RATE_HZ = 48_000
#: Bits a second of the sound: AAC is transparent enough for speech and music in one channel.
SOUND_BPS = 96_000
#: Ticks a second of the picture's clock: the one of MPEG, which has whole numbers for all usual rates.
TICKS_PER_S = 90_000
#: x264: small enough and quick; a key frame each second, so that a player gets to any second at once; no pictures that
#: are shown in another order than they are decoded in, so that every player agrees when the first one is shown; one
#: thread, since the cage allows no more.
PICTURE_OPTIONS = {
    "preset": "veryfast",
    "crf": "26",
    "maxrate": "1000k",
    "bufsize": "2000k",
    "bf": "0",
    "g": str(RATE_HZ),
    "profile": "main",
    "x264-params": "threads=1:lookahead-threads=1:sync-lookahead=0",
}
#: Seconds that the first picture may come late, and is yet shown from the start on: less than any picture is on show.
#: Before a later one there is black.
FIRST_PICTURE_S = 1 / 15


def encoded(source: BinaryIO, start: float, end: float, limits: MediaLimits, info: MediaInfo) -> memoryview:
    """Return an MP4 file of the span `[start, end)`; its second 0 is `start`.

    Args:
        source: The media.
        start: Seconds on the media's own clock.
        end: Seconds.
        limits: What the media may cost.
        info: What the media is.

    Raises:
        MediaError: The media cannot be used.
        MemoryError: It takes more memory than there is.
        NothingThereError: Nothing of the span decodes.
        LargerThanMayBeError: The file would be too large.
    """
    file = Mp4()
    with file.writing() as container:
        picture = _PictureTrack(container, start, info) if info.has_picture else None
        sound = _SoundTrack(container, start) if info.has_sound else None
        for one in decode(
            source,
            start,
            end,
            limits=limits,
            several_clocks=info.several_clocks,
            picture=PictureWish(rate=RATE_HZ, long_side=LONGEST_SIDE) if picture else None,
            sound=SoundWish(rate=SOUND_RATE_HZ) if sound else None,
        ):
            if isinstance(one, Picture) and picture:
                picture.add(one)
            elif isinstance(one, SoundBlock) and sound:
                sound.add(one)
        for track in (picture, sound):
            if track is not None:
                track.finish()
        if not any(track.is_begun for track in (picture, sound) if track is not None):
            raise NothingThereError
    return file.data


class _PictureTrack:
    """Encodes pictures, each at its own time."""

    def __init__(self, container: OutputContainer, start: float, info: MediaInfo) -> None:
        self._container = container
        self._start = start
        self._reformatter = VideoReformatter()
        self._last = -1
        scale = min(1.0, LONGEST_SIDE / max(info.width, info.height))
        self._size = _even(info.width * scale), _even(info.height * scale)
        self._stream = container.add_stream("libx264", rate=RATE_HZ, options=PICTURE_OPTIONS)
        self._stream.width, self._stream.height = self._size
        self._stream.pix_fmt = "yuv420p"
        self._stream.codec_context.time_base = Fraction(1, TICKS_PER_S)
        self._stream.codec_context.thread_count = 1

    @property
    def is_begun(self) -> bool:
        """Whether there is a picture."""
        return self._last >= 0

    def add(self, picture: Picture) -> None:
        """Encode a picture."""
        after = picture.time - self._start
        if not self.is_begun and after > 0:  # players do not agree on what is shown before the first picture
            self._encode(picture.rgb if after <= FIRST_PICTURE_S else np.zeros_like(picture.rgb), 0)
        self._encode(picture.rgb, round(after * TICKS_PER_S))

    def finish(self) -> None:
        """Encode what is held back."""
        if self.is_begun:
            self._mux(None)

    def _encode(self, rgb: Any, tick: int) -> None:
        if tick <= self._last:
            return
        self._last = tick
        width, height = self._size
        frame = self._reformatter.reformat(
            VideoFrame.from_ndarray(rgb, format="rgb24"),
            width=width,
            height=height,
            format="yuv420p",
            interpolation=Interpolation.AREA,
            threads=1,
        )
        frame.pts, frame.time_base = tick, Fraction(1, TICKS_PER_S)
        self._mux(frame)

    def _mux(self, frame: VideoFrame | None) -> None:
        for packet in self._stream.encode(frame):
            self._container.mux(packet)


class _SoundTrack:
    """Encodes sound, sample by sample from the start on."""

    def __init__(self, container: OutputContainer, start: float) -> None:
        self._container = container
        self._first = round(start * SOUND_RATE_HZ)
        self._stream: Any = container.add_stream("aac", rate=SOUND_RATE_HZ, layout="mono", bit_rate=SOUND_BPS)
        self.is_begun = False

    def add(self, block: SoundBlock) -> None:
        """Encode a run of samples."""
        self.is_begun = True
        frame = AudioFrame.from_ndarray(block.samples.reshape(1, -1), format="fltp", layout="mono")
        frame.sample_rate, frame.time_base = SOUND_RATE_HZ, Fraction(1, SOUND_RATE_HZ)
        frame.pts = block.first - self._first
        self._mux(frame)

    def finish(self) -> None:
        """Encode what is held back."""
        if self.is_begun:
            self._mux(None)

    def _mux(self, frame: AudioFrame | None) -> None:
        for packet in self._stream.encode(frame):
            self._container.mux(packet)


def _even(length: float) -> int:
    """Return a length in pixels that can be halved, as colours are."""
    return max(2, round(length / 2) * 2)
