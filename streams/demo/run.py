"""The demo: a library of real videos, an edited copy of one of them, and the event that tells what it is."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import msgspec
from rich.console import Console

from fingerprint.media.errors import MediaError
from fingerprint.media.probe import probe
from schemas.clock import utc_now
from schemas.events import AIMediaDNAComplete
from streams.adapters.kafka.connection import KafkaConnection
from streams.adapters.kafka.topics import Topics
from streams.demo.edit import Edit, Piece, Truth, make_copy
from streams.demo.footage import VIDEOS, fetch
from streams.demo.service import Service, ServiceFailed, running_service

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from aiokafka import AIOKafkaConsumer

__all__ = ["DemoFailed", "run_demo"]

#: What the demo makes: state, library and copy. Made anew each time.
FOLDER = Path(".demo")
#: Where the web view is usually found.
USUAL_WEB = ("127.0.0.1", 6066)
#: Seconds for the jobs of one step, also on a machine that is busy; the longest video here lasts a minute.
JOB_S = 600.0
#: Seconds by which bounds may be off, as the contract promises.
TOLERANCE_S = 0.5

console = Console(highlight=False, soft_wrap=True)


class DemoFailed(RuntimeError):  # noqa: N818 (says what happened)
    """The demo did not show what it is to show."""


async def run_demo(*, keep: bool, video: Path | None) -> None:
    """Run the demo.

    Args:
        keep: Leave the service running at the end, until Ctrl-C.
        video: A video of the user's, to be copied instead of one of ours.

    Raises:
        DemoFailed: The service did not start, or did not find the copy.
    """
    started = time.monotonic()
    _say("1", "Fetching real videos (once; their licences are in the README)")
    library = _library(video)
    shutil.rmtree(FOLDER, ignore_errors=True)
    media = FOLDER / "media"
    media.mkdir(parents=True)
    source = video or library["trailer"]
    copy, truth = media / "copy.mp4", None
    _say("2", "Starting broker, Milvus Lite, worker and web view")
    places = " ".join(str(folder.absolute()) for folder in {media, *(path.parent for path in library.values())})
    try:
        async with running_service(FOLDER.absolute() / "state", "--media", places, "--web", _web()) as service:
            _say("3", f"Importing {len(library)} videos into the library: {', '.join(library)}")
            await _import(service, library)
            truth = _make_copy(source, copy)
            _say(
                "4", "Emitting a transcode-complete event for an edited copy: trimmed, re-encoded, scaled, with a logo"
            )
            event = await _ask_by_event(service, copy)
            _show(event)
            _check(event, source, truth)
            _say("5", f"Done in {time.monotonic() - started:.0f} s. The web view: {service.web}")
            if keep:
                console.print("   Keeping it running; Ctrl-C ends it.")
                await _until_interrupted(service)
    except ServiceFailed as error:
        raise DemoFailed(str(error)) from error


def _library(video: Path | None) -> dict[str, Path]:
    library = fetch([found.name for found in VIDEOS])
    if video is None:
        return library
    try:
        probe(video)
    except MediaError as error:
        raise DemoFailed(f"{video} cannot be used: {error}") from error
    if video.stem in library:
        raise DemoFailed(f"a video of the demo is called {video.stem!r} too: give yours another name")
    return {**library, video.stem: video.absolute()}


def _web() -> str:
    """The usual address of the web view, or any free port when another program has it."""
    host, port = USUAL_WEB
    with socket.socket() as attempt:
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            attempt.bind((host, port))
        except OSError:
            port = 0
    return f"{host}:{port}"


async def _import(service: Service, library: dict[str, Path]) -> None:
    async with httpx.AsyncClient(base_url=service.web, trust_env=False, timeout=30.0) as api:
        jobs = []
        for name, path in library.items():
            answer = await api.post("/api/v1/jobs", json={"media_id": name, "url": path.absolute().as_uri()})
            answer.raise_for_status()
            jobs.append(answer.json()["job_id"])
        deadline = time.monotonic() + JOB_S
        for job_id in jobs:
            job = (await api.get(f"/api/v1/jobs/{job_id}")).json()
            while job["status"] in {"init", "processing"} and time.monotonic() < deadline:
                await asyncio.sleep(0.3)
                job = (await api.get(f"/api/v1/jobs/{job_id}")).json()
            if job["status"] != "success":
                raise DemoFailed(f"importing {job['media_id']} ended with {job['status']}: {job['message']}")
            console.print(f"   {job['media_id']:9} {job['duration']:5.1f} s")


def _make_copy(source: Path, copy: Path) -> Truth:
    """Cut the middle part out of the video, at most 20 s of it, and edit it."""
    duration = probe(source).duration
    length = min(20.0, duration * 0.6)
    start = round((duration - length) * 0.4, 1)
    (truth,) = make_copy([Piece(source, start, start + length)], copy, Edit(width=480, height=270, logo=True))
    return truth


async def _ask_by_event(service: Service, copy: Path) -> AIMediaDNAComplete:
    """Emit the event as an upload system would, and wait for the result as a downstream consumer would."""
    topics = Topics.of("mediadna")
    event = {
        "EventType": "StreamTranscodeComplete",
        "EventTime": utc_now(),
        "VideoId": "suspicious-upload",
        "Status": "success",
        "FileUrl": copy.absolute().as_uri(),
        "Format": "mp4",
        "Definition": "SD",
        "Size": copy.stat().st_size,
    }
    console.print(f"   {msgspec.json.encode(event).decode()}", markup=False)
    kafka = KafkaConnection.plaintext(service.kafka)
    async with _consumer(kafka, topics.job_complete) as consumer:
        producer = kafka.producer()
        await producer.start()
        try:
            await producer.send_and_wait(topics.transcode_complete, msgspec.json.encode(event), b"suspicious-upload")
        finally:
            await producer.stop()
        async with asyncio.timeout(JOB_S):
            async for message in consumer:
                complete = msgspec.json.decode(message.value, type=AIMediaDNAComplete)
                if complete.media_id == "suspicious-upload":
                    return complete
    raise DemoFailed("no complete event came")


@contextlib.asynccontextmanager
async def _consumer(kafka: KafkaConnection, topic: str) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = kafka.consumer(topic, auto_offset_reset="earliest")
    await consumer.start()
    try:
        yield consumer
    finally:
        await consumer.stop()


def _show(event: AIMediaDNAComplete) -> None:
    console.print("\n   The AIMediaDNAComplete event, with its Data unfolded:")
    shown: dict[str, Any] = msgspec.to_builtins(event)
    shown["Data"] = event.result()
    console.print_json(msgspec.json.encode(shown).decode())


def _check(event: AIMediaDNAComplete, source: Path, truth: Truth) -> None:
    """Compare what was found with what was done."""
    found = next((item for item in event.result()["VideoDNA"] if item["PrimaryKey"] == source.stem), None)
    if found is None:
        raise DemoFailed(f"the copy of {source.stem} was not found: {event.code} {event.message}")
    first, last = found["Detail"][0], found["Detail"][-1]
    bounds = {
        "copy": (_start(first["Input"]), _end(last["Input"])),
        "original": (_start(first["Duplication"]), _end(last["Duplication"])),
    }
    for name, true in (("copy", truth.copy), ("original", truth.original)):
        start, end = bounds[name]
        console.print(f"   {name:8} found {start:.2f}-{end:.2f} s, in truth {true[0]:.2f}-{true[1]:.2f} s")
        if max(abs(start - true[0]), abs(end - true[1])) > TOLERANCE_S:
            raise DemoFailed(f"the bounds in the {name} are off by more than {TOLERANCE_S} s")


def _start(span: dict[str, str]) -> float:
    return float(span["Start"])


def _end(span: dict[str, str]) -> float:
    return float(span["Start"]) + float(span["Duration"])


async def _until_interrupted(service: Service) -> None:
    with contextlib.suppress(asyncio.CancelledError):
        await service.process.wait()


def _say(number: str, text: str) -> None:
    console.print(f"[bold]{number}[/]  {text}")
