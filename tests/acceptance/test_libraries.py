"""Libraries of a running service: what jobs find in them, and that what is deleted is gone everywhere."""

from __future__ import annotations

import asyncio
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.client import EditedCopy, Footage, ended_job

from fingerprint.engine import ALGORITHM
from streams.adapters.milvus.connect import connect
from streams.adapters.storage.fsspec_store import open_store
from streams.demo.edit import Edit, Piece
from streams.demo.service import running_service

pytestmark = pytest.mark.integration

API = "/api/v1"
#: Seconds in which tasks that ran on after their job's end have been cleaned up.
SETTLED_S = 120.0
#: Looks in a row, half a second apart, at which there is nothing: then no task runs on.
QUIET = 20


def stored(state: Path, library: str) -> tuple[int, int]:
    """Return how many windows and fingerprints a library has where they are kept."""
    with closing(connect("", state / "milvus", algorithm=ALGORITHM)) as vectors:
        windows = vectors.count(library)
    return windows, len(list(open_store(str(state / "fingerprints")).keys(library)))


async def job(api: httpx.AsyncClient, media: Path, media_id: str, **fields: object) -> dict[str, Any]:
    """Do a job; return it as it ended."""
    body = {"media_id": media_id, "url": media.as_uri(), **fields}
    answer = await api.post(f"{API}/jobs", json=body)
    assert answer.status_code == 202, answer.text
    return await ended_job(str(api.base_url), media_id)


async def test_a_job_sees_the_libraries_that_it_names_and_what_is_deleted_is_gone(
    tmp_path: Path, footage: Footage, edited_copy: EditedCopy
) -> None:
    trailer = footage["trailer"]
    copied, _ = edited_copy(Piece(trailer, 10.0, 24.0), edit=Edit(logo=True))
    places = ("--media", f"{trailer.parent} {copied.parent}")
    async with (
        running_service(tmp_path, "--web", "127.0.0.1:0", *places) as service,
        httpx.AsyncClient(base_url=service.web, trust_env=False, timeout=90) as api,
    ):
        for name in ("films", "ads"):
            assert (await api.post(f"{API}/libraries", json={"name": name})).status_code == 201
        item = {"media_id": "original", "url": trailer.as_uri(), "metadata": {"title": "Trailer"}}
        assert (await api.post(f"{API}/libraries/films/items", json=item)).status_code == 202
        await ended_job(service.web, "original")
        shown = (await api.get(f"{API}/libraries/films/items/original")).json()
        assert (shown["metadata"], shown["disabled"]) == ({"title": "Trailer"}, False)
        windows, fingerprints = stored(tmp_path, "films")
        assert (windows > 0, fingerprints) == (True, 1)

        async def found(media_id: str, **fields: object) -> list[str]:
            return [match["library"] for match in (await job(api, copied, media_id, **fields))["matches"]]

        assert await found("named", save_type="nosave", search=["films"]) == ["films"]
        assert await found("not-named", save_type="nosave", search=["ads", "default"]) == []
        duplicate = {"save_type": "save", "library": "ads", "similarity_threshold": 0.5}
        assert await found("duplicate", **duplicate) == ["films"]
        assert stored(tmp_path, "ads") == (0, 0)
        await api.patch(f"{API}/libraries/films/items/original", json={"disabled": True})
        assert await found("disabled", **duplicate) == []
        assert stored(tmp_path, "ads")[1] == 1
        await api.patch(f"{API}/libraries/films/items/original", json={"disabled": False})
        await api.patch(f"{API}/libraries/films", json={"minimum_match_length": 3600})
        assert await found("too-short", save_type="nosave", search=["films"]) == []

        assert (await api.post(f"{API}/libraries/films/purge", json={})).json()["items"] == 0
        assert stored(tmp_path, "films") == (0, 0)
        assert (await api.delete(f"{API}/libraries/ads")).status_code == 204
        assert stored(tmp_path, "ads") == (0, 0)
        assert [one["name"] for one in (await api.get(f"{API}/libraries")).json()["libraries"]] == ["default", "films"]


async def test_a_media_item_that_is_deleted_in_the_middle_of_its_job_leaves_nothing(
    tmp_path: Path, footage: Footage
) -> None:
    trailer = footage["trailer"]
    store = open_store(str(tmp_path / "fingerprints"))
    async with (
        running_service(tmp_path, "--web", "127.0.0.1:0", "--media", str(trailer.parent)) as service,
        httpx.AsyncClient(base_url=service.web, trust_env=False, timeout=90) as api,
    ):
        asked = await api.post(f"{API}/jobs", json={"media_id": "video", "url": trailer.as_uri()})
        place = asked.headers["location"]
        while (await api.get(place)).json()["status"] == "init":
            await asyncio.sleep(0.05)
        assert (await api.delete(f"{API}/media/video")).status_code == 204
        assert (await api.get(place)).status_code == 404
        quiet = 0  # a task that ran on may store something yet, which is then cleaned up
        async with asyncio.timeout(SETTLED_S):
            while quiet < QUIET:
                await asyncio.sleep(0.5)
                parts = list((tmp_path / "fingerprints" / "parts").glob("*"))
                quiet = quiet + 1 if stored(tmp_path, "default") == (0, 0) and not parts else 0
        assert store.libraries() == []
        assert (await api.get(f"{API}/jobs")).json()["jobs"] == []
        again = await job(api, trailer, "video")
        assert (again["status"], stored(tmp_path, "default")[1]) == ("success", 1)
