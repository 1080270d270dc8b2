"""Comparing libraries with what is stored, over REST."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import AsyncTestClient
from support.inline import InlineService
from support.read_model import ReadModel
from support.stocked import Stocked

from schemas.libraries import Library

DOCTOR = "/api/v1/doctor"


@pytest.fixture
def stocked(model: ReadModel, tmp_path: Path) -> Stocked:
    stocked = Stocked(model, tmp_path / "stock")
    stocked.inline.apply(libraries=[Library(name="default")])
    return stocked


@pytest.fixture
def inline(stocked: Stocked) -> InlineService:
    return stocked.inline


async def ended(client: AsyncTestClient) -> dict[str, Any]:
    """Wait until the comparison has ended."""
    async with asyncio.timeout(60):
        while True:
            report: dict[str, Any] = (await client.get(DOCTOR)).json()
            if report["state"] != "running":
                return report
            await asyncio.sleep(0.01)


async def test_before_the_first_comparison_there_is_nothing_to_show(client: AsyncTestClient) -> None:
    answer = await client.get(DOCTOR)
    assert (answer.status_code, answer.json()["state"], answer.json()["differences"]) == (200, "none", [])


async def test_a_comparison_is_begun_at_once_and_shows_what_it_finds(client: AsyncTestClient, stocked: Stocked) -> None:
    stocked.store("stray")
    begun = await client.post(DOCTOR, json={"library": None, "mend": False})
    assert (begun.status_code, begun.json()["state"], begun.json()["mend"]) == (202, "running", False)
    report = await ended(client)
    assert (report["run_id"], report["state"], report["left"]) == (begun.json()["run_id"], "done", 1)
    (difference,) = report["differences"]
    assert (difference["kind"], difference["library"], difference["media_id"]) == ("not_held", "default", "stray")
    assert difference["outcome"] == "found"


async def test_a_comparison_mends_on_demand_in_one_library_or_in_all(client: AsyncTestClient, stocked: Stocked) -> None:
    stocked.store("stray")
    stocked.hold("video", library="films")
    stocked.store("stray", library="films")
    await client.post(DOCTOR, json={"library": "films", "mend": True})
    report = await ended(client)
    assert (report["outcomes"], report["library"]) == ({"mended": 1}, "films")
    await client.post(DOCTOR, json={"mend": True, "force": True})
    assert (await ended(client))["outcomes"] == {"mended": 1}
    assert (stocked.stored(), len(stocked.stored("films"))) == ({}, 1)


async def test_while_a_comparison_goes_on_no_other_is_begun(client: AsyncTestClient, stocked: Stocked) -> None:
    go_on = asyncio.Event()

    async def caught_up(_topic: str) -> None:
        await go_on.wait()

    stocked.inline.caught_up = caught_up  # type: ignore[method-assign]
    assert (await client.post(DOCTOR, json={})).status_code == 202
    refused = await client.post(DOCTOR, json={})
    go_on.set()
    assert (refused.status_code, "under way since" in refused.json()["detail"]) == (409, True)
    assert (await ended(client))["state"] == "done"


@pytest.mark.parametrize("body", [{"library": ""}, {"library": 7}, {"mend": "yes"}, {"repair": True}, []])
async def test_what_is_asked_for_wrongly_is_refused(client: AsyncTestClient, body: object) -> None:
    assert (await client.post(DOCTOR, json=body)).status_code == 400
    assert (await client.get(DOCTOR)).json()["state"] == "none"
