"""What the demo is run with."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.demo import run


def test_a_video_never_takes_the_place_of_one_of_the_demo(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "fetch", lambda _: {"trailer": Path("trailer.mp4")})
    assert run._library(clip) == {"trailer": Path("trailer.mp4"), clip.stem: clip}
    monkeypatch.setattr(run, "fetch", lambda _: {clip.stem: Path("trailer.mp4")})
    with pytest.raises(run.DemoFailed, match="another name"):
        run._library(clip)
