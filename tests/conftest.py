"""Footage for every suite: real videos, fetched once, and edited copies of them, made once."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from support.clips import Clips
from support.copies import Copies

from streams.demo.edit import Truth
from streams.demo.footage import FOLDER_VARIABLE, fetch, footage_folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    EditedCopy = Callable[..., tuple[Path, tuple[Truth, ...]]]


#: What starts brokers and servers.
pytest_plugins = ["support.services"]

# A loaded machine must not fail a test: none of them is about time. CI draws the same examples for the same code, so
# that a change is judged by what it changes; whoever works on the code draws others each time.
settings.register_profile("any machine", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("any machine")


@pytest.fixture(scope="session")
def footage(pytestconfig: pytest.Config) -> dict[str, Path]:
    """Real videos by name: bunny, bikes, carphone, globe, card, trailer."""
    return fetch(folder=footage_folder() if os.environ.get(FOLDER_VARIABLE) else pytestconfig.rootpath / ".footage")


@pytest.fixture(scope="session")
def edited_copy(tmp_path_factory: pytest.TempPathFactory) -> EditedCopy:
    """Make a copy of pieces, `edited_copy(Piece(...), ..., edit=Edit(...), suffix=".mp4")`, and tell the truth of it.

    The same copy is made once in a run, whichever of its processes asks for it.
    """
    folder = tmp_path_factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        folder = folder.parent  # that of the run, in which each process has one of its own
    return Copies(folder / "copies").make


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Clips:
    """Make media files that live as long as the test run."""
    return Clips(tmp_path_factory.mktemp("clips"))


@pytest.fixture(scope="session")
def clip(clips: Clips) -> Path:
    """Four seconds of H.264 and AAC in MP4."""
    return clips.make()


@pytest.fixture(scope="session")
def make_clip(clips: Clips) -> Callable[..., Path]:
    """Make a media file: see `Clips.make`."""
    return clips.make
