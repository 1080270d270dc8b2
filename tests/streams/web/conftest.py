"""A web application over a service without a broker, and a browser to look at it with."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from litestar.testing import AsyncTestClient
from playwright.async_api import Browser
from support.browser import running_browser
from support.inline import InlineService
from support.read_model import ReadModel
from support.web_app import shared_app

from streams.settings import Settings
from streams.web.server import WebServer
from streams.web.services import Services


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(state=tmp_path)


@pytest.fixture
async def inline(model: ReadModel) -> InlineService:
    inline = InlineService(model)
    await inline.libraries.ensure()
    return inline


@pytest.fixture
def services(inline: InlineService, settings: Settings) -> Services:
    return inline.services(settings)


@pytest.fixture
async def client(services: Services) -> AsyncIterator[AsyncTestClient]:
    async with AsyncTestClient(shared_app(services), base_url="http://127.0.0.1:6066") as client:
        client.headers["X-Requested-With"] = "tests"  # what a program sends that has no token
        yield client


@pytest.fixture
async def web(services: Services, inline: InlineService) -> AsyncIterator[WebServer]:
    """The application behind a door of its own, where browsers reach it."""
    server = WebServer(services, inline)
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """A browser of a test's own."""
    async with running_browser() as browser:
        yield browser
