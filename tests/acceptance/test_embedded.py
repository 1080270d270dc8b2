"""`mediadna up`: an event comes in, the copy is found, the result goes out, and nothing is lost over a restart."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
from http import HTTPStatus
from pathlib import Path

import httpx
import pytest
from support.client import (
    JOB_S,
    EditedCopy,
    Footage,
    alive,
    completed,
    descendants,
    emit,
    ended_job,
    event,
    jobs,
    read_all,
    result,
)
from support.packets import FEWER_THAN_NO_PROTOCOLS, HALF, HUGE, NO_REQUEST

from fingerprint.types import ReferenceKey
from streams.adapters.storage.fsspec_store import open_store
from streams.demo.edit import Edit, Piece, Truth
from streams.demo.service import Service, running_service

pytestmark = pytest.mark.integration

Copy = tuple[Path, tuple[Truth, ...]]
WEB = ("--web", "127.0.0.1:0")


@pytest.fixture
def copy(footage: Footage, edited_copy: EditedCopy) -> Copy:
    return edited_copy(Piece(footage["trailer"], 10.0, 24.0), edit=Edit(logo=True))


def media(*paths: Path) -> tuple[str, str]:
    return "--media", " ".join({str(path.parent) for path in paths})


async def test_one_job_for_one_video_however_often_its_events_come(
    tmp_path: Path, footage: Footage, copy: Copy
) -> None:
    copied, (truth,) = copy
    async with running_service(tmp_path, *WEB, *media(copied, footage["trailer"])) as service:
        await emit(service.kafka, event("original", footage["trailer"]))
        await completed(service.kafka, "original")
        upload = event("upload", copied, Extend="mine")
        await emit(service.kafka, *[upload] * 5, event("upload", copied, Definition="HD", FileUrl="file:///hd.mp4"))
        await completed(service.kafka, "upload")
        await emit(service.kafka, upload)
        await asyncio.sleep(3)
        events = [one for one in await completed(service.kafka, "upload") if one["MediaId"] == "upload"]
        assert len(events) == 1
        (found,) = result(events[0])["VideoDNA"]
        assert (events[0]["Status"], events[0]["Code"], events[0]["Extend"]) == ("success", "0", "mine")
        assert found["PrimaryKey"] == "original"
        first, last = found["Detail"][0], found["Detail"][-1]
        for field, (start, end) in (("Input", truth.copy), ("Duplication", truth.original)):
            assert float(first[field]["Start"]) == pytest.approx(start, abs=0.5)
            assert float(last[field]["Start"]) + float(last[field]["Duration"]) == pytest.approx(end, abs=0.5)
        (job,) = await jobs(service.web, media_id="upload")
        assert job["job_id"] == events[0]["JobId"]
        live = [json.loads(message.value) for message in await read_all(service.kafka, "mediadna.matches")]
        assert {one["MediaId"] for one in live} == {"upload"}


async def test_what_cannot_be_used_is_put_aside_and_the_stream_goes_on(tmp_path: Path, footage: Footage) -> None:
    bikes = footage["bikes"]
    bad = [b"{", b"[]", b'{"EventType":"Nonsense"}', event("video", bikes, VideoId=7), event("video", bikes, Width=[])]
    async with running_service(tmp_path, *WEB, *media(bikes)) as service:
        await emit(service.kafka, *bad, event("good", bikes))
        await completed(service.kafka, "good")
        letters = await read_all(service.kafka, "mediadna.dead-letter")
        assert sorted(letter.value for letter in letters) == sorted(bad)
        for letter in letters:
            headers = dict(letter.headers)
            assert headers["x-original-topic"] == b"mediadna.transcode-complete"
            assert headers["x-error-reason"]


async def test_a_topic_of_which_nothing_can_be_used_is_held_and_the_rest_of_the_work_goes_on(
    tmp_path: Path, footage: Footage, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit, bikes = 5, footage["bikes"]
    monkeypatch.setenv("MEDIADNA_DEAD_LETTER_LIMIT", str(limit))
    async with running_service(tmp_path, *WEB, *media(bikes)) as service:
        await emit(service.kafka, *[b"{%d" % number for number in range(4 * limit)])
        async with httpx.AsyncClient(base_url=service.web, timeout=20) as client, asyncio.timeout(JOB_S):
            while "mediadna.transcode-complete is held" not in (answer := await client.get("/readyz")).text:
                await asyncio.sleep(0.2)
            assert answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE
            body = {"media_id": "asked-for", "url": bikes.as_uri()}
            assert (await client.post("/api/v1/jobs", json=body)).status_code == HTTPStatus.ACCEPTED
        await completed(service.kafka, "asked-for")
        assert len(await read_all(service.kafka, "mediadna.dead-letter")) == limit


async def test_bad_media_gets_the_right_code_and_the_worker_lives_on(tmp_path: Path, footage: Footage) -> None:
    folder = tmp_path / "media"
    folder.mkdir()
    (folder / "empty.mp4").write_bytes(b"")
    (folder / "text.mp4").write_text("this is no video " * 1000)
    (folder / "truncated.mp4").write_bytes(footage["bikes"].read_bytes()[:100_000])
    outside = tmp_path / "secret.mp4"
    outside.write_bytes(b"x")
    expected = {
        "empty": (folder / "empty.mp4", "InvalidParameter.ResourceContentBad"),
        "text": (folder / "text.mp4", "InvalidParameter.ResourceContentBad"),
        "truncated": (folder / "truncated.mp4", "InvalidParameter.ResourceContentBad"),
        "missing": (folder / "missing.mp4", "InvalidParameter.ResourceNotFound"),
        "outside": (outside, "PermissionDenied.ResourceAccess"),
    }
    async with running_service(tmp_path / "state", *WEB, "--media", f"{folder} {footage['bikes'].parent}") as service:
        await emit(service.kafka, *[event(name, path) for name, (path, _) in expected.items()])
        events = {one["MediaId"]: one for one in await completed(service.kafka, *expected)}
        assert {name: one["Code"] for name, one in events.items()} == {
            name: code for name, (_, code) in expected.items()
        }
        assert all(one["Status"] == "fail" and one["Message"] for one in events.values())
        await emit(service.kafka, event("good", footage["bikes"]))
        assert (await ended_job(service.web, "good"))["status"] == "success"


async def test_stopped_and_started_again_it_knows_its_jobs_and_finds_copies(
    tmp_path: Path, footage: Footage, copy: Copy
) -> None:
    copied, _ = copy
    places = media(copied, footage["trailer"])
    async with running_service(tmp_path, *WEB, *places) as service:
        kafka = service.kafka
        await emit(kafka, event("original", footage["trailer"]))
        before = await ended_job(service.web, "original")
    assert service.process.returncode == 0
    async with running_service(tmp_path, *WEB, *places) as service:
        assert service.kafka == kafka
        await emit(kafka, event("original", footage["trailer"]), event("upload", copied))
        assert [match["media_id"] for match in (await ended_job(service.web, "upload"))["matches"]] == ["original"]
        assert await jobs(service.web, media_id="original") == [before]


async def test_killed_in_the_middle_of_a_job_it_finishes_it_after_the_next_start(
    tmp_path: Path, footage: Footage
) -> None:
    trailer = footage["trailer"]
    async with running_service(tmp_path, *WEB, *media(trailer)) as service:
        await emit(service.kafka, event("video", trailer))
        while not (found := await jobs(service.web, media_id="video")) or found[0]["status"] != "processing":
            await asyncio.sleep(0.05)
        children = descendants(service.process.pid)
        assert children
        os.kill(service.process.pid, signal.SIGKILL)
        await service.process.wait()
        for _ in range(100):
            if not alive(children):
                break
            await asyncio.sleep(0.1)
        assert alive(children) == set()
    async with running_service(tmp_path, *WEB, *media(trailer)) as service:
        events = await completed(service.kafka, "video")
        assert [one["Status"] for one in events] == ["success"]
        (job,) = await jobs(service.web, media_id="video")
        store = open_store(str(tmp_path / "fingerprints"))
        assert list(store.keys("default")) == [ReferenceKey("default", "video", job["version"])]


def broker_of(service: Service) -> int:
    """Return the process that the embedded broker runs in."""
    (found,) = [
        child
        for child in descendants(service.process.pid)
        if b"streams.adapters.kafka.embedded_process" in Path(f"/proc/{child}/cmdline").read_bytes()
    ]
    return found


async def until_ready(service: Service) -> None:
    async with httpx.AsyncClient(base_url=service.web, trust_env=False) as api, asyncio.timeout(JOB_S):
        while (await api.get("/readyz")).status_code != HTTPStatus.OK:
            await asyncio.sleep(0.1)


async def test_a_broker_that_is_killed_is_started_again_and_every_job_ends_once(
    tmp_path: Path, footage: Footage
) -> None:
    bikes = footage["bikes"]
    names = [f"video-{number}" for number in range(4)]
    async with running_service(tmp_path, *WEB, *media(bikes)) as service:
        await emit(service.kafka, event("before", bikes))
        await ended_job(service.web, "before")
        await emit(service.kafka, *[event(name, bikes) for name in names])
        while {job["media_id"] for job in await jobs(service.web)} != {"before", *names}:
            await asyncio.sleep(0.05)
        os.kill(broker_of(service), signal.SIGKILL)
        async with httpx.AsyncClient(base_url=service.web, trust_env=False) as api, asyncio.timeout(JOB_S):
            while "kafka is away" not in (answer := await api.get("/readyz")).text:
                await asyncio.sleep(0.02)
            assert answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE
            assert {job["media_id"] for job in await jobs(service.web)} == {"before", *names}
        await until_ready(service)
        await emit(service.kafka, event("after", bikes))
        for name in ("before", *names, "after"):
            assert (await ended_job(service.web, name))["status"] == "success"
        events = await completed(service.kafka, *names, "after")
        assert sorted(one["MediaId"] for one in events) == sorted([*names, "after"])
    assert service.process.returncode == 0


async def test_packets_that_end_the_broker_do_not_end_the_service(tmp_path: Path, footage: Footage) -> None:
    bikes = footage["bikes"]
    async with running_service(tmp_path, *WEB, *media(bikes)) as service:
        host, port = service.kafka.split(":")
        for packet in (FEWER_THAN_NO_PROTOCOLS, HUGE, NO_REQUEST, HALF, FEWER_THAN_NO_PROTOCOLS):
            broker = broker_of(service)
            with socket.create_connection((host, int(port)), timeout=20) as connection:
                connection.sendall(packet)
                while packet is FEWER_THAN_NO_PROTOCOLS and broker in alive({broker}):
                    await asyncio.sleep(0.05)
            await until_ready(service)
        await emit(service.kafka, event("video", bikes))
        assert (await ended_job(service.web, "video"))["status"] == "success"
    assert service.process.returncode == 0
