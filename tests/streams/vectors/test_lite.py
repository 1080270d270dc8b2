"""Milvus Lite's server: it loses nothing, ends with its owner, and is taken over by the next worker."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest

from fingerprint.ports import ReferenceKey, Windows
from schemas.matches import Track
from streams.vectors.connect import connect
from streams.vectors.lite import LiteKeeper, lite_uri

pytestmark = pytest.mark.integration

OWNER = """
import sys, time
from pathlib import Path
from streams.vectors.lite import LiteKeeper
print(LiteKeeper(Path(sys.argv[1])).start(), flush=True)
time.sleep(600)
"""
WRITER = """
import sys
from pathlib import Path
import numpy as np
from fingerprint.ports import ReferenceKey, Windows
from schemas.matches import Track
from streams.vectors.connect import connect
store = connect("", Path(sys.argv[1]))
for i in range(40):
    n = np.arange(5, dtype=np.int32)
    store.upsert(ReferenceKey("default", f"{sys.argv[2]}-{i}", 1), Track.PICTURE, Windows(n, n, n, np.eye(5, 8, dtype=np.float32)))
print("done", flush=True)
"""


Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start() -> Iterator[Start]:
    with ExitStack() as stack:

        def start_process(code: str, *arguments: object) -> subprocess.Popen[str]:
            command = [sys.executable, "-c", code, *map(str, arguments)]
            process = stack.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
            stack.callback(process.kill)
            return process

        yield start_process


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


def test_two_processes_write_the_owner_is_killed_and_every_acknowledged_row_is_there(tmp_path: Path, start: Start) -> None:
    owner = start(OWNER, tmp_path)
    uri = owner.stdout.readline().strip()
    writers = [start(WRITER, tmp_path, name) for name in ("a", "b")]
    assert [w.stdout.readline().strip() for w in writers] == ["done", "done"]
    kill(owner, uri)
    keeper = LiteKeeper(tmp_path)
    keeper.start()
    store = connect("", tmp_path)
    assert store.count("default") == 2 * 40 * 5
    store.close()
    keeper.stop()


def test_a_client_goes_on_when_another_worker_takes_the_server_over(tmp_path: Path, start: Start) -> None:
    owner = start(OWNER, tmp_path)
    uri = owner.stdout.readline().strip()
    next_owner = start(OWNER, tmp_path)
    next_owner.stdout.readline()
    store = connect("", tmp_path)
    rows = np.arange(3, dtype=np.int32)
    store.upsert(ReferenceKey("default", "v", 1), Track.PICTURE, Windows(rows, rows, rows, np.eye(3, 8, dtype=np.float32)))
    kill(owner, uri)
    assert store.count("default") == 3
    store.close()


def test_without_a_server_the_error_says_what_to_start(tmp_path: Path) -> None:
    with pytest.raises(TimeoutError, match="mediadna up"):
        lite_uri(tmp_path, timeout=0.3)
