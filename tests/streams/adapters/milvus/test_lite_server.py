"""Milvus Lite's server: it loses nothing, ends with its owner, and is taken over by the next worker."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from contextlib import ExitStack, closing, suppress
from typing import TYPE_CHECKING

import numpy as np
import pytest

from fingerprint.types import ReferenceKey, Windows
from schemas.matches import Track
from streams.adapters.milvus.connect import connect
from streams.adapters.milvus.lite_server import LiteKeeper, lite_uri

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from streams.ports.window_store import VectorStore

    Start = Callable[..., "subprocess.Popen[str]"]

pytestmark = [pytest.mark.integration, pytest.mark.unmeasured_processes]

OWNER = """
import sys, time
from pathlib import Path
from streams.adapters.milvus.lite_server import LiteKeeper
print(LiteKeeper(Path(sys.argv[1])).start(), flush=True)
time.sleep(600)
"""
WRITER = """
import itertools, sys
from pathlib import Path
import numpy as np
from fingerprint.types import ReferenceKey, Windows
from schemas.matches import Track
from streams.adapters.milvus.connect import connect
store = connect("", Path(sys.argv[1]), algorithm="test")
n = np.arange(50, dtype=np.int32)
for i in itertools.count():
    windows = Windows(n, n, n, np.eye(50, 64, dtype=np.float32))
    store.upsert(ReferenceKey("default", f"{sys.argv[2]}-{i}", 1), Track.PICTURE, windows)
    print(i, flush=True)
"""
ROWS = 50


@pytest.fixture
def start() -> Iterator[Start]:
    with ExitStack() as stack:

        def start_process(code: str, *arguments: object) -> subprocess.Popen[str]:
            command = [sys.executable, "-c", code, *map(str, arguments)]
            process = stack.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
            stack.callback(process.kill)
            return process

        yield start_process


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def written(writer: subprocess.Popen[str]) -> int:
    """Kill a writer in whatever it is at; return how many upserts it was told were done."""
    writer.kill()
    assert writer.stdout is not None
    return sum(one.strip().isdigit() for one in writer.stdout)  # a line of the log tells of each call tried again


def kill(owner: subprocess.Popen[str], uri: str) -> None:
    """Kill the owner the hard way, and wait until its server has gone with it."""
    owner.kill()
    owner.wait()
    host, port = uri.removeprefix("http://").split(":")
    for _ in range(100):
        try:
            socket.create_connection((host, int(port)), timeout=1).close()
        except OSError:
            return
        time.sleep(0.1)
    pytest.fail("the server outlived its owner")


def media_with_all_rows(store: VectorStore, name: str) -> int:
    """Return how many of a writer's media items are there, counting up to the first that is not whole."""
    number = 0
    while store.count("default", f"{name}-{number}") == ROWS:
        number += 1
    return number


def test_writers_and_the_owner_are_killed_and_every_acknowledged_row_is_there(tmp_path: Path, start: Start) -> None:
    owner = start(OWNER, tmp_path)
    uri = line(owner)
    names = ("a", "b", "c", "d")
    writers = [start(WRITER, tmp_path, name) for name in names]
    for writer in writers:
        line(writer)
    time.sleep(1)
    acknowledged = [1 + written(writer) for writer in writers[:2]]  # killed while the others write on
    time.sleep(1)
    kill(owner, uri)
    acknowledged += [1 + written(writer) for writer in writers[2:]]
    keeper = LiteKeeper(tmp_path)
    keeper.start()
    with closing(connect("", tmp_path, algorithm="test")) as store:
        there = [media_with_all_rows(store, name) for name in names]
    keeper.stop()
    assert all(t >= a for t, a in zip(there, acknowledged, strict=True)), (there, acknowledged)


def test_an_index_file_that_is_half_written_at_a_kill_is_made_anew(tmp_path: Path, start: Start) -> None:
    owner = start(OWNER, tmp_path)
    uri = line(owner)
    rows = np.arange(40_000, dtype=np.int32)  # more than is kept in memory: files are written
    with closing(connect("", tmp_path, algorithm="test")) as store:
        vectors = np.eye(64, dtype=np.float32)[rows % 64]
        store.upsert(ReferenceKey("default", "v", 1), Track.PICTURE, Windows(rows, rows, rows, vectors))
        assert store.count("default") == len(rows)
    kill(owner, uri)
    indexes = list((tmp_path / "data").rglob("*.idx"))
    for index in indexes:
        with index.open("r+b") as file:
            file.truncate(index.stat().st_size // 2)
    assert indexes
    indexes[0].write_bytes(b"")
    keeper = LiteKeeper(tmp_path)
    keeper.start()
    with closing(connect("", tmp_path, algorithm="test")) as store:
        assert store.count("default") == len(rows)
    keeper.stop()


@pytest.mark.parametrize("port_is_taken", [False, True])
def test_a_client_goes_on_when_another_worker_takes_the_server_over(
    tmp_path: Path, start: Start, *, port_is_taken: bool
) -> None:
    owner = start(OWNER, tmp_path)
    uri = line(owner)
    line(start(OWNER, tmp_path))
    rows = np.arange(3, dtype=np.int32)
    with closing(connect("", tmp_path, algorithm="test")) as store, socket.socket() as other:
        windows = Windows(rows, rows, rows, np.eye(3, 8, dtype=np.float32))
        store.upsert(ReferenceKey("default", "v", 1), Track.PICTURE, windows)
        kill(owner, uri)
        if port_is_taken:
            with suppress(OSError):
                other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                other.bind(("127.0.0.1", int(uri.rpartition(":")[2])))
        assert store.count("default") == 3
        store.upsert(ReferenceKey("default", "w", 1), Track.PICTURE, windows)
        assert store.count("default") == 6


def test_without_a_server_the_error_says_what_to_start(tmp_path: Path) -> None:
    with pytest.raises(TimeoutError, match="mediadna up"):
        lite_uri(tmp_path, timeout=0.3)
