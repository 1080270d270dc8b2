"""A person who is faster than the page's scripts: what is typed, sent and pressed before they come is not lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, Route, expect
from support.browser import draw_frames, hear, new_page
from support.cases import item
from support.examples import job
from support.inline import InlineService

from schemas.libraries import Library, Purpose
from streams.settings import Settings
from streams.web.server import WebServer

pytestmark = [pytest.mark.integration, pytest.mark.unmeasured]

FILMS = Library(name="films", purpose=Purpose.ORIGINAL, creation_time="2026-11-23T08:00:00.000Z")

Early = Callable[[str], Awaitable[tuple[Page, asyncio.Event]]]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(state=tmp_path, web="127.0.0.1:0")


@pytest.fixture
async def early(web: WebServer, browser: Browser) -> AsyncIterator[Early]:
    """Opens a page whose modules come when an event is set."""
    said: list[str] = []
    come = asyncio.Event()

    async def hold(route: Route) -> None:
        if not route.request.url.endswith("/early.js"):
            await come.wait()
        await route.continue_()

    page = await new_page(browser, base_url=web.address)
    hear(page, said)
    await draw_frames(page)
    await page.route("**/static/**.js", hold)

    async def open_early(path: str) -> tuple[Page, asyncio.Event]:
        await page.goto(path, wait_until="commit")
        await page.locator("h1").first.wait_for()
        return page, come

    yield open_early
    come.set()
    await page.close()
    assert said == []


async def test_a_form_that_is_sent_early_is_sent_once_and_over_rest(early: Early, inline: InlineService) -> None:
    inline.apply(libraries=[FILMS])
    page, come = await early("/libraries/films")
    await page.locator("#add > summary").click()
    await page.get_by_label("Address of the file").fill("file:///media/a%20film.mp4")
    add = page.get_by_role("button", name="Add", exact=True)
    await page.locator("#add-item [name=media_id]").fill("reel")
    await add.click()
    await add.click()
    await expect(page.locator("#notices > *")).to_have_count(0)
    come.set()
    await expect(page.get_by_text("is being fingerprinted")).to_be_visible()
    await expect(page.locator("#notices > *")).to_have_count(1)
    assert page.url.endswith("/libraries/films")


async def test_a_button_that_is_pressed_early_does_what_it_is_for(early: Early, inline: InlineService) -> None:
    inline.apply(libraries=[FILMS], items=[item("reel", library="films")])
    page, come = await early("/libraries/films")
    row = page.get_by_role("row", name="reel")
    await row.get_by_role("button", name="Disable").click()
    come.set()
    await expect(row.get_by_role("button", name="Enable")).to_be_visible()


async def test_what_is_typed_early_is_looked_at(early: Early) -> None:
    page, come = await early("/settings")
    await page.get_by_label("Find").fill("prefix topic")
    come.set()
    await expect(page.locator("#settings tbody tr:visible")).to_have_count(1)


async def test_a_name_is_suggested_for_an_address_that_was_typed_early(early: Early, inline: InlineService) -> None:
    inline.apply(libraries=[FILMS])
    page, come = await early("/libraries/films")
    await page.locator("#add > summary").click()
    await page.get_by_label("Address of the file").fill("file:///media/a%20film.mp4")
    await page.get_by_label("Metadata").focus()
    come.set()
    await expect(page.locator("#add-item [name=media_id]")).to_have_value("a film")


async def test_a_search_that_the_page_itself_sends_waits_for_nothing(early: Early, inline: InlineService) -> None:
    inline.apply(jobs=[job("j1")])
    page, _ = await early("/jobs")
    await page.locator("form[method=get] input").first.fill("none of this name")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**none*", wait_until="commit")
