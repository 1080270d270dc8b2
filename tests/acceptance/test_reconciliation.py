"""A running service whose stores were left apart: `mediadna doctor` says so, mends it, and copies are found again."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.client import EditedCopy, Footage, ended_job

from fingerprint.engine import ALGORITHM
from fingerprint.model import Fingerprint
from fingerprint.types import ReferenceKey
from streams.adapters.milvus.connect import connect
from streams.adapters.storage.fsspec_store import open_store
from streams.demo.edit import Edit, Piece
from streams.demo.service import running_service
from streams.pipeline.tasks.search import upsert_windows

pytestmark = pytest.mark.integration


async def doctor(state: Path, *options: str) -> tuple[int | None, dict[str, Any]]:
    """Run the command; return its status and what it has found."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "streams.cli.main", "doctor", "--json", *options),
        env={**os.environ, "MEDIADNA_STATE": str(state)},
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    report: dict[str, Any] = json.loads(output)
    assert report["state"] == "done", report["error"]
    return process.returncode, report


async def test_what_the_stores_have_lost_and_what_was_left_in_them_is_found_and_mended(
    tmp_path: Path, footage: Footage, edited_copy: EditedCopy
) -> None:
    trailer = footage["trailer"]
    copied, _ = edited_copy(Piece(trailer, 10.0, 24.0), edit=Edit(logo=True))
    store = open_store(str(tmp_path / "fingerprints"))
    places = ("--media", f"{trailer.parent} {copied.parent}")
    async with (
        running_service(tmp_path, "--web", "127.0.0.1:0", *places) as service,
        httpx.AsyncClient(base_url=service.web, trust_env=False, timeout=90) as api,
    ):

        async def matches(media_id: str, media: Path, save_type: str = "nosave") -> list[str]:
            body = {"media_id": media_id, "url": media.as_uri(), "save_type": save_type}
            assert (await api.post("/api/v1/jobs", json=body)).status_code == 202
            return [match["media_id"] for match in (await ended_job(service.web, media_id))["matches"]]

        await matches("original", trailer, "onlysave")
        status, whole_service = await doctor(tmp_path)
        assert (status, whole_service["differences"], whole_service["versions"]) == (0, [], 1)
        (key,) = store.keys("default")
        data = store.get(key)
        assert data is not None
        ghost = ReferenceKey("default", "ghost", int(time.time() * 1000) - 2 * 3_600_000)
        with closing(connect("", tmp_path / "milvus", algorithm=ALGORITHM)) as vectors:
            whole = vectors.count("default", "original")
            vectors.delete_version(key)
            upsert_windows(vectors, ghost, Fingerprint.from_bytes(data).windows())
            store.put(ghost, data)
            assert await matches("before", copied) == ["ghost"]

            status, looked = await doctor(tmp_path)
            assert (status, looked["outcomes"], looked["left"]) == (1, {"found": 2}, 2)
            assert {(one["kind"], one["media_id"]) for one in looked["differences"]} == {
                ("windows_missing", "original"),
                ("not_held", "ghost"),
            }
            status, mended = await doctor(tmp_path, "--mend")
            assert (status, mended["outcomes"], mended["left"]) == (0, {"mended": 2}, 0)
            status, again = await doctor(tmp_path)
            assert (status, again["differences"]) == (0, [])
            assert (vectors.count("default", "original"), vectors.count("default", "ghost")) == (whole, 0)
        assert list(store.keys("default")) == [key]
        assert await matches("after", copied) == ["original"]
        metrics = (await api.get("/metrics")).text
        assert 'mediadna_reconciled_total{kind="windows_missing"} 1.0' in metrics
        assert 'mediadna_reconciled_total{kind="not_held"} 1.0' in metrics
