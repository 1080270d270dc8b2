"""The lock on a file: one has it at a time, and a kill gives it back."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from streams.file_lock import try_lock

HOLD = """
import sys
from streams.file_lock import try_lock
with open(sys.argv[1], "ab") as file:
    print(try_lock(file), flush=True)
    sys.stdin.read()
"""


def test_one_holds_it_at_a_time_and_closing_gives_it_back(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with path.open("ab") as one, path.open("ab") as other:
        assert try_lock(one)
        assert not try_lock(other)
        one.close()
        assert try_lock(other)


def test_a_holder_that_is_killed_keeps_nobody_out(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with holder, path.open("ab") as file:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "True\n"
        assert not try_lock(file)
        holder.kill()
        holder.wait()
        assert try_lock(file)
