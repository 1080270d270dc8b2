"""What every suite has: footage, fetched once, edited copies of it, made once, and what counts for coverage."""

from __future__ import annotations

import os
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from coverage import Coverage
from hypothesis import settings
from support.clips import Clips
from support.copies import Copies

from streams.demo.edit import Truth
from streams.demo.footage import FOLDER_VARIABLE, fetch, footage_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    EditedCopy = Callable[..., tuple[Path, tuple[Truth, ...]]]


#: What starts brokers and servers.
pytest_plugins = ["support.services"]

# A loaded machine must not fail a test: none of them is about time. CI draws the same examples for the same code, so
# that a change is judged by what it changes; whoever works on the code draws others each time.
settings.register_profile("any machine", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("any machine")

#: Suites of the whole service, of all commands or of the whole engine. Counting makes them half as long again, and what
#: they run the tests of its parts are to run.
UNMEASURED_SUITES = {"acceptance", "benchmarks", "chaos", "docker", "docs", "fuzz", "odd_media"}
#: Where coverage tells the processes that are started how to count.
MEASURING = "COVERAGE_PROCESS_CONFIG"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Have what a test runs not count for what of the code is run, where its suite or its marks say so."""
    with ExitStack() as uncounted:
        suite = item.path.relative_to(Path(__file__).parent).parts[0]
        measuring = Coverage.current()
        if measuring is not None and (suite in UNMEASURED_SUITES or item.get_closest_marker("unmeasured")):
            measuring.stop()
            uncounted.callback(measuring.start)
            uncounted.enter_context(_unmeasured_processes())
        elif measuring is not None and item.get_closest_marker("unmeasured_processes"):
            uncounted.enter_context(_unmeasured_processes())
        return (yield)


@contextmanager
def _unmeasured_processes() -> Generator[None]:
    configuration = os.environ.pop(MEASURING, None)
    yield
    if configuration is not None:
        os.environ[MEASURING] = configuration


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
