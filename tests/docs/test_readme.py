"""The README's commands do what it says when they are pasted as they are printed."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from asyncio.subprocess import DEVNULL, PIPE, STDOUT
from pathlib import Path

import pytest

from streams.demo.service import running_service

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[2]
#: Seconds for all commands of a block on a loaded machine.
BLOCK_S = 300.0


def block(heading: str) -> str:
    """Return the first block of commands below a heading."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    found = re.search(rf"^## {heading}\n.*?^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


async def test_the_block_on_libraries_runs_as_it_is_printed(tmp_path: Path, footage: dict[str, Path]) -> None:
    home, state = tmp_path / "home", tmp_path / "state"
    (home / "Videos").mkdir(parents=True)
    (tmp_path / ".footage").symlink_to(footage["trailer"].parent)
    paths = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {**os.environ, "HOME": str(home), "MEDIADNA_STATE": str(state), "PATH": paths}
    async with running_service(state, "--web", "127.0.0.1:0", "--media", str(home / "Videos")):
        shell = await asyncio.create_subprocess_exec(
            "bash",
            "-e",
            "-c",
            block("Libraries"),
            cwd=tmp_path,
            env=environment,
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=STDOUT,
        )
        async with asyncio.timeout(BLOCK_S):
            told, _ = await shell.communicate()
        assert shell.returncode == 0, told.decode()
        for text in ("original (", "stored, not searched", "title=Original", "paused"):
            assert text in told.decode()
