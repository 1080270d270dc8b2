"""Pictures of the web view for the documentation: `python -m support.screenshots docs/desk`.

Every page once, over a service that has something of everything to show, and a case with real videos.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.async_api import expect

from streams.demo.footage import fetch
from streams.settings import Settings
from streams.web.server import WebServer
from support.browser import new_page, running_browser
from support.desk import fill
from support.inline import InlineService
from support.read_model import ReadModel
from support.watched import watched_case

if TYPE_CHECKING:
    from playwright.async_api import Page

#: Each page, and what its picture is called.
PAGES = {
    "overview": "/",
    "queue": "/cases",
    "jobs": "/jobs",
    "job": "/jobs/j0",
    "media": "/media/film",
    "libraries": "/libraries",
    "library": "/libraries/films",
    "policies": "/policies",
    "deliveries": "/deliveries",
    "dead-letters": "/dead-letters",
    "airings": "/airings",
    "usage": "/usage",
    "audit": "/audit",
    "settings": "/settings",
    "api": "/api-reference",
    "events": "/api-reference/events",
}
WIDTH, HEIGHT = 1280, 900
#: Lines that a case needs, with the reasons for its match.
CASE_HEIGHT = 1500
#: Milliseconds in which pictures of rows come, and in which a preview is made.
SETTLED_MS, MADE_MS = 3000, 180_000


async def take(folder: Path) -> None:
    """Write all pictures."""
    with tempfile.TemporaryDirectory() as state:
        inline = InlineService(ReadModel(Path(state) / "jobs.sqlite"))
        await inline.libraries.ensure()
        fill(inline)
        case_id = watched_case(inline, Path(state) / "media", fetch(["globe"])["globe"])
        server = WebServer(inline.services(Settings(state=Path(state), web="127.0.0.1:0")), inline)
        await server.start()
        async with running_browser() as browser:
            page = await new_page(
                browser, base_url=server.address, viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light"
            )
            for name, path in PAGES.items():
                await page.goto(path)
                await page.wait_for_timeout(SETTLED_MS)
                await page.screenshot(path=folder / f"{name}.png")
            await _take_case(page, case_id, folder)
        await server.stop()


async def _take_case(page: Page, case_id: str, folder: Path) -> None:
    """Write the picture of a case, some seconds into its copied span, in the height that it needs."""
    await page.set_viewport_size({"width": WIDTH, "height": CASE_HEIGHT})
    await page.goto(f"/cases/{case_id}")
    await expect(page.locator("#watch")).to_have_attribute("data-state", "paused", timeout=MADE_MS)
    await expect(page.locator("#why .evidence")).to_be_visible(timeout=MADE_MS)
    await page.keyboard.press("Space")
    await page.wait_for_timeout(SETTLED_MS)
    await page.keyboard.press("Space")
    await page.wait_for_timeout(SETTLED_MS)
    await page.screenshot(path=folder / "case.png")


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    asyncio.run(take(target))
