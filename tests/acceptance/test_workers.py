"""Workers against Apache Kafka: exactly one result, whatever is replayed and whoever is killed."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from support.client import EditedCopy, Footage, alive, completed, descendants, emit, event, jobs, result

from fingerprint.engine import ALGORITHM
from fingerprint.model import Fingerprint
from fingerprint.types import ReferenceKey
from streams.adapters.milvus.connect import connect
from streams.adapters.storage.fsspec_store import open_store
from streams.demo.edit import Edit, Piece
from streams.demo.service import running_service

pytestmark = pytest.mark.integration

WEB = ("--web", "127.0.0.1:0")


@pytest.fixture(autouse=True)
def one_process() -> None:
    """Let each worker have as many processes as it has by itself."""


def environment(kafka: str, prefix: str) -> dict[str, str]:
    return {"MEDIADNA_KAFKA": kafka, "MEDIADNA_TOPIC_PREFIX": prefix}


def windows_of(state: Path, key: ReferenceKey) -> int:
    """Return how many windows a stored fingerprint has."""
    data = open_store(str(state / "fingerprints")).get(key)
    assert data is not None
    return sum(len(rows.numbers) for rows in Fingerprint.from_bytes(data).windows().values())


async def test_an_event_that_is_replayed_five_times_makes_one_result(
    kafka: str, tmp_path: Path, footage: Footage, edited_copy: EditedCopy
) -> None:
    trailer = footage["trailer"]
    copied, (truth,) = edited_copy(Piece(trailer, 10.0, 24.0), edit=Edit(logo=True))
    places = ("--media", f"{trailer.parent} {copied.parent}")
    async with running_service(
        tmp_path, *WEB, *places, command="worker", environment=environment(kafka, "replay")
    ) as service:
        await emit(kafka, event("original", trailer), prefix="replay")
        await completed(kafka, "original", prefix="replay")
        await emit(kafka, *[event("upload", copied)] * 5, prefix="replay")
        await completed(kafka, "upload", prefix="replay")
        await asyncio.sleep(3)
        events = [e for e in await completed(kafka, "upload", prefix="replay") if e["MediaId"] == "upload"]
        assert len(events) == 1
        (found,) = result(events[0])["VideoDNA"]
        assert found["PrimaryKey"] == "original"
        assert float(found["Detail"][0]["Duplication"]["Start"]) == pytest.approx(truth.original[0], abs=0.5)
        assert len(await jobs(service.web, media_id="upload")) == 1


async def test_a_worker_that_is_killed_in_the_middle_of_a_job_leaves_one_result_and_no_process(
    kafka: str, tmp_path: Path, footage: Footage
) -> None:
    trailer = footage["trailer"]
    options = {"command": "worker", "environment": environment(kafka, "kill")}
    places = ("--media", str(trailer.parent))
    async with running_service(tmp_path, *WEB, *places, **options) as first:
        await emit(kafka, event("video", trailer), prefix="kill")
        while not (found := await jobs(first.web, media_id="video")) or found[0]["status"] != "processing":
            await asyncio.sleep(0.05)
        children = descendants(first.process.pid)
        os.kill(first.process.pid, signal.SIGKILL)
        await first.process.wait()
    async with running_service(tmp_path, *WEB, *places, **options) as second:
        assert alive(children) == set()
        events = await completed(kafka, "video", prefix="kill")
        await asyncio.sleep(3)
        events = await completed(kafka, "video", prefix="kill")
        assert [(e["MediaId"], e["Status"]) for e in events] == [("video", "success")]
        (job,) = await jobs(second.web, media_id="video")
        with closing(connect("", tmp_path / "milvus", algorithm=ALGORITHM)) as vectors:
            stored = vectors.count("default", "video")
        assert stored == windows_of(tmp_path, ReferenceKey("default", "video", job["version"]))


async def test_a_worker_that_joins_in_mid_job_takes_its_share_and_nothing_is_done_twice(
    kafka: str, tmp_path: Path, footage: Footage
) -> None:
    trailer, names = footage["trailer"], ["video-1", "video-2", "video-3"]
    options = {"command": "worker", "environment": environment(kafka, "join")}
    places = ("--media", str(trailer.parent))
    async with running_service(tmp_path, *WEB, *places, **options) as first:
        for name in names:
            await emit(kafka, event(name, trailer), key=name.encode(), prefix="join")
        while not any(job["status"] == "processing" for job in await jobs(first.web)):
            await asyncio.sleep(0.05)
        async with running_service(tmp_path, *WEB, *places, **options) as second:
            await completed(kafka, *names, prefix="join")
            await asyncio.sleep(3)
            events = await completed(kafka, *names, prefix="join")
            assert sorted((e["MediaId"], e["Status"]) for e in events) == [(name, "success") for name in names]
            known = [{job["job_id"]: job["status"] for job in await jobs(one.web)} for one in (first, second)]
            assert known[0] == known[1]
            assert set(known[0].values()) == {"success"}
            with closing(connect("", tmp_path / "milvus", algorithm=ALGORITHM)) as vectors:
                for job in await jobs(second.web):
                    key = ReferenceKey("default", job["media_id"], job["version"])
                    assert vectors.count("default", job["media_id"]) == windows_of(tmp_path, key)
    assert (first.process.returncode, second.process.returncode) == (0, 0)


async def test_a_worker_for_which_no_partition_is_left_stands_by_and_takes_over_when_another_one_is_killed(
    kafka: str, tmp_path: Path, footage: Footage
) -> None:
    bikes = footage["bikes"]
    options = {"command": "worker", "environment": environment(kafka, "standby")}
    places = ("--media", str(bikes.parent))
    async with (
        running_service(tmp_path, *WEB, *places, **options) as first,
        running_service(tmp_path, *WEB, *places, **options) as second,
        running_service(tmp_path, *WEB, *places, **options) as third,  # Faust leaves it none of four partitions
    ):
        async with httpx.AsyncClient(base_url=third.web, trust_env=False) as api:
            assert (await api.get("/readyz")).status_code == 200
        for service in (first, second):
            os.kill(service.process.pid, signal.SIGKILL)
        await emit(kafka, event("video", bikes), prefix="standby")
        events = await completed(kafka, "video", prefix="standby")
        assert [(e["MediaId"], e["Status"]) for e in events] == [("video", "success")]
        assert third.process.returncode is None
