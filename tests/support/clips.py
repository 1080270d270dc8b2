"""Media files made on the spot, in whatever shape a test needs: see the fixtures `clips`, `clip` and `make_clip`."""

from __future__ import annotations

import os
import struct
from contextlib import contextmanager
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

SOUND_RATE = 48_000

#: Display matrices of a track header (ISO 14496-12, 8.3.2), by degrees clockwise: 16.16 fixed point, the last 2.30.
MATRICES = {
    0: (1, 0, 0, 0, 1, 0, 0, 0, 0x4000),
    90: (0, 1, 0, -1, 0, 0, 0, 0, 0x4000),
    180: (-1, 0, 0, 0, -1, 0, 0, 0, 0x4000),
    270: (0, -1, 0, 1, 0, 0, 0, 0, 0x4000),
}


SOUND: dict[str, Any] = {"video": None}
PICTURE: dict[str, Any] = {"audio": None}

#: How a clip is made in each form that the reader reads, FFmpeg writes, and its first bytes tell: by suffix.
FORMS: dict[str, dict[str, Any]] = {
    "3g2": {},
    "3gp": {},
    "mp4": {},
    "mov": {},
    "f4v": {},
    "m4a": SOUND,
    "mkv": {},
    "mka": SOUND,
    "webm": {"video": "libvpx", "audio": "libopus"},
    "ts": {},
    "m2ts": {},
    "mpg": {"video": "mpeg2video", "audio": "mp2"},
    "vob": {"video": "mpeg2video", "audio": "mp2"},
    "m2v": {"video": "mpeg2video", "audio": None},
    "avi": {"video": "mpeg4"},
    "asf": {"video": "wmv2", "audio": "wmav2"},
    "flv": {"video": "flv", "audio": "libmp3lame"},
    "wtv": {"video": "mpeg2video", "audio": "mp2"},
    "nut": {},
    "rm": {"video": "rv10", "audio": "ac3", "size": (176, 144)},
    "mxf": {"video": "mpeg2video", "audio": "pcm_s16le"},
    "gxf": {"video": "mpeg2video", "audio": None, "size": (720, 576)},
    "dv": {"video": "dvvideo", "audio": None, "size": (720, 576)},
    "ivf": {"video": "libvpx", "audio": None},
    "y4m": {"video": "rawvideo", "audio": None},
    "h264": PICTURE,
    "hevc": {"video": "libx265", "audio": None, "video_options": {"x265-params": "log-level=none"}},
    "obu": {"video": "libsvtav1", "audio": None},
    "gif": {"video": "gif", "audio": None, "pixels": "rgb8"},
    "ogg": {"video": None, "audio": "libopus"},
    "oga": {"video": None, "audio": "flac"},
    "opus": {"video": None, "audio": "libopus"},
    "flac": {"video": None, "audio": "flac"},
    "aiff": {"video": None, "audio": "pcm_s16be"},
    "caf": {"video": None, "audio": "pcm_s16be"},
    "au": {"video": None, "audio": "pcm_s16be"},
    "wav": {"video": None, "audio": "pcm_s16le"},
    "w64": {"video": None, "audio": "pcm_s16le"},
    "voc": {"video": None, "audio": "pcm_u8"},
    "wv": {"video": None, "audio": "wavpack"},
    "tta": {"video": None, "audio": "tta"},
    "ac3": {"video": None, "audio": "ac3"},
    "eac3": {"video": None, "audio": "eac3"},
    "mp2": {"video": None, "audio": "mp2"},
    "mp3": {"video": None, "audio": "libmp3lame"},
    "aac": {"video": None, "container": "adts"},
}


def picture(number: int, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Return a picture whose upper left quarter is white and whose rest tells its number by its brightness."""
    width, height = size
    rgb = np.full((height, width, 3), 40 + number * 7 % 120, np.uint8)
    rgb[: max(1, height // 2), : max(1, width // 2)] = 250
    return rgb


def noise_with_clicks(seconds: float, clicks: Sequence[float]) -> NDArray[np.int16]:
    """Return soft noise, with 5 ms of full scale at each click."""
    samples = np.random.default_rng(7).normal(0, 60, round(seconds * SOUND_RATE))
    for click in clicks:
        at = round(click * SOUND_RATE)
        samples[at : at + SOUND_RATE // 200] = 24_000 * np.sign(np.sin(np.arange(SOUND_RATE // 200) * 0.4))
    return samples.astype(np.int16)


@contextmanager
def same_scheduling() -> Iterator[None]:
    """Leave this thread scheduled as it was.

    SVT-AV1 makes the thread that encodes a real-time one, where that is root's, and leaves it so: all that it then
    starts, brokers and workers too, would take the processors from everybody else on the machine.
    """
    policy, parameters = os.sched_getscheduler(0), os.sched_getparam(0)
    try:
        yield
    finally:
        os.sched_setscheduler(0, policy, parameters)


class Clips:
    """Makes media files in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def make(
        self,
        name: str = "clip.mp4",
        *,
        seconds: float = 4.0,
        fps: int = 25,
        size: tuple[int, int] = (64, 48),
        video: str | None = "libx264",
        pixels: str = "yuv420p",
        video_options: dict[str, str] | None = None,
        aspect: Fraction | None = None,
        times: Sequence[float] | None = None,
        audio: str | None = "aac",
        clicks: Sequence[float] = (),
        drop_sound: tuple[float, float] = (0.0, 0.0),
        sound_from: float = 0.0,
        picture_from: float = 0.0,
        options: dict[str, str] | None = None,
        container: str | None = None,
    ) -> Path:
        """Write a file; `times` are the pictures' own times, `drop_sound` is a span whose packets are left out."""
        path = self.folder / name
        with same_scheduling(), av.open(str(path), "w", format=container, options=options or {}) as output:
            pictures: Any = None
            if video:
                pictures = output.add_stream(video, rate=fps, options=video_options or {})
                pictures.width, pictures.height, pictures.pix_fmt = *size, pixels
                pictures.codec_context.thread_count = 1
                if aspect:
                    pictures.codec_context.sample_aspect_ratio = aspect
                if times:
                    pictures.codec_context.time_base = Fraction(1, 1000)
            sounds: Any = output.add_stream(audio, rate=SOUND_RATE, layout="mono", bit_rate=96_000) if audio else None
            packets: list[Any] = []
            if pictures:
                stamps = times or [picture_from + number / fps for number in range(round(seconds * fps))]
                packets += _encoded_pictures(pictures, stamps, size, fps)
            if sounds:
                packets += _encoded_sound(sounds, noise_with_clicks(seconds, clicks), sound_from, drop_sound)
            for packet in sorted(packets, key=lambda packet: float(packet.dts * packet.time_base)):
                output.mux(packet)
        return path

    def write(self, name: str, data: bytes) -> Path:
        """Write bytes as they are."""
        path = self.folder / name
        path.write_bytes(data)
        return path

    def rotated(self, path: Path, degrees: int) -> Path:
        """Return a copy of an MP4 file whose header says that pictures are turned clockwise for showing."""
        data = bytearray(path.read_bytes())
        at = data.find(b"tkhd") + 44
        data[at : at + 36] = struct.pack(">9i", *(value * 0x10000 for value in MATRICES[degrees]))
        return self.write(f"rotated-{degrees}.mp4", bytes(data))


def _encoded_pictures(stream: Any, stamps: Sequence[float], size: tuple[int, int], fps: int) -> list[Any]:
    packets: list[Any] = []
    for number, stamp in enumerate(stamps):
        frame = av.VideoFrame.from_ndarray(picture(number, size), format="rgb24")
        frame.time_base = Fraction(1, 1000)
        frame.pts = round(stamp * 1000)
        if (stream.codec_context.time_base or Fraction(1, fps)) != frame.time_base:
            frame.time_base = Fraction(1, fps)
            frame.pts = round(stamp * fps)
        packets += stream.encode(frame)
    return [*packets, *stream.encode(None)]


def _encoded_sound(stream: Any, samples: NDArray[np.int16], start: float, drop: tuple[float, float]) -> list[Any]:
    packets: list[Any] = []
    length = stream.codec_context.frame_size or 1024
    for at in range(0, len(samples), length):
        frame = av.AudioFrame.from_ndarray(samples[at : at + length].reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate, frame.time_base = SOUND_RATE, Fraction(1, SOUND_RATE)
        frame.pts = at + round(start * SOUND_RATE)
        packets += stream.encode(frame)
    packets += stream.encode(None)
    return [p for p in packets if p.dts is not None and not drop[0] <= float(p.dts * p.time_base) < drop[1]]
