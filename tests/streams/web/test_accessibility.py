"""Every page in a real browser: nobody is shut out, nothing runs off the screen, and no name does anything."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page
from support.browser import new_page
from support.cases import id_of
from support.desk import PAGES, fill
from support.inline import InlineService

from streams.settings import Settings
from streams.web.server import WebServer

pytestmark = [pytest.mark.integration, pytest.mark.unmeasured]

#: Findings that keep people from using a page.
SERIOUS = {"serious", "critical"}
#: What is looked for in each scheme: the second one changes nothing but colours.
SCHEMES: dict[Literal["light", "dark"], dict[str, Any]] = {
    "light": {"resultTypes": ["violations"]},
    "dark": {"resultTypes": ["violations"], "runOnly": {"type": "rule", "values": ["color-contrast"]}},
}
#: A browser and a service of their own look at every so-manieth page.
GROUPS = 4
#: The case that the filled service has of its newest job.
CASE = f"/cases/{id_of('film', 'holiday-cut.mp4-0')}"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(state=tmp_path, web="127.0.0.1:0")


@pytest.fixture
async def page(inline: InlineService, web: WebServer, browser: Browser) -> AsyncIterator[Page]:
    fill(inline)
    page = await new_page(browser, base_url=web.address)
    yield page
    await page.close()


@pytest.mark.parametrize("some", range(GROUPS))
async def test_no_page_shuts_anybody_out_or_runs_off_the_screen(page: Page, some: int) -> None:
    alerts: list[str] = []
    page.on("dialog", lambda dialog: alerts.append(dialog.message))
    found: list[str] = []
    for path in (*PAGES, CASE)[some::GROUPS]:
        await page.goto(path)
        await page.locator("h1").first.wait_for()
        found += [f"{path}: {one}" for one in await findings(page)]
    assert found == []
    assert alerts == []


async def findings(page: Page) -> list[str]:
    """Return what is wrong with a page, narrow and wide, in light and dark."""
    found: list[str] = []
    for width in (390, 1440):
        await page.set_viewport_size({"width": width, "height": 900})
        wide = await page.evaluate("document.documentElement.scrollWidth")
        found += [f"{wide} pixels wide on {width}"] if wide > width else []
        for scheme, options in SCHEMES.items():
            await page.emulate_media(color_scheme=scheme)
            results = await Axe().run(page, options=options)
            found += [
                f"{scheme}, {width}: {one['id']}: {one['help']}: {one['nodes'][0]['html'][:200]}"
                for one in results.response["violations"]
                if one["impact"] in SERIOUS
            ]
    return found
