"""The desk over a running service with real videos: what comes in is watched side by side, and decided by keys."""

from __future__ import annotations

import asyncio
import re
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import msgspec
import pytest
from playwright.async_api import Page, expect
from support.browser import new_page, running_browser
from support.client import EditedCopy, Footage
from support.watched import in_step

from schemas.matches import Interval
from streams.demo.edit import Edit, Piece
from streams.demo.service import running_service

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

pytestmark = pytest.mark.integration

#: Seconds that anything may take on a loaded machine.
LONG_S = 300.0
RULE = {"name": "block-films", "library": "films", "when": {"similarity": 0.5}, "action": "block"}
#: The uploads.
EDITS = {
    "plain": Edit(),
    "mirrored": Edit(mirrored=True),
    "small": Edit(width=256, height=144, bit_rate=120_000),
    "choppy": Edit(fps=12),
    "boxed": Edit(width=320, height=320),
}
#: What is pressed on one case after the other, and the state that it leads to. What is allowed is the least severe of
#: the list from then on: it goes on from where the case stood.
KEYS = (("a", "confirmed"), ("x", "dismissed"), ("w", "confirmed"), ("e", "escalated"), ("a", "confirmed"))


@asynccontextmanager
async def desk(state: Path, media: str) -> AsyncIterator[tuple[httpx.AsyncClient, Page]]:
    """Run a service, and open its web view."""
    async with (
        running_service(state, "--web", "127.0.0.1:0", "--media", media) as service,
        httpx.AsyncClient(base_url=service.web, trust_env=False, timeout=LONG_S) as api,
        running_browser() as browser,
    ):
        page = await new_page(browser, base_url=service.web, viewport={"width": 1440, "height": 900})
        yield api, page


async def add_film(api: httpx.AsyncClient, film: Path) -> None:
    """Put a film into a blocklist, and block what copies it."""
    made = {"name": "films", "purpose": "blocklist", "searches_backwards": False}
    (await api.post("/api/v1/libraries", json=made)).raise_for_status()
    (await api.post("/api/v1/policies", json=RULE)).raise_for_status()
    item = {"media_id": "film", "url": film.as_uri()}
    (await api.post("/api/v1/libraries/films/items", json=item)).raise_for_status()
    async with asyncio.timeout(LONG_S):
        while (await api.get("/api/v1/libraries/films/items/film")).status_code != httpx.codes.OK:
            await asyncio.sleep(0.3)


async def submit(api: httpx.AsyncClient, media_id: str, media: Path) -> None:
    """Ask for a job that is matched with the film, and not stored."""
    job = {"media_id": media_id, "url": media.as_uri(), "search": ["films"], "save_type": "nosave"}
    (await api.post("/api/v1/jobs", json=job)).raise_for_status()


async def cases(api: httpx.AsyncClient) -> dict[str, dict[str, Any]]:
    """Return all cases, by the name of their input."""
    return {one["media_id"]: one for one in (await api.get("/api/v1/cases")).json()["cases"]}


async def state_of(api: httpx.AsyncClient, case_id: str) -> str:
    """Return where a case stands."""
    return str((await api.get(f"/api/v1/cases/{case_id}")).json()["state"])


async def played(page: Page) -> float:
    """Return how many seconds of the input have been played, ten at the most."""
    return min(10.0, float(await page.evaluate("document.querySelector('.side.input video').currentTime")))


async def eventually(ask: Callable[[], Awaitable[Any]], wanted: object) -> None:
    """Ask until the answer is the one that is waited for."""
    async with asyncio.timeout(LONG_S):
        while await ask() != wanted:
            await asyncio.sleep(0.2)


async def test_five_uploads_of_a_blocked_film_come_in_live_and_are_watched_and_decided_by_keyboard_alone(
    tmp_path: Path, footage: Footage, edited_copy: EditedCopy
) -> None:
    film = footage["globe"]
    uploads = {name: edited_copy(Piece(film, 4.0, 26.0), edit=edit)[0] for name, edit in EDITS.items()}
    places = {str(path.parent) for path in (film, *uploads.values())}
    async with desk(tmp_path, " ".join(places)) as (api, page):
        await add_film(api, film)
        await page.goto("/cases")
        await expect(page.get_by_text("Nothing to decide")).to_be_visible()
        await page.evaluate("window.marked = true")
        for name, media in uploads.items():
            await submit(api, name, media)
        await expect(page.locator("tbody tr")).not_to_have_count(0)
        await expect(page.locator("#left")).to_contain_text("5 left")
        await page.keyboard.press("g")
        await expect(page.locator("tbody tr")).to_have_count(5)
        assert await page.evaluate("window.marked") is True  # all of it without a reload

        for key in ("j", *"kkkkk", "Enter"):  # the first of the list
            await page.keyboard.press(key)
        await expect(page.locator("#watch")).to_have_attribute("data-state", "paused")
        first = next(one for one in (await cases(api)).values() if one["case_id"] in page.url)
        await page.keyboard.press("r")  # it is a blocklist: nothing is seen or heard before
        await page.keyboard.press("Space")
        await expect(page.locator("#watch")).to_have_attribute("data-state", "playing")
        await eventually(partial(played, page), 10.0)
        await in_step(page, msgspec.convert(first["match"]["intervals"][0], Interval))
        await page.keyboard.press("Space")
        await expect(page.locator("#why .evidence")).to_be_visible()

        for number, (key, state) in enumerate(KEYS, 1):
            await expect(page.locator("#connection")).to_have_text("live")
            await expect(page.locator("#watch[data-state]")).to_have_count(1)  # from then on keys are heard
            case_id = urlsplit(page.url).path.rpartition("/")[2]
            await page.keyboard.press(key)
            await eventually(partial(state_of, api, case_id), state)
            if number < len(KEYS):
                await expect(page).not_to_have_url(re.compile(case_id))
        outcomes = [(await api.get(f"/api/v1/media/{name}/outcome")).json()["action"] for name in uploads]
        assert sorted(outcomes) == ["allow", "allow", "block", "block", "block"]
        await page.goto("/audit")
        await expect(page.locator("tbody tr")).to_have_count(5)
