"""What the tests of the whole service have in common."""

from __future__ import annotations

import random
import socket
from pathlib import Path

import pytest

from streams.adapters.kafka.embedded import PORT_FILE

#: Below the ports that the system hands out by itself, so that no connection of somebody else takes one meanwhile.
PORTS = range(20_000, 32_000)


@pytest.fixture(autouse=True)
def own_port(tmp_path: Path) -> None:
    """Give the embedded broker of each state folder a port of its own, which it has again after a restart.

    The usual port belongs to whichever service started last: the blocks of the guides run beside, and need it.
    """
    for state in (tmp_path, tmp_path / "state"):
        state.mkdir(mode=0o700, exist_ok=True)
        (state / PORT_FILE).write_text(str(_free_port()), encoding="ascii")


def _free_port() -> int:
    while True:
        port = random.choice(PORTS)
        with socket.socket() as listener:
            try:
                listener.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
