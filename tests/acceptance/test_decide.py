"""An upload of a blocked film is told while it is still coming in, and what people decide stays decided."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from support.client import EditedCopy, Footage, completed, emit, event, read_all, result

from streams.demo.edit import Edit, Piece
from streams.demo.service import running_service

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from streams.demo.service import Service

pytestmark = pytest.mark.integration

WEB = ("--web", "127.0.0.1:0")
#: Seconds that a long upload may take on a loaded machine.
LONG_S = 900.0
RULE = {
    "name": "block-films",
    "library": "films",
    "when": {"similarity": 0.5, "matched_seconds": 5},
    "action": "block",
}


@pytest.fixture(params=["embedded", "kafka"])
def places(request: pytest.FixtureRequest) -> tuple[dict[str, Any], str | None]:
    """The embedded broker, or Apache Kafka; with one process, which takes a video's chunks one after the other."""
    one_by_one = {"MEDIADNA_SLOTS": "1"}
    if request.param == "embedded":
        return {"environment": one_by_one}, None
    kafka = {"MEDIADNA_KAFKA": request.getfixturevalue("kafka"), "MEDIADNA_TOPIC_PREFIX": "decide"}
    return {"command": "worker", "environment": one_by_one | kafka}, "decide"


@asynccontextmanager
async def moderated(
    state: Path, media: str, options: dict[str, Any]
) -> AsyncIterator[tuple[Service, httpx.AsyncClient]]:
    """Run the service."""
    async with (
        running_service(state, *WEB, "--media", media, **options) as service,
        httpx.AsyncClient(base_url=service.web, trust_env=False, timeout=60) as api,
    ):
        yield service, api


async def add_film(api: httpx.AsyncClient, film: Path) -> None:
    """Make a library with a film in it, whose copies are blocked."""
    (await api.post("/api/v1/libraries", json={"name": "films"})).raise_for_status()
    (await api.post("/api/v1/policies", json=RULE)).raise_for_status()
    asked = await api.post("/api/v1/libraries/films/items", json={"media_id": "film", "url": film.as_uri()})
    asked.raise_for_status()
    async with asyncio.timeout(LONG_S):
        while (await api.get("/api/v1/libraries/films/items/film")).status_code != httpx.codes.OK:
            await asyncio.sleep(0.3)


async def first_outcome(kafka: str, topics: str) -> dict[str, Any]:
    """Wait for the first outcome of the upload, as an upload system does."""
    async with asyncio.timeout(LONG_S):
        while True:
            told = [one for one in await read_all(kafka, f"{topics}.outcomes") if one.key == b"upload"]
            if told:
                return dict(json.loads(told[0].value))
            await asyncio.sleep(0.5)


async def until_final(api: httpx.AsyncClient, media_id: str) -> dict[str, Any]:
    """Wait for the final outcome of a media item."""
    async with asyncio.timeout(LONG_S):
        while True:
            answer = await api.get(f"/api/v1/media/{media_id}/outcome")
            if answer.status_code == httpx.codes.OK and (outcome := dict(answer.json()))["final"]:
                return outcome
            await asyncio.sleep(0.5)


async def test_twenty_seconds_of_a_blocked_film_are_told_before_a_fifth_of_the_upload_is_looked_at(
    tmp_path: Path, footage: Footage, edited_copy: EditedCopy, places: tuple[dict[str, Any], str | None]
) -> None:
    options, prefix = places
    trailer, film = footage["trailer"], footage["globe"]
    small = Edit(width=192, height=108, fps=8, bit_rate=100_000)
    shrunk, _ = edited_copy(Piece(trailer, 0.0, 30.0), edit=small)  # decoded once, and not as often as it is shown
    other = Piece(shrunk)
    upload, _ = edited_copy(other, other, Piece(film, 5.0, 25.0), *[other] * 18, edit=small)
    topics = prefix or "mediadna"
    async with moderated(tmp_path, f"{film.parent} {upload.parent}", options) as (service, api):
        await add_film(api, film)
        await emit(service.kafka, event("upload", upload), prefix=topics)
        told = await first_outcome(service.kafka, topics)
        assert (told["Action"], told["Policy"], told["Final"]) == ("block", "block-films", False)
        assert told["Seen"] < 0.2
        live = [json.loads(one.value) for one in await read_all(service.kafka, f"{topics}.matches")]
        assert [one["Outcome"]["Action"] for one in live if "Outcome" in one] == ["block"]


async def test_the_end_says_what_was_told_on_the_way(tmp_path: Path, footage: Footage, edited_copy: EditedCopy) -> None:
    film = footage["globe"]
    upload, _ = edited_copy(Piece(footage["trailer"], 0.0, 30.0), Piece(film, 5.0, 25.0), edit=Edit(logo=True))
    async with moderated(tmp_path, f"{film.parent} {upload.parent}", {}) as (service, api):
        await add_film(api, film)
        await emit(service.kafka, event("upload", upload))
        final = await until_final(api, "upload")
        assert (final["action"], final["policy"], final["seen"]) == ("block", "block-films", 1.0)
        (complete,) = [one for one in await completed(service.kafka, "upload") if one["MediaId"] == "upload"]
        data = result(complete)
        assert data["Action"] == "block"
        assert [(one["PrimaryKey"], one["Action"], one["Policy"]) for one in data["VideoDNA"]] == [
            ("film", "block", "block-films")
        ]


async def test_a_decision_outlives_a_kill_and_holds_for_the_next_upload_of_the_pair(
    tmp_path: Path, footage: Footage, edited_copy: EditedCopy
) -> None:
    bikes = footage["bikes"]
    upload, _ = edited_copy(Piece(bikes), edit=Edit(logo=True))
    again, _ = edited_copy(Piece(bikes), edit=Edit(mirrored=True))
    media = f"{bikes.parent} {upload.parent} {again.parent}"
    async with moderated(tmp_path, media, {}) as (service, api):
        await add_film(api, bikes)
        await emit(service.kafka, event("upload", upload))
        assert (await until_final(api, "upload"))["action"] == "block"
        (case,) = (await api.get("/api/v1/cases")).json()["cases"]
        decided = await api.post(f"/api/v1/cases/{case['case_id']}/decisions", json={"decision": "not_a_match"})
        decided.raise_for_status()
        os.kill(service.process.pid, signal.SIGKILL)
        await service.process.wait()
    async with moderated(tmp_path, media, {}) as (service, api):
        shown = (await api.get(f"/api/v1/cases/{case['case_id']}")).json()
        assert (shown["state"], [one["decision"] for one in shown["decisions"]]) == ("dismissed", ["not_a_match"])
        assert (await api.get("/api/v1/media/upload/result")).json()["matches"] == []
        kept = (await api.get("/api/v1/media/upload/result", params={"suppressed": "yes"})).json()["matches"]
        assert [(one["media_id"], one["suppressed"]) for one in kept] == [("film", True)]
        await emit(service.kafka, event("upload", again, JobId="run-2"))
        await completed(service.kafka, "upload")
        async with asyncio.timeout(LONG_S):
            while (await api.get("/api/v1/media/upload/outcome")).json()["action"] != "allow":
                await asyncio.sleep(0.3)
        (event_again,) = await completed(service.kafka, "upload")
        assert result(event_again)["VideoDNA"] == []
