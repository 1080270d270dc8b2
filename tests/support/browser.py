"""A real browser."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
#: A picture of one pixel.
PICTURE = b'<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>'
#: Milliseconds that a page may take to come to what is expected of it: a guard against one that never does, and no
#: claim about time. Beside other tests a processor of a machine's two may be had for a tenth of a second in each.
PATIENCE_MS = 180_000
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")


@asynccontextmanager
async def running_browser() -> AsyncIterator[Browser]:
    """Run Chromium; skip the test where there is none, but never in CI."""
    if CHROMIUM is None:
        assert os.environ.get("CI") != "true", "CI installs Chromium"
        pytest.skip("there is no Chromium here")
    expect.set_options(timeout=PATIENCE_MS)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        await browser.close()


async def new_context(browser: Browser, **options: Any) -> BrowserContext:
    """Open a context of somebody's own, whose pages may take their time."""
    context = await browser.new_context(**options)
    context.set_default_timeout(PATIENCE_MS)
    return context


async def new_page(browser: Browser, **options: Any) -> Page:
    """Open a page in a context of its own, which may take its time."""
    context = await new_context(browser, **options)
    return await context.new_page()


def hear(page: Page, said: list[str]) -> None:
    """Keep what the browser's console says of a page, such as of what its policy forbids, and faults of its scripts."""
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))


async def draw_frames(page: Page) -> None:
    """Answer for the service where a page wants a picture of media: of made-up media there is none."""
    await page.route("**/frame?*", lambda route: route.fulfill(body=PICTURE, content_type="image/svg+xml"))


async def boxes_of(page: Page, *selectors: str) -> list[dict[str, float]]:
    """Return where elements are in the window, all at one moment.

    `Locator.bounding_box` finds an element first and measures it later: one that a live page made anew in between
    has none.
    """
    boxes: list[dict[str, float]] = await page.evaluate(
        "(all) => all.map((one) => document.querySelector(one).getBoundingClientRect().toJSON())", list(selectors)
    )
    return boxes


async def scroll_to(page: Page, selector: str) -> None:
    """Have an element in sight; `scroll_into_view_if_needed` fails where a live page makes it anew meanwhile."""
    await page.evaluate("(one) => document.querySelector(one).scrollIntoView({ block: 'nearest' })", selector)
