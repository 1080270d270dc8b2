"""Edits of a clip come in first, and the reference that they are made of last: all of them are found, and told once."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.client import JOB_S, TRUSTED, EditedCopy, Footage, alive, descendants, emit, ended_job, event, read_all

from streams.demo.edit import Edit, Piece
from streams.demo.service import Service, running_service

pytestmark = pytest.mark.integration

API = "/api/v1"
WEB = ("--web", "127.0.0.1:0")
#: What was done to each upload. All are made of the same fourteen seconds.
EDITS = {
    "plain": Edit(),
    "logo": Edit(logo=True),
    "mirrored": Edit(mirrored=True),
    "small": Edit(width=320, height=180),
    "thin": Edit(bit_rate=60_000, sound_bit_rate=32_000),
    "silent": Edit(sound=False),
}
SPAN = (10.0, 24.0)


def made(trailer: Path, edited_copy: EditedCopy, *names: str) -> dict[str, Path]:
    return {name: edited_copy(Piece(trailer, *SPAN), edit=EDITS[name])[0] for name in names}


def places(*paths: Path) -> tuple[str, str]:
    return "--media", " ".join({str(path.parent) for path in paths})


def api_of(service: Service) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=service.web, trust_env=False, timeout=90, verify=TRUSTED)


async def upload(service: Service, uploads: dict[str, Path]) -> None:
    await emit(service.kafka, *(event(name, path) for name, path in uploads.items()))
    for name in uploads:
        assert (await ended_job(service.web, name))["status"] == "success"


async def add_reference(service: Service, media: Path) -> None:
    async with api_of(service) as api:
        body = {"name": "banned", "purpose": "blocklist"}
        assert (await api.post(f"{API}/libraries", json=body)).status_code == 201
        item = {"media_id": "original", "url": media.as_uri()}
        assert (await api.post(f"{API}/libraries/banned/items", json=item)).status_code == 202


async def searches(service: Service) -> list[dict[str, Any]]:
    async with api_of(service) as api:
        found: list[dict[str, Any]] = (await api.get(f"{API}/backward-searches")).json()["searches"]
        return found


async def ended_search(service: Service) -> dict[str, Any]:
    """Wait until the only search has ended."""
    async with asyncio.timeout(JOB_S):
        while not (found := await searches(service)) or found[0]["completed"] is None:
            await asyncio.sleep(0.2)
    (search,) = found
    return search


async def banned(service: Service, name: str) -> list[str]:
    """Wait until an upload's result has a match with the library; return which of its references are copied.

    Uploads are edits of one clip, and match each other as well.
    """
    async with api_of(service) as api, asyncio.timeout(JOB_S):
        while True:
            matches = (await api.get(f"{API}/media/{name}/result")).json()["matches"]
            if found := [match["media_id"] for match in matches if match["library"] == "banned"]:
                return found
            await asyncio.sleep(0.2)


async def test_six_edits_that_came_first_are_found_by_a_reference_that_comes_last(
    tmp_path: Path, footage: Footage, edited_copy: EditedCopy
) -> None:
    trailer = footage["trailer"]
    uploads = made(trailer, edited_copy, *EDITS)
    others = {"bikes": footage["bikes"]}
    async with running_service(tmp_path, *WEB, *places(trailer, *uploads.values(), *others.values())) as service:
        await upload(service, uploads | others)
        await add_reference(service, trailer)
        search = await ended_search(service)
        assert (search["status"], search["media_id"], search["library"]) == ("success", "original", "banned")
        assert (search["items_done"], search["unreadable"], search["hits"]) == (7, 0, 6)
        for name in uploads:
            assert await banned(service, name) == ["original"]
        live = [json.loads(message.value) for message in await read_all(service.kafka, "mediadna.matches")]
        assert sorted(one["MediaId"] for one in live if one.get("Retroactive")) == sorted(uploads)
        outcomes = {
            one["MediaId"]: one
            for one in (json.loads(message.value) for message in await read_all(service.kafka, "mediadna.outcomes"))
        }
        assert {name: outcomes[name]["Action"] for name in uploads} == dict.fromkeys(uploads, "review")
        async with api_of(service) as api:
            assert (await api.get(f"{API}/media/bikes/result")).json()["matches"] == []
            metrics = (await api.get("/metrics")).text
        assert "mediadna_backward_items_total 7.0" in metrics
        assert "mediadna_backward_hits_total 6.0" in metrics
        assert 'mediadna_backward_searches{status="success"} 1.0' in metrics


async def test_killed_in_the_middle_of_a_search_it_goes_on_after_the_next_start_and_tells_each_copy_once(
    tmp_path: Path, footage: Footage, edited_copy: EditedCopy
) -> None:
    trailer = footage["trailer"]
    uploads = made(trailer, edited_copy, "plain", "logo")
    where = places(trailer, *uploads.values())
    async with running_service(tmp_path, *WEB, *where) as service:
        await upload(service, uploads)
        await add_reference(service, trailer)
        async with asyncio.timeout(JOB_S):
            while not (found := await searches(service)):
                await asyncio.sleep(0.02)
        assert found[0]["completed"] is None
        children = descendants(service.process.pid)
        os.kill(service.process.pid, signal.SIGKILL)
        await service.process.wait()
        async with asyncio.timeout(JOB_S):
            while alive(children):
                await asyncio.sleep(0.1)
    async with running_service(tmp_path, *WEB, *where) as service:
        search = await ended_search(service)
        assert (search["status"], search["message"]) == ("success", "OK")
        assert search["search_id"] == found[0]["search_id"]
        assert (search["items_done"], search["hits"]) == (2, 2)
        for name in uploads:
            assert await banned(service, name) == ["original"]
