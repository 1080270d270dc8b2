"""The web view in a real browser: it follows along without being reloaded, in any width, light and dark."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, Route, expect
from support.browser import hear, new_page
from support.examples import MATCH, job
from support.inline import InlineService

from schemas.jobs import Job, JobStatus, LiveMatch
from streams.settings import Settings
from streams.web.server import WebServer

pytestmark = [pytest.mark.integration, pytest.mark.unmeasured]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(state=tmp_path, web="127.0.0.1:0")


@pytest.fixture
async def page(web: WebServer, browser: Browser) -> AsyncIterator[Page]:
    page = await new_page(browser, base_url=web.address)
    complaints: list[str] = []
    hear(page, complaints)
    yield page
    await page.close()
    assert complaints == []


async def opened(page: Page, path: str) -> None:
    """Open a page and mark it, so that a reload would show; returns when it follows along."""
    await page.goto(path)
    await expect(page.locator("#connection")).to_have_text("live")
    await page.evaluate("window.marked = true")


async def assert_not_reloaded(page: Page) -> None:
    assert await page.evaluate("window.marked") is True


def under_way(done: int) -> Job:
    time = f"2026-11-23T08:00:0{done}.000Z"
    return job("j1", JobStatus.PROCESSING, chunks_done=done, chunks_total=4, time=time)


async def test_a_job_that_comes_in_shows_in_the_open_list_and_its_copy_when_it_is_found(
    page: Page, inline: InlineService
) -> None:
    await opened(page, "/jobs")
    await expect(page.get_by_text("No jobs")).to_be_visible()
    inline.apply(jobs=[under_way(1)])
    await expect(page.get_by_role("link", name="video")).to_be_visible()
    await expect(page.get_by_text("1 of 4")).to_be_visible()
    inline.apply(jobs=[job("j1", matches=(MATCH,))])
    await expect(page.locator("tbody .status")).to_have_text("done")
    await expect(page.locator(".copy")).to_have_text("90 % original")
    await assert_not_reloaded(page)


async def test_an_open_job_shows_progress_and_matches_while_it_is_under_way(page: Page, inline: InlineService) -> None:
    inline.apply(jobs=[under_way(1)])
    await opened(page, "/jobs/j1")
    await expect(page.get_by_text("Nothing found so far")).to_be_visible()
    seen = LiveMatch(event_time="2026-11-23T08:00:30Z", job_id="j1", media_id="video", chunk=1, match=MATCH)
    inline.apply(jobs=[under_way(3)], live=[seen])
    await expect(page.get_by_text("3 of 4")).to_be_visible()
    await expect(page.get_by_role("img")).to_be_visible()
    await assert_not_reloaded(page)


async def test_a_page_that_is_answered_late_does_not_take_the_place_of_a_newer_one(
    page: Page, inline: InlineService
) -> None:
    await opened(page, "/jobs")
    answered, released = asyncio.Event(), asyncio.Event()

    async def late(route: Route) -> None:
        answer = await route.fetch()
        answered.set()
        await released.wait()
        await route.fulfill(response=answer)

    await page.route("**/jobs?rows=*", late, times=1)
    inline.apply(jobs=[under_way(1)])
    await answered.wait()
    inline.apply(jobs=[under_way(3)])
    await page.wait_for_timeout(1000)  # in which a second answer could overtake the first
    released.set()
    await page.wait_for_timeout(1000)
    await expect(page.get_by_text("3 of 4")).to_be_visible()
    await assert_not_reloaded(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
async def test_nothing_is_wider_than_the_window(page: Page, inline: InlineService, width: int, scheme: str) -> None:
    name = "a-name-without-any-space-in-it-" * 4
    inline.apply(jobs=[job("j1", media_id=name, matches=(MATCH,))])
    await page.set_viewport_size({"width": width, "height": 800})
    await page.emulate_media(color_scheme=scheme)
    for path in ("/", "/jobs", "/jobs/j1"):
        await opened(page, path)
        assert await page.evaluate("document.documentElement.scrollWidth") <= width


async def test_a_list_is_walked_with_the_keyboard_and_focus_stays_where_it_was(
    page: Page, inline: InlineService
) -> None:
    inline.apply(jobs=[job("j1", media_id="first"), job("j2", media_id="second")])
    await opened(page, "/jobs")
    await page.get_by_role("link", name="first").focus()
    inline.apply(jobs=[job("j3", media_id="third")])
    await expect(page.get_by_role("link", name="third")).to_be_visible()
    await expect(page.get_by_role("link", name="first")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="first")).to_be_visible()
