"""`mediadna import` against the running service: interrupted at both ends, every item is imported once."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.client import Footage, jobs

from fingerprint.engine import fingerprint_media
from fingerprint.media.limits import MediaLimits
from streams.adapters.storage.fsspec_store import open_store
from streams.demo.edit import Piece, make_copy
from streams.demo.service import Service, running_service

pytestmark = pytest.mark.integration

CLIPS, FINGERPRINTS = 20, 180
#: Seconds that the whole import may take on a loaded machine.
IMPORT_S = 900.0


@pytest.fixture
def library(tmp_path: Path, footage: Footage) -> Path:
    """A folder of small clips, of fingerprints, and of two files that are no media."""
    folder = tmp_path / "library"
    folder.mkdir()
    pieces = [folder.parent / f"piece-{number}.mp4" for number in range(4)]
    for number, piece in enumerate(pieces):
        make_copy((Piece(footage["bikes"], number * 1.5, number * 1.5 + 1.5),), piece)
    for number in range(CLIPS):
        shutil.copy(pieces[number % len(pieces)], folder / f"clip-{number}.mp4")
    parts = tmp_path / "parts"
    parts.mkdir()
    data = fingerprint_media(str(pieces[0]), MediaLimits(), parts).fingerprint.to_bytes()
    for number in range(FINGERPRINTS):
        (folder / f"print-{number}.mdna").write_bytes(data)
    (folder / "text.mp4").write_text("this is no video " * 100)
    (folder / "empty.mp4").write_bytes(b"")
    return folder


async def importing(state: Path, *arguments: object) -> Process:
    call = [sys.executable, "-m", "streams.cli.main", "import", *map(str, arguments), "--json"]
    return await asyncio.create_subprocess_exec(
        *call, stdout=PIPE, stderr=PIPE, env={**os.environ, "MEDIADNA_STATE": str(state)}
    )


async def until_imported(service: Service, count: int) -> None:
    while len(await jobs(service.web, status="success", limit="500")) < count:
        await asyncio.sleep(0.3)


async def kill(process: Process) -> None:
    os.kill(process.pid, signal.SIGKILL)
    await process.wait()


async def usage(service: Service) -> dict[str, Any]:
    async with httpx.AsyncClient(base_url=service.web, trust_env=False, timeout=30) as api:
        found: dict[str, Any] = (await api.get("/api/v1/usage")).json()
        return found


async def test_an_import_that_is_interrupted_on_both_sides_brings_every_item_in_once(
    tmp_path: Path, library: Path
) -> None:
    state, report = tmp_path / "state", tmp_path / "report.jsonl"
    arguments = ("--web", "127.0.0.1:0", "--media", str(library))
    async with asyncio.timeout(IMPORT_S):
        async with running_service(state, *arguments) as service:
            first = await importing(state, library)
            await until_imported(service, 15)
            await kill(first)
            second = await importing(state, library, "--report", report)
            await until_imported(service, 60)
            await kill(service.process)
        async with running_service(state, *arguments) as service:
            output, errors = await second.communicate()
            assert second.returncode == 1, errors.decode()
            summary = json.loads(output)
            everything = await jobs(service.web, limit="500")
            again = await importing(state, library)
            repeated = json.loads((await again.communicate())[0])
            assert len(await jobs(service.web, limit="500")) == len(everything)
            used = await usage(service)
    assert Counter(job["media_id"] for job in everything).most_common(1)[0][1] == 1
    assert Counter(job["status"] for job in everything) == {"success": CLIPS + FINGERPRINTS, "fail": 2}
    assert {failure["media_id"]: failure["code"] for failure in summary["failures"]} == {
        "text": "InvalidParameter.ResourceContentBad",
        "empty": "InvalidParameter.ResourceContentBad",
    }
    assert (summary["items"], summary["ended"], summary["failed"]) == (CLIPS + FINGERPRINTS + 2,) * 2 + (2,)
    assert repeated["earlier"] == repeated["ended"] == summary["ended"]
    lines = [json.loads(line) for line in report.read_text(encoding="utf-8").splitlines()]
    assert {line["job_id"] for line in lines} == {job["job_id"] for job in everything}
    assert len(list(open_store(str(state / "fingerprints")).keys("default"))) == CLIPS + FINGERPRINTS
    assert used["total"]["jobs"] == CLIPS + FINGERPRINTS
    assert used["total"]["seconds"] == pytest.approx(sum(j["duration"] for j in everything if j["status"] == "success"))
