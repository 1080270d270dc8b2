"""A picture or a sound that begins far into a recording is found, though nothing before it says that there is one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from support.clips import Clips

from fingerprint.engine import fingerprint_media
from fingerprint.media.decode import decode
from fingerprint.media.limits import DEFAULT_LIMITS
from fingerprint.media.probe import probe
from fingerprint.media.request import SoundBlock

#: Pictures a second and their size; where the recordings' clocks begin, and how long they are silent, seconds.
FPS, SIZE, BEGIN_S, SILENT_S = 25, (320, 240), 10.0, 4.0

#: Bytes that FFmpeg looks at by itself.
PROBED_BYTES = 5_000_000

#: Bytes of an FLV file's own header, which its parts do not repeat.
FLV_HEADER = 13

#: What stands in each kind of recording.
FORMS = {
    "ts": ("mpeg2video", "mp2"),
    "m2ts": ("mpeg2video", "ac3"),
    "mpg": ("mpeg2video", "mp2"),
    "vob": ("mpeg2video", "ac3"),
    "flv": ("flv", "libmp3lame"),
}


def noise(clips: Clips, name: str, codec: str) -> bytes:
    """Return seconds of pictures that no codec makes small."""
    path, random = clips.folder / name, np.random.default_rng(1)
    picture = random.integers(0, 255, (SIZE[1], SIZE[0], 3), np.uint8)
    with av.open(str(path), "w", options={"output_ts_offset": str(BEGIN_S)}) as output:
        stream: Any = output.add_stream(codec, rate=FPS, options={"qmin": "2", "qmax": "2", "g": "5"})
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = *SIZE, "yuv420p", 90_000_000
        for number in range(round(SILENT_S * FPS)):
            frame = av.VideoFrame.from_ndarray(np.roll(picture, number * 31, 1), format="rgb24")
            frame.pts = number
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return path.read_bytes()


def loud_from(path: Path) -> float:
    """Return where sound is first heard, seconds."""
    several_clocks = probe(path).several_clocks
    blocks = [part for part in decode(path, several_clocks=several_clocks) if isinstance(part, SoundBlock)]
    line = np.concatenate([block.samples for block in blocks])
    return float(np.flatnonzero(np.abs(line) > 0.2)[0]) / 8000


@pytest.mark.parametrize("form", FORMS)
def test_sound_that_begins_far_into_a_recording_is_heard(clips: Clips, tmp_path: Path, form: str) -> None:
    video, audio = FORMS[form]
    silent = noise(clips, f"silent.{form}", video)
    assert len(silent) > PROBED_BYTES
    with_sound = clips.make(
        f"with-sound.{form}",
        video=video,
        audio=audio,
        size=SIZE,
        clicks=(1.0,),
        options={"output_ts_offset": str(BEGIN_S + SILENT_S)},
    ).read_bytes()
    path = clips.write(f"late.{form}", silent + with_sound[FLV_HEADER if form == "flv" else 0 :])
    with av.open(str(path)) as container:
        assert container.streams.best("audio") is None
    info = probe(path)
    assert (info.has_picture, info.has_sound) == (True, True)
    assert info.duration == pytest.approx(2 * SILENT_S, abs=0.3)
    assert loud_from(path) == pytest.approx(SILENT_S + 1.0, abs=0.2)
    query = fingerprint_media(path, DEFAULT_LIMITS, tmp_path)
    assert query.fingerprint.has_sound
    assert query.coverage.sound.share == query.coverage.picture.share == 1.0


@pytest.mark.parametrize("form", ["ts", "m2ts"])
def test_sound_that_a_later_list_of_a_short_transport_stream_names_is_heard(clips: Clips, form: str) -> None:
    video, audio = FORMS[form]
    silent, with_sound = (
        clips.make(f"{name}.{form}", video=video, audio=sound, clicks=(1.0,), options={"output_ts_offset": str(at)})
        for name, sound, at in (("short-silent", None, 10), ("short", audio, 14))
    )
    path = clips.write(f"short-late.{form}", silent.read_bytes() + with_sound.read_bytes())
    assert path.stat().st_size < PROBED_BYTES
    assert probe(path).has_sound
    assert loud_from(path) == pytest.approx(5.0, abs=0.2)


@pytest.mark.parametrize("form", ["mpg", "vob", "flv"])
def test_pictures_that_begin_far_into_a_sound_are_seen(clips: Clips, form: str) -> None:
    video, audio = FORMS[form]
    alone = clips.make(f"sound.{form}", video=None, audio=audio).read_bytes()
    pictures = clips.make(f"pictures.{form}", video=video, audio=audio, options={"output_ts_offset": "4"}).read_bytes()
    head = FLV_HEADER if form == "flv" else 0
    packed = alone[:head] + alone[head:] * (PROBED_BYTES // len(alone) + 1)
    path = clips.write(f"late-pictures.{form}", packed + pictures[head:])
    assert probe(path).has_picture


def test_a_recording_without_sound_stays_one(clips: Clips, tmp_path: Path) -> None:
    path = clips.write("silent-to-the-end.ts", noise(clips, "to-the-end.ts", "mpeg2video"))
    query = fingerprint_media(path, DEFAULT_LIMITS, tmp_path)
    assert not query.fingerprint.has_sound
    assert query.coverage.sound.share is None
    assert query.coverage.picture.share == 1.0
