"""A picture counts for as long as it is on the screen, however rarely one comes."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from fingerprint.media.decode import Picture, PictureWish, decode
from fingerprint.media.probe import probe

if TYPE_CHECKING:
    from pathlib import Path

    from support.clips import Clips

RATE = 4.0
#: When each slide comes, seconds.
SLIDES = (0.0, 7.0, 19.0, 21.5, 48.0, 52.0)
FORMS: dict[str, dict[str, Any]] = {
    "slides.mp4": {"video_options": {"bf": "3"}},
    "fragments.mp4": {"video_options": {"bf": "0"}, "options": {"movflags": "frag_keyframe+empty_moov"}},
    "slides.mkv": {"video_options": {"bf": "2", "g": "250"}},
    "slides.webm": {"video": "libvpx-vp9", "audio": "libopus", "video_options": {"cpu-used": "8"}},
    "slides.mov": {"video": "mjpeg", "pixels": "yuvj420p"},
}


def pictures(path: Path, start: float = 0.0, end: float = math.inf) -> list[Picture]:
    found = decode(path, start, end, picture=PictureWish(rate=RATE))
    return [part for part in found if isinstance(part, Picture)]


def brightness(picture: Picture) -> float:
    return float(np.mean(picture.rgb[-4:]))


@pytest.mark.parametrize("sound", [True, False])
@pytest.mark.parametrize("name", FORMS)
def test_a_slide_is_seen_in_every_quarter_of_a_second_that_it_is_shown(clips: Clips, name: str, sound: bool) -> None:  # noqa: FBT001 (a case)
    form = FORMS[name] | ({} if sound else {"audio": None})
    path = clips.make(name, times=SLIDES, seconds=60.0, **form)
    end = probe(path).duration
    found = pictures(path, 0.0, end)
    last = end if sound else SLIDES[-1]
    assert [picture.number for picture in found][: int(last * RATE)] == list(range(int(last * RATE)))
    shown = [max(n for n, since in enumerate(SLIDES) if since <= picture.time + 0.02) for picture in found]
    each = {slide: {round(brightness(p)) for p, s in zip(found, shown, strict=True) if s == slide} for slide in shown}
    assert all(max(levels) - min(levels) <= 2 for levels in each.values())
    assert len({round(np.mean(list(levels)) / 4) for levels in each.values()}) == len(SLIDES)


@pytest.mark.parametrize("name", FORMS)
def test_chunks_of_slides_give_together_what_one_pass_gives(clips: Clips, name: str) -> None:
    path = clips.make(name, times=SLIDES, seconds=60.0, **FORMS[name])
    whole = pictures(path, 0.0, 60.0)
    parts = [part for span in pairwise((0.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0)) for part in pictures(path, *span)]
    assert [(p.number, p.time) for p in parts] == [(p.number, p.time) for p in whole]
    assert all(np.array_equal(a.rgb, b.rgb) for a, b in zip(parts, whole, strict=True))


def test_one_picture_beside_sound_is_seen_as_long_as_the_sound_lasts(clips: Clips) -> None:
    path = clips.make("song.mp4", times=(0.0,), seconds=45.0)
    assert [picture.number for picture in pictures(path, 30.0, probe(path).duration)] == list(range(120, 180))


def test_nothing_is_shown_behind_the_end(clips: Clips) -> None:
    path = clips.make("short.mp4", times=(0.0, 3.0), seconds=5.0)
    assert pictures(path, 60.0, 90.0) == []
    assert max(picture.time for picture in pictures(path, 0.0, 90.0)) < 5.5


def test_a_picture_does_not_stay_over_others_that_do_not_decode(clips: Clips) -> None:
    path = clips.make("damaged.mp4", seconds=12.0, size=(320, 240), video_options={"g": "25"}, audio=None)
    data = bytearray(path.read_bytes())
    media = data.index(b"mdat")
    size = data.index(b"moov") - media
    begin, end = media + size * 3 // 10, media + size * 7 // 10
    data[begin:end] = bytes(end - begin)
    path.write_bytes(data)
    times = [picture.time for picture in pictures(path, 0.0, 12.0)]
    assert max(after - before for before, after in pairwise(times)) > 2.0
