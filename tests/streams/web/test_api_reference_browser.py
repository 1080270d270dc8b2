"""The reference of the API in a real browser: operations are found and tried; what changes something is asked about."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, Request, expect
from support.browser import hear, new_page
from support.examples import job
from support.inline import InlineService

from schemas.jobs import JobStatus
from streams.settings import Settings
from streams.web.server import WebServer

pytestmark = [pytest.mark.integration, pytest.mark.unmeasured]

EVIL = "<img src=x onerror=alert(1)>"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(state=tmp_path, web="127.0.0.1:0", rate_limit="1000000/second")


@pytest.fixture
async def page(web: WebServer, browser: Browser) -> AsyncIterator[Page]:
    """A page; what the browser complains of, such as what its policy forbids, fails the test."""
    page = await new_page(browser, base_url=web.address)
    complaints: list[str] = []
    hear(page, complaints)
    yield page
    await page.close()
    assert [one for one in complaints if "404 (Not Found)" not in one] == []


async def test_every_operation_is_listed_and_found_by_what_it_is_called(page: Page) -> None:
    await page.goto("/api-reference")
    document = json.loads(await (await page.request.get("/api/openapi.json")).text())
    names = {operation["operationId"] for item in document["paths"].values() for operation in item.values()}
    shown = await page.eval_on_selector_all(".api-operation", "all => all.map(one => one.id)")
    assert set(shown) == names
    await page.get_by_label("Filter").fill("replay")
    await expect(page.locator("#api-count")).to_have_text(f"3 of {len(names)}")
    await expect(page.locator("#replayDelivery")).to_be_visible()
    await expect(page.locator("#listJobs")).to_be_hidden()
    await page.get_by_label("Filter").fill("")
    await expect(page.locator("#listJobs")).to_be_visible()


async def test_trying_an_operation_shows_its_answer_as_text(page: Page, inline: InlineService) -> None:
    inline.apply(jobs=[job("j1", media_id=EVIL), job("j2", JobStatus.FAIL, media_id="other")])
    await page.goto("/api-reference#listJobs")
    operation = page.locator("#listJobs")
    await operation.get_by_label("status", exact=True).select_option("success")
    await operation.get_by_role("button", name="Send").click()
    await expect(operation.locator(".api-status")).to_contain_text("200 OK")
    await expect(operation.locator(".api-command")).to_contain_text("/api/v1/jobs?status=success")
    await expect(operation.locator(".api-result > pre").last).to_contain_text(EVIL)
    await expect(operation.locator(".api-result")).not_to_contain_text('"other"')
    assert await page.locator("img").count() == 0
    await operation.get_by_text("Headers", exact=True).click()
    await expect(operation.get_by_text("content-type: application/json")).to_be_visible()


async def test_names_in_paths_are_encoded_and_problems_shown(page: Page) -> None:
    await page.goto("/api-reference#getJob")
    operation = page.locator("#getJob")
    await operation.get_by_label("job_id").fill("a/b?c")
    await operation.get_by_role("button", name="Send").click()
    await expect(operation.locator(".api-status")).to_contain_text("404")
    await expect(operation.locator(".api-result")).to_contain_text('"code": "unknown-job"')
    await expect(operation.locator(".api-command")).to_contain_text("/api/v1/jobs/a%2Fb%3Fc")


async def test_what_changes_something_is_asked_about_first(page: Page, inline: InlineService) -> None:
    sent: list[str] = []

    def note(request: Request) -> None:
        if request.method == "POST":
            sent.append(request.url)

    page.on("request", note)
    await page.goto("/api-reference#createLibrary")
    operation = page.locator("#createLibrary")
    await operation.get_by_label("Body").fill('{"name": "tried"}')
    await operation.get_by_role("button", name="Send").click()
    dialog = page.get_by_role("dialog", name="This changes something")
    await expect(dialog).to_contain_text("POST /api/v1/libraries")
    await dialog.get_by_role("button", name="Cancel").click()
    await expect(dialog).to_be_hidden()
    await operation.get_by_role("button", name="Send").click()
    await page.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()
    assert sent == []
    await operation.get_by_role("button", name="Send").click()
    await dialog.get_by_role("button", name="Send it").click()
    await expect(operation.locator(".api-status")).to_contain_text("201 Created")
    assert len(sent) == 1
    assert inline.model.libraries.get("tried") is not None


async def test_an_example_of_a_body_is_taken_as_it_stands(page: Page, inline: InlineService) -> None:
    await page.goto("/api-reference#createLibrary")
    operation = page.locator("#createLibrary")
    await operation.get_by_role("button", name="Send").click()
    await page.get_by_role("button", name="Send it").click()
    await expect(operation.locator(".api-status")).to_contain_text("201 Created")
    assert inline.model.libraries.get("films") is not None


async def test_an_answer_without_an_end_is_shown_as_it_comes_until_it_is_stopped(
    page: Page, inline: InlineService
) -> None:
    await page.goto("/api-reference#followChanges")
    operation = page.locator("#followChanges")
    await operation.get_by_role("button", name="Send").click()
    await expect(operation.locator(".api-result")).to_contain_text("retry:")
    inline.apply(jobs=[job("j-new")])
    await expect(operation.locator(".api-result")).to_contain_text('"job_id":"j-new"')
    await operation.get_by_role("button", name="Stop").click()
    await expect(operation.locator(".api-result")).to_contain_text("Stopped.")


async def test_it_is_used_with_the_keyboard_alone(page: Page) -> None:
    await page.goto("/api-reference")
    summary = page.locator("#listLibraries > summary")
    await summary.focus()
    await page.keyboard.press("Enter")
    send = page.locator("#listLibraries").get_by_role("button", name="Send")
    await expect(send).to_be_visible()
    await send.focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("#listLibraries .api-status")).to_contain_text("200 OK")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
async def test_nothing_is_wider_than_the_window(page: Page, width: int, scheme: str) -> None:
    await page.set_viewport_size({"width": width, "height": 900})
    await page.emulate_media(color_scheme=scheme)
    for path in ("/api-reference", "/api-reference/events", "/problems"):
        await page.goto(path)
        await page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
        assert await page.evaluate("document.documentElement.scrollWidth") <= width, path


async def test_every_field_has_a_name_of_its_own(page: Page) -> None:
    await page.goto("/api-reference")
    await page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    fields = ".api input, .api select, .api textarea"
    labels = await page.eval_on_selector_all(fields, "all => all.map(one => one.labels.length)")
    assert len(labels) > 100
    assert all(labels)
    twice = await page.evaluate(
        "(() => { const all = [...document.querySelectorAll('[id]')].map(one => one.id);"
        " return all.filter((one, at) => all.indexOf(one) !== at); })()"
    )
    assert twice == []


async def test_a_problem_leads_to_what_it_means(page: Page) -> None:
    await page.goto("/problems#case-decided-meanwhile")
    target = page.locator("#case-decided-meanwhile")
    await expect(target).to_be_in_viewport()
    await expect(target).to_contain_text("What to do:")
