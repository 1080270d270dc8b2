"""Probes: what is away shows although no work is under way."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
from pathlib import Path

import pytest

from streams.adapters.kafka.connection import KafkaConnection
from streams.ports.errors import Neighbour
from streams.settings import Settings
from streams.telemetry.neighbours import Neighbours
from streams.worker.probes import Probes, disk_probe, kafka_probe, milvus_probe


async def test_a_milvus_that_does_not_listen_is_away_until_it_does(tmp_path: Path) -> None:
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        settings = Settings(state=tmp_path, milvus=f"http://127.0.0.1:{place.getsockname()[1]}")
        neighbours = Neighbours()
        probes = Probes({Neighbour.MILVUS: milvus_probe(settings)}, neighbours)
        await probes.look()
        ((absence),) = neighbours.away()
        assert (absence.neighbour, str(place.getsockname()[1]) in absence.reason) == (Neighbour.MILVUS, True)
        place.listen()
        await probes.look()
        assert neighbours.away() == []


async def test_a_broker_that_takes_connections_is_not_called_back_for_that_alone() -> None:
    neighbours = Neighbours()
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        kafka = KafkaConnection.plaintext(f"127.0.0.1:1,127.0.0.1:{place.getsockname()[1]}")
        probes = Probes(
            {Neighbour.KAFKA: kafka_probe(kafka)},
            neighbours,
            doubtful=frozenset({Neighbour.KAFKA}),
        )
        await probes.look()
        assert [one.neighbour for one in neighbours.away()] == [Neighbour.KAFKA]
        place.listen()
        await probes.look()
        assert [one.neighbour for one in neighbours.away()] == [Neighbour.KAFKA]
        neighbours.came_back(Neighbour.KAFKA)
        await probes.look()
        assert neighbours.away() == []


async def test_milvus_lite_is_looked_for_where_its_state_folder_says(tmp_path: Path) -> None:
    neighbours = Neighbours()
    probes = Probes({Neighbour.MILVUS: milvus_probe(Settings(state=tmp_path))}, neighbours)
    await probes.look()
    assert [one.neighbour for one in neighbours.away()] == [Neighbour.MILVUS]
    with socket.create_server(("127.0.0.1", 0)) as server:
        (tmp_path / "milvus").mkdir()
        (tmp_path / "milvus" / "port").write_text(str(server.getsockname()[1]))
        await probes.look()
        assert neighbours.away() == []


@pytest.mark.skipif(os.geteuid() != 0, reason="a small disk of a test's own can be mounted by root only")
async def test_a_full_disk_shows_as_that_and_is_over_when_there_is_space(tmp_path: Path) -> None:
    subprocess.run(["/bin/mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", tmp_path], check=True)
    try:
        neighbours = Neighbours()
        probes = Probes({Neighbour.DISK: disk_probe(tmp_path)}, neighbours)
        await probes.look()
        assert neighbours.away() == []
        ballast = tmp_path / "ballast"
        with pytest.raises(OSError, match="No space left"):
            ballast.write_bytes(bytes(1 << 20))
        await probes.look()
        (absence,) = neighbours.away()
        assert (absence.neighbour, "the disk is full" in absence.reason) == (Neighbour.DISK, True)
        assert list(tmp_path.iterdir()) == [ballast]
        ballast.unlink()
        await probes.look()
        assert neighbours.away() == []
    finally:
        subprocess.run(["/bin/umount", tmp_path], check=True)


async def test_a_probe_that_fails_in_an_unforeseen_way_does_not_end_the_looking() -> None:
    looks = 0

    async def probe() -> None:
        nonlocal looks
        looks += 1
        raise RuntimeError("unforeseen")

    neighbours = Neighbours()
    probes = Probes({Neighbour.STORE: probe}, neighbours)
    probes.start()
    while not looks:
        await asyncio.sleep(0)
    await probes.stop()
    assert [one.neighbour for one in neighbours.away()] == [Neighbour.STORE]
