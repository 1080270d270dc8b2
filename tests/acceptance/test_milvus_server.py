"""A worker against Apache Kafka and a Milvus server: the copy is found, also when Milvus dies in the middle."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from support.client import EditedCopy, Footage, completed, emit, event, jobs, result
from support.nodes import MilvusNode

from fingerprint.engine import ALGORITHM
from fingerprint.model import Fingerprint
from fingerprint.types import ReferenceKey
from streams.adapters.milvus.connect import connect
from streams.adapters.storage.fsspec_store import open_store
from streams.demo.edit import Edit, Piece
from streams.demo.service import Service, running_service

pytestmark = pytest.mark.integration

WEB = ("--web", "127.0.0.1:0")
#: Seconds for which Milvus is away: longer than one try of a call, as when a machine starts anew.
AWAY_S = 5


def environment(kafka: str, milvus: str, prefix: str) -> dict[str, str]:
    # A library of the test's own: the server's others are other tests'.
    return {
        "MEDIADNA_KAFKA": kafka,
        "MEDIADNA_MILVUS": milvus,
        "MEDIADNA_TOPIC_PREFIX": prefix,
        "MEDIADNA_LIBRARY": prefix,
    }


async def stored_windows(service: Service, state: Path, milvus: str, library: str, media_id: str) -> tuple[int, int]:
    """Return how many windows of a media item Milvus has, and how many its stored fingerprint has."""
    (job,) = await jobs(service.web, media_id=media_id)
    data = open_store(str(state / "fingerprints")).get(ReferenceKey(library, media_id, job["version"]))
    assert data is not None
    windows = Fingerprint.from_bytes(data).windows().values()
    with closing(connect(milvus, state, algorithm=ALGORITHM)) as vectors:
        return vectors.count(library, media_id), sum(len(rows.numbers) for rows in windows)


async def test_a_copy_is_found_in_a_milvus_server(
    kafka: str, milvus: str, tmp_path: Path, footage: Footage, edited_copy: EditedCopy
) -> None:
    trailer = footage["trailer"]
    copied, (truth,) = edited_copy(Piece(trailer, 10.0, 24.0), edit=Edit(logo=True))
    places = ("--media", f"{trailer.parent} {copied.parent}")
    settings = environment(kafka, milvus, "server")
    async with running_service(tmp_path, *WEB, *places, command="worker", environment=settings) as service:
        await emit(kafka, event("original", trailer), prefix="server")
        await completed(kafka, "original", prefix="server")
        await emit(kafka, event("upload", copied), prefix="server")
        events = [e for e in await completed(kafka, "upload", prefix="server") if e["MediaId"] == "upload"]
        assert [(e["Status"], e["Code"]) for e in events] == [("success", "0")]
        (found,) = result(events[0])["VideoDNA"]
        assert found["PrimaryKey"] == "original"
        assert float(found["Detail"][0]["Duplication"]["Start"]) == pytest.approx(truth.original[0], abs=0.5)
        for media_id in ("original", "upload"):
            in_milvus, in_store = await stored_windows(service, tmp_path, milvus, "server", media_id)
            assert in_milvus == in_store > 0
    assert not (tmp_path / "milvus").exists(), "Milvus Lite was started beside the server"


async def test_a_job_ends_once_and_well_although_milvus_is_killed_and_started_again_in_the_middle_of_it(
    kafka: str, start_milvus: Callable[[Path], MilvusNode], tmp_path: Path, footage: Footage
) -> None:
    trailer = footage["trailer"]
    node = start_milvus(tmp_path / "server")
    settings = environment(kafka, node.uri, "away")
    state = tmp_path / "state"
    async with running_service(
        state, *WEB, "--media", str(trailer.parent), command="worker", environment=settings
    ) as service:
        await emit(kafka, event("video", trailer), prefix="away")
        while not (found := await jobs(service.web, media_id="video")) or not found[0]["chunks_done"]:
            await asyncio.sleep(0.05)
        node.kill()
        await asyncio.sleep(AWAY_S)
        await asyncio.to_thread(node.start)
        await completed(kafka, "video", prefix="away")
        await asyncio.sleep(3)
        events = await completed(kafka, "video", prefix="away")
        assert [(e["MediaId"], e["Status"], e["Message"]) for e in events] == [("video", "success", "OK")]
        in_milvus, in_store = await stored_windows(service, state, node.uri, "away", "video")
        assert in_milvus == in_store > 0
