from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("psutil")

from benchmarks.cost import load
from benchmarks.cost.clips import repeated
from benchmarks.cost.load import match_large_library, match_uploads
from benchmarks.cost.meter import Meter, alone
from benchmarks.cost.steps import decode_all, fingerprint_chunks, fingerprint_whole
from fingerprint.engine import Query, fingerprint_media
from fingerprint.index.memory import MemoryIndex
from fingerprint.media.limits import MediaLimits
from fingerprint.media.probe import probe
from schemas.matches import Match, Track


@pytest.fixture(scope="module")
def bunny(footage: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Query:
    return fingerprint_media(str(footage["bunny"]), MediaLimits(), tmp_path_factory.mktemp("bunny"))


def hold(mebibytes: int) -> Meter:
    with Meter() as meter:
        held = bytearray(mebibytes * 2**20)
        held[:: 2**12] = b"x" * (mebibytes * 2**8)
    return meter


def test_a_meter_sees_how_much_memory_a_step_takes() -> None:
    assert 90 < alone(hold, 120).peak_mb - alone(hold, 20).peak_mb < 110


def test_every_step_of_a_clip_costs_something(footage: dict[str, Path], bunny: Query, tmp_path: Path) -> None:
    clip = footage["bunny"]
    meter, query = alone(fingerprint_whole, clip, clip, tmp_path / "parts")
    assert query.fingerprint.digest == bunny.fingerprint.digest
    for one in (meter, alone(decode_all, clip), alone(fingerprint_chunks, clip, clip)):
        assert one.peak_mb > 10
    assert meter.cpu_s > 0


@pytest.mark.integration
@pytest.mark.parametrize("index", ["memory", "Milvus Lite"])
def test_a_library_is_filled_with_strange_windows(bunny: Query, index: str) -> None:
    real = [bunny.fingerprint.to_bytes()]
    own = sum(len(rows.numbers) for rows in bunny.fingerprint.windows().values())
    _, windows = match_large_library(bunny, real, 20 / 3600, index)  # type: ignore[arg-type] # one of its literals
    assert windows == 4 * own


def test_uploads_are_matched_against_as_many_references_as_are_asked_for(
    bunny: Query, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[tuple[str, set[str]]] = []

    def counting(_: Query, index: MemoryIndex, __: MemoryIndex, *, exclude_media: str) -> list[Match]:
        rows = np.array([[1.0, *[0.0] * 383]], np.float32)
        found = index.search(Track.PICTURE, rows, limit=999, exclude_media=exclude_media)
        held.append((exclude_media, {found.keys[one].media_id for one in found.references.tolist()}))
        return []

    monkeypatch.setattr(load, "match", counting)
    match_uploads({"bunny": bunny, "upload": bunny}, {"bunny": bunny.fingerprint.to_bytes()}, 3)
    assert held == [("bunny", {"bunny-1", "bunny-2"}), ("upload", {"bunny", "bunny-1", "bunny-2"})]


@pytest.mark.skipif(
    shutil.which("ffmpeg") is None and os.environ.get("CI") != "true", reason="clips are repeated with ffmpeg"
)
def test_a_clip_is_repeated(footage: dict[str, Path], tmp_path: Path) -> None:
    longer = repeated(footage["bunny"], tmp_path / "longer.mp4", 3)
    assert probe(longer).duration == pytest.approx(3 * probe(footage["bunny"]).duration, abs=0.3)
