"""An upload system and a downstream consumer, as tests of the running service need them."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from streams.demo.edit import Truth

Footage = dict[str, Path]
EditedCopy = Callable[..., tuple[Path, tuple[Truth, ...]]]

#: Seconds that a job may take on a loaded machine.
JOB_S = 180.0
#: Whom clients trust, read once: each that reads the certificates itself takes 50 ms of processor time for it, and who
#: looks every 50 ms whether something has come about would take a processor from what is to bring it about.
TRUSTED = ssl.create_default_context()


async def emit(kafka: str, *values: bytes, key: bytes = b"video", prefix: str = "mediadna") -> None:
    """Emit values as transcode-complete events."""
    producer = AIOKafkaProducer(bootstrap_servers=kafka)
    await producer.start()
    try:
        for value in values:
            await producer.send_and_wait(f"{prefix}.transcode-complete", value, key)
    finally:
        await producer.stop()


def event(video_id: str, media: Path, **fields: object) -> bytes:
    """Return a transcode-complete event."""
    return json.dumps(
        {
            "EventType": "StreamTranscodeComplete",
            "EventTime": "2026-11-23T08:00:00Z",
            "VideoId": video_id,
            "Status": "success",
            "FileUrl": media.as_uri(),
            "Format": "mp4",
            **fields,
        }
    ).encode()


async def read_all(kafka: str, topic: str) -> list[Any]:
    """Return everything that is on a topic now, in the order of each partition."""
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka, auto_offset_reset="earliest")
    await consumer.start()
    try:
        partitions = [TopicPartition(topic, number) for number in range(4)]
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        ends = await consumer.end_offsets(partitions)
        found: list[Any] = []
        while any([await consumer.position(p) < ends[p] for p in partitions]):
            for messages in (await consumer.getmany(timeout_ms=500)).values():
                found += messages
        return found
    finally:
        await consumer.stop()


async def completed(kafka: str, *media_ids: str, prefix: str = "mediadna") -> list[dict[str, Any]]:
    """Wait until every media item has a complete event; return all complete events there are."""
    async with asyncio.timeout(JOB_S):
        while True:
            events = [json.loads(message.value) for message in await read_all(kafka, f"{prefix}.job-complete")]
            if set(media_ids) <= {one["MediaId"] for one in events}:
                return events
            await asyncio.sleep(0.5)


async def jobs(web: str, **filters: str) -> list[dict[str, Any]]:
    """List jobs over the API."""
    async with httpx.AsyncClient(base_url=web, trust_env=False, timeout=30, verify=TRUSTED) as api:
        answer = await api.get("/api/v1/jobs", params=filters)
        answer.raise_for_status()
        found: list[dict[str, Any]] = answer.json()["jobs"]
        return found


async def ended_job(web: str, media_id: str) -> dict[str, Any]:
    """Wait until the newest job of a media item has ended."""
    async with asyncio.timeout(JOB_S):
        while True:
            found = await jobs(web, media_id=media_id)
            if found and found[0]["status"] not in {"init", "processing"}:
                return found[0]
            await asyncio.sleep(0.3)


def result(complete: dict[str, Any]) -> dict[str, Any]:
    """Return what a complete event found."""
    data: dict[str, Any] = json.loads(complete["Data"])
    return data


def descendants(pid: int) -> set[int]:
    """Return the processes that a process has started, and those that they have."""
    found: set[int] = set()
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            child = int(status.parent.name)
            found |= {child} | descendants(child)
    return found


def alive(pids: set[int]) -> set[int]:
    """Return which of the processes still run."""
    running = set()
    for pid in pids:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if state != "Z":
            running.add(pid)
    return running
