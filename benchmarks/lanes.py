"""`python -m benchmarks.lanes`: how long live jobs take while an import runs, next to how long they take without."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from asyncio.subprocess import DEVNULL, Process
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.report import table
from streams.adapters.kafka.connection import KafkaConnection
from streams.demo.edit import Piece, make_copy
from streams.demo.footage import fetch
from streams.demo.service import Service, running_service

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

__all__ = ["main"]

#: Seconds of each clip: one that is uploaded, and those that are imported.
LIVE_S, IMPORTED_S = 10.0, 20.0
#: Seconds until an import has started its processes and filled its lane.
WARM_S = 30.0


class Uploads:
    """Emits transcode-complete events one by one, and waits for each result."""

    def __init__(self, producer: AIOKafkaProducer, consumer: AIOKafkaConsumer, clip: Path) -> None:
        self._producer = producer
        self._consumer = consumer
        self._clip = clip
        self._number = 0

    async def latencies(self, count: int) -> list[float]:
        """Return how many seconds each upload took from its event to its result."""
        return [await self._latency() for _ in range(count)]

    async def _latency(self) -> float:
        self._number += 1
        video = f"upload-{self._number}"
        event = {
            "EventType": "StreamTranscodeComplete",
            "EventTime": "2026-11-23T08:00:00Z",
            "VideoId": video,
            "Status": "success",
            "FileUrl": self._clip.as_uri(),
            "Format": "mp4",
        }
        started = time.perf_counter()
        await self._producer.send_and_wait("mediadna.transcode-complete", json.dumps(event).encode(), video.encode())
        async for message in self._consumer:
            if json.loads(message.value)["MediaId"] == video:
                break
        return time.perf_counter() - started


async def measure(folder: Path, *, uploads: int, files: int) -> tuple[list[float], list[float]]:
    """Return the latencies without an import and while one runs."""
    footage = fetch()
    media = folder / "media"
    library = media / "library"
    library.mkdir(parents=True)
    live, piece = media / "live.mp4", media / "piece.mp4"
    make_copy((Piece(footage["bunny"], 5.0, 5.0 + LIVE_S),), live)
    make_copy((Piece(footage["trailer"], 0.0, IMPORTED_S),), piece)
    for number in range(files):
        shutil.copy(piece, library / f"{number}.mp4")
    state = folder / "state"
    async with running_service(state, "--web", "127.0.0.1:0", "--media", str(media)) as service:
        kafka = KafkaConnection.plaintext(service.kafka)
        producer, consumer = kafka.producer(), kafka.consumer("mediadna.job-complete")
        await producer.start()
        await consumer.start()
        try:
            return await _compared(Uploads(producer, consumer, live), service, state, library, uploads)
        finally:
            await consumer.stop()
            await producer.stop()


async def _compared(
    live: Uploads, service: Service, state: Path, library: Path, uploads: int
) -> tuple[list[float], list[float]]:
    await live.latencies(2)  # the first ones load the engine
    alone = await live.latencies(uploads)
    process = await _importing(state, library)
    try:
        await asyncio.sleep(WARM_S)
        beside = await live.latencies(uploads)
        if process.returncode is not None:
            raise RuntimeError(f"the import ended before the last upload on {service.web}: give it more --files")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return alone, beside


async def _importing(state: Path, library: Path) -> Process:
    call = [sys.executable, "-m", "streams.cli.main", "import", str(library)]
    environment = {**os.environ, "MEDIADNA_STATE": str(state)}
    return await asyncio.create_subprocess_exec(*call, stdout=DEVNULL, stderr=DEVNULL, env=environment)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; the last line is the ratio of the medians."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.lanes", description=__doc__)
    parser.add_argument("--uploads", type=int, default=10, help="live jobs measured in each state")
    parser.add_argument("--files", type=int, default=400, help="files that the import has to do")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="mediadna-lanes-") as folder:
        alone, beside = asyncio.run(measure(Path(folder), uploads=options.uploads, files=options.files))
    rows = [
        [name, f"{statistics.median(found):.2f} s", f"{max(found):.2f} s"]
        for name, found in (("without an import", alone), ("while an import runs", beside))
    ]
    print(table(["live jobs", "median", "slowest"], rows))
    print(f"ratio {statistics.median(beside) / statistics.median(alone):.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
