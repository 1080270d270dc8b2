"""A picture or a sound that begins far into a recording is found, though nothing before it says that there is one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from support.clips import Clips

from fingerprint.engine import fingerprint_media
from fingerprint.media import container as opening
from fingerprint.media.decode import Picture, decode
from fingerprint.media.errors import MediaError
from fingerprint.media.limits import DEFAULT_LIMITS
from fingerprint.media.probe import probe
from fingerprint.media.request import SoundBlock
from schemas.coverage import Cause, Coverage
from schemas.errors import ErrorCode
from schemas.matches import Track

#: Pictures a second and their size; where the recordings' clocks begin, and how long they are silent, seconds.
FPS, SIZE, BEGIN_S, SILENT_S = 25, (320, 240), 10.0, 4.0

#: Bytes that FFmpeg looks at by itself.
PROBED_BYTES = 5_000_000

#: What looks no further by itself than a recording of these tests is silent.
SHORT_OF_SIGHT = replace(opening.PARAMETERS, probed_further_bytes=2**20)

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


def late(clips: Clips, form: str) -> Path:
    """Return a recording whose sound begins further on than FFmpeg looks by itself."""
    video, audio = FORMS[form]
    at = {"output_ts_offset": str(BEGIN_S + SILENT_S)}
    with_sound = clips.make(f"sound.{form}", video=video, audio=audio, size=SIZE, clicks=(1.0,), options=at)
    head = FLV_HEADER if form == "flv" else 0
    return clips.write(f"late.{form}", noise(clips, f"silent.{form}", video) + with_sound.read_bytes()[head:])


@pytest.mark.parametrize("form", ["ts", "mpg", "vob"])
def test_sound_that_begins_beyond_the_second_look_is_met_at_some_place_of_the_file(
    clips: Clips, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    path = late(clips, form)
    monkeypatch.setattr(opening, "PARAMETERS", SHORT_OF_SIGHT)
    assert probe(path).has_sound
    assert loud_from(path) == pytest.approx(SILENT_S + 1.0, abs=0.2)


@pytest.mark.parametrize("form", ["ts", "vob", "flv"])
def test_sound_that_appears_where_it_is_looked_for_no_longer_is_told(
    clips: Clips, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    again = noise(clips, f"again.{form}", FORMS[form][0])[FLV_HEADER if form == "flv" else 0 :]
    path = clips.write(f"between.{form}", late(clips, form).read_bytes() + again)
    monkeypatch.setattr(opening, "PARAMETERS", replace(SHORT_OF_SIGHT, max_probed_bytes=0))
    told = coverage_of(path)
    assert told.sound == 0.0
    assert told.picture == 1.0
    (missed,) = told.missed
    assert (missed.track, missed.cause) == (Track.SOUND, Cause.APPEARS_LATE)
    assert missed.seconds == pytest.approx(2 * SILENT_S, abs=0.5)
    with pytest.raises(MediaError, match="appears in mid-file") as refused:
        fingerprint_media(path, DEFAULT_LIMITS, tmp_path)
    assert refused.value.code is ErrorCode.RESOURCE_NOT_SUPPORTED


def coverage_of(path: Path) -> Coverage:
    covered: list[Coverage] = []
    info = probe(path)
    parts = decode(
        path,
        end=info.duration,
        several_clocks=info.several_clocks,
        covered=lambda found: covered.append(found.told()),
    )
    for _ in parts:
        pass
    return covered[0]


def joined(clips: Clips, *makes: dict[str, Any]) -> Path:
    """Return transport streams joined byte by byte, each of which clicks once, 1 s in."""
    parts = [
        clips.make(f"part{number}.ts", seconds=5.0, clicks=(1.0,), size=SIZE, **make)
        for number, make in enumerate(makes)
    ]
    return clips.write("joined.ts", b"".join(part.read_bytes() for part in parts))


@pytest.mark.parametrize("first_pid", ["0x200", "0x31", "0x1200"])
@pytest.mark.parametrize("codecs", [("libx264", "aac"), ("mpeg2video", "mp2")])
def test_a_part_with_other_identifiers_of_its_streams_is_read_to_the_end(
    clips: Clips, first_pid: str, codecs: tuple[str, str]
) -> None:
    make = {"video": codecs[0], "audio": codecs[1], "video_options": {"g": "25"}}
    options = {"output_ts_offset": "5", "mpegts_start_pid": str(int(first_pid, 16))}
    path = joined(clips, make, {**make, "options": options})
    info = probe(path)
    assert info.duration == pytest.approx(10.0, abs=0.3)
    parts = list(decode(path, several_clocks=info.several_clocks))
    assert [part.time for part in parts if isinstance(part, Picture)][-1] > 9.0
    line = np.concatenate([part.samples for part in parts if isinstance(part, SoundBlock)])
    assert np.abs(line[-5 * 8000 :]).max() > 0.2
    told = coverage_of(path)
    assert (told.picture, told.sound) == (1.0, 1.0)


@pytest.mark.parametrize("seconds", [3.0, 8.0])
def test_a_stream_that_turns_from_sound_into_picture_in_mid_file_is_told(clips: Clips, seconds: float) -> None:
    sound = clips.make("sound.ts", seconds=seconds, video=None, audio="mp2").read_bytes()
    film = clips.make(
        "film.ts", seconds=4.0, video="mpeg2video", audio="mp2", options={"output_ts_offset": str(seconds)}
    ).read_bytes()
    path = clips.write("turned.ts", film + sound + film)
    told = coverage_of(path)
    assert told.missed
    assert {missed.cause for missed in told.missed} == {Cause.APPEARS_LATE}
