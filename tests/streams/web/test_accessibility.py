"""Every page in a real browser: nobody is shut out, nothing runs off the screen, and no name does anything."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page
from support.browser import running_browser
from support.cases import id_of
from support.desk import PAGES, fill
from support.inline import InlineService

from streams.settings import Settings
from streams.web.server import WebServer
from streams.web.services import Services

pytestmark = pytest.mark.integration

#: Findings that keep people from using a page.
SERIOUS = {"serious", "critical"}
#: The case that the filled service has of its newest job.
CASE = f"/cases/{id_of('film', 'holiday-cut.mp4-0')}"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(state=tmp_path, web="127.0.0.1:0")


@pytest.fixture
async def page(services: Services, inline: InlineService) -> AsyncIterator[Page]:
    fill(inline)
    server = WebServer(services, inline)
    await server.start()
    async with running_browser() as browser:
        yield await browser.new_page(base_url=server.address)
    await server.stop()


@pytest.mark.parametrize("path", [*PAGES, CASE])
async def test_no_page_shuts_anybody_out_or_runs_off_the_screen(page: Page, path: str) -> None:
    alerts: list[str] = []
    page.on("dialog", lambda dialog: alerts.append(dialog.message))
    await page.goto(path)
    await page.locator("h1").first.wait_for()
    found: list[str] = []
    for width in (390, 1440):
        await page.set_viewport_size({"width": width, "height": 900})
        wide = await page.evaluate("document.documentElement.scrollWidth")
        if wide > width:
            found.append(f"{wide} pixels wide on {width}")
        for scheme in ("light", "dark"):
            await page.emulate_media(color_scheme=scheme)
            results = await Axe().run(page)
            found += [
                f"{scheme}, {width}: {one['id']}: {one['help']}: {one['nodes'][0]['html'][:200]}"
                for one in results.response["violations"]
                if one["impact"] in SERIOUS
            ]
    assert found == []
    assert alerts == []
