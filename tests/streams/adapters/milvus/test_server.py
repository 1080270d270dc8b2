"""The Milvus server that tests run: nobody reaches it but over loopback, and a kill loses nothing."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from support.nodes import is_listened_on
from support.secure_milvus import SecureMilvusNode

from fingerprint.types import ReferenceKey, Windows
from schemas.matches import Track
from streams.adapters.milvus import connection
from streams.adapters.milvus.connect import connect
from streams.adapters.milvus.security import shake_hands
from streams.ports.errors import NeighbourAwayError

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.nodes import MilvusNode

pytestmark = pytest.mark.integration

#: How /proc/net/tcp writes a socket that listens.
LISTENS = "0A"


def listening(process: int | str, table: str) -> list[tuple[str, int]]:
    """Return address and port of every socket that listens in a process's network."""
    lines = Path(f"/proc/{process}/net/{table}").read_text(encoding="ascii").splitlines()
    rows = [line.split() for line in lines[1:]]
    places = [row[1].split(":") for row in rows if row[3] == LISTENS]
    return [(address, int(port, 16)) for address, port in places]


def test_the_server_listens_in_a_network_of_its_own_and_is_reached_on_loopback_alone(
    start_milvus: Callable[[Path], MilvusNode], tmp_path: Path
) -> None:
    node = start_milvus(tmp_path)
    inside = {port for _, port in listening(node.pid, "tcp6")}
    outside = [*listening("self", "tcp"), *listening("self", "tcp6")]
    assert 19530 in inside
    assert [address for address, port in outside if port == node.port] == ["0100007F"]
    assert {port for _, port in listening(node.pid, "tcp")}.isdisjoint({node.port})


def test_a_server_that_is_killed_is_gone_and_has_every_acknowledged_row_after_its_next_start(
    start_milvus: Callable[[Path], MilvusNode], tmp_path: Path
) -> None:
    node = start_milvus(tmp_path)
    rows = np.arange(50, dtype=np.int32)
    windows = Windows(rows, rows, rows, np.eye(50, 64, dtype=np.float32))
    with closing(connect(node.uri, tmp_path, algorithm="test")) as store:
        store.upsert(ReferenceKey("default", "video", 1), Track.PICTURE, windows)
        node.kill()
        assert not is_listened_on(node.port)
        node.start()
        assert store.count("default", "video") == 50


def test_a_server_that_asks_for_token_and_certificate_lets_in_who_has_both(
    milvus_programs: None,  # noqa: ARG001 (must be there)
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connection, "TRIES", 1)
    node = SecureMilvusNode(tmp_path / "server")
    node.start()
    try:
        rows = np.arange(50, dtype=np.int32)
        windows = Windows(rows, rows, rows, np.eye(50, 64, dtype=np.float32))
        with closing(connect(node.uri, tmp_path, algorithm="test", security=node.security)) as store:
            store.upsert(ReferenceKey("default", "video", 1), Track.PICTURE, windows)
            assert store.count("default", "video") == 50
        (tmp_path / "wrong").write_text("root:guessed")
        wrong = replace(node.security, token_file=tmp_path / "wrong")
        with pytest.raises(NeighbourAwayError, match="MEDIADNA_MILVUS_TOKEN_FILE"):
            shake_hands(node.uri, wrong)
        for security in (wrong, replace(node.security, cert_file=None, key_file=None)):
            with (
                closing(connect(node.uri, tmp_path, algorithm="test", security=security)) as store,
                pytest.raises(NeighbourAwayError, match="Milvus does not do its work"),
            ):
                store.count("default", "video")
    finally:
        node.kill()
