"""What a real browser sends for our own pages, and for those of others: people log in, other sites get nowhere."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from litestar.types import Message, Receive, Scope, Send
from playwright.async_api import Browser, expect
from support.browser import new_context, new_page
from support.inline import InlineService

from streams.settings import Settings
from streams.web import server
from streams.web.auth.authenticator import COOKIE
from streams.web.dispatch import FrontDoor
from streams.web.server import WebServer

pytestmark = [pytest.mark.integration, pytest.mark.unmeasured]

TOKEN = "admin-token-of-a-test"  # noqa: S105
PURGE = "/api/v1/libraries/default/purge"
DELETE = "/?Action=DeleteDNADB&Version=2020-11-09&DBId=default"
FORM = '<form method="post" action="{place}" enctype="{kind}"><input name="a" value="1"></form>'
SUBMIT = "<script>document.forms[0].submit()</script>"
KINDS = ("application/x-www-form-urlencoded", "multipart/form-data", "text/plain")

Start = Callable[..., Awaitable[str]]
Answers = list[tuple[str, int]]


@pytest.fixture
async def start(inline: InlineService, tmp_path: Path) -> AsyncIterator[Start]:
    """Starts the service with settings that a test names; returns its address."""
    async with AsyncExitStack() as stack:

        async def start(**given: Any) -> str:
            running = WebServer(inline.services(Settings(state=tmp_path, web="127.0.0.1:0", **given)), inline)
            await running.start()
            stack.push_async_callback(running.stop)
            return running.address

        yield start


@pytest.fixture
def tokens(tmp_path: Path) -> Path:
    path = tmp_path / "tokens"
    path.write_text(f"{TOKEN} admin\n")
    return path


@pytest.fixture
async def other_site() -> AsyncIterator[Callable[[str], Awaitable[str]]]:
    """Another site on this machine: serves a page that a test writes; returns its address."""
    async with AsyncExitStack() as stack:

        async def serve(content: str) -> str:
            async def show(_: web.BaseRequest) -> web.Response:
                return web.Response(text=f"<!doctype html><title>other</title>{content}", content_type="text/html")

            runner = web.ServerRunner(web.Server(show))
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            listener = socket.create_server(("127.0.0.1", 0))  # closed with the runner
            await web.SockSite(runner, listener).start()
            return f"http://127.0.0.1:{listener.getsockname()[1]}/"

        yield serve


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Answers:
    """Collects what is asked of the service, as method and path, and what it answers."""
    found: Answers = []

    class Recording(FrontDoor):
        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            async def record(message: Message) -> None:
                if message["type"] == "http.response.start":
                    found.append((f"{scope['method']} {scope['path']}", message["status"]))  # type: ignore[typeddict-item]
                await send(message)

            await super().__call__(scope, receive, record)

    monkeypatch.setattr(server, "FrontDoor", Recording)
    return found


async def answered(answers: Answers, count: int) -> Answers:
    """Wait until so many requests were answered; return them in order of their names."""
    async with asyncio.timeout(60):
        while len(answers) < count:
            await asyncio.sleep(0.1)
    return sorted(answers)


async def test_a_person_logs_in_follows_along_and_the_cookie_is_not_for_scripts(
    browser: Browser, start: Start, tokens: Path
) -> None:
    page = await new_page(browser, base_url=await start(tokens=tokens))
    await page.goto("/libraries")
    await page.get_by_label("Token").fill("wrong")
    await page.get_by_role("button", name="Log in").click()
    await expect(page.get_by_role("alert")).to_contain_text("not known")
    await page.get_by_label("Token").fill(TOKEN)
    await page.get_by_role("button", name="Log in").click()
    await expect(page.get_by_role("heading", name="Libraries")).to_be_visible()
    await expect(page.locator("#connection")).to_have_text("live")
    (cookie,) = await page.context.cookies()
    assert (cookie["name"], cookie["httpOnly"], cookie["sameSite"]) == (COOKIE, True, "Strict")
    assert await page.evaluate("document.cookie") == ""


async def test_a_frame_in_a_sandbox_sends_no_form_that_is_taken(
    browser: Browser, inline: InlineService, start: Start, other_site: Any, answers: Answers
) -> None:
    await inline.store("clip")
    service = await start()
    sent = [(path, kind) for path in (PURGE, DELETE, "/login", "/api/v1/jobs") for kind in KINDS]
    forms = [f"{FORM.format(place=service + path, kind=kind)}{SUBMIT}".replace('"', "&quot;") for path, kind in sent]
    frames = [f'<iframe sandbox="allow-scripts allow-forms" srcdoc="{form}"></iframe>' for form in forms]
    page = await new_page(browser)
    await page.goto(await other_site("".join(frames)))
    expected = [(f"POST {path.partition('?')[0]}", 403) for path, _ in sent]
    assert await answered(answers, len(sent)) == sorted(expected)
    assert inline.model.libraries.count("default") == 1


async def test_a_page_of_another_site_sends_nothing_that_is_taken_with_a_persons_cookie_or_without(
    browser: Browser, inline: InlineService, start: Start, tokens: Path, *, other_site: Any, answers: Answers
) -> None:
    await inline.store("clip")
    for service in (await start(), await start(tokens=tokens)):
        answers.clear()
        context = await new_context(browser)
        await context.add_cookies([{"name": COOKIE, "value": TOKEN, "url": service, "sameSite": "Strict"}])
        url = await other_site(
            f'<img src="{service}{DELETE}"><img src="{service}/api/v1/jobs" referrerpolicy="no-referrer">'
            f"<script>fetch('{service}{PURGE}', {{method: 'POST', mode: 'no-cors', credentials: 'include'}});"
            f"navigator.sendBeacon('{service}{PURGE}', 'x');</script>"
        )
        page = await context.new_page()
        await page.goto(url)
        assert await answered(answers, 4) == [("GET /", 403), ("GET /api/v1/jobs", 403), *[(f"POST {PURGE}", 403)] * 2]
    assert inline.model.libraries.count("default") == 1


async def test_a_link_on_another_site_leads_to_a_page_which_no_frame_there_shows(
    browser: Browser, start: Start, other_site: Any, answers: Answers
) -> None:
    service = await start()
    page = await new_page(browser)
    await page.goto(await other_site(f'<iframe src="{service}/"></iframe><a href="{service}/libraries">libraries</a>'))
    assert await answered(answers, 1) == [("GET /", 403)]
    await page.get_by_role("link").click()
    await expect(page.get_by_role("heading", name="Libraries")).to_be_visible()
