"""A real browser."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Browser, Page, async_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
#: A picture of one pixel.
PICTURE = b'<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>'
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")


@asynccontextmanager
async def running_browser() -> AsyncIterator[Browser]:
    """Run Chromium; skip the test where there is none, but never in CI."""
    if CHROMIUM is None:
        assert os.environ.get("CI") != "true", "CI installs Chromium"
        pytest.skip("there is no Chromium here")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        await browser.close()


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
