"""Makes edited copies of videos, as uploaders do, and tells the truth about them.

Only PyAV and OpenCV are needed: no `ffmpeg` on the machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import av
import cv2
import numpy as np

from fingerprint.media.decode import Picture, PictureWish, SoundBlock, SoundWish, decode
from fingerprint.media.limits import DEFAULT_LIMITS
from fingerprint.media.probe import probe

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from av.audio.stream import AudioStream
    from av.container import OutputContainer
    from av.video.stream import VideoStream
    from numpy.typing import NDArray

__all__ = ["Edit", "Piece", "Truth", "make_copy"]

#: Sample rate of copies.
SOUND_RATE = 44_100

#: Samples that an AAC frame holds.
SOUND_FRAME = 1024


@dataclass(frozen=True, slots=True)
class Piece:
    """A span of a video that goes into a copy.

    Attributes:
        source: The video.
        start: Where the span starts, seconds.
        end: Where it ends, seconds; None for the video's end.
    """

    source: Path
    start: float = 0.0
    end: float | None = None


@dataclass(frozen=True, slots=True)
class Edit:
    """What is done to all pieces of a copy.

    Attributes:
        width: Width in pixels, even.
        height: Height in pixels, even. Pieces of other proportions are padded with black.
        fps: Pictures a second.
        bit_rate: Bits a second for the picture.
        sound_bit_rate: Bits a second for the sound.
        logo: Whether a logo is drawn in a corner.
        mirrored: Whether left and right change places.
        picture: Whether the copy has a picture.
        sound: Whether the copy has sound. Pieces without sound are silent then.
        sound_late_s: Seconds that the sound comes late; early if negative.
    """

    width: int = 426
    height: int = 240
    fps: int = 25
    bit_rate: int = 250_000
    sound_bit_rate: int = 48_000
    logo: bool = False
    mirrored: bool = False
    picture: bool = True
    sound: bool = True
    sound_late_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Truth:
    """Which span of the copy is which span of which original, seconds."""

    source: Path
    copy: tuple[float, float]
    original: tuple[float, float]


def make_copy(pieces: Sequence[Piece], target: Path, edit: Edit | None = None) -> tuple[Truth, ...]:
    """Write an edited copy that shows the pieces one after the other; the target's suffix names its format.

    Returns:
        One truth for each piece, in their order.

    Raises:
        MediaError: A source cannot be read.
        ValueError: A piece is empty.
    """
    edit = edit or Edit()
    truths = _plan(pieces, edit.fps)
    with av.open(str(target), "w") as container:
        video = _add_picture(container, edit) if edit.picture else None
        audio = _add_sound(container, edit) if edit.sound else None
        line = _SoundTrack(container, audio, _sound(truths, edit)) if audio else None
        if video:
            for number, rgb in enumerate(_pictures(truths, edit)):
                frame = av.VideoFrame.from_ndarray(rgb, format="rgb24")
                frame.pts, frame.time_base = number, Fraction(1, edit.fps)
                container.mux(video.encode(frame))
                if line:
                    line.write_until((number + 1) / edit.fps)
            container.mux(video.encode(None))
        if line:
            line.finish()
    return truths


def _plan(pieces: Sequence[Piece], fps: int) -> tuple[Truth, ...]:
    """Put the pieces one after the other, each a whole number of pictures long."""
    truths: list[Truth] = []
    at = 0.0
    for piece in pieces:
        last = probe(piece.source).duration
        end = last if piece.end is None else min(piece.end, last)
        length = int((end - piece.start) * fps + 1e-6) / fps
        if length <= 0:
            raise ValueError(f"nothing of {piece.source.name} lies between {piece.start} and {piece.end} s")
        truths.append(Truth(piece.source, (at, at + length), (piece.start, piece.start + length)))
        at += length
    return tuple(truths)


def _add_picture(container: OutputContainer, edit: Edit) -> VideoStream:
    # x264 decides by sums that come out otherwise on another processor, unless it is told not to.
    options = {"preset": "veryfast", "x264-params": "cpu-independent=1"}
    stream = container.add_stream("libx264", rate=edit.fps, options=options)
    stream.width, stream.height = edit.width, edit.height
    stream.pix_fmt = "yuv420p"
    stream.bit_rate = edit.bit_rate
    stream.codec_context.thread_count = 1  # the same bytes on every machine
    return stream


def _add_sound(container: OutputContainer, edit: Edit) -> AudioStream:
    stream = container.add_stream("aac", rate=SOUND_RATE, layout="mono")
    stream.bit_rate = edit.sound_bit_rate
    return stream


def _pictures(truths: Sequence[Truth], edit: Edit) -> Iterator[NDArray[np.uint8]]:
    """Yield the copy's pictures: at each of its points in time the one that the original shows then."""
    for truth in truths:
        start, end = truth.original
        wish = PictureWish(rate=edit.fps, long_side=max(edit.width, edit.height))
        shown: NDArray[np.uint8] | None = None
        number, count = 0, round((end - start) * edit.fps)
        for item in decode(truth.source, start, end, limits=DEFAULT_LIMITS, picture=wish, sound=None):
            if not isinstance(item, Picture):
                continue
            drawn = _drawn(item.rgb, edit)
            due = min(count, round((item.time - start) * edit.fps))
            while number < due:  # the original goes on showing what it showed
                yield shown if shown is not None else drawn
                number += 1
            shown = drawn
        for _ in range(number, count):
            yield shown if shown is not None else np.zeros((edit.height, edit.width, 3), np.uint8)


def _drawn(rgb: NDArray[np.uint8], edit: Edit) -> NDArray[np.uint8]:
    height, width = rgb.shape[:2]
    scale = min(edit.width / width, edit.height / height)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    canvas = np.zeros((edit.height, edit.width, 3), np.uint8)
    top, left = (edit.height - size[1]) // 2, (edit.width - size[0]) // 2
    canvas[top : top + size[1], left : left + size[0]] = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
    if edit.mirrored:
        canvas = np.ascontiguousarray(canvas[:, ::-1])
    if edit.logo:
        _draw_logo(canvas)
    return canvas


def _draw_logo(canvas: NDArray[np.uint8]) -> None:
    """Draw a station's logo, a tenth of the picture high, into the upper right corner."""
    height, width = canvas.shape[:2]
    side = max(8, height // 10)
    left, top = width - 4 * side, side // 2
    cv2.rectangle(canvas, (left, top), (left + 3 * side, top + side), (200, 30, 40), cv2.FILLED)
    cv2.putText(
        canvas,
        "LIVE",
        (left + side // 4, top + side - side // 5),
        cv2.FONT_HERSHEY_SIMPLEX,
        side / 26,
        (255, 255, 255),
        max(1, side // 12),
        cv2.LINE_AA,
    )


def _sound(truths: Sequence[Truth], edit: Edit) -> NDArray[np.float32]:
    """Return the copy's sound, as long as its picture."""
    samples = np.zeros(round(truths[-1].copy[1] * SOUND_RATE), np.float32)
    for truth in truths:
        shift = round((truth.copy[0] + edit.sound_late_s) * SOUND_RATE) - round(truth.original[0] * SOUND_RATE)
        wish = SoundWish(rate=SOUND_RATE)
        for item in decode(truth.source, *truth.original, limits=DEFAULT_LIMITS, picture=None, sound=wish):
            if isinstance(item, SoundBlock):
                begin = item.first + shift
                part = item.samples[max(0, -begin) :][: max(0, len(samples) - max(0, begin))]
                samples[max(0, begin) : max(0, begin) + len(part)] = part
    return samples


class _SoundTrack:
    """Encodes sound little by little, so that it lies beside its picture in the file."""

    def __init__(self, container: OutputContainer, stream: AudioStream, samples: NDArray[np.float32]) -> None:
        self._container = container
        self._stream = stream
        self._samples = samples
        self._at = 0

    def write_until(self, time: float) -> None:
        while self._at < min(len(self._samples), round(time * SOUND_RATE)):
            part = self._samples[self._at : self._at + SOUND_FRAME]
            frame = av.AudioFrame.from_ndarray(part.reshape(1, -1), format="fltp", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = SOUND_RATE, self._at, Fraction(1, SOUND_RATE)
            self._container.mux(self._stream.encode(frame))
            self._at += len(part)

    def finish(self) -> None:
        self.write_until(len(self._samples) / SOUND_RATE)
        self._container.mux(self._stream.encode(None))
