"""Workers against Apache Kafka: events that are too large are put aside by reference, and stop nothing behind them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from support.client import completed, event, jobs, read_all

from schemas.limits import EXCERPT, MOST_RENDITIONS
from streams.demo.service import running_service

pytestmark = pytest.mark.integration

PREFIX = "large"
TOPIC = f"{PREFIX}.transcode-complete"
WEB = ("--web", "127.0.0.1:0")
#: What every event here is keyed by: all are on one partition, one behind the other.
KEY = b"video"


async def emit(kafka: str, value: bytes, *headers: tuple[str, bytes], compression: str | None = None) -> int:
    """Emit a value as a producer without a limit of its own does; return its offset."""
    producer = AIOKafkaProducer(bootstrap_servers=kafka, max_request_size=2**26, compression_type=compression)
    await producer.start()
    try:
        sent: int = (await producer.send_and_wait(TOPIC, value, KEY, headers=list(headers))).offset
        return sent
    finally:
        await producer.stop()


async def test_large_events_stop_nothing_and_are_put_aside_by_reference(kafka: str, tmp_path: Path, clip: Path) -> None:
    many = {
        "EventType": "TranscodeComplete",
        "EventTime": "2026-11-23T08:00:00Z",
        "VideoId": "many",
        "Status": "success",
        "StreamInfos": [
            {"Status": "success", "FileUrl": clip.as_uri(), "Definition": f"D{number}", "Format": "mp4"}
            for number in range(6_000)
        ],
    }
    places = ("--media", str(clip.parent))
    environment = {"MEDIADNA_KAFKA": kafka, "MEDIADNA_TOPIC_PREFIX": PREFIX}
    async with running_service(tmp_path, *WEB, *places, command="worker", environment=environment) as service:
        offsets = [
            await emit(kafka, b"x" * 10_430_001),
            await emit(kafka, b"\0" * 30_000_000, compression="gzip"),
            await emit(kafka, event("video", clip, FileUrl="file:///" + "f" * 4_000_000)),
            await emit(kafka, event("video", clip), ("tag", b"t" * 2_000_000)),
            await emit(kafka, event("video", clip, FileUrl="file:///" + "f" * 5_000)),
        ]
        for value in (json.dumps(many).encode(), event("behind", clip)):
            await emit(kafka, value)
        events = {one["MediaId"]: one for one in await completed(kafka, "many", "behind", prefix=PREFIX)}
        assert {name: one["Status"] for name, one in events.items()} == {"many": "success", "behind": "success"}
        assert len(await jobs(service.web, media_id="many")) == 1

        letters = await read_all(kafka, f"{PREFIX}.dead-letter")
        found = {int(dict(letter.headers)["x-original-offset"]): letter for letter in letters}
        assert sorted(found) == offsets
        for offset in offsets[:4]:
            headers = dict(found[offset].headers)
            assert (headers["x-truncated"], headers["x-error-code"]) == (b"true", b"InvalidEvent")
            assert int(headers["x-original-size"]) > 2_000_000
            assert len(found[offset].value) <= EXCERPT
        assert dict(found[offsets[0]].headers)["x-original-size"] == str(10_430_001 + len(KEY)).encode()
        whole = found[offsets[4]]
        assert json.loads(whole.value)["VideoId"] == "video"
        assert b"$.FileUrl" in dict(whole.headers)["x-error-reason"]

        states = [json.loads(state.value) for state in await read_all(kafka, f"{PREFIX}.jobs")]
        noted = [len(state["Renditions"]) for state in states if state["MediaId"] == "many"]
        assert set(noted) == {MOST_RENDITIONS}
    assert service.process.returncode == 0
