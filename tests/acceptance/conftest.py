"""What the tests of the whole service have in common."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.client import EditedCopy, Footage
from support.nodes import own_port

from streams.demo.edit import Edit, Piece

#: What the trailer is made into: the service takes a third of the time for it that it takes for 720 lines.
SMALL = Edit(width=480, height=270, fps=24, bit_rate=500_000)


@pytest.fixture(scope="session")
def footage(footage: Footage, edited_copy: EditedCopy) -> Footage:
    """The footage, with the trailer in a small form: here it matters what becomes of videos, not how large they are."""
    trailer, _ = edited_copy(Piece(footage["trailer"]), edit=SMALL)
    return {**footage, "trailer": trailer}


@pytest.fixture(autouse=True)
def own_ports(tmp_path: Path) -> None:
    """Give the embedded broker of each state folder a port of its own."""
    for state in (tmp_path, tmp_path / "state"):
        state.mkdir(mode=0o700, exist_ok=True)
        own_port(state)


@pytest.fixture(autouse=True)
def one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have each service work in one process, where a test does not say otherwise.

    Each more takes seconds of processor time to load the engine. Workers with several are in `test_workers.py`.
    """
    monkeypatch.setenv("MEDIADNA_SLOTS", "1")
